#include "http/websocket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/websocket_private.h"

#define DEFAULT_HANDSHAKE_MS 5000
#define DEFAULT_PING_MS	     20000
#define DEFAULT_MESSAGE	     ((size_t)1 << 20)
#define SILENT_INTERVALS     3
#define CLOSE_US	     (2 * USEC_PER_SEC)
#define CHUNKS_AT_ONCE	     16	 /* read before others have their turn */
#define ANSWERS_WAITING	     100 /* pongs that a peer does not read; more are an attack */

/* Every way in from the loop is between these, so that an owner may free from a callback. */
static void enter(struct websocket *ws)
{
	ws->calling = true;
}

static void destroy(struct websocket *ws)
{
	TAILQ_REMOVE(&ws->client->all, ws, link);
	timer_stop(&ws->timer);
	timer_stop(&ws->failing);
	connection_free(ws->connection);
	if (ws->frames)
		wslay_event_context_free(ws->frames);
	websocket_send_release(ws);
	strbuf_release(&ws->head);
	free(ws);
}

static void leave(struct websocket *ws)
{
	ws->calling = false;
	if (ws->freed && ws->state == WEBSOCKET_OVER)
		destroy(ws);
}

/* --- the end --- */

static void cut(struct websocket *ws)
{
	ws->state = WEBSOCKET_OVER;
	timer_stop(&ws->timer);
	timer_stop(&ws->failing);
	ws->connection = connection_free(ws->connection);
}

static void tell_end(struct websocket *ws, const struct websocket_end *end)
{
	if (ws->state >= WEBSOCKET_CLOSING)
		return;
	ws->state = WEBSOCKET_CLOSING;
	timer_start(&ws->timer, CLOSE_US);
	if (!ws->freed)
		ws->handler->on_end(ws->arg, end);
}

/* Without a close frame. */
static void break_off(struct websocket *ws, enum http_outcome outcome, const char *detail)
{
	struct websocket_end end = {.outcome = outcome, .detail = detail};

	if (ws->state == WEBSOCKET_OPEN) {
		end.outcome = HTTP_ANSWERED;
		end.code = WEBSOCKET_BROKEN;
	}
	tell_end(ws, &end);
	cut(ws);
}

static void on_failing(void *arg)
{
	struct websocket *ws = arg;

	enter(ws);
	break_off(ws, ws->outcome, ws->failure);
	leave(ws);
}

void websocket_fail(struct websocket *ws, enum http_outcome outcome, const char *constant_text)
{
	if (ws->failure)
		return;
	ws->outcome = outcome;
	ws->failure = constant_text;
	timer_start(&ws->failing, 0);
}

/* Their close frame has come, or what came was not WebSocket and ours says so. */
static void on_closed(struct websocket *ws)
{
	bool theirs = wslay_event_get_close_received(ws->frames);
	struct websocket_end end = {.outcome = HTTP_ANSWERED, .detail = ""};

	end.code = theirs ? wslay_event_get_status_code_received(ws->frames)
			  : wslay_event_get_status_code_sent(ws->frames);
	if (!theirs) {
		end.detail = "the peer broke the protocol";
		/* wslay has no code for some faults, nor before it is sent. */
		if (end.code < 1000 || end.code == WEBSOCKET_NO_CODE ||
			end.code == WEBSOCKET_BROKEN)
			end.code = WSLAY_CODE_PROTOCOL_ERROR;
	}
	tell_end(ws, &end);
}

/* --- frames --- */

static ssize_t on_receive(
	wslay_event_context_ptr frames, uint8_t *out, size_t size, int flags, void *arg)
{
	struct websocket *ws = arg;

	(void)flags;
	if (ws->in_length == 0) {
		wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (size > ws->in_length)
		size = ws->in_length;
	memcpy(out, ws->in, size);
	ws->in += size;
	ws->in_length -= size;
	return (ssize_t)size;
}

static void on_message(wslay_event_context_ptr frames,
	const struct wslay_event_on_msg_recv_arg *message, void *arg)
{
	struct websocket *ws = arg;
	enum websocket_type type =
		message->opcode == WSLAY_TEXT_FRAME ? WEBSOCKET_TEXT : WEBSOCKET_BINARY;

	(void)frames;
	if (ws->state == WEBSOCKET_OPEN && !wslay_is_ctrl_frame(message->opcode) &&
		ws->handler->on_message)
		ws->handler->on_message(
			ws->arg, type, (const char *)message->msg, message->msg_length);
}

const struct wslay_event_callbacks websocket_callbacks = {
	.recv_callback = on_receive,
	.send_callback = websocket_on_send,
	.genmask_callback = websocket_on_mask,
	.on_msg_recv_callback = on_message,
};

static void receive_frames(struct websocket *ws, const char *data, size_t length)
{
	ws->in = data;
	ws->in_length = length;
	if (!wslay_event_want_read(ws->frames))
		return;
	/* A frame that cannot be is an error here, for which a close frame is queued already. */
	if (wslay_event_recv(ws->frames) == WSLAY_ERR_NOMEM)
		abort();
	if (wslay_event_get_queued_msg_count(ws->frames) > ANSWERS_WAITING)
		websocket_fail(ws, HTTP_RESET, "the peer does not read the answers to its pings");
	websocket_flush(ws);
	if (!wslay_event_get_read_enabled(ws->frames))
		on_closed(ws);
}

/* --- the handshake --- */

static void start_frames(struct websocket *ws)
{
	if (wslay_event_context_client_init(&ws->frames, &websocket_callbacks, ws) != 0)
		abort();
	wslay_event_config_set_max_recv_msg_length(ws->frames, ws->max_message);
	ws->state = WEBSOCKET_OPEN;
	timer_start(&ws->timer, ws->ping_interval_us);
	ws->handler->on_open(ws->arg);
}

static void refuse(struct websocket *ws, const struct handshake_answer *answer)
{
	tell_end(ws, &(struct websocket_end){
			     .outcome = HTTP_FAILED,
			     .status = answer->status,
			     .detail = answer->error,
		     });
	cut(ws);
}

static void receive_head(struct websocket *ws, const char *data, size_t length)
{
	struct handshake_answer answer;
	size_t before = ws->head.length;
	int err;

	strbuf_add(&ws->head, data, length);
	err = handshake_read(ws->head.data, ws->head.length, ws->key, &answer);
	if (err == -EAGAIN)
		return;
	if (err < 0) {
		refuse(ws, &answer);
		return;
	}
	strbuf_release(&ws->head);
	start_frames(ws);
	data += answer.length - before;
	length -= answer.length - before;
	if (length && ws->frames && ws->state != WEBSOCKET_OVER)
		receive_frames(ws, data, length);
}

void websocket_receive(struct websocket *ws, const char *data, size_t length)
{
	if (ws->state == WEBSOCKET_SHAKING)
		receive_head(ws, data, length);
	else if (ws->frames)
		receive_frames(ws, data, length);
}

/* --- the connection's events --- */

static void on_connected(void *arg)
{
	struct websocket *ws = arg;

	enter(ws);
	ws->state = WEBSOCKET_SHAKING;
	websocket_flush(ws);
	leave(ws);
}

static void on_readable(void *arg)
{
	struct websocket *ws = arg;
	char *chunk = ws->client->chunk;

	enter(ws);
	for (unsigned i = 0; i < CHUNKS_AT_ONCE; i++) {
		ssize_t n = connection_read(ws->connection, chunk, sizeof(ws->client->chunk));

		if (n == -EAGAIN)
			break;
		if (n <= 0) {
			break_off(ws, n == 0 ? HTTP_REFUSED : HTTP_RESET,
				n == 0 ? "the peer closed the connection"
				       : "the connection broke off");
			break;
		}
		ws->silent_intervals = 0;
		websocket_receive(ws, chunk, (size_t)n);
		if (ws->state == WEBSOCKET_OVER || connection_is_empty(ws->connection))
			break;
	}
	leave(ws);
}

static void on_writable(void *arg)
{
	struct websocket *ws = arg;

	enter(ws);
	ws->blocked = false;
	websocket_flush(ws);
	leave(ws);
}

static void on_connection_failed(void *arg, enum http_outcome outcome, const char *detail)
{
	struct websocket *ws = arg;

	enter(ws);
	break_off(ws, outcome, detail);
	leave(ws);
}

static const struct connection_handler connection_handler = {
	.on_open = on_connected,
	.on_readable = on_readable,
	.on_writable = on_writable,
	.on_failed = on_connection_failed,
};

static void tick(struct websocket *ws)
{
	if (++ws->silent_intervals > SILENT_INTERVALS) {
		break_off(ws, HTTP_TIMEOUT, "the peer does not answer pings");
		return;
	}
	websocket_send_ping(ws);
	timer_start(&ws->timer, ws->ping_interval_us);
}

static void on_timer(void *arg)
{
	struct websocket *ws = arg;

	enter(ws);
	if (ws->state == WEBSOCKET_CONNECTING)
		break_off(ws, HTTP_CONNECT_TIMEOUT, "no connection in time");
	else if (ws->state == WEBSOCKET_SHAKING)
		break_off(ws, HTTP_TIMEOUT, "no answer to the handshake in time");
	else if (ws->state == WEBSOCKET_OPEN)
		tick(ws);
	else
		cut(ws);
	leave(ws);
}

/* --- making and freeing --- */

static void start(struct websocket *ws, const struct websocket_request *request)
{
	struct url_target target;
	const char *error = NULL;

	if (url_target_read(request->url, &target, &error) < 0) {
		websocket_fail(ws, HTTP_BAD_URL, error);
		return;
	}
	handshake_new_key(ws->key);
	if (handshake_write(&target, ws->key, ws->client->user_agent, request->headers, &ws->out,
		    &error) < 0)
		websocket_fail(ws, HTTP_FAILED, error);
	else
		ws->connection =
			connection_open(ws->client->connector, &target, &connection_handler, ws);
	url_target_release(&target);
}

struct websocket *websocket_open(struct websocket_client *client,
	const struct websocket_request *request, const struct websocket_handler *handler, void *arg)
{
	struct websocket *ws = xcalloc(1, sizeof(*ws));
	unsigned handshake_ms = request->handshake_timeout_ms, ping_ms = request->ping_interval_ms;

	ws->client = client;
	ws->handler = handler;
	ws->arg = arg;
	ws->head = (struct strbuf)STRBUF_INIT;
	ws->max_message = request->max_message_bytes ? request->max_message_bytes : DEFAULT_MESSAGE;
	ws->ping_interval_us = (ping_ms ? ping_ms : DEFAULT_PING_MS) * USEC_PER_MSEC;
	websocket_send_init(ws, request->send_buffer_bytes);
	timer_init(&ws->timer, client->loop, on_timer, ws);
	timer_init(&ws->failing, client->loop, on_failing, ws);
	timer_start(
		&ws->timer, (handshake_ms ? handshake_ms : DEFAULT_HANDSHAKE_MS) * USEC_PER_MSEC);
	TAILQ_INSERT_TAIL(&client->all, ws, link);
	start(ws, request);
	return ws;
}

struct websocket *websocket_free(struct websocket *ws)
{
	if (!ws)
		return NULL;
	ws->freed = true;
	if (ws->state < WEBSOCKET_OPEN || ws->failure) {
		cut(ws);
	} else if (ws->state == WEBSOCKET_OPEN) {
		ws->state = WEBSOCKET_CLOSING;
		timer_start(&ws->timer, CLOSE_US);
		websocket_send_close(ws, WSLAY_CODE_NORMAL_CLOSURE);
	}
	if (!ws->calling && ws->state == WEBSOCKET_OVER)
		destroy(ws);
	return NULL;
}

struct websocket_client *websocket_client_new(
	struct loop *loop, struct connector *connector, const char *user_agent)
{
	struct websocket_client *client = xcalloc(1, sizeof(*client));

	client->loop = loop;
	client->connector = connector;
	client->user_agent = xstrdup(user_agent);
	client->mask_next = sizeof(client->mask_pool);
	TAILQ_INIT(&client->all);
	return client;
}

struct websocket_client *websocket_client_free(struct websocket_client *client)
{
	struct websocket *ws;

	if (!client)
		return NULL;
	while ((ws = TAILQ_FIRST(&client->all)))
		destroy(ws);
	free(client->user_agent);
	free(client);
	return NULL;
}
