/* server.h - an HTTP/1.1 server on the loop, its routes a table. Core thread only.
 *
 * A handler may answer at once or later; it answers each exchange exactly once, also when the
 * client has gone in the meantime, for the answer is what frees the exchange. Headers may have
 * 16 KiB, a body max_body bytes (413), a connection may be silent for 30 s. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "http/route.h"
#include "loop/loop.h"

struct http_server;

/* Reads "127.0.0.1:8080" or "[::1]:0": 0, or -EINVAL. Any thread. */
#define HTTP_HOST_SIZE 48
int http_address_read(
	const char *text, char ret_host[HTTP_HOST_SIZE], uint16_t *ret_port, bool *ret_loopback);

struct http_server_config {
	const char *address; /* "127.0.0.1:8080", "[::1]:0" */
	size_t max_body;
	const struct http_route *routes;
	/* Asked before each handler; false: it has answered. NULL: none. */
	bool (*admit)(void *arg, struct http_exchange *exchange, const struct http_route *route);
	void *arg; /* of admit and of the handlers */
};

/* NULL and a malloc'd *ret_error when the address cannot be listened on. */
struct http_server *http_server_new(
	struct loop *loop, const struct http_server_config *config, char **ret_error);
/* Closes all connections; exchanges that are not answered yet stay until they are. NULL allowed. */
struct http_server *http_server_free(struct http_server *server);

uint16_t http_server_port(const struct http_server *server);
bool http_server_on_loopback(const struct http_server *server);

/* Of the request; NULL when there is no such header. Borrowed. */
const char *http_exchange_method(const struct http_exchange *exchange);
const char *http_exchange_path(const struct http_exchange *exchange);
const char *http_exchange_header(const struct http_exchange *exchange, const char *name);

/* A header of the answer that follows. The value must not come from outside. */
void http_exchange_add_header(struct http_exchange *exchange, const char *name, const char *value);

/* The answers; each frees the exchange. */
void http_reply_json(
	struct http_exchange *exchange, int status, struct json_object *body); /* takes */
/* application/problem+json, RFC 9457; detail may be NULL. */
void http_reply_problem(struct http_exchange *exchange, int status, const char *detail);
/* `length` bytes of fd from `first`, as the kernel sends them; takes fd. */
void http_reply_file(struct http_exchange *exchange, int status, const char *content_type, int fd,
	uint64_t first, uint64_t length);

#endif
