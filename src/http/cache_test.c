/* Unit tests of src/http/cache.c and freshness.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "http/cache.h"
#include "http/fake_server.h"
#include "http/freshness.h"

#define START (1000000 * USEC_PER_SEC)

static uint64_t fake_now;

static uint64_t fake_clock(void)
{
	return fake_now;
}

struct bench {
	struct loop *loop;
	struct http_client *client;
	struct http_cache *cache;
	struct fake_server *server;
	/* The server's part; the loop does not run while these change. */
	const char *headers, *body, *status;
	unsigned hits;
	char *seen;
	/* What came back last. */
	unsigned waiting, count;
	uint64_t version;
	char *text, *error;
};

static enum fake_action serve(void *arg, const char *request, char **ret_answer)
{
	struct bench *b = arg;
	bool match = strstr(request, "If-None-Match: \"v1\"") ||
		     strstr(request, "If-Modified-Since: Sat");

	b->hits++;
	xstrset(&b->seen, request);
	if (match && strcmp(b->status, "200 OK") == 0)
		*ret_answer = xasprintf("HTTP/1.1 304 Not Modified\r\n%s\r\n", b->headers);
	else
		*ret_answer = xasprintf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", b->status,
			b->headers, strlen(b->body), b->body);
	return FAKE_ANSWER;
}

static int setup(void **state)
{
	const struct http_client_config config = {.allow_private = true};
	struct bench *b = xcalloc(1, sizeof(*b));

	fake_now = START;
	b->loop = loop_new();
	b->client = http_client_new(b->loop, &config);
	b->cache = http_cache_new(b->client, 1000, 600);
	http_cache_set_clock(b->cache, fake_clock);
	b->headers = "";
	b->body = "one";
	b->status = "200 OK";
	b->server = fake_server_new(serve, b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	http_cache_free(b->cache);
	http_client_free(b->client);
	fake_server_free(b->server);
	loop_free(b->loop);
	free(b->seen);
	free(b->text);
	free(b->error);
	free(b);
	return 0;
}

static void note(struct bench *b, struct blob *blob, const char *error)
{
	size_t length = 0;
	const char *data = blob ? blob_data(blob, &length) : NULL;

	free(b->text);
	b->text = xstrndup(data, length);
	b->version = blob ? blob_version(blob) : 0;
	xstrset(&b->error, error);
}

static void on_done(void *arg, struct blob *blob, const char *error)
{
	struct bench *b = arg;

	b->count++;
	note(b, blob, error);
	if (--b->waiting == 0)
		loop_stop(b->loop);
}

/* True when it came from memory. */
static bool get(struct bench *b, const char *path)
{
	char *url = xasprintf("http://127.0.0.1:%u%s", fake_server_port(b->server), path);
	struct blob *blob = NULL;
	struct http_cache_handle *handle;

	b->waiting = 1;
	handle = http_cache_get(b->cache, url, &blob, on_done, b);
	free(url);
	if (!handle) {
		note(b, blob, NULL);
		return true;
	}
	loop_run(b->loop);
	return false;
}

static void pass(unsigned seconds)
{
	fake_now += seconds * USEC_PER_SEC;
}

static void test_cache__serves_while_fresh(void **state)
{
	struct bench *b = *state;
	uint64_t version;

	b->headers = "Cache-Control: public, max-age=100\r\n";
	assert_false(get(b, "/a"));
	assert_string_equal(b->text, "one");
	version = b->version;
	pass(98);
	assert_true(get(b, "/a"));
	assert_int_equal(b->version, version);
	pass(3);
	b->body = "two";
	assert_false(get(b, "/a"));
	assert_string_equal(b->text, "two");
	assert_int_not_equal(b->version, version);
	assert_int_equal(b->hits, 2);
}

static void test_cache__revalidates(void **state)
{
	static const char *const headers[] = {"ETag: \"v1\"\r\nCache-Control: max-age=10\r\n",
		"Last-Modified: Sat, 21 Nov 2026 06:00:00 GMT\r\nCache-Control: max-age=10\r\n"};
	static const char *const paths[] = {"/etag", "/date"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		uint64_t version;

		b->headers = headers[i];
		assert_false(get(b, paths[i]));
		version = b->version;
		pass(11);
		assert_false(get(b, paths[i]));
		assert_string_equal(b->text, "one");
		assert_int_equal(b->version, version);
		assert_true(get(b, paths[i]));
	}
	assert_int_equal(b->hits, 4);
}

static void test_cache__keeps_the_version_of_equal_bytes(void **state)
{
	struct bench *b = *state;
	uint64_t version;

	assert_false(get(b, "/a"));
	version = b->version;
	pass(61);
	assert_false(get(b, "/a"));
	assert_int_equal(b->version, version);
}

static void test_cache__obeys_no_store_and_no_cache(void **state)
{
	struct bench *b = *state;

	b->headers = "Cache-Control: no-store\r\n";
	assert_false(get(b, "/a"));
	assert_string_equal(b->text, "one");
	assert_false(get(b, "/a"));
	b->headers = "Cache-Control: no-cache\r\nETag: \"v1\"\r\n";
	assert_false(get(b, "/b"));
	assert_false(get(b, "/b"));
	assert_non_null(strstr(b->seen, "If-None-Match: \"v1\""));
	b->status = "503 Busy";
	assert_false(get(b, "/b"));
	assert_null(b->text);
}

static void test_cache__serves_stale_while_the_server_is_down(void **state)
{
	struct bench *b = *state;

	b->headers = "Cache-Control: max-age=10, stale-if-error=100\r\n";
	assert_false(get(b, "/a"));
	pass(20);
	b->status = "503 Busy";
	assert_false(get(b, "/a"));
	assert_string_equal(b->text, "one");
	assert_true(get(b, "/a"));
	pass(6);
	assert_false(get(b, "/a"));
	assert_string_equal(b->text, "one");
	pass(100);
	assert_false(get(b, "/a"));
	assert_null(b->text);
	assert_string_equal(b->error, "the server answered with status 503");
	b->status = "200 OK";
	b->headers = "Cache-Control: max-age=10, must-revalidate\r\n";
	assert_false(get(b, "/b"));
	pass(20);
	b->status = "500 Broken";
	assert_false(get(b, "/b"));
	assert_null(b->text);
}

static void test_cache__names_what_failed(void **state)
{
	struct bench *b = *state;

	b->status = "404 Not Found";
	assert_false(get(b, "/a"));
	assert_null(b->text);
	assert_string_equal(b->error, "the server answered with status 404");
	b->status = "200 OK";
	assert_false(get(b, "/a"));
	assert_string_equal(b->text, "one");
	pass(61);
	b->status = "404 Not Found";
	assert_false(get(b, "/a"));
	assert_null(b->text);
	assert_false(get(b, " bad"));
	assert_non_null(strstr(b->error, "bad URL"));
}

static void test_cache__is_bounded(void **state)
{
	struct bench *b = *state;
	char body[701];

	memset(body, 'x', 700);
	body[700] = '\0';
	b->body = body + 300;
	assert_false(get(b, "/a"));
	assert_false(get(b, "/b"));
	assert_true(get(b, "/a"));
	assert_false(get(b, "/c"));
	assert_true(get(b, "/a"));
	assert_true(get(b, "/c"));
	assert_false(get(b, "/b"));
	b->body = body;
	assert_false(get(b, "/big"));
	assert_null(b->text);
	assert_non_null(strstr(b->error, "too large"));
}

static void test_cache__shares_a_fetch(void **state)
{
	struct bench *b = *state;
	char *url = xasprintf("http://127.0.0.1:%u/a", fake_server_port(b->server));
	struct http_cache_handle *handles[4];
	struct blob *blob;

	for (size_t i = 0; i < 4; i++)
		handles[i] = http_cache_get(b->cache, url, &blob, on_done, b);
	http_cache_cancel(handles[1]);
	b->waiting = 3;
	loop_run(b->loop);
	assert_int_equal(b->count, 3);
	assert_int_equal(b->hits, 1);
	pass(61);
	http_cache_cancel(http_cache_get(b->cache, url, &blob, on_done, b));
	http_cache_cancel(NULL);
	b->body = "two";
	assert_false(get(b, "/a"));
	assert_string_equal(b->text, "two");
	http_cache_get(b->cache, "http://127.0.0.1:1/", &blob, on_done, b); /* for _free */
	free(url);
}

static void check_freshness(
	const char *json, bool store, unsigned fresh_seconds, unsigned stale_seconds)
{
	struct json_object *headers = json_tokener_parse(json);
	struct freshness f = freshness_of(headers, 1795240800 * USEC_PER_SEC);

	if (f.store != store || f.fresh_us != fresh_seconds * USEC_PER_SEC ||
		f.stale_us != stale_seconds * USEC_PER_SEC)
		fail_msg("%s: %llu %llu", json, (unsigned long long)f.fresh_us,
			(unsigned long long)f.stale_us);
	json_object_put(headers);
}

static void test_freshness__reads_the_headers(void **state)
{
	(void)state;
	check_freshness("{}", true, 60, 86400);
	check_freshness("{\"cache-control\":\"no-store\"}", false, 60, 86400);
	check_freshness("{\"cache-control\":\"s-maxage=9, MAX-AGE=5\"}", true, 5, 86400);
	check_freshness("{\"cache-control\":\"max-age=\\\"7\\\"\"}", true, 7, 86400);
	check_freshness("{\"cache-control\":\"max-age=50\",\"age\":\"20\"}", true, 30, 86400);
	check_freshness("{\"cache-control\":\"max-age=50\",\"age\":\"99\"}", true, 0, 86400);
	check_freshness("{\"cache-control\":\"max-age=x\"}", true, 0, 86400);
	check_freshness(
		"{\"cache-control\":\"max-age=99999999999999999999\"}", true, 31536000, 86400);
	check_freshness("{\"cache-control\":\"no-cache\"}", true, 0, 0);
	check_freshness("{\"cache-control\":\"max-age=5,must-revalidate\"}", true, 5, 0);
	check_freshness("{\"cache-control\":\"max-age=5 , stale-if-error=8\"}", true, 5, 8);
	check_freshness("{\"expires\":\"0\"}", true, 0, 86400);
	check_freshness("{\"expires\":\"Sat, 21 Nov 2026 06:01:40 GMT\","
			"\"date\":\"Sat, 21 Nov 2026 06:00:00 GMT\"}",
		true, 100, 86400);
	check_freshness("{\"expires\":\"Sat, 21 Nov 2026 06:01:40 GMT\"}", true, 100, 86400);
	check_freshness("{\"cache-control\":\"max-age=5\",\"expires\":\"0\"}", true, 5, 86400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_freshness__reads_the_headers),
		TEST(test_cache__serves_while_fresh),
		TEST(test_cache__revalidates),
		TEST(test_cache__keeps_the_version_of_equal_bytes),
		TEST(test_cache__obeys_no_store_and_no_cache),
		TEST(test_cache__serves_stale_while_the_server_is_down),
		TEST(test_cache__names_what_failed),
		TEST(test_cache__is_bounded),
		TEST(test_cache__shares_a_fetch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
