/* fake_websocket.h - a WebSocket server for tests: a thread on 127.0.0.1 that does with each
 * connection what a function says, one after the other, and blocks meanwhile. */
#ifndef HTTP_FAKE_WEBSOCKET_H
#define HTTP_FAKE_WEBSOCKET_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct fake_websocket;
struct fake_peer; /* one connection, for the function only */

typedef void (*fake_behave_fn)(struct fake_peer *peer, void *arg);

/* ctx: TLS, or NULL; borrowed. */
struct fake_websocket *fake_websocket_new(SSL_CTX *ctx, fake_behave_fn behave, void *arg);
struct fake_websocket *fake_websocket_free(struct fake_websocket *server); /* joins */
unsigned short fake_websocket_port(const struct fake_websocket *server);
unsigned fake_websocket_connections(struct fake_websocket *server);

/* What a function may do. Reading gives false at the end and when the test is over. */
bool fake_read(struct fake_peer *peer, void *buffer, size_t size);
void fake_write(struct fake_peer *peer, const void *data, size_t length);
/* The request's head, malloc'd; NULL when none came. */
char *fake_read_head(struct fake_peer *peer);
/* Answers with 101 and the right key. extra: more header lines, each with CRLF. */
void fake_accept(struct fake_peer *peer, const char *head, const char *extra);
bool fake_handshake(struct fake_peer *peer); /* both */
/* first is FIN, RSV and opcode: 0x81 is a whole text. */
void fake_frame(struct fake_peer *peer, unsigned char first, const void *data, size_t length);

struct fake_frame {
	unsigned char first;
	bool masked;
	size_t length;
	char data[65536]; /* with a NUL behind; what is longer is cut */
};
bool fake_read_frame(struct fake_peer *peer, struct fake_frame *frame);
void fake_reset(struct fake_peer *peer); /* the connection ends with a TCP reset */
/* Until the test is over. */
void fake_hang(struct fake_peer *peer);

#endif
