/* One connection of the HTTP server: bytes in, requests out of them, answers onto the wire.
 *
 * http_connection_run() takes it as far as it can go without waiting, a step at a time. What is
 * found broken on the way is freed at its end, so that no step works on what is gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/server_private.h"

#define PART	     16384 /* read at once: as much as a TLS record has */
#define MAX_AHEAD    16384 /* of requests that wait for the one before */
#define MAX_STEPS    64	   /* until others get their turn */
#define FILE_PART    (64u << 10)
#define SEND_AT_ONCE (1u << 20)
#define PROGRESS     (64u << 10) /* that renews the time for an answer */
#define ANSWER_MS    30000
#define CLOSE_MS     2000
#define KEPT_BUFFER  4096 /* larger ones are not kept for an idle connection */

/* --- time --- */

static void on_timer(void *arg);

static void set_due(struct http_connection *c, unsigned ms)
{
	c->due = clock_mono() + ms * USEC_PER_MSEC;
	if (timer_running(&c->timer) && c->armed <= c->due)
		return;
	c->armed = c->due;
	timer_start(&c->timer, ms * USEC_PER_MSEC);
}

static void set_stage(struct http_connection *c, enum http_stage stage, unsigned ms)
{
	c->stage = stage;
	http_server_waits(c, stage != STAGE_HANDLED);
	if (ms)
		set_due(c, ms);
	else
		c->due = UINT64_MAX;
}

/* --- the socket --- */

static ssize_t get(struct http_connection *c, void *buffer, size_t size)
{
	ssize_t n = c->tls ? tls_read(c->tls, buffer, size) : recv(c->fd, buffer, size, 0);

	return n < 0 && !c->tls ? -errno : n;
}

static ssize_t put(struct http_connection *c, const void *data, size_t length)
{
	ssize_t n =
		c->tls ? tls_write(c->tls, data, length) : send(c->fd, data, length, MSG_NOSIGNAL);

	return n < 0 && !c->tls ? -errno : n;
}

static size_t pending(const struct http_connection *c)
{
	return c->in.length - c->in_at;
}

static void consume(struct http_connection *c, size_t length)
{
	c->in_at += length;
	if (pending(c) == 0) {
		if (c->in.size > KEPT_BUFFER)
			strbuf_release(&c->in);
		else
			strbuf_reset(&c->in);
		c->in_at = 0;
	} else if (c->in_at > PART) {
		memmove(c->in.data, c->in.data + c->in_at, pending(c) + 1);
		c->in.length -= c->in_at;
		c->in_at = 0;
	}
}

static void receive(struct http_connection *c)
{
	char part[PART];
	ssize_t n = get(c, part, sizeof(part));

	if (n == 0)
		c->peer_done = true;
	else if (n > 0 && c->stage != STAGE_CLOSING)
		strbuf_add(&c->in, part, (size_t)n);
	else if (n < 0 && n != -EAGAIN && n != -EINTR)
		c->broken = true;
}

/* No more comes from us; the peer is let finish what it says, for a while. */
static void begin_closing(struct http_connection *c)
{
	c->tls = tls_free(c->tls);
	if (shutdown(c->fd, SHUT_WR) < 0 || c->peer_done)
		c->broken = true;
	consume(c, pending(c));
	set_stage(c, STAGE_CLOSING, CLOSE_MS);
}

/* --- steps: true when there may be another --- */

static bool shake_hands(struct http_connection *c)
{
	int r = tls_handshake(c->tls);

	if (r == 0) {
		set_stage(c, STAGE_HEAD, c->server->config.head_ms);
		return true;
	}
	c->blocked = r == -EAGAIN && tls_wants_write(c->tls);
	if (r == -EAGAIN)
		return false;
	log_debug(NULL, "HTTPS with %s: %s", c->peer, tls_error(c->tls));
	begin_closing(c); /* so that the alert is not overtaken by a reset */
	return true;
}

/* Answers without an exchange, and closes. */
static bool refuse(struct http_connection *c, int status, const char *detail)
{
	if (status == 408)
		c->server->counts.slow++;
	else
		c->server->counts.malformed++;
	log_debug(NULL, "HTTP from %s refused with %d: %s", c->peer, status, detail);
	http_answer_problem(c->server, &c->out, status, detail);
	c->last = true;
	set_stage(c, STAGE_ANSWERING, ANSWER_MS);
	return true;
}

/* The exchange that began must be answered by us, for what its body is. */
static bool give_up(struct http_connection *c, int status, const char *detail)
{
	http_exchange_free(c->exchange);
	c->exchange = NULL;
	return refuse(c, status, detail);
}

static bool begin_body(struct http_connection *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const struct http_head *head = &c->exchange->head;

	if (!head->chunked && head->length > c->server->config.max_body)
		return give_up(c, 413, "the body is too large");
	if (!http_exchange_admit(c->exchange))
		return true;
	c->chunked = (struct chunked){0};
	set_stage(c, STAGE_BODY, c->server->config.body_ms);
	if (head->expects_continue && pending(c) == 0 &&
		put(c, go_on, sizeof(go_on) - 1) != (ssize_t)sizeof(go_on) - 1)
		c->broken = true;
	return true;
}

static bool take_head(struct http_connection *c)
{
	struct head_fault fault;
	char *text;
	long length = head_scan(c->in.data + c->in_at, pending(c), &c->scanned, &fault);

	if (length < 0)
		return refuse(c, fault.status, fault.detail);
	if (length == 0) {
		/* Half a request is of no use to anybody. */
		c->broken = c->peer_done;
		if (pending(c) > 0 &&
			c->due > clock_mono() + c->server->config.head_ms * USEC_PER_MSEC)
			set_due(c, c->server->config.head_ms);
		return false;
	}
	text = xmemdup(c->in.data + c->in_at, (size_t)length);
	c->scanned = 0;
	consume(c, (size_t)length);
	c->exchange = http_exchange_new(c, text);
	if (head_read(text, (size_t)length, &c->exchange->head, &fault) < 0)
		return give_up(c, fault.status, fault.detail);
	return begin_body(c);
}

/* What came of the body so far: 1 when it is complete, 0 when not, or a negative errno. */
static int take_part(struct http_connection *c)
{
	const struct http_head *head = &c->exchange->head;
	struct strbuf *body = &c->exchange->body;
	size_t left = head->chunked ? 0 : (size_t)head->length - body->length;
	ssize_t n;

	if (head->chunked) {
		n = chunked_read(&c->chunked, c->in.data + c->in_at, pending(c), body,
			c->server->config.max_body);
		if (n < 0)
			return (int)n;
		consume(c, (size_t)n);
		return c->chunked.state == CHUNKED_DONE;
	}
	n = (ssize_t)(pending(c) < left ? pending(c) : left);
	strbuf_add(body, c->in.data + c->in_at, (size_t)n);
	consume(c, (size_t)n);
	return body->length == head->length;
}

static bool take_body(struct http_connection *c)
{
	int r = take_part(c);

	if (r == -EMSGSIZE)
		return give_up(c, 413, "the body is too large");
	if (r < 0)
		return give_up(c, 400, "the body has malformed chunks");
	if (r == 0) {
		c->broken = c->peer_done;
		return false;
	}
	c->exchange->complete = true;
	set_stage(c, STAGE_HANDLED, 0);
	http_exchange_handle(c->exchange);
	return true;
}

/* --- answering --- */

static void close_file(struct http_connection *c)
{
	if (c->file >= 0)
		close(c->file);
	c->file = -1;
	c->file_left = 0;
}

/* The next part of the file into `out`; false when it is not there any more. */
static bool refill(struct http_connection *c)
{
	char *part = xmalloc(FILE_PART);
	size_t wanted = c->file_left < FILE_PART ? (size_t)c->file_left : FILE_PART;
	ssize_t n = pread(c->file, part, wanted, (off_t)c->file_at);

	strbuf_reset(&c->out);
	c->out_at = 0;
	if (n > 0) {
		strbuf_add(&c->out, part, (size_t)n);
		c->file_at += (uint64_t)n;
		c->file_left -= (uint64_t)n;
	}
	free(part);
	return n > 0;
}

/* Sends until all is sent, the socket is full, or others should have their turn. */
static bool send_some(struct http_connection *c)
{
	size_t sent = 0;

	while (sent < SEND_AT_ONCE) {
		ssize_t n;

		if (c->out_at == c->out.length) {
			if (c->file_left == 0)
				return true;
			if (!refill(c)) {
				c->broken = true;
				return false;
			}
		}
		n = put(c, c->out.data + c->out_at, c->out.length - c->out_at);
		if (n == -EAGAIN || n == -EINTR)
			break;
		if (n < 0) {
			c->broken = true;
			return false;
		}
		c->out_at += (size_t)n;
		sent += (size_t)n;
	}
	c->blocked = true;
	c->progress += sent;
	return false;
}

static bool answer(struct http_connection *c)
{
	if (!send_some(c)) {
		if (c->progress >= PROGRESS) {
			c->progress = 0;
			set_stage(c, STAGE_ANSWERING, ANSWER_MS);
		}
		return false;
	}
	if (c->out.size > KEPT_BUFFER)
		strbuf_release(&c->out);
	else
		strbuf_reset(&c->out);
	c->out_at = c->progress = 0;
	close_file(c);
	if (c->last)
		begin_closing(c);
	else
		set_stage(c, STAGE_HEAD, c->server->config.idle_ms);
	return true;
}

static bool step(struct http_connection *c)
{
	switch (c->stage) {
	case STAGE_HANDSHAKE:
		return shake_hands(c);
	case STAGE_HEAD:
		return take_head(c);
	case STAGE_BODY:
		return take_body(c);
	case STAGE_HANDLED:
		return false;
	case STAGE_ANSWERING:
		return answer(c);
	case STAGE_CLOSING:
		c->broken |= c->peer_done;
		return false;
	}
	return false;
}

/* --- running --- */

static void want(struct event *event, bool wanted, bool *is)
{
	if (wanted == *is)
		return;
	*is = wanted;
	if (wanted)
		event_add(event, NULL);
	else
		event_del(event);
}

static void watch(struct http_connection *c)
{
	bool busy = c->stage == STAGE_HANDLED || c->stage == STAGE_ANSWERING;

	want(&c->readable, !c->peer_done && !(busy && pending(c) >= MAX_AHEAD), &c->reads);
	want(&c->writable, c->blocked, &c->writes);
}

void http_connection_run(struct http_connection *c)
{
	unsigned steps = 0;

	if (c->running)
		return;
	c->running = true;
	c->blocked = false;
	while (!c->broken && step(c) && ++steps < MAX_STEPS)
		;
	c->running = false;
	if (c->broken) {
		http_connection_free(c);
		return;
	}
	watch(c);
	if (steps == MAX_STEPS)
		event_active(&c->readable, EV_TIMEOUT, 0);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct http_connection *c = arg;

	(void)fd;
	if (what & EV_READ && c->stage != STAGE_HANDSHAKE)
		receive(c);
	http_connection_run(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	http_connection_run(arg);
}

static void on_timer(void *arg)
{
	struct http_connection *c = arg;
	uint64_t now = clock_mono();

	if (c->due == UINT64_MAX)
		return;
	if (now < c->due) {
		c->armed = c->due;
		timer_start(&c->timer, c->due - now);
		return;
	}
	if (c->stage == STAGE_HEAD && pending(c) > 0)
		refuse(c, 408, "the head did not come in time");
	else if (c->stage == STAGE_BODY)
		give_up(c, 408, "the body did not come in time");
	else
		c->broken = true;
	http_connection_run(c);
}

/* --- for the server and the exchanges --- */

void http_connection_answer(
	struct http_connection *c, bool keep, int fd, uint64_t first, uint64_t length)
{
	c->exchange = NULL;
	c->last = !keep;
	c->file = fd;
	c->file_at = first;
	c->file_left = fd >= 0 ? length : 0;
	set_stage(c, STAGE_ANSWERING, ANSWER_MS);
	http_connection_run(c);
}

void http_connection_evict(struct http_connection *c)
{
	if (c->stage == STAGE_BODY || (c->stage == STAGE_HEAD && pending(c) > 0)) {
		http_answer_problem(c->server, &c->out, 408, "others wait for their turn");
		put(c, c->out.data + c->out_at, c->out.length - c->out_at);
	}
	http_connection_free(c);
}

struct http_connection *http_connection_new(
	struct http_server *server, struct http_source *source, int fd, bool tls)
{
	struct http_connection *c = xcalloc(1, sizeof(*c));
	struct event_base *base = loop_base(server->loop);

	c->server = server;
	c->source = source;
	c->fd = fd;
	c->file = -1;
	c->tls = tls ? tls_new(server->tls, fd, NULL) : NULL;
	c->in = c->out = (struct strbuf)STRBUF_INIT;
	event_assign(&c->readable, base, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_assign(&c->writable, base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
	timer_init(&c->timer, server->loop, on_timer, c);
	set_stage(c, tls ? STAGE_HANDSHAKE : STAGE_HEAD, server->config.head_ms);
	return c;
}

void http_connection_free(struct http_connection *c)
{
	struct http_exchange *exchange = c->exchange;

	/* A handler still has it, or it never got that far. */
	if (exchange && c->stage == STAGE_HANDLED) {
		exchange->connection = NULL;
		exchange->server = NULL;
	} else {
		http_exchange_free(exchange);
	}
	http_server_forget(c);
	timer_stop(&c->timer);
	event_del(&c->readable);
	event_del(&c->writable);
	tls_free(c->tls);
	close_file(c);
	close(c->fd);
	strbuf_release(&c->in);
	strbuf_release(&c->out);
	free(c);
}
