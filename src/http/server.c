#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_HEADERS 16384
#define IDLE_S	    30
#define METHODS                                                                                    \
	(EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | \
		EVHTTP_REQ_PATCH | EVHTTP_REQ_OPTIONS)

struct http_server {
	struct http_server_config config;
	struct evhttp *http;
	uint16_t port;
	bool loopback;
};

struct http_exchange {
	struct evhttp_request *request; /* NULL: the client has gone */
};

/* --- requests --- */

static const struct {
	enum evhttp_cmd_type type;
	const char *name;
} methods[] = {
	{EVHTTP_REQ_GET, "GET"},
	{EVHTTP_REQ_HEAD, "HEAD"},
	{EVHTTP_REQ_POST, "POST"},
	{EVHTTP_REQ_PUT, "PUT"},
	{EVHTTP_REQ_DELETE, "DELETE"},
	{EVHTTP_REQ_PATCH, "PATCH"},
	{EVHTTP_REQ_OPTIONS, "OPTIONS"},
};

static const char *method_name(struct evhttp_request *request)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].type == evhttp_request_get_command(request))
			return methods[i].name;
	return "";
}

const char *http_exchange_method(const struct http_exchange *exchange)
{
	return exchange->request ? method_name(exchange->request) : "";
}

const char *http_exchange_path(const struct http_exchange *exchange)
{
	const struct evhttp_uri *uri =
		exchange->request ? evhttp_request_get_evhttp_uri(exchange->request) : NULL;
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;

	return path ? path : "";
}

const char *http_exchange_header(const struct http_exchange *exchange, const char *name)
{
	return exchange->request
		       ? evhttp_find_header(
				 evhttp_request_get_input_headers(exchange->request), name)
		       : NULL;
}

static void on_gone(struct evhttp_connection *connection, void *arg)
{
	struct http_exchange *exchange = arg;

	(void)connection;
	exchange->request = NULL;
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct http_server *server = arg;
	const struct http_server_config *config = &server->config;
	struct http_exchange *exchange = xcalloc(1, sizeof(*exchange));
	const struct http_route *route;
	char id[HTTP_ID_SIZE];
	int status;

	exchange->request = request;
	evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_gone, exchange);
	route = http_route_find(
		config->routes, method_name(request), http_exchange_path(exchange), id, &status);
	if (!route)
		http_reply_problem(exchange, status, NULL);
	else if (!config->admit || config->admit(config->arg, exchange, route))
		route->handle(config->arg, exchange, id);
}

/* --- answers --- */

void http_exchange_add_header(struct http_exchange *exchange, const char *name, const char *value)
{
	if (exchange->request)
		evhttp_add_header(
			evhttp_request_get_output_headers(exchange->request), name, value);
}

static const char *phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} rows[] = {
		{200, "OK"},
		{201, "Created"},
		{204, "No Content"},
		{206, "Partial Content"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{409, "Conflict"},
		{413, "Content Too Large"},
		{416, "Range Not Satisfiable"},
		{429, "Too Many Requests"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].status == status)
			return rows[i].phrase;
	return "Unknown";
}

/* Sends it (body NULL: none, as HEAD wants it) and frees the exchange. */
static void reply(struct http_exchange *exchange, int status, const char *content_type,
	uint64_t length, struct evbuffer *body)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)length);
	http_exchange_add_header(exchange, "Content-Length", number);
	http_exchange_add_header(exchange, "Content-Type", content_type);
	if (exchange->request) {
		evhttp_connection_set_closecb(
			evhttp_request_get_connection(exchange->request), NULL, NULL);
		evhttp_send_reply(exchange->request, status, phrase(status), body);
	}
	free(exchange);
}

static bool wants_body(const struct http_exchange *exchange)
{
	return exchange->request &&
	       evhttp_request_get_command(exchange->request) != EVHTTP_REQ_HEAD;
}

static void reply_text(
	struct http_exchange *exchange, int status, const char *content_type, const char *text)
{
	struct evbuffer *body = evbuffer_new();
	size_t length = strlen(text);

	if (wants_body(exchange))
		evbuffer_add(body, text, length);
	reply(exchange, status, content_type, length, body);
	evbuffer_free(body);
}

void http_reply_json(struct http_exchange *exchange, int status, struct json_object *body)
{
	reply_text(exchange, status, "application/json", json_print(body));
	json_object_put(body);
}

void http_reply_problem(struct http_exchange *exchange, int status, const char *detail)
{
	struct json_object *body = json_object_new_object();

	json_add_text(body, "type", "about:blank");
	json_add_text(body, "title", phrase(status));
	json_add_text(body, "detail", detail ? detail : phrase(status));
	json_add_text(body, "error_title", phrase(status)); /* what older SDKs read */
	json_add_text(body, "instance", http_exchange_path(exchange));
	json_object_object_add(body, "invalid_parameters", json_object_new_array());
	reply_text(exchange, status, "application/problem+json", json_print(body));
	json_object_put(body);
}

void http_reply_file(struct http_exchange *exchange, int status, const char *content_type, int fd,
	uint64_t first, uint64_t length)
{
	struct evbuffer *body = evbuffer_new();

	/* So that it stays a file, sent by sendfile() as the socket takes it, and is not read
	 * into memory. */
	evbuffer_set_flags(body, EVBUFFER_FLAG_DRAINS_TO_FD);
	if (length == 0 || !wants_body(exchange) ||
		evbuffer_add_file(body, fd, (ev_off_t)first, (ev_off_t)length) < 0)
		close(fd);
	reply(exchange, status, content_type, length, body);
	evbuffer_free(body);
}

/* --- listening --- */

static bool is_loopback(const char *host, bool *ret_loopback)
{
	struct in_addr in;
	struct in6_addr in6;

	if (inet_pton(AF_INET, host, &in) == 1)
		*ret_loopback = ntohl(in.s_addr) >> 24 == 127;
	else if (inet_pton(AF_INET6, host, &in6) == 1)
		*ret_loopback = IN6_IS_ADDR_LOOPBACK(&in6) != 0;
	else
		return false;
	return true;
}

int http_address_read(
	const char *text, char ret_host[HTTP_HOST_SIZE], uint16_t *ret_port, bool *ret_loopback)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
	unsigned long port;
	char *end;

	if (length == 0 || length >= HTTP_HOST_SIZE || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > UINT16_MAX)
		return -EINVAL;
	snprintf(ret_host, HTTP_HOST_SIZE, "%.*s", (int)(brackets ? length - 2 : length),
		brackets ? text + 1 : text);
	*ret_port = (uint16_t)port;
	if (brackets != (strchr(ret_host, ':') != NULL) || !is_loopback(ret_host, ret_loopback))
		return -EINVAL;
	return 0;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t length = sizeof(ss);

	getsockname(fd, (struct sockaddr *)&ss, &length);
	return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
					      : ((struct sockaddr_in *)&ss)->sin_port);
}

static int listen_on(struct http_server *server, const char *address)
{
	struct evhttp_bound_socket *bound;
	char host[HTTP_HOST_SIZE];
	uint16_t port;

	if (http_address_read(address, host, &port, &server->loopback) < 0)
		return -EINVAL;
	errno = 0;
	bound = evhttp_bind_socket_with_handle(server->http, host, port);
	if (!bound)
		return errno ? -errno : -EADDRNOTAVAIL;
	server->port = port_of(evhttp_bound_socket_get_fd(bound));
	return 0;
}

struct http_server *http_server_new(
	struct loop *loop, const struct http_server_config *config, char **ret_error)
{
	struct http_server *server = xcalloc(1, sizeof(*server));
	int r;

	server->config = *config;
	server->http = evhttp_new(loop_base(loop));
	if (!server->http)
		abort();
	evhttp_set_max_headers_size(server->http, MAX_HEADERS);
	evhttp_set_max_body_size(server->http, (ev_ssize_t)config->max_body);
	evhttp_set_timeout(server->http, IDLE_S);
	evhttp_set_allowed_methods(server->http, METHODS);
	evhttp_set_gencb(server->http, on_request, server);
	r = listen_on(server, config->address);
	if (r == 0)
		return server;
	*ret_error = xasprintf("cannot listen on %s: %s", config->address, strerror(-r));
	return http_server_free(server);
}

struct http_server *http_server_free(struct http_server *server)
{
	if (!server)
		return NULL;
	evhttp_free(server->http);
	free(server);
	return NULL;
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}

bool http_server_on_loopback(const struct http_server *server)
{
	return server->loopback;
}
