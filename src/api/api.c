#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/tls.h"

#define MAX_BODY (1u << 20)

/* What others can reach an address by, as far as we know. */
static char *public_url(
	const struct config *config, const char *scheme, const char *address, uint16_t port)
{
	char *host = xstrndup(address, (size_t)(strrchr(address, ':') - address)), *url;
	bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "[::]") == 0;
	const char *external = any ? config->external_ip : NULL;

	if (external)
		url = xasprintf(strchr(external, ':') ? "%s://[%s]:%u" : "%s://%s:%u", scheme,
			external, port);
	else
		url = xasprintf("%s://%s:%u", scheme, any ? "127.0.0.1" : host, port);
	free(host);
	return url;
}

static void tell(struct api *api, const char *scheme, const char *address, uint16_t port)
{
	char *url;

	if (port == 0)
		return;
	url = public_url(server_config(api->server), scheme, address, port);
	if (!*server_public_url(api->server))
		server_set_public_url(api->server, url);
	log_info(NULL, "%s on %s: %s", strcmp(scheme, "http") == 0 ? "HTTP" : "HTTPS", url,
		!callers_none(api->callers) ? "for those with a key"
		: http_server_on_loopback(api->http)
			? "open to this machine, as there are no keys and it listens on loopback "
			  "only"
			: "requests are refused with 401, as there are no keys");
	free(url);
}

static struct tls_context *load_tls(const struct config *config, char **ret_error)
{
	if (!config->https_addr || !*config->https_addr)
		return NULL;
	return tls_context_new_server(config->ssl_certificate, config->ssl_private_key, ret_error);
}

static void on_answered(
	void *arg, const struct http_exchange *exchange, const struct http_route *route, int status)
{
	const struct api_caller *caller = http_exchange_context(exchange);

	(void)route;
	api_metrics_answered(((struct api *)arg)->metrics, status, http_exchange_age(exchange));
	log_debug(NULL, "HTTP: %s %s from %s (%s): %d after %llu us",
		http_exchange_method(exchange), http_exchange_path(exchange),
		http_exchange_peer(exchange), caller ? caller->name : "nobody", status,
		(unsigned long long)http_exchange_age(exchange));
}

static bool open_http(struct api *api, struct loop *loop, char **ret_error)
{
	const struct config *config = server_config(api->server);
	char *error = NULL;
	struct http_server_config http = {
		.address = config->http_addr,
		.tls_address = config->https_addr,
		.tls = load_tls(config, &error),
		.max_body = MAX_BODY,
		.max_connections = config->http.max_connections,
		.max_source_connections = config->http.max_source_connections,
		.routes = api_routes,
		.prepare = api_prepare,
		.admit = api_authorize,
		.answered = on_answered,
		.arg = api,
	};

	if (!error)
		api->http = http_server_new(loop, &http, &error);
	if (api->http)
		return true;
	*ret_error =
		xasprintf("HTTP %s; set http_addr and https_addr to other addresses, or to \"\" "
			  "for none",
			error);
	free(error);
	return false;
}

struct api *api_new(struct loop *loop, struct server *server, char **ret_error)
{
	const struct config *config = server_config(server);
	struct api *api = xcalloc(1, sizeof(*api));

	api->server = server;
	api->started = clock_mono();
	api->callers = callers_new(config);
	api->metrics = api_metrics_new(loop);
	if (!open_http(api, loop, ret_error))
		return api_free(api);
	tell(api, "http", config->http_addr, http_server_port(api->http));
	tell(api, "https", config->https_addr, http_server_tls_port(api->http));
	return api;
}

struct api *api_free(struct api *api)
{
	if (!api)
		return NULL;
	api_claims_end(api);
	http_server_free(api->http);
	callers_free(api->callers);
	api_metrics_free(api->metrics);
	api_limits_free(api);
	free(api->openapi);
	free(api);
	return NULL;
}

void api_reload(struct api *api)
{
	const struct config *config = server_config(api->server);
	char *error = NULL;
	struct tls_context *tls = http_server_tls_port(api->http) ? load_tls(config, &error) : NULL;

	callers_free(api->callers);
	api->callers = callers_new(config);
	if (tls)
		http_server_set_tls(api->http, tls);
	if (error)
		log_error(NULL, "reload: the old certificate stays: %s", error);
	free(error);
}
