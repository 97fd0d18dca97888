/* Who may: api_authorize() is asked before every handler. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define MAX_HOST 256

/* --- who asks --- */

static void caller_release(void *context)
{
	struct api_caller *caller = context;

	free((char *)caller->name);
	free((char *)caller->application);
	json_object_put(caller->acl);
	free(caller);
}

/* Takes the acl. */
static void remember(struct http_exchange *exchange, const struct api_caller *found)
{
	struct api_caller *caller = xmemdup(found, sizeof(*found));

	caller->name = xstrdup(found->name);
	caller->application = xstrdup(found->application);
	http_exchange_set_context(exchange, caller, caller_release);
}

const struct api_caller *api_caller(const struct http_exchange *exchange)
{
	return http_exchange_context(exchange);
}

char *api_owner(const struct http_exchange *exchange)
{
	const struct api_caller *caller = api_caller(exchange);

	return xasprintf("%s\n%s\n%s", caller->token ? "token" : "key",
		caller->application ? caller->application : "", caller->name);
}

bool api_sees(const struct http_exchange *exchange, const char *application)
{
	const char *own = api_caller(exchange)->application;

	return !own || (application && strcmp(own, application) == 0);
}

/* --- without keys: whoever reaches a loopback address, but no web page --- */

static bool is_address(const char *host)
{
	struct in6_addr in6;
	struct in_addr in;

	return inet_pton(AF_INET, host, &in) == 1 || inet_pton(AF_INET6, host, &in6) == 1;
}

/* A name with dots can be made to lead to us by whoever owns it, and his pages would be of our
 * origin then. */
static bool host_is_ours(const char *text)
{
	char host[MAX_HOST];
	size_t length;

	if (strlen(text) >= sizeof(host))
		return false;
	if (*text == '[')
		return strchr(text, ']') != NULL;
	length = strcspn(text, ":");
	memcpy(host, text, length);
	host[length] = '\0';
	if (!strchr(host, '.') || is_address(host))
		return true;
	return length > 10 && strcasecmp(host + length - 10, ".localhost") == 0;
}

/* Browsers name the page that asks. */
static bool page_is_ours(const struct api *api, const struct http_exchange *exchange)
{
	const char *origin = http_exchange_header(exchange, "Origin");
	const char *site = http_exchange_header(exchange, "Sec-Fetch-Site");
	const char *host = origin ? strstr(origin, "://") : NULL;

	if (origin && api_origin_allowed(api, origin))
		return true;
	if (origin)
		return host && strcasecmp(host + 3, http_exchange_host(exchange)) == 0;
	return !site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
}

static bool admit_anybody(const struct api *api, struct http_exchange *exchange)
{
	static const struct api_caller anybody = {.name = "anybody",
		.scopes = API_CALLS_READ | API_CALLS_WRITE | API_METRICS_READ | API_ADMIN};

	if (!host_is_ours(http_exchange_host(exchange)) || !page_is_ours(api, exchange)) {
		http_reply_problem(exchange, 403,
			"without keys the API is for programs of this machine, not for web pages "
			"from elsewhere; see api.keys and api.cors_origins");
		return false;
	}
	remember(exchange, &anybody);
	return true;
}

/* --- refusals --- */

static bool refuse_unknown(struct http_exchange *exchange, const char *detail)
{
	http_exchange_add_header(exchange, "WWW-Authenticate", "Bearer realm=\"nccod\"");
	http_reply_problem(exchange, 401, detail);
	return false;
}

static bool refuse_fast(struct http_exchange *exchange)
{
	http_exchange_add_header(exchange, "Retry-After", "1");
	http_reply_problem(exchange, 429, "too many requests");
	return false;
}

static bool refuse_scope(struct http_exchange *exchange, const struct api_operation *operation)
{
	char *detail = xasprintf("the scope %s is needed", api_scope_name(operation->scope));

	http_reply_problem(exchange, 403, detail);
	free(detail);
	return false;
}

/* --- what is asked for --- */

static const char *without_prefix(const char *path)
{
	return strncmp(path, "/api/", 5) == 0 ? path + 4 : path;
}

static bool admit_caller(struct http_exchange *exchange, const struct api_operation *operation)
{
	const struct api_caller *caller = api_caller(exchange);

	if (!(caller->scopes & (operation->scope | API_ADMIN)))
		return refuse_scope(exchange, operation);
	if (!caller->acl || acl_allows(caller->acl, http_exchange_method(exchange),
				    without_prefix(http_exchange_path(exchange))))
		return true;
	http_reply_problem(exchange, 403, "the token's acl does not allow this");
	return false;
}

bool api_authorize(void *arg, struct http_exchange *exchange, const struct http_route *route)
{
	const struct api *api = arg;
	const struct api_operation *operation = route->about;
	const char *header = http_exchange_header(exchange, "Authorization"), *error;
	struct api_caller caller;

	if (operation->scope == API_OPEN)
		return true;
	if (callers_none(api->callers)) {
		if (http_server_on_loopback(api->http))
			return admit_anybody(api, exchange);
		return refuse_unknown(exchange,
			"without keys the API is served to loopback addresses only; see api.keys");
	}
	switch (callers_find(api->callers, header, http_exchange_peer(exchange), clock_wall(),
		clock_mono(), &caller, &error)) {
	case CALLER_KNOWN:
		remember(exchange, &caller);
		return admit_caller(exchange, operation);
	case CALLER_TOO_FAST:
		return refuse_fast(exchange);
	case CALLER_UNKNOWN:
		break;
	}
	if (header)
		log_info(NULL, "HTTP: %s is refused with 401: %s", http_exchange_peer(exchange),
			error);
	return refuse_unknown(exchange, error);
}

struct json_object *api_query(struct http_exchange *exchange)
{
	const struct api_operation *operation = http_exchange_route(exchange)->about;
	struct json_object *values, *faults;

	if (api_query_read(http_exchange_query(exchange), operation->query, &values, &faults) == 0)
		return values;
	http_reply_invalid(exchange, 400, "the query has faults", faults);
	return NULL;
}
