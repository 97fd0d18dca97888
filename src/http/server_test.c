/* The server on a real socket; ranges and routes by table. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "http/range.h"
#include "http/server.h"

#define WAIT_US	  (10 * USEC_PER_SEC)
#define FILE_SIZE (3u << 20)
#define MAX_BODY  4096

struct bench {
	struct loop *loop;
	struct http_server *server;
	struct http_exchange *kept; /* answered by the test */
	struct strbuf got;
	unsigned refused;
};

static void on_json(void *arg, struct http_exchange *exchange, const char *id)
{
	struct json_object *body = json_object_new_object();

	(void)arg;
	json_add_text(body, "id", id);
	json_add_text(body, "method", http_exchange_method(exchange));
	http_reply_json(exchange, 200, body);
}

static void on_file(void *arg, struct http_exchange *exchange, const char *id)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	uint8_t block[4096];

	(void)arg;
	(void)id;
	for (unsigned at = 0; at < FILE_SIZE; at += sizeof(block)) {
		memset(block, (int)(at / sizeof(block) % 251), sizeof(block));
		assert_int_equal(write(fd, block, sizeof(block)), sizeof(block));
	}
	http_reply_file(exchange, 206, "audio/wav", fd, 4096, FILE_SIZE - 8192);
}

static void on_keep(void *arg, struct http_exchange *exchange, const char *id)
{
	(void)id;
	((struct bench *)arg)->kept = exchange;
}

static bool on_admit(void *arg, struct http_exchange *exchange, const struct http_route *route)
{
	struct bench *b = arg;

	(void)route;
	if (!http_exchange_header(exchange, "X-Refuse"))
		return true;
	b->refused++;
	http_reply_problem(exchange, 401, "no");
	return false;
}

static const struct http_route routes[] = {
	{"GET", "/things/{id}", on_json},
	{"POST", "/things/{id}", on_json},
	{"PUT", "/things/{id}/mute", on_json},
	{"GET", "/file", on_file},
	{"GET", "/keep", on_keep},
	{NULL, NULL, NULL},
};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	struct http_server_config config = {.address = "127.0.0.1:0",
		.max_body = MAX_BODY,
		.routes = routes,
		.admit = on_admit,
		.arg = b};
	char *error = NULL;

	b->got = (struct strbuf)STRBUF_INIT;
	b->loop = loop_new();
	b->server = http_server_new(b->loop, &config, &error);
	assert_non_null(b->server);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	http_server_free(b->server);
	loop_free(b->loop);
	strbuf_release(&b->got);
	free(b);
	return 0;
}

static int dial(const struct bench *b)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(http_server_port(b->server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void turn(struct bench *b)
{
	event_base_loop(loop_base(b->loop), EVLOOP_NONBLOCK);
}

/* Sends all of it and reads until the server closes. */
static const char *ask(struct bench *b, const char *request)
{
	uint64_t until = clock_mono() + WAIT_US;
	size_t sent = 0, length = strlen(request);
	int fd = dial(b);
	char part[65536];
	ssize_t n;

	strbuf_reset(&b->got);
	for (;;) {
		assert_true(clock_mono() < until);
		if (sent < length) {
			n = send(fd, request + sent, length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n > 0)
				sent += (size_t)n;
		}
		turn(b);
		n = recv(fd, part, sizeof(part), MSG_DONTWAIT);
		if (n > 0)
			strbuf_add(&b->got, part, (size_t)n);
		else if (n == 0 || errno != EAGAIN)
			break;
	}
	close(fd);
	return b->got.data;
}

#define GET(path, more) "GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" more "\r\n"

static void assert_begins(const char *text, const char *begin)
{
	if (strncmp(text, begin, strlen(begin)) != 0)
		fail_msg("not \"%s\": %.200s", begin, text);
}

static void test_server__routes_and_refuses(void **state)
{
	struct bench *b = *state;

	assert_begins(ask(b, GET("/things/abc", "")), "HTTP/1.1 200 OK\r\n");
	assert_non_null(strstr(b->got.data, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(b->got.data, "\"abc\""));
	assert_begins(ask(b, GET("/things/abc?x=/y", "")), "HTTP/1.1 200 OK\r\n");
	assert_begins(ask(b, GET("/none", "")), "HTTP/1.1 404 Not Found\r\n");
	assert_non_null(strstr(b->got.data, "application/problem+json"));
	assert_begins(ask(b, GET("/things/abc/mute", "")), "HTTP/1.1 405 ");
	assert_begins(ask(b, GET("/things/abc", "X-Refuse: 1\r\n")), "HTTP/1.1 401 ");
	assert_int_equal(b->refused, 1);
}

static void test_server__head_has_the_length_only(void **state)
{
	struct bench *b = *state;
	const char *got;

	got = ask(b, "HEAD /file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
	assert_begins(got, "HTTP/1.1 206 ");
	assert_non_null(strstr(got, "Content-Length: 3137536\r\n"));
	assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\n");
}

/* More than any socket buffer: it comes whole and in order. */
static void test_server__sends_a_large_file(void **state)
{
	struct bench *b = *state;
	const uint8_t *body;

	ask(b, GET("/file", ""));
	body = (const uint8_t *)strstr(b->got.data, "\r\n\r\n");
	assert_non_null(body);
	body += 4;
	assert_int_equal(b->got.data + b->got.length - (const char *)body, FILE_SIZE - 8192);
	for (unsigned i = 0; i < FILE_SIZE - 8192; i++)
		if (body[i] != (i / 4096 + 1) % 251)
			fail_msg("byte %u is %u", i, body[i]);
}

/* The answer comes when the client has gone, or when the server has. */
static void test_server__answers_late(void **state)
{
	struct bench *b = *state;
	uint64_t until = clock_mono() + WAIT_US;

	for (int round = 0; round < 2; round++) {
		int fd = dial(b);
		const char *request = GET("/keep", "");

		assert_true(send(fd, request, strlen(request), MSG_NOSIGNAL) > 0);
		while (!b->kept) {
			assert_true(clock_mono() < until);
			turn(b);
		}
		close(fd);
		turn(b);
		if (round == 1)
			b->server = http_server_free(b->server);
		http_reply_problem(b->kept, 503, NULL);
		b->kept = NULL;
		turn(b);
	}
}

static void test_server__limits(void **state)
{
	struct bench *b = *state;
	struct strbuf request = STRBUF_INIT;

	strbuf_addf(&request,
		"POST /things/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: "
		"%d\r\n\r\n",
		MAX_BODY + 1);
	for (int i = 0; i <= MAX_BODY; i++)
		strbuf_addc(&request, 'x');
	assert_begins(ask(b, request.data), "HTTP/1.1 413 ");
	strbuf_reset(&request);
	strbuf_adds(&request, "GET /things/a HTTP/1.1\r\nHost: h\r\nX: ");
	for (int i = 0; i < 20000; i++)
		strbuf_addc(&request, 'x');
	strbuf_adds(&request, "\r\n\r\n");
	assert_null(strstr(ask(b, request.data), "200 OK"));
	assert_null(strstr(ask(b, "nonsense\r\n\r\n"), "200 OK"));
	strbuf_release(&request);
}

static void test_server__port_in_use(void **state)
{
	struct bench *b = *state;
	char address[32], *error = NULL;
	struct http_server_config config = {.address = address, .routes = routes};

	snprintf(address, sizeof(address), "127.0.0.1:%u", http_server_port(b->server));
	assert_true(http_server_on_loopback(b->server));
	assert_null(http_server_new(b->loop, &config, &error));
	assert_non_null(strstr(error, "Address already in use"));
	free(error);
}

static void test_range__table(void **state)
{
	static const struct {
		const char *header;
		int result;
		bool partial;
		uint64_t first, length;
	} rows[] = {
		{NULL, 0, false, 0, 1000},
		{"bytes=0-0", 0, true, 0, 1},
		{"bytes=0-", 0, true, 0, 1000},
		{"Bytes=10-19", 0, true, 10, 10},
		{"bytes=990-5000", 0, true, 990, 10},
		{"bytes=-1", 0, true, 999, 1},
		{"bytes=-5000", 0, true, 0, 1000},
		{"bytes=-0", -ERANGE, false, 0, 1000},
		{"bytes=1000-", -ERANGE, false, 0, 1000},
		{"bytes=18446744073709551615-", -ERANGE, false, 0, 1000},
		{"bytes=184467440737095516160-", -ERANGE, false, 0, 1000},
		{"bytes=5-4", 0, false, 0, 1000},
		{"bytes=0-1,2-3", 0, false, 0, 1000},
		{"bytes= 0-1", 0, false, 0, 1000},
		{"bytes=--1", 0, false, 0, 1000},
		{"bytes=", 0, false, 0, 1000},
		{"bytes=1", 0, false, 0, 1000},
		{"words=0-1", 0, false, 0, 1000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct http_range range;
		int r = http_range_read(rows[i].header, 1000, &range);

		if (r != rows[i].result || range.partial != rows[i].partial ||
			range.first != rows[i].first || range.length != rows[i].length)
			fail_msg("%s: %d %d %llu %llu", rows[i].header, r, range.partial,
				(unsigned long long)range.first, (unsigned long long)range.length);
	}
}

static void test_address__table(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned port;
		bool loopback;
	} good[] = {
		{"127.0.0.1:8080", "127.0.0.1", 8080, true},
		{"127.9.0.1:0", "127.9.0.1", 0, true},
		{"0.0.0.0:65535", "0.0.0.0", 65535, false},
		{"[::1]:80", "::1", 80, true},
		{"[2001:db8::1]:80", "2001:db8::1", 80, false},
	};
	static const char *const bad[] = {"", ":", "8080", ":8080", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:8o", "127.0.0.1:-1", "localhost:80",
		"::1:80", "[127.0.0.1]:80", "[::1]", "[]:80"};
	char host[HTTP_HOST_SIZE];
	uint16_t port;
	bool loopback;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(http_address_read(good[i].text, host, &port, &loopback), 0);
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
		assert_int_equal(loopback, good[i].loopback);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (http_address_read(bad[i], host, &port, &loopback) == 0)
			fail_msg("%s", bad[i]);
}

static void test_route__table(void **state)
{
	static const struct {
		const char *method, *path;
		int row, status;
		const char *id;
	} rows[] = {
		{"GET", "/things/a", 0, 0, "a"},
		{"HEAD", "/things/a", 0, 0, "a"},
		{"POST", "/things/a", 1, 0, "a"},
		{"PUT", "/things/a.b/mute", 2, 0, "a.b"},
		{"PUT", "/things/a", -1, 405, ""},
		{"GET", "/things/", -1, 404, ""},
		{"GET", "/things", -1, 404, ""},
		{"GET", "/things/a/", -1, 404, ""},
		{"GET", "/things/a/b", -1, 404, ""},
		{"GET", "/things/../file", -1, 404, ""},
		{"GET", "/file/", -1, 404, ""},
		{"GET", "", -1, 404, ""},
	};
	char id[HTTP_ID_SIZE], long_path[HTTP_ID_SIZE + 16] = "/things/";
	int status;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct http_route *found =
			http_route_find(routes, rows[i].method, rows[i].path, id, &status);

		assert_ptr_equal(found, rows[i].row < 0 ? NULL : &routes[rows[i].row]);
		assert_string_equal(id, rows[i].id);
		if (!found)
			assert_int_equal(status, rows[i].status);
	}
	memset(long_path + 8, 'x', HTTP_ID_SIZE);
	assert_null(http_route_find(routes, "GET", long_path, id, &status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_server__routes_and_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_server__head_has_the_length_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server__sends_a_large_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server__answers_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server__limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server__port_in_use, setup, teardown),
		cmocka_unit_test(test_range__table),
		cmocka_unit_test(test_address__table),
		cmocka_unit_test(test_route__table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
