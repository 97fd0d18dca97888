/* GET /v1/calls/{uuid}; what a call looks like, and whose it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "call/control.h"
#include "store/store.h"

/* --- what a call looks like --- */

/* {"type":"phone","number":"15550100"} */
static struct json_object *party(const char *type, const char *text)
{
	static const struct {
		const char *type, *key;
	} keys[] = {{"phone", "number"}, {"app", "user"}, {"vbc", "extension"}};
	struct json_object *made = json_object_new_object();
	const char *key = "uri";

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].type, type) == 0)
			key = keys[i].key;
	json_add_text(made, "type", type);
	json_add_text(made, key, text);
	return made;
}

static void add_completed(struct json_object *call, const struct store_call *row)
{
	char iso[CLOCK_ISO_SIZE], duration[24];
	int64_t us = row->ended > row->answered ? row->ended - row->answered : 0;
	int64_t second = (int64_t)USEC_PER_SEC;

	snprintf(duration, sizeof(duration), "%lld", (long long)((us + second / 2) / second));
	json_add_text(call, "start_time", clock_iso((uint64_t)row->answered, iso));
	json_add_text(call, "end_time", clock_iso((uint64_t)row->ended, iso));
	json_add_text(call, "duration", duration);
	json_add_text(call, "rate", row->rate ? row->rate : "");
	json_add_text(call, "price", row->price ? row->price : "");
	json_add_text(call, "network", row->network ? row->network : "");
}

static struct json_object *links(const struct http_exchange *exchange, const char *uuid)
{
	struct json_object *made = json_object_new_object(), *self = json_object_new_object();
	char *path = xasprintf("/v1/calls/%s", uuid), *url;

	/* As it was asked for, with the prefix or without. */
	if (strncmp(http_exchange_path(exchange), "/api/", 5) == 0) {
		free(path);
		path = xasprintf("/api/v1/calls/%s", uuid);
	}
	url = api_url(exchange, path);
	json_add_text(self, "href", url);
	json_object_object_add(made, "self", self);
	free(path);
	free(url);
	return made;
}

struct json_object *api_call(const struct http_exchange *exchange, const struct store_call *row)
{
	struct json_object *call = json_object_new_object();

	json_object_object_add(call, "_links", links(exchange, row->uuid));
	json_add_text(call, "uuid", row->uuid);
	json_add_text(call, "conversation_uuid", row->conversation_uuid);
	json_add_text(call, "status", row->status);
	json_add_text(call, "direction", row->direction);
	json_object_object_add(call, "to", party(row->to_type, row->to));
	json_object_object_add(call, "from", party(row->from_type, row->from));
	if (row->final && strcmp(row->status, "completed") == 0)
		add_completed(call, row);
	if (row->client_state)
		json_add_text(call, "client_state", row->client_state);
	return call;
}

/* --- one --- */

static void not_there(struct http_exchange *exchange)
{
	http_reply_problem(exchange, 404, "there is no such call");
}

static void on_found(void *arg, int error, const struct store_call *row)
{
	struct http_exchange *exchange = arg;

	if (error)
		http_reply_problem(exchange, 503, "the store cannot be read");
	else if (!row || !api_sees(exchange, row->application))
		not_there(exchange);
	else
		http_reply_json(exchange, 200, api_call(exchange, row));
}

void api_get_call(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	struct call *call = call_find(api->server, id);
	struct store_call row;

	if (!call) {
		store_find_call(server_store(api->server), id, on_found, exchange);
		return;
	}
	call_row(call, &row);
	if (row.status && api_sees(exchange, row.application))
		http_reply_json(exchange, 200, api_call(exchange, &row));
	else
		not_there(exchange);
}

/* --- one that goes on --- */

struct call *api_live_call(const struct api *api, struct http_exchange *exchange, const char *id)
{
	struct call *call = call_find(api->server, id);

	if (call && call_is_live(call) && api_sees(exchange, call_application(call)))
		return call;
	not_there(exchange);
	return NULL;
}

struct call *api_answered_call(
	const struct api *api, struct http_exchange *exchange, const char *id)
{
	struct call *call = api_live_call(api, exchange, id);

	if (!call || call_is_answered(call))
		return call;
	http_reply_problem(exchange, 409, "the call has not been answered");
	return NULL;
}
