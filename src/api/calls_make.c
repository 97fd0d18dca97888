/* POST /v1/calls: somebody is called. */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/id.h"
#include "call/control.h"
#include "call/number.h"
#include "store/store.h"

/* Whose call it is. NULL is nobody's: the caller has said no application, and there is no default
 * one; or after a fault. */
static const struct config_application *find_application(const struct config *config,
	const char *own, const char *wanted, struct json_object **faults)
{
	const struct config_application *found;

	if (own && wanted && strcmp(own, wanted) != 0) {
		api_add_fault(faults, "application_id", "is not yours");
		return NULL;
	}
	wanted = own ? own : wanted;
	if (!wanted && config->default_application)
		wanted = config->default_application;
	if (!wanted)
		return config->application_count == 1 ? &config->applications[0] : NULL;
	found = config_application_by_id(config, wanted);
	if (!found)
		api_add_fault(faults, "application_id", "there is no such application");
	return found;
}

/* As was asked for, or one of the application's numbers. */
static const char *choose_from(const struct config_application *app, const struct ncco_order *order,
	struct json_object **faults)
{
	const char *chosen;

	if (order->from)
		return order->from;
	chosen = app ? number_choose(app->numbers, order->to.target, id_random_u32()) : NULL;
	if (!chosen && order->random_from)
		api_add_fault(faults, "random_from_number", "the application has no number");
	else if (!chosen)
		api_add_fault(faults, "from", "is missing");
	return chosen;
}

static void check_trunk(
	const struct config *config, const struct ncco_order *order, struct json_object **faults)
{
	if (!order->trunk)
		return;
	for (size_t i = 0; i < config->proxy.trunk_count; i++)
		if (strcmp(config->proxy.trunks[i].name, order->trunk) == 0)
			return;
	api_add_fault(faults, "trunk", "there is no such trunk");
}

static bool is_too_fast(struct api *api, struct http_exchange *exchange)
{
	char *owner = api_owner(exchange);
	bool allowed = api_limit_call(api, owner);

	free(owner);
	if (allowed)
		return false;
	http_exchange_add_header(exchange, "Retry-After", "1");
	http_reply_problem(exchange, 429, "limits.max_calls_per_second is reached");
	return true;
}

/* False when it has answered. */
static bool accepts(struct api *api, struct http_exchange *exchange)
{
	const struct server *server = api->server;

	if (server_accepts_calls(server) &&
		server_call_count(server) < server_config(server)->proxy.max_concurrency)
		return !is_too_fast(api, exchange);
	http_exchange_add_header(exchange, "Retry-After", "5");
	if (!server_accepts_calls(server))
		http_reply_problem(exchange, 503, "nccod is stopping");
	else
		http_reply_problem(exchange, 429, "proxy.max_concurrency calls go on");
	return false;
}

static struct json_object *make(struct api *api, const struct config_application *app,
	struct ncco_order *order, const char *from)
{
	struct json_object *made = json_object_new_object();
	struct store_call row;

	call_row(call_place(api->server, app, order, from), &row);
	json_add_text(made, "uuid", row.uuid);
	json_add_text(made, "status", "started");
	json_add_text(made, "direction", row.direction);
	json_add_text(made, "conversation_uuid", row.conversation_uuid);
	return made;
}

static struct json_object *make_of(struct api *api, struct http_exchange *exchange, void *arg)
{
	struct ncco_order *order = arg;
	const struct config *config = server_config(api->server);
	struct json_object *faults = NULL;
	const struct config_application *app = find_application(
		config, api_caller(exchange)->application, order->application, &faults);
	const char *from = choose_from(app, order, &faults);

	check_trunk(config, order, &faults);
	if (faults)
		http_reply_invalid(exchange, 400, "the call has faults", faults);
	else if (accepts(api, exchange))
		return make(api, app, order, from);
	return NULL;
}

static void release(void *order)
{
	ncco_order_free(order);
}

void api_make_call(void *arg, struct http_exchange *exchange, const char *id)
{
	struct api *api = arg;
	const struct config *config = server_config(api->server);
	const struct ncco_limits limits = {
		.max_bytes = config->limits.max_ncco_bytes, .max_steps = config->limits.max_steps};
	struct json_object *body = api_body(exchange), *list = NULL;
	struct ncco_order *order;
	struct ncco_faults faults;

	(void)id;
	if (!body)
		return;
	if (ncco_order_read(body, &limits, &order, &faults) < 0) {
		api_add_faults(&list, &faults);
		http_reply_invalid(exchange, 400, "the call has faults", list);
	} else {
		api_do_once(api, exchange, make_of, release, order);
	}
	json_object_put(body);
}
