/* client_bench.h - for tests: a client and, on loopback, a server whose paths misbehave. */
#ifndef HTTP_CLIENT_BENCH_H
#define HTTP_CLIENT_BENCH_H

#include "base/json.h"
#include "http/client.h"
#include "http/fake_server.h"
#include "loop/loop.h"

struct client_bench {
	struct loop *loop;
	struct http_client *client;
	struct fake_server *server;
	unsigned waiting, count;
	enum http_outcome outcome;
	int status;
	char *body, *type, *url, *detail, *seen;
	uint64_t duration_us;
	struct json_object *headers;
	struct timer timer;
};

/* For cmocka; the strict one refuses private addresses. */
int client_setup(void **state);
int client_setup_strict(void **state);
int client_teardown(void **state);

/* Of a path of the server; owned by the caller. */
char *client_url(struct client_bench *b, const char *path);
/* Notes the answer, and stops the loop when nothing is waited for any more. */
void client_done(void *arg, const struct http_response *response);
/* Sends request to path (or to request.url), and runs the loop until its callback. */
void client_exchange(struct client_bench *b, const char *path, struct http_request request);

#endif
