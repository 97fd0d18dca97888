/* One request and its answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/server_private.h"

/* --- the request --- */

struct http_exchange *http_exchange_new(struct http_connection *connection, char *text)
{
	struct http_exchange *exchange = xmalloc(sizeof(*exchange));

	memset(exchange, 0, offsetof(struct http_exchange, head));
	exchange->connection = connection;
	exchange->server = connection->server;
	exchange->text = text;
	exchange->body = exchange->fields = (struct strbuf)STRBUF_INIT;
	exchange->tls = connection->tls != NULL;
	exchange->began = clock_mono();
	memcpy(exchange->peer, connection->peer, sizeof(exchange->peer));
	return exchange;
}

void http_exchange_free(struct http_exchange *exchange)
{
	if (!exchange)
		return;
	if (exchange->release)
		exchange->release(exchange->context);
	strbuf_release(&exchange->body);
	strbuf_release(&exchange->fields);
	free(exchange->text);
	free(exchange);
}

static bool no_route(struct http_exchange *exchange, int status)
{
	char methods[HTTP_METHODS_SIZE];

	if (status == 405) {
		http_route_methods(exchange->server->config.routes, exchange->head.path, methods);
		http_exchange_add_header(exchange, "Allow", methods);
	}
	http_reply_problem(exchange, status, NULL);
	return false;
}

bool http_exchange_admit(struct http_exchange *exchange)
{
	const struct http_server_config *config = &exchange->server->config;
	int status;

	if (config->prepare && !config->prepare(config->arg, exchange))
		return false;
	exchange->route = http_route_find(config->routes, exchange->head.method,
		exchange->head.path, &exchange->match, &status);
	if (!exchange->route)
		return no_route(exchange, status);
	return !config->admit || config->admit(config->arg, exchange, exchange->route);
}

void http_exchange_handle(struct http_exchange *exchange)
{
	exchange->route->handle(exchange->server->config.arg, exchange, exchange->match.ids[0]);
}

const char *http_exchange_method(const struct http_exchange *exchange)
{
	return exchange->head.method;
}

const char *http_exchange_path(const struct http_exchange *exchange)
{
	return exchange->head.path;
}

const char *http_exchange_query(const struct http_exchange *exchange)
{
	return exchange->head.query;
}

const char *http_exchange_host(const struct http_exchange *exchange)
{
	return exchange->head.host;
}

const char *http_exchange_header(const struct http_exchange *exchange, const char *name)
{
	return head_field(&exchange->head, name);
}

const char *http_exchange_body(const struct http_exchange *exchange, size_t *ret_length)
{
	*ret_length = exchange->body.length;
	return exchange->body.data;
}

const char *http_exchange_second_id(const struct http_exchange *exchange)
{
	return exchange->match.ids[1];
}

const struct http_route *http_exchange_route(const struct http_exchange *exchange)
{
	return exchange->route;
}

const char *http_exchange_peer(const struct http_exchange *exchange)
{
	return exchange->peer;
}

bool http_exchange_is_gone(const struct http_exchange *exchange)
{
	return !exchange->connection;
}

bool http_exchange_is_tls(const struct http_exchange *exchange)
{
	return exchange->tls;
}

uint64_t http_exchange_age(const struct http_exchange *exchange)
{
	return clock_mono() - exchange->began;
}

void http_exchange_set_context(
	struct http_exchange *exchange, void *context, void (*release)(void *context))
{
	exchange->context = context;
	exchange->release = release;
}

void *http_exchange_context(const struct http_exchange *exchange)
{
	return exchange->context;
}

/* --- the answer --- */

void http_exchange_add_header(struct http_exchange *exchange, const char *name, const char *value)
{
	strbuf_adds(&exchange->fields, name);
	strbuf_adds(&exchange->fields, ": ");
	strbuf_adds(&exchange->fields, value);
	strbuf_adds(&exchange->fields, "\r\n");
}

const char *http_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} rows[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{206, "Partial Content"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{410, "Gone"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{415, "Unsupported Media Type"},
		{416, "Range Not Satisfiable"},
		{417, "Expectation Failed"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].status == status)
			return rows[i].phrase;
	return "Unknown";
}

struct payload {
	const char *content_type; /* NULL: there is none, and no length either */
	const char *text;	  /* NULL: a file */
	uint64_t length;
	int fd;
	uint64_t first;
};

static void write_status(struct http_server *server, struct strbuf *out, int status)
{
	strbuf_addf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nX-Content-Type-Options: nosniff\r\n",
		status, http_phrase(status), http_server_date(server));
}

static void write_payload_fields(struct strbuf *out, const struct payload *payload)
{
	if (payload->content_type)
		strbuf_addf(out, "Content-Type: %s\r\nContent-Length: %llu\r\n",
			payload->content_type, (unsigned long long)payload->length);
}

/* Sends it and frees the exchange. */
static void reply(struct http_exchange *exchange, int status, const struct payload *payload)
{
	struct http_connection *c = exchange->connection;
	struct http_server *server = exchange->server;
	const struct http_head *head = &exchange->head;
	bool head_only = strcmp(head->method, "HEAD") == 0 || !payload->content_type;
	bool keep =
		head->keep_alive && (exchange->complete || (!head->chunked && head->length == 0));
	int fd = payload->text || head_only ? -1 : payload->fd;

	if (fd < 0 && payload->fd >= 0)
		close(payload->fd);
	if (c) {
		if (server->config.answered)
			server->config.answered(
				server->config.arg, exchange, exchange->route, status);
		write_status(server, &c->out, status);
		strbuf_add(&c->out, exchange->fields.data, exchange->fields.length);
		write_payload_fields(&c->out, payload);
		if (!keep)
			strbuf_adds(&c->out, "Connection: close\r\n");
		else if (head->minor == 0)
			strbuf_adds(&c->out, "Connection: keep-alive\r\n");
		strbuf_adds(&c->out, "\r\n");
		if (!head_only && payload->text)
			strbuf_add(&c->out, payload->text, (size_t)payload->length);
	}
	http_exchange_free(exchange);
	if (c)
		http_connection_answer(c, keep, fd, payload->first, payload->length);
	else if (fd >= 0)
		close(fd);
}

void http_reply_empty(struct http_exchange *exchange, int status)
{
	static const struct payload none = {.fd = -1}, no_bytes = {"text/plain", "", 0, -1, 0};

	reply(exchange, status, status == 204 || status == 304 ? &none : &no_bytes);
}

void http_reply_text(struct http_exchange *exchange, int status, const char *content_type,
	const char *text, size_t length)
{
	const struct payload payload = {content_type, text, length, -1, 0};

	/* What somebody with a key was told is nobody else's. */
	http_exchange_add_header(exchange, "Cache-Control", "no-store");
	reply(exchange, status, &payload);
}

void http_reply_json(struct http_exchange *exchange, int status, struct json_object *body)
{
	const char *text = json_print(body);

	http_reply_text(exchange, status, "application/json", text, strlen(text));
	json_object_put(body);
}

static struct json_object *problem(
	int status, const char *detail, const char *instance, struct json_object *parameters)
{
	struct json_object *body = json_object_new_object();

	json_add_text(body, "type", "about:blank");
	json_add_text(body, "title", http_phrase(status));
	json_add_int(body, "status", status);
	json_add_text(body, "detail", detail ? detail : http_phrase(status));
	json_add_text(body, "error_title", http_phrase(status)); /* what older SDKs read */
	if (instance)
		json_add_text(body, "instance", instance);
	json_object_object_add(
		body, "invalid_parameters", parameters ? parameters : json_object_new_array());
	return body;
}

#define PROBLEM_TYPE "application/problem+json"

void http_reply_invalid(struct http_exchange *exchange, int status, const char *detail,
	struct json_object *parameters)
{
	struct json_object *body = problem(status, detail, exchange->head.path, parameters);
	const char *text = json_print(body);

	http_reply_text(exchange, status, PROBLEM_TYPE, text, strlen(text));
	json_object_put(body);
}

void http_reply_problem(struct http_exchange *exchange, int status, const char *detail)
{
	http_reply_invalid(exchange, status, detail, NULL);
}

void http_reply_file(struct http_exchange *exchange, int status, const char *content_type, int fd,
	uint64_t first, uint64_t length)
{
	const struct payload payload = {content_type, NULL, length, fd, first};

	reply(exchange, status, &payload);
}

void http_answer_problem(
	struct http_server *server, struct strbuf *out, int status, const char *detail)
{
	struct json_object *body = problem(status, detail, NULL, NULL);
	const char *text = json_print(body);
	const struct payload payload = {PROBLEM_TYPE, text, strlen(text), -1, 0};

	write_status(server, out, status);
	write_payload_fields(out, &payload);
	strbuf_adds(out, "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
	strbuf_add(out, text, (size_t)payload.length);
	json_object_put(body);
}
