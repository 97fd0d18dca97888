/* PUT /v1/calls/{uuid}: a call is ended, muted, held, transferred. */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "call/control.h"

static void on_done(void *arg, const char *error)
{
	if (error)
		http_reply_problem(arg, 409, error);
	else
		http_reply_empty(arg, 204);
}

/* --- transfer --- */

static void transfer_to_script(const struct api *api, struct http_exchange *exchange,
	struct call *call, struct json_object *destination)
{
	const struct config *config = server_config(api->server);
	const struct ncco_limits limits = {
		.max_bytes = config->limits.max_ncco_bytes, .max_steps = config->limits.max_steps};
	struct json_object *list = NULL;
	struct ncco_document *document;
	struct ncco_faults faults;

	if (ncco_parse_json(json_member(destination, "ncco"), NULL, &limits, &document, &faults) <
		0) {
		api_add_faults(&list, &faults);
		http_reply_invalid(exchange, 400, "destination.ncco has faults", list);
		return;
	}
	call_steer(call, document);
	http_reply_empty(exchange, 204);
}

static void on_fetched(void *arg, const char *error)
{
	char *detail;

	if (!error) {
		http_reply_empty(arg, 204);
		return;
	}
	detail = xasprintf("destination.url gave no script: %s", error);
	http_reply_problem(arg, 409, detail);
	free(detail);
}

static void transfer(const struct api *api, struct http_exchange *exchange, struct call *call,
	struct json_object *body)
{
	struct json_object *destination = json_member(body, "destination"), *faults = NULL;
	const char *url = NULL;

	if (!json_object_is_type(destination, json_type_object) ||
		strcmp(json_text(destination, "type", "ncco"), "ncco") != 0) {
		api_add_fault(&faults, "destination", "must be an object with type ncco");
	} else if (json_member(destination, "ncco")) {
		transfer_to_script(api, exchange, call, destination);
		return;
	} else {
		url = api_url_of(destination, "url", &faults);
	}
	if (faults)
		http_reply_invalid(exchange, 400, "the destination has faults", faults);
	else
		call_steer_to(call, url, "GET", on_fetched, exchange);
}

/* --- the others --- */

static const struct {
	const char *name;
	void (*change)(struct call *call, bool on);
	bool on, of_answered;
} changes[] = {
	{"mute", call_mute, true, false},
	{"unmute", call_mute, false, false},
	{"earmuff", call_earmuff, true, false},
	{"unearmuff", call_earmuff, false, false},
	{"hold", call_put_on_hold, true, true},
	{"unhold", call_put_on_hold, false, true},
};

static void refuse_action(struct http_exchange *exchange, bool given)
{
	struct json_object *faults = NULL;

	api_add_fault(&faults, "action",
		given ? "must be one of hangup, mute, unmute, earmuff, unearmuff, transfer, hold, "
			"unhold"
		      : "is missing");
	http_reply_invalid(exchange, 400, "there is no such action", faults);
}

static void change(struct http_exchange *exchange, struct call *call, const char *action)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		if (strcmp(changes[i].name, action) != 0)
			continue;
		if (changes[i].of_answered && !call_is_answered(call)) {
			http_reply_problem(exchange, 409, "the call has not been answered");
			return;
		}
		changes[i].change(call, changes[i].on);
		http_reply_empty(exchange, 204);
		return;
	}
	refuse_action(exchange, *action);
}

void api_change_call(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	struct call *call = api_live_call(api, exchange, id);
	struct json_object *body = call ? api_body(exchange) : NULL;
	const char *action;

	if (!body)
		return;
	action = json_text(body, "action", "");
	if (strcmp(action, "hangup") == 0)
		call_end(call, on_done, exchange);
	else if (strcmp(action, "transfer") != 0)
		change(exchange, call, action);
	else if (call_is_answered(call))
		transfer(api, exchange, call, body);
	else
		http_reply_problem(exchange, 409, "the call has not been answered");
	json_object_put(body);
}
