/* app_socket_private.h - what the engine (app_socket.c) and its dialects (app_vonage.c,
 * app_twilio.c) share. */
#ifndef CALL_APP_SOCKET_PRIVATE_H
#define CALL_APP_SOCKET_PRIVATE_H

#include <sys/queue.h>

#include "base/strbuf.h"
#include "call/app_socket.h"

#define STREAM_SID_SIZE 35 /* "MZ", 32 hex digits and a NUL */

struct app_dialect {
	void (*greet)(struct app_socket *socket);
	void (*sound)(struct app_socket *socket, const int16_t *inbound, const int16_t *outbound,
		size_t samples);
	void (*digit)(struct app_socket *socket, char digit, unsigned duration_ms);
	void (*text)(struct app_socket *socket, struct json_object *message);
	void (*binary)(struct app_socket *socket, const char *data, size_t length); /* or NULL */
	/* tag: as given to app_socket_mark() */
	void (*marked)(struct app_socket *socket, struct json_object *tag, bool cleared);
	void (*cleared)(struct app_socket *socket); /* or NULL */
	void (*part)(struct app_socket *socket);    /* before it is closed by us, or NULL */
};

extern const struct app_dialect app_vonage, app_twilio;

/* An order of the application that waits for the stream. */
struct app_mark {
	TAILQ_ENTRY(app_mark) link;
	uint32_t number;
	bool clear; /* stands behind a clear */
	size_t bytes;
	struct json_object *tag;
};

struct app_socket {
	const struct app_dialect *dialect;
	const struct app_socket_handler *handler;
	void *arg;
	struct websocket *websocket;
	bool open;
	char *call_id, *application_id;
	unsigned rate, tracks;
	struct json_object *headers;
	struct media_leg *stream;

	TAILQ_HEAD(, app_mark) marks;
	unsigned mark_count;
	size_t mark_bytes; /* of their tags */
	unsigned char odd; /* half a sample that the last message ended with */
	bool has_odd;
	uint64_t lost;	    /* samples that the stream had no room for */
	struct strbuf held; /* samples that have time to become a frame */
	struct timer hold;
	uint64_t heard_until; /* us: when all that was written will have been heard */
	struct strbuf out;

	/* Twilio's */
	char stream_sid[STREAM_SID_SIZE];
	uint64_t sequence, chunks[2], frames;
};

void app_socket_send_json(struct app_socket *socket, struct json_object *message); /* takes it */
/* Of linear sound in this machine's byte order. */
void app_socket_write(struct app_socket *socket, const int16_t *pcm, size_t samples);
/* Tells the dialect `tag` (taken; may be NULL) once what was written before has been heard. */
void app_socket_mark(struct app_socket *socket, struct json_object *tag);
void app_socket_clear(struct app_socket *socket);

#endif
