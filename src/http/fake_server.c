#include "http/fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define MAX_CONNECTIONS 64

struct connection {
	int fd; /* -1: free */
	struct strbuf request;
	bool hanging, dripping;
};

struct fake_server {
	fake_fn fn;
	void *arg;
	int listener, stop[2];
	unsigned short port;
	atomic_uint accepted;
	pthread_t thread;
	struct connection connections[MAX_CONNECTIONS];
};

static void drop(struct connection *c, bool reset)
{
	struct linger linger = {.l_onoff = 1};

	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(c->fd);
	c->fd = -1;
	strbuf_release(&c->request);
}

static void write_all(int fd, const char *data, size_t length)
{
	while (length) {
		ssize_t n = send(fd, data, length, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		data += n;
		length -= (size_t)n;
	}
}

/* Bytes of the whole request when it is complete, else 0. */
static size_t request_length(const struct strbuf *request)
{
	const char *end = strstr(request->data, "\r\n\r\n"), *field;
	size_t length;

	if (!end)
		return 0;
	length = (size_t)(end + 4 - request->data);
	field = strcasestr(request->data, "\r\nContent-Length:");
	if (field && field < end)
		length += strtoul(field + 17, NULL, 10);
	return request->length >= length ? length : 0;
}

static void answer(struct fake_server *server, struct connection *c, size_t length)
{
	char *text = NULL, *request = xstrndup(c->request.data, length);
	enum fake_action action = server->fn(server->arg, request, &text);

	free(request);
	if (text)
		write_all(c->fd, text, strlen(text));
	free(text);
	c->request.length -= length;
	memmove(c->request.data, c->request.data + length, c->request.length + 1);
	c->hanging = action == FAKE_HANG;
	c->dripping = action == FAKE_DRIP;
	if (action == FAKE_CLOSE || action == FAKE_RESET)
		drop(c, action == FAKE_RESET);
}

static void receive(struct fake_server *server, struct connection *c)
{
	char buffer[65536];
	ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);
	size_t length;

	if (n <= 0) {
		drop(c, false);
		return;
	}
	strbuf_add(&c->request, buffer, (size_t)n);
	while (c->fd >= 0 && (length = request_length(&c->request)) > 0)
		answer(server, c, length);
}

static void accept_one(struct fake_server *server)
{
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	server->accepted++;
	for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
		struct connection *c = &server->connections[i];

		if (c->fd >= 0)
			continue;
		*c = (struct connection){.fd = fd, .request = STRBUF_INIT};
		return;
	}
	close(fd);
}

static void *serve(void *arg)
{
	struct fake_server *server = arg;
	struct pollfd fds[MAX_CONNECTIONS + 2];

	for (;;) {
		fds[0] = (struct pollfd){.fd = server->stop[0], .events = POLLIN};
		fds[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
		for (size_t i = 0; i < MAX_CONNECTIONS; i++)
			fds[i + 2] =
				(struct pollfd){.fd = server->connections[i].fd, .events = POLLIN};
		if (poll(fds, MAX_CONNECTIONS + 2, 20) < 0 || fds[0].revents)
			return NULL;
		for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
			struct connection *c = &server->connections[i];

			if (c->fd >= 0 && c->dripping)
				write_all(c->fd, "x", 1);
			if (c->fd >= 0 && fds[i + 2].revents)
				receive(server, c);
		}
		if (fds[1].revents)
			accept_one(server);
	}
}

struct fake_server *fake_server_new(fake_fn fn, void *arg)
{
	struct fake_server *server = xcalloc(1, sizeof(*server));
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	server->fn = fn;
	server->arg = arg;
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		server->connections[i].fd = -1;
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server->listener < 0 ||
		bind(server->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(server->listener, 64) < 0 || pipe2(server->stop, O_CLOEXEC) < 0)
		abort();
	getsockname(server->listener, (struct sockaddr *)&address, &length);
	server->port = ntohs(address.sin_port);
	if (pthread_create(&server->thread, NULL, serve, server) != 0)
		abort();
	return server;
}

struct fake_server *fake_server_free(struct fake_server *server)
{
	if (!server)
		return NULL;
	close(server->stop[1]);
	pthread_join(server->thread, NULL);
	for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
		if (server->connections[i].fd >= 0)
			drop(&server->connections[i], false);
	}
	close(server->stop[0]);
	close(server->listener);
	free(server);
	return NULL;
}

unsigned short fake_server_port(const struct fake_server *server)
{
	return server->port;
}

unsigned fake_server_connections(struct fake_server *server)
{
	return server->accepted;
}
