/* client.h - HTTP requests from the core thread: libcurl's multi interface on the loop.
 *
 * Connections are kept and reused, HTTP/2 is used where offered. Every request has limits on
 * time and size. Addresses are checked when the socket is opened, after resolution, so a
 * name that resolves to a private address is refused as well as the address itself. Core
 * thread only; a callback never runs inside http_send(), nor after http_cancel(). */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "loop/loop.h"

struct http_client;
struct http_request_handle;

struct http_client_config {
	bool allow_private;  /* loopback, private, link-local, unique-local addresses */
	const char *ca_file; /* authorities in PEM trusted beside those of the system; NULL: none */
	const char *user_agent;
	unsigned max_connections; /* 0: 512 in all, 64 per host */
};

struct http_client *http_client_new(struct loop *loop, const struct http_client_config *config);
struct http_client *http_client_free(struct http_client *client); /* cancels all; returns NULL */

enum http_outcome {
	HTTP_ANSWERED, /* any status */
	HTTP_REFUSED,  /* connection refused, host unknown, closed before an answer */
	HTTP_RESET,    /* connection reset while waiting */
	HTTP_CONNECT_TIMEOUT,
	HTTP_TIMEOUT, /* the answer, or its end, did not come in time */
	HTTP_TOO_LARGE,
	HTTP_FORBIDDEN, /* address not allowed by policy */
	HTTP_BAD_URL,
	HTTP_TLS,   /* certificate or handshake */
	HTTP_FAILED /* anything else */
};
const char *http_outcome_text(enum http_outcome outcome);

struct http_request {
	const char *method; /* "GET", "POST", ... */
	const char *url;
	const char *content_type; /* of body; NULL without body */
	const void *body;	  /* copied */
	size_t body_length;
	struct json_object *headers; /* object name -> string, or NULL; borrowed for the call */
	unsigned connect_timeout_ms; /* 0: 1000 */
	unsigned total_timeout_ms;   /* from the connection on, 0: 5000 */
	size_t max_bytes;	     /* of the answer's body; 0: 1 MiB */
	unsigned redirects;	     /* followed at most; 0 none */
};

struct http_response {
	enum http_outcome outcome;
	int status;	  /* 0 unless ANSWERED */
	const char *body; /* NUL-terminated copy, never NULL */
	size_t body_length;
	const char *content_type;    /* "" when none */
	const char *url;	     /* the last one, after redirects */
	struct json_object *headers; /* lower-case name -> last value */
	uint64_t duration_us;
	const char *detail; /* curl's text, for logs; "" */
};

typedef void (*http_done_fn)(void *arg, const struct http_response *response);

/* Always gives a handle, a request that cannot be made fails through the callback. */
struct http_request_handle *http_send(struct http_client *client,
	const struct http_request *request, http_done_fn done, void *arg);
void http_cancel(struct http_request_handle *handle); /* NULL allowed */

#endif
