/* app_socket.h - a web application's WebSocket that carries sound: one engine, two dialects.
 *
 * Stands between a WebSocket and what it is for, a leg (leg_websocket.c) or a fork (fork.c). Out go
 * frames of 20 ms and keys; in come sound, which is queued to a stream that paces it, and orders:
 * `clear` drops what waits there, marks come back when what was before them has been heard.
 * Core thread only; no callback inside a call made here, nor after app_socket_free(). */
#ifndef CALL_APP_SOCKET_H
#define CALL_APP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "http/websocket.h"
#include "media/stream.h"

struct config_application;
struct app_socket;

enum app_socket_track { APP_INBOUND = 1, APP_OUTBOUND = 2 };

struct app_socket_spec {
	struct loop *loop;
	const char *uri;
	bool twilio;		     /* else the dialect of the Voice API */
	unsigned rate;		     /* Hz; Twilio's is 8000 */
	unsigned tracks;	     /* bits; with both, Voice API frames have two channels */
	struct json_object *headers; /* for the handshake and the first message; NULL: none */
	const char *authorization;   /* "vonage", "custom"; NULL: none */
	const char *authorization_value;
	const struct config_application *application; /* whose secret signs; may be NULL */
	const char *call_id;			      /* for logs and the application */
	struct media_leg *stream; /* takes the application's sound; borrowed; NULL: none */
};

struct app_socket_handler {
	void (*on_open)(void *arg);
	void (*on_end)(void *arg, const struct websocket_end *end); /* once, last */
};

/* Connects. NULL with a malloc'd *ret_error when it cannot be tried. */
struct app_socket *app_socket_open(struct websocket_client *client,
	const struct app_socket_spec *spec, const struct app_socket_handler *handler, void *arg,
	char **ret_error);
struct app_socket *app_socket_free(struct app_socket *socket); /* NULL allowed; returns NULL */

/* Before it is open nothing is sent. A track that is not among spec.tracks may be NULL. */
void app_socket_sound(
	struct app_socket *socket, const int16_t *inbound, const int16_t *outbound, size_t samples);
void app_socket_digit(struct app_socket *socket, char digit, unsigned duration_ms);
/* For the stream's on_mark(). */
void app_socket_marked(struct app_socket *socket, uint32_t mark, bool cleared);

#endif
