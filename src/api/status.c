/* How nccod is: /healthz, /readyz, /console/status. */
#include "api/api_private.h"
#include "base/clock.h"

static void reply_status(struct http_exchange *exchange, int status, const char *text)
{
	struct json_object *body = json_object_new_object();

	json_add_text(body, "status", text);
	http_reply_json(exchange, status, body);
}

/* The loop turns. */
void api_get_healthz(void *arg, struct http_exchange *exchange, const char *id)
{
	(void)arg;
	(void)id;
	reply_status(exchange, 200, "ok");
}

/* Calls are taken, and what they leave can be kept. */
void api_get_readyz(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;

	(void)id;
	if (!server_accepts_calls(api->server))
		reply_status(exchange, 503, "draining");
	else if (server_disk_fails(api->server))
		reply_status(exchange, 503, "recordings or the database cannot be written");
	else
		reply_status(exchange, 200, "ready");
}

void api_get_status(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	struct json_object *body = json_object_new_object(), *calls = json_object_new_object();
	struct server_counts counts;

	(void)id;
	server_counts(api->server, &counts);
	json_add_text(body, "status", server_accepts_calls(api->server) ? "ok" : "draining");
	json_add_text(body, "version", PACKAGE_VERSION);
	json_add_int(body, "uptime", (int64_t)((clock_mono() - api->started) / USEC_PER_SEC));
	json_add_int(calls, "active", counts.active);
	json_add_int(calls, "total", (int64_t)counts.total);
	json_add_int(calls, "failed", (int64_t)counts.failed);
	json_object_object_add(body, "calls", calls);
	http_reply_json(exchange, 200, body);
}
