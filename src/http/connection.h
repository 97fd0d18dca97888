/* connection.h - a TCP connection to the host of a URL, with TLS where the scheme says so.
 *
 * The name is resolved, every address judged after that (address.h) and those allowed tried in
 * turn: a name that leads to a private address is refused as the address itself is. Nothing
 * blocks. Core thread only; a callback runs from the loop, never inside a call made here, nor
 * after connection_free(), which may be called from one. */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include <stdbool.h>
#include <sys/types.h>

#include "http/client.h"
#include "http/url.h"
#include "loop/loop.h"

/* What connections share; outlives them. */
struct connector;

struct connector_config {
	bool allow_private;  /* as in http_client_config */
	const char *ca_file; /* authorities trusted beside those of the system; NULL: none */
};

/* NULL with a malloc'd *ret_error. */
struct connector *connector_new(
	struct loop *loop, const struct connector_config *config, char **ret_error);
struct connector *connector_free(struct connector *connector); /* NULL allowed; returns NULL */

struct connection_handler {
	void (*on_open)(void *arg);
	/* Again and again until connection_read() has taken all. */
	void (*on_readable)(void *arg);
	void (*on_writable)(void *arg); /* once after each -EAGAIN of connection_write() */
	/* Instead of on_open(). HTTP_REFUSED, _CONNECT_TIMEOUT, _FORBIDDEN, _TLS or _FAILED. */
	void (*on_failed)(void *arg, enum http_outcome outcome, const char *detail);
};

struct connection;

/* Always gives a handle. How long it may take is the owner's business. */
struct connection *connection_open(struct connector *connector, const struct url_target *target,
	const struct connection_handler *handler, void *arg);
struct connection *connection_free(struct connection *connection); /* NULL allowed; returns NULL */

/* From on_open() on: bytes, -EAGAIN, or a negative errno that is final. Reading: 0 at the end. */
ssize_t connection_read(struct connection *connection, void *buffer, size_t size);
ssize_t connection_write(struct connection *connection, const void *data, size_t length);
/* Whether the last connection_read() has taken all that was there: to ask again is in vain. */
bool connection_is_empty(const struct connection *connection);

#endif
