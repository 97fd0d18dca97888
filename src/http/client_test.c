/* Unit tests of src/http/client.c against a real server on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/client_bench.h"

static void test_http_send__gives_the_answer(void **state)
{
	struct client_bench *b = *state;

	client_exchange(b, "/ok", (struct http_request){.method = "GET"});
	assert_int_equal(b->outcome, HTTP_ANSWERED);
	assert_int_equal(b->status, 200);
	assert_string_equal(b->body, "{\"a\":1}");
	assert_string_equal(b->type, "application/json");
	assert_string_equal(json_text(b->headers, "x-twice", ""), "b");
	assert_true(b->duration_us > 0 && b->duration_us < 5 * USEC_PER_SEC);
	assert_non_null(strstr(b->seen, "User-Agent: nccod-test\r\n"));
	assert_null(strstr(b->seen, "Accept-Encoding"));
	client_exchange(b, "/chunked", (struct http_request){.method = "GET"});
	assert_string_equal(b->body, "abcde");
	client_exchange(b, "/404", (struct http_request){.method = "GET"});
	assert_int_equal(b->outcome, HTTP_ANSWERED);
	assert_int_equal(b->status, 404);
	assert_string_equal(b->body, "no");
}

static void test_http_send__sends_method_body_and_headers(void **state)
{
	struct client_bench *b = *state;
	struct json_object *headers = json_tokener_parse("{\"X-One\":\"1\",\"X-None\":\"\"}");
	struct http_request request = {.method = "POST",
		.content_type = "application/json",
		.body = "{\"k\":2}",
		.body_length = 7,
		.headers = headers};

	client_exchange(b, "/ok", request);
	assert_int_equal(strncmp(b->seen, "POST /ok HTTP/1.1\r\n", 19), 0);
	assert_non_null(strstr(b->seen, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(b->seen, "X-One: 1\r\n"));
	assert_non_null(strstr(b->seen, "X-None:\r\n"));
	assert_non_null(strstr(b->seen, "\r\n\r\n{\"k\":2}"));
	assert_null(strstr(b->seen, "Expect"));
	request.method = "PUT";
	request.headers = NULL;
	client_exchange(b, "/ok", request);
	assert_int_equal(strncmp(b->seen, "PUT /ok", 7), 0);
	assert_non_null(strstr(b->seen, "\r\n\r\n{\"k\":2}"));
	assert_non_null(strstr(b->seen, "Content-Type: application/json\r\n"));
	assert_null(strstr(b->seen, "X-One"));
	client_exchange(b, "/ok", (struct http_request){.method = "DELETE"});
	assert_int_equal(strncmp(b->seen, "DELETE /ok", 10), 0);
	client_exchange(b, "/ok", (struct http_request){.method = "GET"});
	assert_int_equal(strncmp(b->seen, "GET /ok", 7), 0);
	assert_null(strstr(b->seen, "Content-Type"));
	client_exchange(b, "/ok", (struct http_request){.method = "POST"});
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
	struct client_bench *b = *state;
	struct http_request request = {.method = "GET"};

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		request.headers = json_tokener_parse(headers[i]);
		client_exchange(b, "/ok", request);
		assert_int_equal(b->outcome, HTTP_FAILED);
		assert_string_equal(b->detail, "header not allowed");
		json_object_put(request.headers);
	}
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		client_exchange(b, NULL, (struct http_request){.method = "GET", .url = urls[i]});
		assert_int_equal(b->outcome, HTTP_BAD_URL);
	}
	client_exchange(b, "/ok", (struct http_request){.method = "GET /x HTTP/1.1\r\n"});
	assert_int_equal(b->outcome, HTTP_FAILED);
	assert_null(b->seen);
}

static void on_stop(void *arg)
{
	struct client_bench *b = arg;

	loop_stop(b->loop);
}

static void test_http_cancel__keeps_the_callback_away(void **state)
{
	struct client_bench *b = *state;
	char *url = client_url(b, "/ok"), *hang = client_url(b, "/hang");
	struct http_request request = {.method = "GET", .url = url};
	struct http_request_handle *h;

	h = http_send(b->client, &request, client_done, b);
	http_cancel(h);
	request.url = "bad url";
	http_cancel(http_send(b->client, &request, client_done, b));
	request.url = hang;
	h = http_send(b->client, &request, client_done, b);
	timer_init(&b->timer, b->loop, on_stop, b);
	timer_start(&b->timer, 50000);
	loop_run(b->loop);
	http_cancel(h);
	http_cancel(NULL);
	http_send(b->client, &request, client_done, b); /* for http_client_free() */
	timer_start(&b->timer, 20000);
	loop_run(b->loop);
	assert_int_equal(b->count, 0);
	client_exchange(b, "/ok", (struct http_request){.method = "GET"});
	assert_int_equal(b->status, 200);
	free(url);
	free(hang);
}

static void on_done_again(void *arg, const struct http_response *response)
{
	struct client_bench *b = arg;
	struct http_request request = {.method = "GET", .url = response->url};

	http_send(b->client, &request, client_done, b);
}

static void test_http_send__works_inside_a_callback(void **state)
{
	struct client_bench *b = *state;
	char *url = client_url(b, "/ok");
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
	struct client_bench *b = *state;

	for (int i = 0; i < 20; i++) {
		client_exchange(b, "/ok", (struct http_request){.method = "GET"});
		assert_int_equal(b->status, 200);
	}
	assert_int_equal(fake_server_connections(b->server), 1);
}

static void test_requests__run_side_by_side(void **state)
{
	struct client_bench *b = *state;
	char *url = client_url(b, "/ok");
	struct http_request request = {.method = "POST", .url = url, .body = "x", .body_length = 1};

	b->waiting = 50;
	for (int i = 0; i < 50; i++) {
		request.content_type = i % 2 ? "text/plain" : "application/json";
		http_send(b->client, &request, client_done, b);
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
		client_setup(&inner);
		client_exchange(inner, "/ok", (struct http_request){.method = "GET"});
		client_exchange(inner, "/reset", (struct http_request){.method = "GET"});
		client_teardown(&inner);
	}
	assert_int_equal(open_descriptors(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_http_send__gives_the_answer),
		TEST(test_http_send__sends_method_body_and_headers),
		TEST(test_http_send__refuses_bad_requests),
		TEST(test_http_send__works_inside_a_callback),
		TEST(test_http_cancel__keeps_the_callback_away),
		TEST(test_connections__are_reused),
		TEST(test_requests__run_side_by_side),
		cmocka_unit_test(test_client__leaves_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
