#include "http/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/address.h"
#include "http/tls.h"
#include "loop/resolve.h"

/* An address that does not answer delays the next for so long. */
#define ATTEMPT_US (1500 * USEC_PER_MSEC)
/* What the kernel takes ahead of the network: as little as keeps it busy, because what waits
 * there can no longer be dropped for newer sound. */
#define UNSENT_BYTES 16384

struct connector {
	struct loop *loop;
	struct resolver *resolver;
	struct tls_context *tls;
	bool allow_private;
};

enum state { RESOLVING, CONNECTING, SHAKING, OPEN, FAILED };

struct connection {
	struct connector *connector;
	const struct connection_handler *handler;
	void *arg;
	char host[256];
	uint16_t port;
	bool with_tls;
	enum state state;
	struct resolve *resolve;
	struct sockaddr_storage addresses[RESOLVE_MAX_ADDRESSES + 1];
	size_t next; /* address to try */
	bool forbidden;
	int error; /* errno of the last attempt */
	struct timer attempt;
	int fd; /* -1: none */
	struct event readable, writable;
	struct tls *tls;
	bool writes_wait; /* on_writable() is owed */
	bool read_empty;  /* the last read found nothing more */
	bool calling;	  /* a callback runs: freeing is put off */
	bool freed;
};

static void try_next(struct connection *c);

/* --- the descriptor --- */

static void close_socket(struct connection *c)
{
	if (c->fd < 0)
		return;
	event_del(&c->readable);
	event_del(&c->writable);
	c->tls = tls_free(c->tls);
	close(c->fd);
	c->fd = -1;
}

static void release(struct connection *c)
{
	timer_stop(&c->attempt);
	resolve_cancel(c->resolve);
	close_socket(c);
	free(c);
}

/* Calls `tell`; false when the connection is no more after that. */
static bool tell(struct connection *c, void (*fn)(void *arg))
{
	c->calling = true;
	fn(c->arg);
	c->calling = false;
	if (!c->freed)
		return true;
	release(c);
	return false;
}

static void fail(struct connection *c, enum http_outcome outcome, const char *detail)
{
	c->state = FAILED;
	timer_stop(&c->attempt);
	c->calling = true;
	c->handler->on_failed(c->arg, outcome, detail);
	c->calling = false;
	if (c->freed)
		release(c);
	else
		close_socket(c);
}

/* --- open --- */

static void await_write(struct connection *c)
{
	event_add(&c->writable, NULL);
}

static bool tell_readable(struct connection *c)
{
	c->read_empty = false;
	if (!tell(c, c->handler->on_readable))
		return false;
	/* What TLS has read already does not make the socket readable. */
	if (c->fd >= 0 && !c->read_empty)
		event_active(&c->readable, EV_READ, 0);
	return true;
}

static void opened(struct connection *c)
{
	c->state = OPEN;
	timer_stop(&c->attempt);
	event_add(&c->readable, NULL);
	if (tell(c, c->handler->on_open) && c->fd >= 0)
		event_active(&c->readable, EV_READ, 0);
}

/* --- TLS --- */

static void shake(struct connection *c)
{
	char detail[200];
	int err = tls_handshake(c->tls);

	if (err == 0) {
		event_del(&c->writable);
		opened(c);
	} else if (err != -EAGAIN) {
		snprintf(detail, sizeof(detail), "%s", tls_error(c->tls));
		fail(c, HTTP_TLS, detail);
	} else {
		event_add(&c->readable, NULL);
		if (tls_wants_write(c->tls))
			await_write(c);
	}
}

/* --- connecting --- */

static void connected(struct connection *c)
{
	if (!c->with_tls) {
		opened(c);
		return;
	}
	c->state = SHAKING;
	timer_stop(&c->attempt);
	c->tls = tls_new(c->connector->tls, c->fd, c->host);
	shake(c);
}

static void attempt_failed(struct connection *c, int error)
{
	c->error = error;
	close_socket(c);
	try_next(c);
}

static void on_attempt_timeout(void *arg)
{
	attempt_failed(arg, ETIMEDOUT);
}

static void check_connected(struct connection *c)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error)
		attempt_failed(c, error);
	else
		connected(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	(void)what;
	if (c->state == SHAKING)
		shake(c);
	else if (c->state == OPEN)
		tell_readable(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;
	bool owed = c->writes_wait;

	(void)fd;
	(void)what;
	if (c->state == CONNECTING) {
		check_connected(c);
	} else if (c->state == SHAKING) {
		shake(c);
	} else if (c->state == OPEN) {
		/* TLS may have waited for this to read, too. */
		c->writes_wait = false;
		if (c->tls && !tell_readable(c))
			return;
		if (owed)
			tell(c, c->handler->on_writable);
	}
}

static int open_socket(struct connection *c, const struct sockaddr_storage *address)
{
	const int yes = 1, unsent = UNSENT_BYTES;
	struct event_base *base = loop_base(c->connector->loop);

	c->fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return -errno;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	event_assign(&c->readable, base, c->fd, EV_READ | EV_PERSIST, on_readable, c);
	event_assign(&c->writable, base, c->fd, EV_WRITE, on_writable, c);
	return 0;
}

static int start_attempt(struct connection *c, struct sockaddr_storage *address)
{
	bool v6 = address->ss_family == AF_INET6;
	socklen_t size = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	int err = open_socket(c, address);

	if (err < 0)
		return err;
	/* The port lies at the same place in both. */
	((struct sockaddr_in *)address)->sin_port = htons(c->port);
	if (connect(c->fd, (struct sockaddr *)address, size) < 0 && errno != EINPROGRESS) {
		err = -errno;
		close_socket(c);
		return err;
	}
	await_write(c);
	timer_start(&c->attempt, ATTEMPT_US);
	return 0;
}

static void give_up(struct connection *c)
{
	if (c->error == 0 && c->forbidden)
		fail(c, HTTP_FORBIDDEN, "");
	else
		fail(c, c->error == ETIMEDOUT ? HTTP_CONNECT_TIMEOUT : HTTP_REFUSED,
			strerror(c->error));
}

static void try_next(struct connection *c)
{
	timer_stop(&c->attempt);
	while (c->addresses[c->next].ss_family != 0) {
		struct sockaddr_storage *address = &c->addresses[c->next++];
		int err;

		if (!c->connector->allow_private &&
			!address_is_public((const struct sockaddr *)address)) {
			c->forbidden = true;
			continue;
		}
		err = start_attempt(c, address);
		if (err == 0)
			return;
		c->error = -err;
	}
	give_up(c);
}

static void on_resolved(void *arg, const struct sockaddr_storage *addresses, const char *error)
{
	struct connection *c = arg;

	c->resolve = NULL;
	if (!addresses) {
		fail(c, HTTP_REFUSED, error);
		return;
	}
	memcpy(c->addresses, addresses, sizeof(c->addresses));
	c->state = CONNECTING;
	try_next(c);
}

struct connection *connection_open(struct connector *connector, const struct url_target *target,
	const struct connection_handler *handler, void *arg)
{
	struct connection *c = xcalloc(1, sizeof(*c));

	c->connector = connector;
	c->handler = handler;
	c->arg = arg;
	c->fd = -1;
	c->port = target->port;
	c->with_tls = target->tls;
	memcpy(c->host, target->host, sizeof(c->host));
	timer_init(&c->attempt, connector->loop, on_attempt_timeout, c);
	c->resolve = resolve_start(connector->resolver, c->host, AF_UNSPEC, on_resolved, c);
	return c;
}

struct connection *connection_free(struct connection *c)
{
	if (!c)
		return NULL;
	c->freed = true;
	close_socket(c);
	if (!c->calling)
		release(c);
	return NULL;
}

/* --- reading and writing --- */

ssize_t connection_read(struct connection *c, void *buffer, size_t size)
{
	ssize_t n;

	if (c->tls) {
		n = tls_read(c->tls, buffer, size);
		if (n == -EAGAIN && tls_wants_write(c->tls))
			await_write(c);
	} else {
		n = recv(c->fd, buffer, size, 0);
		if (n < 0)
			n = errno == EINTR ? -EAGAIN : -errno;
	}
	/* TLS may hold more; of a socket, less than was asked for is all. */
	c->read_empty = n <= 0 || (!c->tls && (size_t)n < size);
	return n;
}

bool connection_is_empty(const struct connection *c)
{
	return c->read_empty;
}

ssize_t connection_write(struct connection *c, const void *data, size_t length)
{
	ssize_t n;

	if (c->tls) {
		n = tls_write(c->tls, data, length);
	} else {
		n = send(c->fd, data, length, MSG_NOSIGNAL);
		if (n < 0)
			n = errno == EINTR ? -EAGAIN : -errno;
	}
	if (n == -EAGAIN) {
		c->writes_wait = true;
		await_write(c);
	}
	return n;
}

/* --- what they share --- */

struct connector *connector_new(
	struct loop *loop, const struct connector_config *config, char **ret_error)
{
	struct connector *connector = xcalloc(1, sizeof(*connector));

	connector->loop = loop;
	connector->allow_private = config->allow_private;
	connector->resolver = resolver_new(loop);
	if (!connector->resolver)
		*ret_error = xstrdup("names cannot be resolved");
	else
		connector->tls = tls_context_new(config->ca_file, ret_error);
	return connector->tls ? connector : connector_free(connector);
}

struct connector *connector_free(struct connector *connector)
{
	if (!connector)
		return NULL;
	resolver_free(connector->resolver);
	tls_context_free(connector->tls);
	free(connector);
	return NULL;
}
