/* websocket_private.h - what the two files of the WebSocket share: websocket.c has its life,
 * websocket_send.c the way out. */
#ifndef HTTP_WEBSOCKET_PRIVATE_H
#define HTTP_WEBSOCKET_PRIVATE_H

#include <sys/queue.h>
#include <wslay/wslay.h>

#include "base/strbuf.h"
#include "http/websocket.h"
#include "http/websocket_handshake.h"

struct message {
	TAILQ_ENTRY(message) link;
	enum websocket_type type;
	bool droppable;
	size_t length;
	unsigned char data[];
};

TAILQ_HEAD(message_list, message);
TAILQ_HEAD(websocket_list, websocket);

enum websocket_state {
	WEBSOCKET_CONNECTING,
	WEBSOCKET_SHAKING, /* the server is to agree */
	WEBSOCKET_OPEN,
	WEBSOCKET_CLOSING, /* the end is told or not wanted; the close frames are under way */
	WEBSOCKET_OVER	   /* the connection is gone */
};

struct websocket {
	TAILQ_ENTRY(websocket) link; /* in client->all */
	struct websocket_client *client;
	const struct websocket_handler *handler;
	void *arg;
	enum websocket_state state;
	bool calling, freed;
	struct connection *connection;
	wslay_event_context_ptr frames;
	char key[HANDSHAKE_KEY_SIZE];
	struct strbuf head; /* the server's answer, until it is complete */
	const char *in;	    /* what was read and wslay has not taken */
	size_t in_length;
	size_t max_message;

	struct timer timer; /* the handshake, then pings, then the bound of closing */
	uint64_t ping_interval_us;
	unsigned silent_intervals;

	/* Out: messages, of which one at a time goes through wslay into `out`. */
	struct message_list queue;
	size_t queued, queue_max; /* bytes */
	unsigned droppable;	  /* messages in it */
	unsigned dropped;
	struct strbuf out;
	size_t sent; /* of `out` */
	bool blocked;

	struct timer failing; /* tells an end that came up inside a call */
	enum http_outcome outcome;
	const char *failure; /* constant */
};

struct websocket_client {
	struct loop *loop;
	struct connector *connector;
	char *user_agent;
	struct websocket_list all;
	char chunk[16384];
	unsigned char mask_pool[256]; /* random bytes from mask_next on */
	size_t mask_next;
};

/* The connection is broken, or should be: on_end() follows from the loop. Only the first counts. */
void websocket_fail(struct websocket *ws, enum http_outcome outcome, const char *constant_text);

/* What came from the server: its answer to the handshake, then frames. */
void websocket_receive(struct websocket *ws, const char *data, size_t length);

/* websocket_send.c */

void websocket_send_init(struct websocket *ws, size_t queue_max);
void websocket_send_release(struct websocket *ws);
/* Writes what there is and the connection takes. */
void websocket_flush(struct websocket *ws);
/* No more than what must be sent, then a close frame. */
void websocket_send_close(struct websocket *ws, uint16_t code);
void websocket_send_ping(struct websocket *ws);

extern const struct wslay_event_callbacks websocket_callbacks; /* websocket.c */
ssize_t websocket_on_send(
	wslay_event_context_ptr frames, const uint8_t *data, size_t length, int flags, void *arg);
int websocket_on_mask(wslay_event_context_ptr frames, uint8_t *out, size_t length, void *arg);

#endif
