/* The way out of a WebSocket: messages wait in a queue of their own, because wslay's cannot be
 * shortened, and go through wslay into a small buffer and from there to the connection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "http/websocket_private.h"

#define OUT_BYTES     16384 /* framed ahead of the connection */
#define DEFAULT_QUEUE ((size_t)256 << 10)
/* What may not be dropped may fill the queue so often before the peer counts as dead. */
#define QUEUE_FACTOR 4

void websocket_send_init(struct websocket *ws, size_t queue_max)
{
	TAILQ_INIT(&ws->queue);
	ws->queue_max = queue_max ? queue_max : DEFAULT_QUEUE;
	ws->out = (struct strbuf)STRBUF_INIT;
}

static void drop(struct websocket *ws, struct message *message)
{
	TAILQ_REMOVE(&ws->queue, message, link);
	ws->queued -= message->length;
	ws->droppable -= message->droppable;
	free(message);
}

void websocket_send_release(struct websocket *ws)
{
	while (!TAILQ_EMPTY(&ws->queue))
		drop(ws, TAILQ_FIRST(&ws->queue));
	strbuf_release(&ws->out);
}

/* --- wslay's callbacks --- */

ssize_t websocket_on_send(
	wslay_event_context_ptr frames, const uint8_t *data, size_t length, int flags, void *arg)
{
	struct websocket *ws = arg;

	(void)flags;
	if (ws->out.length >= OUT_BYTES) {
		wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	strbuf_add(&ws->out, data, length);
	return (ssize_t)length;
}

/* Masks are unpredictable (RFC 6455 section 10.3), but a system call for each is not needed. */
int websocket_on_mask(wslay_event_context_ptr frames, uint8_t *out, size_t length, void *arg)
{
	struct websocket *ws = arg;
	struct websocket_client *client = ws->client;

	(void)frames;
	if (length > sizeof(client->mask_pool) - client->mask_next) {
		id_random(client->mask_pool, sizeof(client->mask_pool));
		client->mask_next = 0;
	}
	memcpy(out, client->mask_pool + client->mask_next, length);
	client->mask_next += length;
	return 0;
}

/* --- flushing --- */

/* False when the connection is full, broken or not there. */
static bool write_out(struct websocket *ws)
{
	if (!ws->connection)
		return false;
	while (ws->sent < ws->out.length) {
		ssize_t n = connection_write(
			ws->connection, ws->out.data + ws->sent, ws->out.length - ws->sent);

		if (n == -EAGAIN) {
			ws->blocked = true;
			return false;
		}
		if (n < 0) {
			websocket_fail(ws, HTTP_RESET, "the connection broke off");
			return false;
		}
		ws->sent += (size_t)n;
	}
	strbuf_reset(&ws->out);
	ws->sent = 0;
	return true;
}

static void queue_frame(
	struct websocket *ws, enum websocket_type type, const void *data, size_t length)
{
	struct wslay_event_msg message = {
		.opcode = type == WEBSOCKET_TEXT ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME,
		.msg = data,
		.msg_length = length,
	};

	if (wslay_event_queue_msg(ws->frames, &message) == WSLAY_ERR_NOMEM)
		abort();
}

/* The next message through wslay into `out`, as far as there is room. */
static void fill_out(struct websocket *ws)
{
	struct message *message = TAILQ_FIRST(&ws->queue);

	if (!ws->frames)
		return;
	if (message && !wslay_event_want_write(ws->frames)) {
		queue_frame(ws, message->type, message->data, message->length);
		drop(ws, message);
	}
	if (wslay_event_want_write(ws->frames) && wslay_event_send(ws->frames) != 0)
		abort();
}

void websocket_flush(struct websocket *ws)
{
	if (ws->blocked)
		return;
	do
		fill_out(ws);
	while (ws->out.length && write_out(ws));
}

/* --- sending --- */

static void make_room(struct websocket *ws)
{
	struct message *message = TAILQ_FIRST(&ws->queue), *next;

	for (; ws->droppable && ws->queued > ws->queue_max; message = next) {
		next = TAILQ_NEXT(message, link);
		if (message->droppable) {
			drop(ws, message);
			ws->dropped++;
		}
	}
	if (ws->queued > QUEUE_FACTOR * ws->queue_max)
		websocket_fail(ws, HTTP_RESET, "the peer does not read");
}

static void enqueue(struct websocket *ws, enum websocket_type type, const void *data, size_t length,
	bool droppable)
{
	struct message *message = xmalloc(sizeof(*message) + length);

	message->type = type;
	message->droppable = droppable;
	message->length = length;
	memcpy(message->data, data, length);
	TAILQ_INSERT_TAIL(&ws->queue, message, link);
	ws->queued += length;
	ws->droppable += droppable;
	make_room(ws);
}

void websocket_send(struct websocket *ws, enum websocket_type type, const void *data, size_t length,
	bool droppable)
{
	if (ws->state != WEBSOCKET_OPEN || ws->failure)
		return;
	/* Mostly nothing waits, and a copy is saved. */
	if (!ws->blocked && TAILQ_EMPTY(&ws->queue) && !wslay_event_want_write(ws->frames))
		queue_frame(ws, type, data, length);
	else
		enqueue(ws, type, data, length, droppable);
	websocket_flush(ws);
}

void websocket_send_ping(struct websocket *ws)
{
	struct wslay_event_msg ping = {.opcode = WSLAY_PING};

	if (!wslay_event_want_write(ws->frames))
		wslay_event_queue_msg(ws->frames, &ping);
	websocket_flush(ws);
}

void websocket_send_close(struct websocket *ws, uint16_t code)
{
	struct message *message = TAILQ_FIRST(&ws->queue), *next;

	for (; message; message = next) {
		next = TAILQ_NEXT(message, link);
		if (!message->droppable)
			queue_frame(ws, message->type, message->data, message->length);
		drop(ws, message);
	}
	if (wslay_event_queue_close(ws->frames, code, NULL, 0) == WSLAY_ERR_NOMEM)
		abort();
	websocket_flush(ws);
}

unsigned websocket_dropped(const struct websocket *ws)
{
	return ws->dropped;
}
