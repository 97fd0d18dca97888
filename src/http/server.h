/* server.h - an HTTP/1.1 server on the loop, its routes a table. Core thread only.
 *
 * What may be read in two ways is refused (head.h). A client has 10 s for a head, 30 s for a body
 * and for taking an answer; an idle connection is closed after 30 s. When there are too many
 * connections, from one source or at all, the one that has kept us waiting longest makes room.
 *
 * A handler may answer at once or later; it answers each exchange exactly once, also when the
 * client has gone in the meantime, for the answer is what frees the exchange. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "http/route.h"
#include "loop/loop.h"

struct http_server;
struct tls_context;

/* Reads "127.0.0.1:8080" or "[::1]:0": 0, or -EINVAL. Any thread. */
#define HTTP_HOST_SIZE 48
int http_address_read(
	const char *text, char ret_host[HTTP_HOST_SIZE], uint16_t *ret_port, bool *ret_loopback);

struct http_server_config {
	const char *address;	 /* "127.0.0.1:8080", "[::1]:0"; NULL or "": none */
	const char *tls_address; /* the same, for HTTPS */
	struct tls_context *tls; /* for tls_address; taken, also on failure */
	size_t max_body;
	unsigned max_connections;	    /* 0: 1024 */
	unsigned max_source_connections;    /* of one address, of a /64 in IPv6; 0: 256 */
	unsigned head_ms, body_ms, idle_ms; /* 0: as above */
	const struct http_route *routes;
	/* Asked for each request, before its route is looked for; false: it has answered. */
	bool (*prepare)(void *arg, struct http_exchange *exchange);
	/* Asked before each handler, and before a body is read; false: it has answered. */
	bool (*admit)(void *arg, struct http_exchange *exchange, const struct http_route *route);
	/* Told of each answer; route is NULL when there was none. */
	void (*answered)(void *arg, const struct http_exchange *exchange,
		const struct http_route *route, int status);
	void *arg; /* of these and of the handlers; each but routes may be NULL */
};

/* NULL and a malloc'd *ret_error when an address cannot be listened on. */
struct http_server *http_server_new(
	struct loop *loop, const struct http_server_config *config, char **ret_error);
/* Closes all connections; exchanges that are not answered yet stay until they are. NULL allowed. */
struct http_server *http_server_free(struct http_server *server);

/* For connections that come from now on; takes it. */
void http_server_set_tls(struct http_server *server, struct tls_context *tls);

/* 0 when it does not listen there. */
uint16_t http_server_port(const struct http_server *server);
uint16_t http_server_tls_port(const struct http_server *server);
bool http_server_on_loopback(const struct http_server *server); /* all of its addresses are */

struct http_server_counts {
	unsigned connections;				      /* now */
	uint64_t accepted, refused, malformed, slow, evicted; /* since the start */
};
void http_server_counts(const struct http_server *server, struct http_server_counts *ret_counts);

/* Of the request; "" or NULL when there is none. Borrowed. */
const char *http_exchange_method(const struct http_exchange *exchange);
const char *http_exchange_path(const struct http_exchange *exchange); /* still escaped */
const char *http_exchange_query(const struct http_exchange *exchange);
const char *http_exchange_host(const struct http_exchange *exchange); /* as the client said */
const char *http_exchange_header(const struct http_exchange *exchange, const char *name);
const char *http_exchange_body(const struct http_exchange *exchange, size_t *ret_length);
/* What stands for the second variable segment of the route; the first is given to the handler. */
const char *http_exchange_second_id(const struct http_exchange *exchange);
const struct http_route *http_exchange_route(const struct http_exchange *exchange); /* its row */
const char *http_exchange_peer(const struct http_exchange *exchange); /* the address */
/* Nobody hears the answer any more, which is due nevertheless. */
bool http_exchange_is_gone(const struct http_exchange *exchange);
bool http_exchange_is_tls(const struct http_exchange *exchange);
uint64_t http_exchange_age(const struct http_exchange *exchange); /* us since its head */

/* Something of the owner's that goes with it; `release` (may be NULL) frees it at the end. */
void http_exchange_set_context(
	struct http_exchange *exchange, void *context, void (*release)(void *context));
void *http_exchange_context(const struct http_exchange *exchange);

/* A header of the answer that follows. What is in the value must not have come from outside,
 * unless it has been checked. */
void http_exchange_add_header(struct http_exchange *exchange, const char *name, const char *value);

/* The answers; each frees the exchange. */
void http_reply_empty(struct http_exchange *exchange, int status);
void http_reply_text(struct http_exchange *exchange, int status, const char *content_type,
	const char *text, size_t length);
void http_reply_json(
	struct http_exchange *exchange, int status, struct json_object *body); /* takes */
/* application/problem+json, RFC 9457; detail may be NULL. */
void http_reply_problem(struct http_exchange *exchange, int status, const char *detail);
/* The same with invalid_parameters, an array of {name, reason}; takes it. */
void http_reply_invalid(struct http_exchange *exchange, int status, const char *detail,
	struct json_object *invalid_parameters);
/* `length` bytes of fd from `first`; takes fd. */
void http_reply_file(struct http_exchange *exchange, int status, const char *content_type, int fd,
	uint64_t first, uint64_t length);

const char *http_phrase(int status); /* "Not Found"; "Unknown" */

#endif
