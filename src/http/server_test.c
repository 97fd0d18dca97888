/* The server on a real socket; ranges and routes by table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/range.h"
#include "http/server_bench.h"

static int setup(void **state)
{
	*state = bench_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	*state = bench_free(*state);
	return 0;
}

static void test_server__routes_and_refuses(void **state)
{
	struct bench *b = *state;

	assert_begins(bench_ask(b, GET("/things/abc", "")), "HTTP/1.1 200 OK\r\n");
	assert_non_null(strstr(b->got.data, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(b->got.data, "\"abc\""));
	assert_begins(bench_ask(b, GET("/things/abc?x=/y", "")), "HTTP/1.1 200 OK\r\n");
	assert_begins(bench_ask(b, GET("/none", "")), "HTTP/1.1 404 Not Found\r\n");
	assert_non_null(strstr(b->got.data, "application/problem+json"));
	assert_begins(bench_ask(b, GET("/things/abc/mute", "")), "HTTP/1.1 405 ");
	assert_begins(bench_ask(b, GET("/things/abc", "X-Refuse: 1\r\n")), "HTTP/1.1 401 ");
	assert_int_equal(b->refused, 1);
}

static void test_server__head_has_the_length_only(void **state)
{
	struct bench *b = *state;
	const char *got;

	got = bench_ask(b, "HEAD /file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
	assert_begins(got, "HTTP/1.1 206 ");
	assert_non_null(strstr(got, "Content-Length: 3137536\r\n"));
	assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\n");
}

/* More than any socket buffer: it comes whole and in order. */
static void test_server__sends_a_large_file(void **state)
{
	struct bench *b = *state;
	const uint8_t *body;

	bench_ask(b, GET("/file", ""));
	body = (const uint8_t *)strstr(b->got.data, "\r\n\r\n");
	assert_non_null(body);
	body += 4;
	assert_int_equal(b->got.data + b->got.length - (const char *)body, BENCH_FILE - 8192);
	for (unsigned i = 0; i < BENCH_FILE - 8192; i++)
		if (body[i] != (i / 4096 + 1) % 251)
			fail_msg("byte %u is %u", i, body[i]);
}

/* The answer comes when the client has gone, or when the server has. */
static void test_server__answers_late(void **state)
{
	struct bench *b = *state;
	uint64_t until = clock_mono() + BENCH_WAIT_US;

	for (int round = 0; round < 2; round++) {
		int fd = bench_dial(b);
		const char *request = GET("/keep", "");

		assert_true(send(fd, request, strlen(request), MSG_NOSIGNAL) > 0);
		while (!b->kept_count) {
			assert_true(clock_mono() < until);
			bench_turn(b);
		}
		close(fd);
		bench_turn(b);
		if (round == 1)
			b->server = http_server_free(b->server);
		http_reply_problem(b->kept[0], 503, NULL);
		b->kept_count = 0;
		bench_turn(b);
	}
}

static void test_server__limits(void **state)
{
	struct bench *b = *state;
	struct strbuf request = STRBUF_INIT;

	strbuf_addf(&request,
		"POST /things/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: "
		"%d\r\n\r\n",
		BENCH_MAX_BODY + 1);
	for (int i = 0; i <= BENCH_MAX_BODY; i++)
		strbuf_addc(&request, 'x');
	assert_begins(bench_ask(b, request.data), "HTTP/1.1 413 ");
	strbuf_reset(&request);
	strbuf_adds(&request, "GET /things/a HTTP/1.1\r\nHost: h\r\nX: ");
	for (int i = 0; i < 20000; i++)
		strbuf_addc(&request, 'x');
	strbuf_adds(&request, "\r\n\r\n");
	assert_null(strstr(bench_ask(b, request.data), "200 OK"));
	assert_null(strstr(bench_ask(b, "nonsense\r\n\r\n"), "200 OK"));
	strbuf_release(&request);
}

static void test_server__port_in_use(void **state)
{
	struct bench *b = *state;
	char address[32], *error = NULL;
	struct http_server_config config = {.address = address, .routes = bench_routes};

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
		const char *first, *second;
	} rows[] = {
		{"GET", "/things/a", 0, 0, "a", ""},
		{"HEAD", "/things/a", 0, 0, "a", ""},
		{"POST", "/things/a", 1, 0, "a", ""},
		{"PUT", "/things/a.b/mute", 3, 0, "a.b", ""},
		{"GET", "/things/a%20b%2fc", 0, 0, "a b/c", ""},
		{"PUT", "/v1/rooms/r/members/m", 6, 0, "r", "m"},
		{"PUT", "/api/v1/rooms/r%C3%A4/members/m", 6, 0, "r\xc3\xa4", "m"},
		{"GET", "/api/v1/rooms/r/members/m", -1, 405, "", ""},
		{"PUT", "/api/api/v1/rooms/r/members/m", -1, 404, "", ""},
		{"PUT", "/v1/rooms//members/m", -1, 404, "", ""},
		{"PUT", "/things/a", -1, 405, "", ""},
		{"GET", "/api/things/a", -1, 404, "", ""},
		{"GET", "/things/%00", -1, 404, "", ""},
		{"GET", "/things/a%0", -1, 404, "", ""},
		{"GET", "/things/%zz", -1, 404, "", ""},
		{"GET", "/things/", -1, 404, "", ""},
		{"GET", "/things", -1, 404, "", ""},
		{"GET", "/things/a/", -1, 404, "", ""},
		{"GET", "/things/a/b", -1, 404, "", ""},
		{"GET", "/things/../file", -1, 404, "", ""},
		{"GET", "/file/", -1, 404, "", ""},
		{"GET", "", -1, 404, "", ""},
	};
	char long_path[HTTP_ID_SIZE + 16] = "/things/";
	struct http_match match;
	int status;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct http_route *found = http_route_find(
			bench_routes, rows[i].method, rows[i].path, &match, &status);

		if (found != (rows[i].row < 0 ? NULL : &bench_routes[rows[i].row]))
			fail_msg("%s %s", rows[i].method, rows[i].path);
		if (!found)
			assert_int_equal(status, rows[i].status);
		else if (strcmp(match.ids[0], rows[i].first) ||
			 strcmp(match.ids[1], rows[i].second))
			fail_msg("%s: %s %s", rows[i].path, match.ids[0], match.ids[1]);
	}
	memset(long_path + 8, 'x', HTTP_ID_SIZE);
	assert_null(http_route_find(bench_routes, "GET", long_path, &match, &status));
}

static void test_route__methods_of_a_path(void **state)
{
	char methods[HTTP_METHODS_SIZE];

	(void)state;
	http_route_methods(bench_routes, "/things/a", methods);
	assert_string_equal(methods, "GET, HEAD, POST, DELETE");
	http_route_methods(bench_routes, "/none", methods);
	assert_string_equal(methods, "");
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
		cmocka_unit_test(test_route__methods_of_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
