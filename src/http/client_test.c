/* Unit tests of src/http/client.c against a real server on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "http/client.h"
#include "http/fake_server.h"

struct bench {
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

static void on_done(void *arg, const struct http_response *response)
{
	struct bench *b = arg;

	b->count++;
	b->outcome = response->outcome;
	b->status = response->status;
	b->duration_us = response->duration_us;
	xstrset(&b->body, response->body);
	xstrset(&b->type, response->content_type);
	xstrset(&b->url, response->url);
	xstrset(&b->detail, response->detail);
	json_object_put(b->headers);
	b->headers = json_object_get(response->headers);
	if (--b->waiting == 0)
		loop_stop(b->loop);
}

static enum fake_action answer_ok(struct bench *b, const char *request, char **ret_answer)
{
	xstrset(&b->seen, request);
	*ret_answer = xstrdup("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			      "X-Twice: a\r\nX-Twice: b\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
	return FAKE_ANSWER;
}

static char *big_answer(const char *framing)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", framing);
	for (int i = 0; i < 200; i++)
		strbuf_adds(&sb, "400\r\n");
	for (int i = 0; i < 2000; i++)
		strbuf_adds(&sb, "0123456789012345");
	return strbuf_detach(&sb);
}

static enum fake_action answer_by_path(void *arg, const char *request, char **ret_answer)
{
	struct bench *b = arg;
	const char *path = strchr(request, '/');
	const struct {
		const char *path;
		enum fake_action action;
		const char *answer;
	} table[] = {
		{"/404 ", FAKE_ANSWER, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"},
		{"/close ", FAKE_CLOSE, NULL},
		{"/reset ", FAKE_RESET, NULL},
		{"/partial ", FAKE_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"},
		{"/hang ", FAKE_HANG, NULL},
		{"/drip ", FAKE_DRIP, "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n"},
		{"/garbage ", FAKE_CLOSE, "220 smtp ready\r\n"},
		{"/chunked ", FAKE_ANSWER,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"},
		{"/to-ok ", FAKE_ANSWER,
			"HTTP/1.1 302 Found\r\nLocation: /ok\r\nX-Old: 1\r\n"
			"Content-Length: 3\r\n\r\nold"},
		{"/keep-post ", FAKE_ANSWER,
			"HTTP/1.1 307 Later\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"},
		{"/round ", FAKE_ANSWER,
			"HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n"},
		{"/to-file ", FAKE_ANSWER,
			"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
			"Content-Length: 0\r\n\r\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strncmp(path, table[i].path, strlen(table[i].path)) == 0) {
			*ret_answer = xstrdup(table[i].answer);
			return table[i].action;
		}
	}
	if (strncmp(path, "/big-stated ", 12) == 0) {
		*ret_answer = big_answer("Content-Length: 33000");
		return FAKE_CLOSE;
	}
	if (strncmp(path, "/big-unstated ", 14) == 0) {
		*ret_answer = big_answer("Connection: close");
		return FAKE_CLOSE;
	}
	return answer_ok(b, request, ret_answer);
}

static int setup_with(void **state, bool allow_private)
{
	const struct http_client_config config = {
		.allow_private = allow_private, .user_agent = "nccod-test"};
	struct bench *b = xcalloc(1, sizeof(*b));

	b->loop = loop_new();
	b->client = http_client_new(b->loop, &config);
	b->server = fake_server_new(answer_by_path, b);
	*state = b;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, true);
}

static int setup_strict(void **state)
{
	return setup_with(state, false);
}

static int teardown(void **state)
{
	struct bench *b = *state;

	http_client_free(b->client);
	fake_server_free(b->server);
	loop_free(b->loop);
	json_object_put(b->headers);
	free(b->body);
	free(b->type);
	free(b->url);
	free(b->detail);
	free(b->seen);
	free(b);
	return 0;
}

static char *url_of(struct bench *b, const char *path)
{
	return xasprintf("http://127.0.0.1:%u%s", fake_server_port(b->server), path);
}

/* Sends request to path (or to request.url), and runs the loop until its callback. */
static void exchange(struct bench *b, const char *path, struct http_request request)
{
	char *url = request.url ? xstrdup(request.url) : url_of(b, path);
	unsigned before = b->count;

	request.url = url;
	b->waiting = 1;
	assert_non_null(http_send(b->client, &request, on_done, b));
	assert_int_equal(b->count, before);
	free(url);
	loop_run(b->loop);
	assert_int_equal(b->count, before + 1);
}

static void test_http_send__gives_the_answer(void **state)
{
	struct bench *b = *state;

	exchange(b, "/ok", (struct http_request){.method = "GET"});
	assert_int_equal(b->outcome, HTTP_ANSWERED);
	assert_int_equal(b->status, 200);
	assert_string_equal(b->body, "{\"a\":1}");
	assert_string_equal(b->type, "application/json");
	assert_string_equal(json_text(b->headers, "x-twice", ""), "b");
	assert_true(b->duration_us > 0 && b->duration_us < 5 * USEC_PER_SEC);
	assert_non_null(strstr(b->seen, "User-Agent: nccod-test\r\n"));
	assert_null(strstr(b->seen, "Accept-Encoding"));
	exchange(b, "/chunked", (struct http_request){.method = "GET"});
	assert_string_equal(b->body, "abcde");
	exchange(b, "/404", (struct http_request){.method = "GET"});
	assert_int_equal(b->outcome, HTTP_ANSWERED);
	assert_int_equal(b->status, 404);
	assert_string_equal(b->body, "no");
}

static void test_http_send__sends_method_body_and_headers(void **state)
{
	struct bench *b = *state;
	struct json_object *headers = json_tokener_parse("{\"X-One\":\"1\",\"X-None\":\"\"}");
	struct http_request request = {.method = "POST",
		.content_type = "application/json",
		.body = "{\"k\":2}",
		.body_length = 7,
		.headers = headers};

	exchange(b, "/ok", request);
	assert_int_equal(strncmp(b->seen, "POST /ok HTTP/1.1\r\n", 19), 0);
	assert_non_null(strstr(b->seen, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(b->seen, "X-One: 1\r\n"));
	assert_non_null(strstr(b->seen, "X-None:\r\n"));
	assert_non_null(strstr(b->seen, "\r\n\r\n{\"k\":2}"));
	assert_null(strstr(b->seen, "Expect"));
	request.method = "PUT";
	request.headers = NULL;
	exchange(b, "/ok", request);
	assert_int_equal(strncmp(b->seen, "PUT /ok", 7), 0);
	assert_non_null(strstr(b->seen, "\r\n\r\n{\"k\":2}"));
	assert_non_null(strstr(b->seen, "Content-Type: application/json\r\n"));
	assert_null(strstr(b->seen, "X-One"));
	exchange(b, "/ok", (struct http_request){.method = "DELETE"});
	assert_int_equal(strncmp(b->seen, "DELETE /ok", 10), 0);
	exchange(b, "/ok", (struct http_request){.method = "GET"});
	assert_int_equal(strncmp(b->seen, "GET /ok", 7), 0);
	assert_null(strstr(b->seen, "Content-Type"));
	exchange(b, "/ok", (struct http_request){.method = "POST"});
	assert_non_null(strstr(b->seen, "Content-Length: 0\r\n"));
	assert_int_equal(fake_server_connections(b->server), 1);
	json_object_put(headers);
}

static void test_http_send__refuses_bad_requests(void **state)
{
	static const char *const headers[] = {"{\"X\":\"a\\r\\nY: b\"}", "{\"X Y\":\"a\"}",
		"{\"Content-Length\":\"5\"}", "{\"transfer-encoding\":\"chunked\"}",
		"{\"\":\"a\"}"};
	static const char *const urls[] = {
		"ftp://127.0.0.1/", "nonsense", "http://127.0.0.1:99999/", "file:///etc/passwd"};
	struct bench *b = *state;
	struct http_request request = {.method = "GET"};

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		request.headers = json_tokener_parse(headers[i]);
		exchange(b, "/ok", request);
		assert_int_equal(b->outcome, HTTP_FAILED);
		assert_string_equal(b->detail, "header not allowed");
		json_object_put(request.headers);
	}
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		exchange(b, NULL, (struct http_request){.method = "GET", .url = urls[i]});
		assert_int_equal(b->outcome, HTTP_BAD_URL);
	}
	exchange(b, "/ok", (struct http_request){.method = "GET /x HTTP/1.1\r\n"});
	assert_int_equal(b->outcome, HTTP_FAILED);
	assert_null(b->seen);
}

/* A port on which nobody listens: bound, so that nobody else takes it. */
static int closed_port(unsigned short *ret_port, int backlog)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	getsockname(fd, (struct sockaddr *)&address, &length);
	*ret_port = ntohs(address.sin_port);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void test_outcome__tells_failures_apart(void **state)
{
	static const struct {
		const char *path;
		enum http_outcome outcome;
	} cases[] = {
		{"/close", HTTP_REFUSED},
		{"/reset", HTTP_RESET},
		{"/partial", HTTP_RESET},
		{"/hang", HTTP_TIMEOUT},
		{"/drip", HTTP_TIMEOUT},
		{"/garbage", HTTP_FAILED},
		{"/big-stated", HTTP_TOO_LARGE},
		{"/big-unstated", HTTP_TOO_LARGE},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		exchange(b, cases[i].path,
			(struct http_request){
				.method = "GET", .total_timeout_ms = 200, .max_bytes = 30000});
		if (b->outcome != cases[i].outcome)
			fail_msg("%s: %s", cases[i].path, http_outcome_text(b->outcome));
		assert_int_equal(b->status, 0);
		if (b->outcome == HTTP_TIMEOUT)
			assert_in_range(b->duration_us, 195000, 2000000);
	}
}

static void test_outcome__of_connecting(void **state)
{
	struct bench *b = *state;
	struct http_request request = {.method = "GET", .connect_timeout_ms = 150};
	unsigned short port;
	int fd = closed_port(&port, -1), full[4];
	struct sockaddr_in address = {.sin_family = AF_INET};
	char *url = xasprintf("http://127.0.0.1:%u/", port);

	request.url = url;
	exchange(b, NULL, request);
	assert_int_equal(b->outcome, HTTP_REFUSED);
	close(fd);
	free(url);

	/* A full accept queue: the kernel drops further connection attempts. */
	fd = closed_port(&port, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(port);
	for (size_t i = 0; i < ARRAY_SIZE(full); i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(full[i], (struct sockaddr *)&address, sizeof(address));
	}
	url = xasprintf("http://127.0.0.1:%u/", port);
	request.url = url;
	exchange(b, NULL, request);
	assert_int_equal(b->outcome, HTTP_CONNECT_TIMEOUT);
	assert_in_range(b->duration_us, 140000, 2000000);
	for (size_t i = 0; i < ARRAY_SIZE(full); i++)
		close(full[i]);
	close(fd);
	free(url);

	url = xasprintf("https://127.0.0.1:%u/", fake_server_port(b->server));
	request.url = url;
	exchange(b, NULL, request);
	assert_true(b->outcome == HTTP_TLS || b->outcome == HTTP_CONNECT_TIMEOUT);
	free(url);
}

static void test_policy__refuses_private_addresses(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]", "0.0.0.0",
		"[::ffff:127.0.0.1]", "10.1.2.3", "169.254.169.254", "0x7f.1", "2130706433"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		char *url = xasprintf("http://%s:%u/ok", hosts[i], fake_server_port(b->server));

		exchange(b, NULL, (struct http_request){.method = "GET", .url = url});
		if (b->outcome != HTTP_FORBIDDEN)
			fail_msg("%s: %s", hosts[i], http_outcome_text(b->outcome));
		free(url);
	}
	assert_int_equal(fake_server_connections(b->server), 0);
}

static void test_redirects__are_followed_as_asked(void **state)
{
	struct bench *b = *state;
	char *wanted = url_of(b, "/ok");

	exchange(b, "/to-ok", (struct http_request){.method = "GET"});
	assert_int_equal(b->status, 302);
	exchange(b, "/to-ok", (struct http_request){.method = "GET", .redirects = 3});
	assert_int_equal(b->status, 200);
	assert_string_equal(b->body, "{\"a\":1}");
	assert_string_equal(b->url, wanted);
	assert_null(json_member(b->headers, "x-old"));
	exchange(b, "/keep-post",
		(struct http_request){
			.method = "POST", .body = "xyz", .body_length = 3, .redirects = 3});
	assert_int_equal(strncmp(b->seen, "POST /ok", 8), 0);
	assert_non_null(strstr(b->seen, "\r\n\r\nxyz"));
	exchange(b, "/round", (struct http_request){.method = "GET", .redirects = 3});
	assert_int_equal(b->outcome, HTTP_FAILED);
	exchange(b, "/to-file", (struct http_request){.method = "GET", .redirects = 3});
	assert_int_equal(b->outcome, HTTP_FAILED);
	assert_string_equal(b->body, "");
	free(wanted);
}

static void on_stop(void *arg)
{
	struct bench *b = arg;

	loop_stop(b->loop);
}

static void test_http_cancel__keeps_the_callback_away(void **state)
{
	struct bench *b = *state;
	char *url = url_of(b, "/ok"), *hang = url_of(b, "/hang");
	struct http_request request = {.method = "GET", .url = url};
	struct http_request_handle *h;

	h = http_send(b->client, &request, on_done, b);
	http_cancel(h);
	request.url = "bad url";
	http_cancel(http_send(b->client, &request, on_done, b));
	request.url = hang;
	h = http_send(b->client, &request, on_done, b);
	timer_init(&b->timer, b->loop, on_stop, b);
	timer_start(&b->timer, 50000);
	loop_run(b->loop);
	http_cancel(h);
	http_cancel(NULL);
	http_send(b->client, &request, on_done, b); /* for http_client_free() */
	timer_start(&b->timer, 20000);
	loop_run(b->loop);
	assert_int_equal(b->count, 0);
	exchange(b, "/ok", (struct http_request){.method = "GET"});
	assert_int_equal(b->status, 200);
	free(url);
	free(hang);
}

static void on_done_again(void *arg, const struct http_response *response)
{
	struct bench *b = arg;
	struct http_request request = {.method = "GET", .url = response->url};

	http_send(b->client, &request, on_done, b);
}

static void test_http_send__works_inside_a_callback(void **state)
{
	struct bench *b = *state;
	char *url = url_of(b, "/ok");
	struct http_request request = {.method = "GET", .url = url};

	b->waiting = 1;
	http_send(b->client, &request, on_done_again, b);
	free(url);
	loop_run(b->loop);
	assert_int_equal(b->status, 200);
	assert_int_equal(fake_server_connections(b->server), 1);
}

static void test_connections__are_reused(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 20; i++) {
		exchange(b, "/ok", (struct http_request){.method = "GET"});
		assert_int_equal(b->status, 200);
	}
	assert_int_equal(fake_server_connections(b->server), 1);
}

static void test_requests__run_side_by_side(void **state)
{
	struct bench *b = *state;
	char *url = url_of(b, "/ok");
	struct http_request request = {.method = "POST", .url = url, .body = "x", .body_length = 1};

	b->waiting = 50;
	for (int i = 0; i < 50; i++) {
		request.content_type = i % 2 ? "text/plain" : "application/json";
		http_send(b->client, &request, on_done, b);
	}
	loop_run(b->loop);
	assert_int_equal(b->count, 50);
	assert_int_equal(b->status, 200);
	free(url);
}

static unsigned open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void test_client__leaves_no_descriptor(void **state)
{
	unsigned before;

	(void)state;
	/* The first round lets libraries open what they keep. */
	for (int i = 0; i < 2; i++) {
		void *inner;

		before = open_descriptors();
		setup(&inner);
		exchange(inner, "/ok", (struct http_request){.method = "GET"});
		exchange(inner, "/reset", (struct http_request){.method = "GET"});
		teardown(&inner);
	}
	assert_int_equal(open_descriptors(), before);
}

#define TEST(name)	  cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_STRICT(name) cmocka_unit_test_setup_teardown(name, setup_strict, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_http_send__gives_the_answer),
		TEST(test_http_send__sends_method_body_and_headers),
		TEST(test_http_send__refuses_bad_requests),
		TEST(test_http_send__works_inside_a_callback),
		TEST(test_http_cancel__keeps_the_callback_away),
		TEST(test_outcome__tells_failures_apart),
		TEST(test_outcome__of_connecting),
		TEST_STRICT(test_policy__refuses_private_addresses),
		TEST(test_redirects__are_followed_as_asked),
		TEST(test_connections__are_reused),
		TEST(test_requests__run_side_by_side),
		cmocka_unit_test(test_client__leaves_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
