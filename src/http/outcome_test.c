/* How the client tells failures apart, and what it refuses and follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/client_bench.h"

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
	struct client_bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		client_exchange(b, cases[i].path,
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
	struct client_bench *b = *state;
	struct http_request request = {.method = "GET", .connect_timeout_ms = 150};
	unsigned short port;
	int fd = closed_port(&port, -1), full[4];
	struct sockaddr_in address = {.sin_family = AF_INET};
	char *url = xasprintf("http://127.0.0.1:%u/", port);

	request.url = url;
	client_exchange(b, NULL, request);
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
	client_exchange(b, NULL, request);
	assert_int_equal(b->outcome, HTTP_CONNECT_TIMEOUT);
	assert_in_range(b->duration_us, 140000, 2000000);
	for (size_t i = 0; i < ARRAY_SIZE(full); i++)
		close(full[i]);
	close(fd);
	free(url);

	url = xasprintf("https://127.0.0.1:%u/", fake_server_port(b->server));
	request.url = url;
	client_exchange(b, NULL, request);
	assert_true(b->outcome == HTTP_TLS || b->outcome == HTTP_CONNECT_TIMEOUT);
	free(url);
}

static void test_policy__refuses_private_addresses(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]", "0.0.0.0",
		"[::ffff:127.0.0.1]", "10.1.2.3", "169.254.169.254", "0x7f.1", "2130706433"};
	struct client_bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		char *url = xasprintf("http://%s:%u/ok", hosts[i], fake_server_port(b->server));

		client_exchange(b, NULL, (struct http_request){.method = "GET", .url = url});
		if (b->outcome != HTTP_FORBIDDEN)
			fail_msg("%s: %s", hosts[i], http_outcome_text(b->outcome));
		free(url);
	}
	assert_int_equal(fake_server_connections(b->server), 0);
}

static void test_redirects__are_followed_as_asked(void **state)
{
	struct client_bench *b = *state;
	char *wanted = client_url(b, "/ok");

	client_exchange(b, "/to-ok", (struct http_request){.method = "GET"});
	assert_int_equal(b->status, 302);
	client_exchange(b, "/to-ok", (struct http_request){.method = "GET", .redirects = 3});
	assert_int_equal(b->status, 200);
	assert_string_equal(b->body, "{\"a\":1}");
	assert_string_equal(b->url, wanted);
	assert_null(json_member(b->headers, "x-old"));
	client_exchange(b, "/keep-post",
		(struct http_request){
			.method = "POST", .body = "xyz", .body_length = 3, .redirects = 3});
	assert_int_equal(strncmp(b->seen, "POST /ok", 8), 0);
	assert_non_null(strstr(b->seen, "\r\n\r\nxyz"));
	client_exchange(b, "/round", (struct http_request){.method = "GET", .redirects = 3});
	assert_int_equal(b->outcome, HTTP_FAILED);
	client_exchange(b, "/to-file", (struct http_request){.method = "GET", .redirects = 3});
	assert_int_equal(b->outcome, HTTP_FAILED);
	assert_string_equal(b->body, "");
	free(wanted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)
#define TEST_STRICT(name) \
	cmocka_unit_test_setup_teardown(name, client_setup_strict, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_outcome__tells_failures_apart),
		TEST(test_outcome__of_connecting),
		TEST_STRICT(test_policy__refuses_private_addresses),
		TEST(test_redirects__are_followed_as_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
