/* What slow, many, odd and hostile clients get from the HTTP server. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/server_bench.h"

#define QUICK_MS 60

static int teardown(void **state)
{
	*state = bench_free(*state);
	return 0;
}

static int setup(void **state)
{
	*state = bench_new(NULL);
	return 0;
}

static int setup_quick(void **state)
{
	*state = bench_new(&(struct http_server_config){
		.head_ms = QUICK_MS, .body_ms = QUICK_MS, .idle_ms = QUICK_MS});
	return 0;
}

static int setup_small(void **state)
{
	*state = bench_new(
		&(struct http_server_config){.max_connections = 4, .max_source_connections = 3});
	return 0;
}

static struct http_server_counts counts(const struct bench *b)
{
	struct http_server_counts counts;

	http_server_counts(b->server, &counts);
	return counts;
}

static unsigned occurrences(const char *text, const char *what)
{
	unsigned count = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		count++;
	return count;
}

#define HEAD(method, path, more) method " " path " HTTP/1.1\r\nHost: h\r\n" more "\r\n"

/* --- bodies --- */

static void test_body__by_length_and_in_chunks(void **state)
{
	struct bench *b = *state;
	int fd = bench_dial(b);

	bench_say(fd, HEAD("POST", "/things/a?x=1", "Content-Length: 5\r\n") "abc");
	bench_silent(b, fd, 5);
	bench_say(fd, "de");
	assert_non_null(strstr(bench_hear(b, fd, "}"), "\"body\":\"abcde\""));
	assert_non_null(strstr(b->got.data, "\"query\":\"x=1\""));
	bench_say(fd, HEAD("POST", "/things/a", "Transfer-Encoding: chunked\r\n") "3\r\nabc\r\n2");
	bench_silent(b, fd, 5);
	bench_say(fd, "\r\nde\r\n0\r\n\r\n");
	assert_non_null(strstr(bench_hear(b, fd, "}"), "\"body\":\"abcde\""));
	assert_int_equal(counts(b).accepted, 1);
	close(fd);
}

static void test_body__too_large(void **state)
{
	struct bench *b = *state;
	int fd = bench_dial(b);

	bench_say(fd, HEAD("POST", "/things/a", "Content-Length: 4097\r\n"));
	assert_begins(bench_hear(b, fd, NULL), "HTTP/1.1 413 ");
	close(fd);
	fd = bench_dial(b);
	bench_say(fd, HEAD("POST", "/things/a", "Transfer-Encoding: chunked\r\n") "1001\r\nx");
	assert_begins(bench_hear(b, fd, NULL), "HTTP/1.1 413 ");
	close(fd);
	assert_int_equal(b->handled, 0);
}

static void test_body__malformed_chunks(void **state)
{
	struct bench *b = *state;

	assert_begins(
		bench_ask(b, HEAD("POST", "/things/a",
				     "Transfer-Encoding: chunked\r\n") "0x1\r\na\r\n0\r\n\r\n"),
		"HTTP/1.1 400 ");
	assert_int_equal(b->handled, 0);
	assert_int_equal(counts(b).malformed, 1);
}

/* Who may is asked before the body is read, and the body is not taken for a request. */
static void test_body__refused_before_it_comes(void **state)
{
	struct bench *b = *state;
	int fd = bench_dial(b);

	bench_say(fd, HEAD("POST", "/things/a", "X-Refuse: 1\r\nContent-Length: 100\r\n"));
	assert_begins(bench_hear(b, fd, "}"), "HTTP/1.1 401 ");
	assert_non_null(strstr(b->got.data, "Connection: close\r\n"));
	bench_say(fd, HEAD("GET", "/things/b", ""));
	assert_string_equal(bench_hear(b, fd, NULL), "");
	assert_int_equal(b->handled, 0);
	close(fd);
}

static void test_body__continue(void **state)
{
	struct bench *b = *state;
	int fd = bench_dial(b);

	bench_say(fd, HEAD("POST", "/things/a", "Expect: 100-continue\r\nContent-Length: 1\r\n"));
	assert_string_equal(bench_hear(b, fd, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
	bench_say(fd, "x");
	assert_begins(bench_hear(b, fd, "}"), "HTTP/1.1 200 ");
	close(fd);
}

/* --- connections that are used again --- */

static void test_pipeline__answers_in_order(void **state)
{
	struct bench *b = *state;
	struct strbuf requests = STRBUF_INIT;
	int fd = bench_dial(b);
	const char *at;

	for (int i = 0; i < 300; i++)
		strbuf_addf(&requests, "GET /things/%d HTTP/1.1\r\nHost: h\r\n\r\n", i);
	strbuf_adds(&requests, GET("/things/last", ""));
	bench_say(fd, requests.data);
	at = bench_hear(b, fd, NULL);
	assert_int_equal(occurrences(at, "HTTP/1.1 200 OK"), 301);
	for (int i = 0; i < 300; i++) {
		char wanted[32];

		snprintf(wanted, sizeof(wanted), "\"id\":\"%d\"", i);
		at = strstr(at, wanted);
		assert_non_null(at);
	}
	assert_non_null(strstr(at, "\"last\""));
	strbuf_release(&requests);
	close(fd);
}

/* While an answer is awaited, only so much is read ahead. */
static void test_pipeline__is_bounded(void **state)
{
	struct bench *b = *state;
	size_t sent = 0;
	int fd = bench_dial(b);
	char part[4096];

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){8192}, sizeof(int));
	bench_say(fd, HEAD("GET", "/keep", ""));
	memset(part, 'x', sizeof(part));
	for (int i = 0; i < 20000; i++) {
		ssize_t n = send(fd, part, sizeof(part), MSG_DONTWAIT | MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		bench_turn(b);
	}
	/* What the kernel keeps comes on top. */
	assert_true(sent < (16u << 20));
	assert_int_equal(b->kept_count, 1);
	http_reply_problem(b->kept[0], 503, NULL);
	assert_non_null(strstr(bench_hear(b, fd, NULL), "HTTP/1.1 431 "));
	close(fd);
}

static void test_close__half(void **state)
{
	struct bench *b = *state;
	int fd = bench_dial(b);

	bench_say(fd, HEAD("GET", "/keep", ""));
	shutdown(fd, SHUT_WR);
	bench_silent(b, fd, 20);
	assert_int_equal(b->kept_count, 1);
	http_reply_problem(b->kept[0], 503, NULL);
	assert_begins(bench_hear(b, fd, NULL), "HTTP/1.1 503 ");
	close(fd);
	assert_int_equal(counts(b).connections, 0);
}

static void test_close__old_version(void **state)
{
	struct bench *b = *state;
	int fd;

	assert_begins(bench_ask(b, "GET /things/a HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 ");
	fd = bench_dial(b);
	bench_say(fd, "GET /things/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	assert_non_null(strstr(bench_hear(b, fd, "}"), "Connection: keep-alive\r\n"));
	bench_say(fd, "DELETE /things/a HTTP/1.0\r\n\r\n");
	bench_hear(b, fd, NULL);
	assert_begins(b->got.data, "HTTP/1.1 204 ");
	assert_null(strstr(b->got.data, "Content-Length"));
	close(fd);
}

static void test_method__not_allowed_names_those_that_are(void **state)
{
	struct bench *b = *state;

	assert_begins(
		bench_ask(b, "PATCH /things/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
		"HTTP/1.1 405 ");
	assert_non_null(strstr(b->got.data, "Allow: GET, HEAD, POST, DELETE\r\n"));
}

/* --- slow ones --- */

static void trickle(struct bench *b, int fd, const char *text, unsigned ms)
{
	uint64_t end = clock_mono() + ms * USEC_PER_MSEC, next = 0;

	while (clock_mono() < end && *text) {
		if (clock_mono() >= next) {
			if (send(fd, text++, 1, MSG_NOSIGNAL) < 0)
				return;
			next = clock_mono() + 5 * USEC_PER_MSEC;
		}
		bench_turn(b);
	}
}

static void test_slow__head(void **state)
{
	struct bench *b = *state;
	int fd = bench_dial(b);

	trickle(b, fd, "GET /things/a HTTP/1.1\r\nHost: h\r\nX: yyyyyyyyyyyyyyyyyyyyyyy",
		4 * QUICK_MS);
	assert_begins(bench_hear(b, fd, NULL), "HTTP/1.1 408 ");
	assert_int_equal(counts(b).slow, 1);
	close(fd);
}

static void test_slow__body(void **state)
{
	struct bench *b = *state;
	int fd = bench_dial(b);

	bench_say(fd, HEAD("POST", "/things/a", "Content-Length: 1000\r\n"));
	trickle(b, fd, "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 4 * QUICK_MS);
	assert_begins(bench_hear(b, fd, NULL), "HTTP/1.1 408 ");
	assert_int_equal(b->handled, 0);
	close(fd);
}

static void test_slow__silent_and_idle(void **state)
{
	struct bench *b = *state;
	int silent = bench_dial(b), idle = bench_dial(b);

	bench_say(idle, HEAD("GET", "/things/a", ""));
	bench_hear(b, idle, "}");
	bench_say(idle, HEAD("GET", "/things/a", ""));
	bench_hear(b, idle, "}");
	assert_string_equal(bench_hear(b, idle, NULL), "");
	assert_string_equal(bench_hear(b, silent, NULL), "");
	assert_int_equal(counts(b).connections, 0);
	close(silent);
	close(idle);
}

/* A handler may take its time. */
static void test_slow__handler_is_waited_for(void **state)
{
	struct bench *b = *state;
	int fd = bench_dial(b);

	bench_say(fd, HEAD("GET", "/keep", ""));
	bench_silent(b, fd, 3 * QUICK_MS);
	http_reply_problem(b->kept[0], 503, NULL);
	assert_begins(bench_hear(b, fd, "}"), "HTTP/1.1 503 ");
	close(fd);
}

/* --- many of them --- */

static void test_many__the_longest_wait_makes_room(void **state)
{
	struct bench *b = *state;
	int slow[3], fd;

	for (int i = 0; i < 3; i++) {
		slow[i] = bench_dial(b);
		bench_say(slow[i], "GET /things/");
		bench_turn(b);
	}
	for (int i = 0; i < 20; i++) {
		bench_ask(b, GET("/things/a", ""));
		assert_begins(b->got.data, "HTTP/1.1 200 ");
	}
	assert_begins(bench_hear(b, slow[0], NULL), "HTTP/1.1 408 ");
	assert_int_equal(counts(b).evicted, 1);
	/* The others may still say it. */
	for (int i = 1; i < 3; i++) {
		bench_say(slow[i], "a HTTP/1.1\r\nHost: h\r\n\r\n");
		assert_begins(bench_hear(b, slow[i], "}"), "HTTP/1.1 200 ");
	}
	fd = bench_dial(b);
	bench_silent(b, fd, 5);
	assert_true(counts(b).connections <= 3);
	close(fd);
	for (int i = 0; i < 3; i++)
		close(slow[i]);
}

static void test_many__all_at_work(void **state)
{
	struct bench *b = *state;
	int busy[3];

	for (int i = 0; i < 3; i++) {
		busy[i] = bench_dial(b);
		bench_say(busy[i], HEAD("GET", "/keep", ""));
		bench_silent(b, busy[i], 5);
	}
	assert_int_equal(b->kept_count, 3);
	assert_begins(bench_ask(b, GET("/things/a", "")), "HTTP/1.1 503 ");
	assert_non_null(strstr(b->got.data, "Retry-After: 1\r\n"));
	assert_int_equal(counts(b).refused, 1);
	http_reply_problem(b->kept[0], 503, NULL);
	assert_begins(bench_ask(b, GET("/things/a", "")), "HTTP/1.1 200 ");
	for (int i = 0; i < 3; i++)
		close(busy[i]);
	for (int i = 1; i < 3; i++)
		http_reply_problem(b->kept[i], 503, NULL);
}

static int dial_from(const struct bench *b, uint32_t source)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(http_server_port(b->server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* Sources do not push each other out while there is room, then the longest wait of all ends. */
static void test_many__sources(void **state)
{
	struct bench *b = *state;
	int first = dial_from(b, 0x7f000002), others[4];

	bench_silent(b, first, 5);
	for (int i = 0; i < 3; i++) {
		others[i] = dial_from(b, 0x7f000003);
		bench_turn(b);
	}
	bench_silent(b, first, 5);
	others[3] = dial_from(b, 0x7f000003);
	assert_string_equal(bench_hear(b, others[0], NULL), "");
	bench_silent(b, first, 5);
	assert_int_equal(counts(b).connections, 4);
	close(dial_from(b, 0x7f000004));
	assert_string_equal(bench_hear(b, first, NULL), "");
	close(first);
	for (int i = 0; i < 4; i++)
		close(others[i]);
}

/* Without descriptors clients are let go; nothing spins, and all is well when there are some. */
static void test_many__descriptors_run_out(void **state)
{
	struct bench *b = *state;
	struct rlimit before, low;
	int fds[64], count = 0, waiting;

	waiting = bench_dial(b);
	getrlimit(RLIMIT_NOFILE, &before);
	while ((fds[count] = dup(waiting)) >= 0 && fds[count] < 60 && count < 63)
		count++;
	low = (struct rlimit){.rlim_cur = (rlim_t)fds[count] + 1, .rlim_max = before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &low);
	while (dup(waiting) >= 0)
		;
	assert_string_equal(bench_hear(b, waiting, NULL), "");
	assert_int_equal(counts(b).refused, 1);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_begins(bench_ask(b, GET("/things/a", "")), "HTTP/1.1 200 ");
	for (int i = 0; i <= count; i++)
		close(fds[i]);
	close(waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_body__by_length_and_in_chunks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body__too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body__malformed_chunks, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_body__refused_before_it_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body__continue, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pipeline__answers_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pipeline__is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close__half, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close__old_version, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_method__not_allowed_names_those_that_are, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow__head, setup_quick, teardown),
		cmocka_unit_test_setup_teardown(test_slow__body, setup_quick, teardown),
		cmocka_unit_test_setup_teardown(test_slow__silent_and_idle, setup_quick, teardown),
		cmocka_unit_test_setup_teardown(
			test_slow__handler_is_waited_for, setup_quick, teardown),
		cmocka_unit_test_setup_teardown(
			test_many__the_longest_wait_makes_room, setup_small, teardown),
		cmocka_unit_test_setup_teardown(test_many__all_at_work, setup_small, teardown),
		cmocka_unit_test_setup_teardown(test_many__sources, setup_small, teardown),
		cmocka_unit_test_setup_teardown(test_many__descriptors_run_out, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
