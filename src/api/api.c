#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define MAX_BODY (1u << 20)

static const struct http_route routes[] = {
	{"GET", "/healthz", api_get_healthz, NULL},
	{"GET", "/readyz", api_get_readyz, NULL},
	{"GET", "/console/status", api_get_status, NULL},
	{"GET", "[/api]/v1/files/{id}", api_get_file, NULL},
	{NULL, NULL, NULL, NULL},
};

/* Health checks say nothing that is worth a key. */
static bool is_open(const struct http_route *route)
{
	return route->handle == api_get_healthz || route->handle == api_get_readyz;
}

/* There are no keys: who reaches a loopback address is trusted, nobody else is. */
bool api_authorize(void *arg, struct http_exchange *exchange, const struct http_route *route)
{
	const struct api *api = arg;

	if (is_open(route) || http_server_on_loopback(api->http))
		return true;
	http_exchange_add_header(exchange, "WWW-Authenticate", "Bearer");
	http_reply_problem(exchange, 401,
		"without keys the API is served to a loopback address only; see http_addr");
	return false;
}

/* What others can reach us by, as far as we know. */
static void tell_public_url(struct api *api, const struct config *config)
{
	const char *colon = strrchr(config->http_addr, ':');
	char *host = xstrndup(config->http_addr, (size_t)(colon - config->http_addr)), *url;
	bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "[::]") == 0;

	if (any && config->external_ip)
		url = xasprintf(
			strchr(config->external_ip, ':') ? "http://[%s]:%u" : "http://%s:%u",
			config->external_ip, http_server_port(api->http));
	else
		url = xasprintf(
			"http://%s:%u", any ? "127.0.0.1" : host, http_server_port(api->http));
	server_set_public_url(api->server, url);
	log_info(NULL, "HTTP on %s: %s", url,
		http_server_on_loopback(api->http)
			? "open to this machine, as it listens on loopback only"
			: "requests are refused with 401, as there are no keys");
	free(url);
	free(host);
}

struct api *api_new(struct loop *loop, struct server *server, char **ret_error)
{
	const struct config *config = server_config(server);
	struct api *api = xcalloc(1, sizeof(*api));
	struct http_server_config http = {
		.address = config->http_addr,
		.max_body = MAX_BODY,
		.routes = routes,
		.admit = api_authorize,
		.arg = api,
	};
	char *error = NULL;

	api->server = server;
	api->started = clock_mono();
	api->http = http_server_new(loop, &http, &error);
	if (!api->http) {
		*ret_error = xasprintf("HTTP %s; set http_addr to another address, or to \"\" for "
				       "no HTTP server",
			error);
		free(error);
		return api_free(api);
	}
	tell_public_url(api, config);
	return api;
}

struct api *api_free(struct api *api)
{
	if (api)
		http_server_free(api->http);
	free(api);
	return NULL;
}
