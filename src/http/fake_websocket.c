#include "http/fake_websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"

struct fake_websocket {
	SSL_CTX *ctx;
	fake_behave_fn behave;
	void *arg;
	int listener, stop[2];
	unsigned short port;
	atomic_uint accepted;
	pthread_t thread;
};

struct fake_peer {
	struct fake_websocket *server;
	int fd;
	SSL *ssl;
};

/* False when the test is over and nothing is ready. */
static bool await(struct fake_peer *peer, short events)
{
	struct pollfd fds[] = {{.fd = peer->server->stop[0], .events = POLLIN},
		{.fd = peer->fd, .events = events}};

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return fds[1].revents != 0;
}

static ssize_t read_some(struct fake_peer *peer, void *buffer, size_t size)
{
	if (peer->ssl && SSL_pending(peer->ssl))
		return SSL_read(peer->ssl, buffer, (int)size);
	if (!await(peer, POLLIN))
		return -1;
	return peer->ssl ? SSL_read(peer->ssl, buffer, (int)size) : recv(peer->fd, buffer, size, 0);
}

bool fake_read(struct fake_peer *peer, void *buffer, size_t size)
{
	char *at = buffer;

	while (size) {
		ssize_t n = read_some(peer, at, size);

		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

void fake_write(struct fake_peer *peer, const void *data, size_t length)
{
	const char *at = data;

	while (length && await(peer, POLLOUT)) {
		ssize_t n = peer->ssl ? SSL_write(peer->ssl, at, (int)length)
				      : send(peer->fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN && !peer->ssl)
			continue;
		if (n <= 0)
			return;
		at += n;
		length -= (size_t)n;
	}
}

char *fake_read_head(struct fake_peer *peer)
{
	struct strbuf head = STRBUF_INIT;
	char c;

	while (fake_read(peer, &c, 1)) {
		strbuf_addc(&head, c);
		if (head.length >= 4 && strcmp(head.data + head.length - 4, "\r\n\r\n") == 0)
			return strbuf_detach(&head);
	}
	strbuf_release(&head);
	return NULL;
}

void fake_accept(struct fake_peer *peer, const char *head, const char *extra)
{
	const char *key = strstr(head, "Sec-WebSocket-Key: ");
	unsigned char digest[EVP_MAX_MD_SIZE], accept[64];
	char *text, *answer;

	if (!key)
		abort();
	text = xasprintf("%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 19);
	EVP_Digest(text, strlen(text), digest, NULL, EVP_sha1(), NULL);
	EVP_EncodeBlock(accept, digest, 20);
	answer = xasprintf("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
			   "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		accept, extra);
	fake_write(peer, answer, strlen(answer));
	free(text);
	free(answer);
}

bool fake_handshake(struct fake_peer *peer)
{
	char *head = fake_read_head(peer);

	if (head)
		fake_accept(peer, head, "");
	free(head);
	return head != NULL;
}

void fake_frame(struct fake_peer *peer, unsigned char first, const void *data, size_t length)
{
	unsigned char head[10] = {first};
	size_t size = 2;

	if (length < 126) {
		head[1] = (unsigned char)length;
	} else if (length < 65536) {
		head[1] = 126;
		head[2] = (unsigned char)(length >> 8);
		head[3] = (unsigned char)length;
		size = 4;
	} else {
		head[1] = 127;
		for (size_t i = 0; i < 8; i++)
			head[2 + i] = (unsigned char)((uint64_t)length >> (56 - 8 * i));
		size = 10;
	}
	fake_write(peer, head, size);
	fake_write(peer, data, length);
}

static bool read_length(struct fake_peer *peer, unsigned char second, size_t *ret_length)
{
	unsigned char more[8];
	size_t size = (second & 0x7f) == 126 ? 2 : (second & 0x7f) == 127 ? 8 : 0;

	*ret_length = second & 0x7f;
	if (size == 0)
		return true;
	if (!fake_read(peer, more, size))
		return false;
	*ret_length = 0;
	for (size_t i = 0; i < size; i++)
		*ret_length = *ret_length << 8 | more[i];
	return true;
}

bool fake_read_frame(struct fake_peer *peer, struct fake_frame *frame)
{
	unsigned char head[2], mask[4] = {0}, byte;
	size_t kept;

	if (!fake_read(peer, head, 2) || !read_length(peer, head[1], &frame->length))
		return false;
	frame->first = head[0];
	frame->masked = head[1] & 0x80;
	if (frame->masked && !fake_read(peer, mask, 4))
		return false;
	kept = frame->length < sizeof(frame->data) ? frame->length : sizeof(frame->data) - 1;
	if (!fake_read(peer, frame->data, kept))
		return false;
	for (size_t i = 0; i < kept; i++)
		frame->data[i] = (char)(frame->data[i] ^ mask[i % 4]);
	frame->data[kept] = '\0';
	for (size_t i = kept; i < frame->length; i++) {
		if (!fake_read(peer, &byte, 1))
			return false;
	}
	return true;
}

void fake_reset(struct fake_peer *peer)
{
	struct linger linger = {.l_onoff = 1};

	setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

void fake_hang(struct fake_peer *peer)
{
	struct pollfd stop = {.fd = peer->server->stop[0], .events = POLLIN};

	while (poll(&stop, 1, -1) < 0 && errno == EINTR)
		;
}

static void serve_one(struct fake_websocket *server, int fd)
{
	struct fake_peer peer = {.server = server, .fd = fd};
	const struct timeval patience = {.tv_sec = 5};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (server->ctx) {
		peer.ssl = SSL_new(server->ctx);
		SSL_set_fd(peer.ssl, fd);
	}
	if (!peer.ssl || SSL_accept(peer.ssl) == 1)
		server->behave(&peer, server->arg);
	SSL_free(peer.ssl);
	close(fd);
}

static void *serve(void *arg)
{
	struct fake_websocket *server = arg;
	struct fake_peer listener = {.server = server, .fd = server->listener};
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE); /* OpenSSL writes to connections that are gone */
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	while (await(&listener, POLLIN)) {
		int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		server->accepted++;
		serve_one(server, fd);
	}
	return NULL;
}

struct fake_websocket *fake_websocket_new(SSL_CTX *ctx, fake_behave_fn behave, void *arg)
{
	struct fake_websocket *server = xcalloc(1, sizeof(*server));
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	server->ctx = ctx;
	server->behave = behave;
	server->arg = arg;
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

struct fake_websocket *fake_websocket_free(struct fake_websocket *server)
{
	if (!server)
		return NULL;
	close(server->stop[1]);
	pthread_join(server->thread, NULL);
	close(server->stop[0]);
	close(server->listener);
	free(server);
	return NULL;
}

unsigned short fake_websocket_port(const struct fake_websocket *server)
{
	return server->port;
}

unsigned fake_websocket_connections(struct fake_websocket *server)
{
	return server->accepted;
}
