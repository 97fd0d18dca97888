#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/server_private.h"

#define MAX_CONNECTIONS	       1024
#define MAX_SOURCE_CONNECTIONS 256
#define HEAD_MS		       10000
#define BODY_MS		       30000
#define IDLE_MS		       30000
#define ACCEPT_AT_ONCE	       64
#define PAUSE_US	       (100 * USEC_PER_MSEC)
#define BACKLOG		       1024

/* Where connections come from: an address, in IPv6 the network of a customer. */
struct http_source {
	uint8_t key[16];
	unsigned count;
	UT_hash_handle hh;
};

/* --- sources --- */

static void source_key(const struct sockaddr_storage *from, uint8_t key[16], char peer[])
{
	memset(key, 0, 16);
	if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

		inet_ntop(AF_INET6, &in6->sin6_addr, peer, HTTP_HOST_SIZE);
		memcpy(key, &in6->sin6_addr, IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) ? 16 : 8);
	} else {
		const struct sockaddr_in *in = (const struct sockaddr_in *)from;

		inet_ntop(AF_INET, &in->sin_addr, peer, HTTP_HOST_SIZE);
		memset(key + 10, 0xff, 2);
		memcpy(key + 12, &in->sin_addr, 4);
	}
}

static struct http_source *source_get(struct http_server *server, const uint8_t key[16])
{
	struct http_source *source;

	HASH_FIND(hh, server->sources, key, 16, source);
	if (source)
		return source;
	source = xcalloc(1, sizeof(*source));
	memcpy(source->key, key, 16);
	HASH_ADD(hh, server->sources, key, 16, source);
	return source;
}

static void source_drop(struct http_server *server, struct http_source *source)
{
	if (source->count > 0)
		return;
	HASH_DEL(server->sources, source);
	free(source);
}

/* --- who is there --- */

void http_server_waits(struct http_connection *c, bool waits)
{
	struct http_server *server = c->server;

	if (c->waits)
		TAILQ_REMOVE(&server->waiting, c, turn);
	if (waits)
		TAILQ_INSERT_TAIL(&server->waiting, c, turn);
	c->waits = waits;
}

void http_server_forget(struct http_connection *c)
{
	struct http_server *server = c->server;

	http_server_waits(c, false);
	TAILQ_REMOVE(&server->all, c, link);
	server->counts.connections--;
	c->source->count--;
	source_drop(server, c->source);
}

/* The connection (of the source, unless it is NULL) whose client has kept us waiting longest goes.
 * False: there is none, all are at work. */
static bool make_room(struct http_server *server, const struct http_source *source)
{
	struct http_connection *c;

	TAILQ_FOREACH (c, &server->waiting, turn)
		if (!source || c->source == source)
			break;
	if (!c)
		return false;
	server->counts.evicted++;
	http_connection_evict(c);
	return true;
}

static bool has_room(struct http_server *server, const struct http_source *source)
{
	const struct http_server_config *config = &server->config;

	if (source->count > config->max_source_connections && !make_room(server, source))
		return false;
	return server->counts.connections < config->max_connections || make_room(server, NULL);
}

static void take(struct http_server *server, int fd, const struct sockaddr_storage *from, bool tls)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
				   "Retry-After: 1\r\nContent-Length: 0\r\n\r\n";
	struct http_connection *c;
	struct http_source *source;
	char peer[HTTP_HOST_SIZE];
	uint8_t key[16];

	source_key(from, key, peer);
	source = source_get(server, key);
	source->count++; /* so that making room leaves it */
	if (!has_room(server, source)) {
		if (!tls)
			send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL);
		close(fd);
		server->counts.refused++;
		source->count--;
		source_drop(server, source);
		return;
	}
	server->counts.accepted++;
	server->counts.connections++;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	c = http_connection_new(server, source, fd, tls);
	snprintf(c->peer, sizeof(c->peer), "%s", peer);
	TAILQ_INSERT_TAIL(&server->all, c, link);
	http_connection_run(c);
}

/* --- accepting --- */

/* There is no descriptor left: the client is told by a close rather than left in the queue, where
 * it would wake us again and again. */
static void out_of_descriptors(struct http_listener *listener)
{
	struct http_server *server = listener->server;
	int fd;

	server->counts.refused++;
	close(server->reserve);
	fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	server->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return;
	event_del(&listener->event);
	timer_start(&listener->pause, PAUSE_US);
}

static void on_pause_over(void *arg)
{
	event_add(&((struct http_listener *)arg)->event, NULL);
}

static void on_acceptable(evutil_socket_t listening, short what, void *arg)
{
	struct http_listener *listener = arg;

	(void)what;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage from = {0};
		socklen_t length = sizeof(from);
		int fd = accept4(
			listening, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take(listener->server, fd, &from, listener->tls);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			out_of_descriptors(listener);
			return;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			return;
		}
	}
}

/* --- listening --- */

static bool is_loopback(const char *host, bool *ret_loopback)
{
	struct in_addr in;
	struct in6_addr in6;

	if (inet_pton(AF_INET, host, &in) == 1)
		*ret_loopback = ntohl(in.s_addr) >> 24 == 127;
	else if (inet_pton(AF_INET6, host, &in6) == 1)
		*ret_loopback = IN6_IS_ADDR_LOOPBACK(&in6) != 0;
	else
		return false;
	return true;
}

int http_address_read(
	const char *text, char ret_host[HTTP_HOST_SIZE], uint16_t *ret_port, bool *ret_loopback)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
	unsigned long port;
	char *end;

	if (length == 0 || length >= HTTP_HOST_SIZE || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > UINT16_MAX)
		return -EINVAL;
	snprintf(ret_host, HTTP_HOST_SIZE, "%.*s", (int)(brackets ? length - 2 : length),
		brackets ? text + 1 : text);
	*ret_port = (uint16_t)port;
	if (brackets != (strchr(ret_host, ':') != NULL) || !is_loopback(ret_host, ret_loopback))
		return -EINVAL;
	return 0;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t length = sizeof(ss);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&ss, &length) < 0)
		return 0;
	return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
					      : ((struct sockaddr_in *)&ss)->sin_port);
}

static socklen_t fill_address(struct sockaddr_storage *ss, const char *host, uint16_t port)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		return sizeof(*in6);
	}
	inet_pton(AF_INET, host, &in->sin_addr);
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	return sizeof(*in);
}

static int bind_to(const char *address, bool *ret_loopback)
{
	struct sockaddr_storage ss = {0};
	char host[HTTP_HOST_SIZE];
	uint16_t port;
	socklen_t length;
	int fd, error;

	if (http_address_read(address, host, &port, ret_loopback) < 0)
		return -EINVAL;
	length = fill_address(&ss, host, port);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(fd, (struct sockaddr *)&ss, length) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

static void listener_init(struct http_listener *listener, struct http_server *server, bool tls)
{
	*listener =
		(struct http_listener){.server = server, .fd = -1, .tls = tls, .loopback = true};
	timer_init(&listener->pause, server->loop, on_pause_over, listener);
}

static bool listener_open(struct http_listener *listener, const char *address, char **ret_error)
{
	if (!address || !*address)
		return true;
	listener->fd = bind_to(address, &listener->loopback);
	if (listener->fd < 0) {
		*ret_error = xasprintf("cannot listen on %s: %s", address, strerror(-listener->fd));
		return false;
	}
	event_assign(&listener->event, loop_base(listener->server->loop), listener->fd,
		EV_READ | EV_PERSIST, on_acceptable, listener);
	event_add(&listener->event, NULL);
	return true;
}

static void listener_close(struct http_listener *listener)
{
	timer_stop(&listener->pause);
	if (listener->fd < 0)
		return;
	event_del(&listener->event);
	close(listener->fd);
}

/* --- the server --- */

static void take_config(struct http_server *server, const struct http_server_config *config)
{
	struct http_server_config *c = &server->config;

	*c = *config;
	c->max_connections = c->max_connections ? c->max_connections : MAX_CONNECTIONS;
	c->max_source_connections =
		c->max_source_connections ? c->max_source_connections : MAX_SOURCE_CONNECTIONS;
	c->head_ms = c->head_ms ? c->head_ms : HEAD_MS;
	c->body_ms = c->body_ms ? c->body_ms : BODY_MS;
	c->idle_ms = c->idle_ms ? c->idle_ms : IDLE_MS;
}

struct http_server *http_server_new(
	struct loop *loop, const struct http_server_config *config, char **ret_error)
{
	struct http_server *server = xcalloc(1, sizeof(*server));

	server->loop = loop;
	take_config(server, config);
	server->tls = config->tls;
	server->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	TAILQ_INIT(&server->all);
	TAILQ_INIT(&server->waiting);
	listener_init(&server->plain, server, false);
	listener_init(&server->secure, server, true);
	if (listener_open(&server->plain, config->address, ret_error) &&
		listener_open(&server->secure, config->tls_address, ret_error))
		return server;
	return http_server_free(server);
}

struct http_server *http_server_free(struct http_server *server)
{
	struct http_connection *c;

	if (!server)
		return NULL;
	listener_close(&server->plain);
	listener_close(&server->secure);
	while ((c = TAILQ_FIRST(&server->all)))
		http_connection_free(c);
	tls_context_free(server->tls);
	close(server->reserve);
	free(server);
	return NULL;
}

void http_server_set_tls(struct http_server *server, struct tls_context *tls)
{
	tls_context_free(server->tls);
	server->tls = tls;
}

uint16_t http_server_port(const struct http_server *server)
{
	return port_of(server->plain.fd);
}

uint16_t http_server_tls_port(const struct http_server *server)
{
	return port_of(server->secure.fd);
}

bool http_server_on_loopback(const struct http_server *server)
{
	return server->plain.loopback && server->secure.loopback;
}

void http_server_counts(const struct http_server *server, struct http_server_counts *ret_counts)
{
	*ret_counts = server->counts;
}

const char *http_server_date(struct http_server *server)
{
	time_t now = time(NULL);
	struct tm tm;

	if ((uint64_t)now != server->date_of) {
		server->date_of = (uint64_t)now;
		strftime(server->date, sizeof(server->date), "%a, %d %b %Y %H:%M:%S GMT",
			gmtime_r(&now, &tm));
	}
	return server->date;
}
