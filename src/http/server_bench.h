/* server_bench.h - an HTTP server with a few routes, and clients on raw sockets, for its tests. */
#ifndef HTTP_SERVER_BENCH_H
#define HTTP_SERVER_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "http/server.h"

#define BENCH_WAIT_US  (10 * USEC_PER_SEC)
#define BENCH_FILE     (3u << 20) /* bytes of /file, less 8192 */
#define BENCH_MAX_BODY 4096

struct bench {
	struct loop *loop;
	struct http_server *server;
	struct http_exchange *kept[8]; /* of /keep, to be answered by the test */
	unsigned kept_count;
	struct strbuf got; /* what bench_ask() and bench_hear() have heard */
	unsigned refused;  /* by X-Refuse */
	unsigned handled;
};

extern const struct http_route bench_routes[];

/* How the server is to be but for address, routes and callbacks; NULL: as usual. */
struct bench *bench_new(const struct http_server_config *config);
struct bench *bench_free(struct bench *b); /* returns NULL */

void bench_turn(struct bench *b);
int bench_dial(const struct bench *b);
void bench_say(int fd, const char *text);

/* Until the server closes, or (when `until` is not NULL) that was heard. What was heard. */
const char *bench_hear(struct bench *b, int fd, const char *until);

/* Sends all of it and reads until the server closes. */
const char *bench_ask(struct bench *b, const char *request);

/* Nothing is heard for that long, and the connection stays. */
void bench_silent(struct bench *b, int fd, unsigned ms);

void assert_begins(const char *text, const char *begin);

#define GET(path, more) "GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" more "\r\n"

#endif
