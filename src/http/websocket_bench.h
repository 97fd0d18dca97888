/* websocket_bench.h - what the tests of the WebSocket share: a loop, a client, a fake server, and
 * what came of it. */
#ifndef HTTP_WEBSOCKET_BENCH_H
#define HTTP_WEBSOCKET_BENCH_H

#include "base/strbuf.h"
#include "http/fake_ca.h"
#include "http/fake_websocket.h"
#include "http/websocket.h"

struct websocket_bench {
	struct loop *loop;
	struct fake_ca *ca;
	struct connector *connector;
	struct websocket_client *client;
	struct fake_websocket *server;
	SSL_CTX *ctx;
	struct websocket *ws;

	unsigned opened, messages, ends;
	struct strbuf log; /* "text:abc " "binary:3 " */
	enum http_outcome outcome;
	int status;
	unsigned code;
	char *detail;
	/* What on_open() and on_message() do beside. */
	void (*then)(struct websocket_bench *b);
	struct timer timer;
};

int websocket_bench_setup(void **state);	/* private addresses, the fake authority */
int websocket_bench_setup_strict(void **state); /* public addresses only */
int websocket_bench_teardown(void **state);

/* Starts the server, replacing the one before. */
void websocket_bench_serve(struct websocket_bench *b, SSL_CTX *ctx, fake_behave_fn behave);
/* request.url: a path on the server, or a whole URL. */
void websocket_bench_open(struct websocket_bench *b, struct websocket_request request);
/* Opens, runs the loop to the end, frees. */
void websocket_bench_run(struct websocket_bench *b, struct websocket_request request);
void websocket_bench_wait(struct websocket_bench *b, unsigned ms);

#endif
