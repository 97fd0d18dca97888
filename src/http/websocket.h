/* websocket.h - WebSockets (RFC 6455) as a client, from the core thread.
 *
 * ws and wss; addresses and certificates as in connection.h. No extension and no subprotocol is
 * offered, redirects are not followed. Pings are answered, and sent: a peer from which nothing came
 * for three intervals is gone. What cannot be sent at once waits; when more waits than was allowed,
 * the oldest messages that may be dropped are dropped and counted.
 *
 * Core thread only; a callback never runs inside a call made here, nor after websocket_free(),
 * which may be called from one. */
#ifndef HTTP_WEBSOCKET_H
#define HTTP_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/connection.h"

/* What WebSockets share; outlives them. */
struct websocket_client;

/* connector is borrowed, user_agent copied. */
struct websocket_client *websocket_client_new(
	struct loop *loop, struct connector *connector, const char *user_agent);
/* Cuts off those that are being closed. NULL allowed; returns NULL. */
struct websocket_client *websocket_client_free(struct websocket_client *client);

struct websocket;

struct websocket_request {
	const char *url;
	struct json_object *headers;   /* name -> text, or NULL; borrowed for the call */
	unsigned handshake_timeout_ms; /* until the server has agreed; 0: 5000 */
	unsigned ping_interval_ms;     /* 0: 20000 */
	size_t max_message_bytes;      /* that the peer may send; 0: 1 MiB */
	size_t send_buffer_bytes;      /* 0: 256 KiB */
};

enum websocket_type { WEBSOCKET_TEXT, WEBSOCKET_BINARY };

#define WEBSOCKET_NO_CODE 1005 /* closed without saying why */
#define WEBSOCKET_BROKEN  1006 /* not closed but broken off */

struct websocket_end {
	enum http_outcome outcome; /* HTTP_ANSWERED: it was open */
	int status;		   /* with which the server refused, or 0 */
	unsigned code;		   /* open: of the close frame (RFC 6455 section 7.4), or above */
	const char *detail;	   /* for logs; "" */
};

struct websocket_handler {
	void (*on_open)(void *arg);
	/* Text is UTF-8; data is not NUL-terminated. May be NULL. */
	void (*on_message)(void *arg, enum websocket_type type, const char *data, size_t length);
	void (*on_end)(void *arg, const struct websocket_end *end); /* once, last */
};

/* Always gives a handle; what cannot be made fails through on_end(). */
struct websocket *websocket_open(struct websocket_client *client,
	const struct websocket_request *request, const struct websocket_handler *handler,
	void *arg);

/* Closes it with code 1000 after what still waits (but what may be dropped) was sent; that goes on
 * in the background, for at most 2 s. NULL allowed; returns NULL. */
struct websocket *websocket_free(struct websocket *ws);

/* From on_open() on; before and after the end nothing happens. Copies data. */
void websocket_send(struct websocket *ws, enum websocket_type type, const void *data, size_t length,
	bool droppable);

unsigned websocket_dropped(const struct websocket *ws); /* messages, since it was opened */

#endif
