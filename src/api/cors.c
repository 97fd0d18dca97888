/* Cross-origin requests: what browsers are told about web pages from elsewhere (Fetch Standard,
 * section 3.2). Nothing here says who may; that is authorize.c. */
#include <string.h>
#include <strings.h>

#include "api/api_private.h"

/* As browsers send it; the configuration's are compared without case. */
bool api_origin_allowed(const struct api *api, const char *origin)
{
	char **list = server_config(api->server)->api.cors_origins;

	for (; list && *list; list++)
		if (strcmp(*list, "*") == 0 || strcasecmp(*list, origin) == 0)
			return true;
	return false;
}

static void add_preflight(struct http_exchange *exchange, const char *methods)
{
	http_exchange_add_header(exchange, "Access-Control-Allow-Methods", methods);
	http_exchange_add_header(exchange, "Access-Control-Allow-Headers",
		"Authorization, Content-Type, Idempotency-Key, Range");
	http_exchange_add_header(exchange, "Access-Control-Max-Age", "600");
}

bool api_prepare(void *arg, struct http_exchange *exchange)
{
	const struct api *api = arg;
	const char *origin = http_exchange_header(exchange, "Origin");
	bool allowed = origin && api_origin_allowed(api, origin);
	char methods[HTTP_METHODS_SIZE];

	if (*server_config(api->server)->api.cors_origins)
		http_exchange_add_header(exchange, "Vary", "Origin");
	if (allowed) {
		http_exchange_add_header(exchange, "Access-Control-Allow-Origin", origin);
		http_exchange_add_header(
			exchange, "Access-Control-Expose-Headers", "Content-Range, Retry-After");
	}
	if (strcmp(http_exchange_method(exchange), "OPTIONS") != 0)
		return true;
	http_route_methods(api_routes, http_exchange_path(exchange), methods);
	if (!*methods)
		return true; /* there is no such path: 404 */
	http_exchange_add_header(exchange, "Allow", methods);
	if (allowed && http_exchange_header(exchange, "Access-Control-Request-Method"))
		add_preflight(exchange, methods);
	http_reply_empty(exchange, 204);
	return false;
}
