/* wsecho.c - the web application of the WebSocket measurements: it sends all sound back at once.
 *
 *   wsecho PORT
 *
 * A plain WebSocket server for well-behaved clients; texts are read and forgotten. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUID	    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY	    "Sec-WebSocket-Key: "
#define KEY_BYTES   24
#define MESSAGE_MAX (1 << 20)

enum opcode { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

static void shake(struct bufferevent *peer, char *head)
{
	char *key = strstr(head, KEY), text[KEY_BYTES + sizeof(GUID)];
	unsigned char digest[EVP_MAX_MD_SIZE], accept[32];

	if (!key)
		return;
	memcpy(text, key + sizeof(KEY) - 1, KEY_BYTES);
	memcpy(text + KEY_BYTES, GUID, sizeof(GUID));
	EVP_Digest(text, KEY_BYTES + sizeof(GUID) - 1, digest, NULL, EVP_sha1(), NULL);
	EVP_EncodeBlock(accept, digest, 20);
	evbuffer_add_printf(bufferevent_get_output(peer),
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n\r\n",
		accept);
}

/* True when the head is whole and was answered. */
static bool read_head(struct bufferevent *peer)
{
	struct evbuffer *in = bufferevent_get_input(peer);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	char head[8192];
	size_t length;

	if (end.pos < 0 || end.pos + 4 >= (ssize_t)sizeof(head))
		return false;
	length = (size_t)end.pos + 4;
	evbuffer_remove(in, head, length);
	head[length] = '\0';
	shake(peer, head);
	return true;
}

static void send_frame(
	struct bufferevent *peer, enum opcode opcode, const uint8_t *data, size_t length)
{
	uint8_t head[10] = {(uint8_t)(0x80 | opcode)};
	size_t size = 2;

	if (length < 126) {
		head[1] = (uint8_t)length;
	} else if (length < 65536) {
		head[1] = 126;
		head[2] = (uint8_t)(length >> 8);
		head[3] = (uint8_t)length;
		size = 4;
	} else {
		head[1] = 127;
		for (size_t i = 0; i < 8; i++)
			head[2 + i] = (uint8_t)((uint64_t)length >> (56 - 8 * i));
		size = 10;
	}
	bufferevent_write(peer, head, size);
	bufferevent_write(peer, data, length);
}

/* Bytes before the mask of a frame, and *ret_length; 0 when more must come. */
static size_t frame_head(struct evbuffer *in, uint8_t head[10], size_t *ret_length)
{
	size_t have = (size_t)evbuffer_copyout(in, head, 10), more;

	if (have < 2)
		return 0;
	*ret_length = head[1] & 0x7f;
	more = *ret_length == 126 ? 2 : *ret_length == 127 ? 8 : 0;
	if (have < 2 + more)
		return 0;
	if (more)
		*ret_length = 0;
	for (size_t i = 0; i < more; i++)
		*ret_length = *ret_length << 8 | head[2 + i];
	return 2 + more;
}

/* False when the frame is not whole yet, or was the last. */
static bool read_frame(struct bufferevent *peer)
{
	struct evbuffer *in = bufferevent_get_input(peer);
	uint8_t head[10], *data;
	size_t length, size = frame_head(in, head, &length);
	enum opcode opcode = head[0] & 0x0f;

	if (!size || length > MESSAGE_MAX || evbuffer_get_length(in) < size + 4 + length)
		return false;
	data = evbuffer_pullup(in, (ssize_t)(size + 4 + length)) + size;
	for (size_t i = 0; i < length; i++)
		data[4 + i] ^= data[i % 4];
	if (opcode == BINARY || opcode == CLOSE)
		send_frame(peer, opcode, data + 4, length);
	else if (opcode == PING)
		send_frame(peer, PONG, data + 4, length);
	evbuffer_drain(in, size + 4 + length);
	return opcode != CLOSE;
}

static void on_frames(struct bufferevent *peer, void *arg)
{
	(void)arg;
	while (read_frame(peer))
		;
}

static void on_end(struct bufferevent *peer, short what, void *arg)
{
	(void)what;
	(void)arg;
	bufferevent_free(peer);
}

static void on_head(struct bufferevent *peer, void *arg)
{
	if (!read_head(peer))
		return;
	bufferevent_setcb(peer, on_frames, NULL, on_end, arg);
	on_frames(peer, arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
	int length, void *arg)
{
	const int yes = 1;
	struct bufferevent *peer = bufferevent_socket_new(
		evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);

	(void)address;
	(void)length;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	bufferevent_setcb(peer, on_head, NULL, on_end, arg);
	bufferevent_enable(peer, EV_READ | EV_WRITE);
}

static void on_term(evutil_socket_t number, short what, void *arg)
{
	(void)number;
	(void)what;
	event_base_loopbreak(arg);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 0))};
	struct event *term = evsignal_new(base, SIGTERM, on_term, base);
	struct evconnlistener *listener = evconnlistener_new_bind(base, on_accept, NULL,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 1024, (struct sockaddr *)&address,
		sizeof(address));

	if (!listener) {
		fprintf(stderr, "wsecho: cannot listen on port %s\n", argc > 1 ? argv[1] : "?");
		return 1;
	}
	event_add(term, NULL);
	event_base_dispatch(base);
	event_free(term);
	evconnlistener_free(listener);
	event_base_free(base);
	return 0;
}
