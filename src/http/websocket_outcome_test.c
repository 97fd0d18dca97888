/* Unit tests of the WebSocket client: how it fails, and what it does not put up with. */
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/websocket_bench.h"

/* --- handshakes --- */

static const char *_Atomic answer;

static void answer_once(struct fake_peer *peer, void *arg)
{
	char *head = fake_read_head(peer);

	(void)arg;
	if (head && strncmp(answer, "X:", 2) == 0)
		fake_accept(peer, head, answer + 2);
	else if (head)
		fake_write(peer, answer, strlen(answer));
	free(head);
}

static void test_handshake__refused_unless_right(void **state)
{
	struct websocket_bench *b = *state;
	static const struct {
		const char *answer;
		enum http_outcome outcome;
		int status;
	} rows[] = {
		{"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", HTTP_FAILED, 403},
		{"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1/\r\n\r\n", HTTP_FAILED, 302},
		{"HTTP/1.1 200 OK\r\n\r\n", HTTP_FAILED, 200},
		{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		 "Connection: Upgrade\r\nSec-WebSocket-Accept: "
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
			HTTP_FAILED, 101},
		{"HTTP/1.1 101 x\r\n\r\n", HTTP_FAILED, 101},
		{"X:Sec-WebSocket-Extensions: permessage-deflate\r\n", HTTP_FAILED, 101},
		{"X:Sec-WebSocket-Protocol: chat\r\n", HTTP_FAILED, 101},
		{"X: folded\r\n", HTTP_FAILED, 101},
		{"SSH-2.0-OpenSSH\r\n", HTTP_FAILED, 0},
		{"HTTP/1.1 1o1 x\r\n\r\n", HTTP_FAILED, 0},
		{"", HTTP_REFUSED, 0},
		{"HTTP/1.1 101 x\r\nUpg", HTTP_REFUSED, 0},
	};

	websocket_bench_serve(b, NULL, answer_once);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		answer = rows[i].answer;
		websocket_bench_run(b, (struct websocket_request){0});
		if (b->outcome != rows[i].outcome || b->status != rows[i].status)
			fail_msg("%s: outcome %d, status %d", answer, b->outcome, b->status);
	}
	assert_int_equal(b->opened, 0);
}

static void endless_head(struct fake_peer *peer, void *arg)
{
	(void)arg;
	free(fake_read_head(peer));
	fake_write(peer, "HTTP/1.1 101 x\r\n", 16);
	for (int i = 0; i < 10000; i++)
		fake_write(peer, "X-Filler: 0123456789\r\n", 22);
	fake_hang(peer);
}

static void test_handshake__head_is_bounded(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, endless_head);
	websocket_bench_run(b, (struct websocket_request){0});
	assert_int_equal(b->outcome, HTTP_FAILED);
}

static void silent(struct fake_peer *peer, void *arg)
{
	(void)arg;
	fake_hang(peer);
}

static void test_handshake__has_its_time(void **state)
{
	struct websocket_bench *b = *state;
	uint64_t start = clock_mono();

	websocket_bench_serve(b, NULL, silent);
	websocket_bench_run(b, (struct websocket_request){.handshake_timeout_ms = 50});
	assert_int_equal(b->outcome, HTTP_TIMEOUT);
	assert_true(clock_mono() - start < USEC_PER_SEC);
}

static void test_open__refuses_bad_requests(void **state)
{
	static const char *const headers[] = {"{\"X\":\"a\\r\\nY: b\"}", "{\"X Y\":\"a\"}",
		"{\"Host\":\"h\"}", "{\"sec-websocket-key\":\"k\"}", "{\"Upgrade\":\"h2c\"}"};
	static const char *const urls[] = {"ftp://127.0.0.1/", "nonsense", "ws://u:p@127.0.0.1/",
		"ws://127.0.0.1/#x", "ws://127.0.0.1:99999/"};
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, silent);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		struct json_object *object = json_tokener_parse(headers[i]);

		websocket_bench_run(b, (struct websocket_request){.headers = object});
		assert_int_equal(b->outcome, HTTP_FAILED);
		assert_string_equal(b->detail, "header not allowed");
		json_object_put(object);
	}
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		websocket_bench_run(b, (struct websocket_request){.url = urls[i]});
		assert_int_equal(b->outcome, HTTP_BAD_URL);
	}
	assert_int_equal(fake_websocket_connections(b->server), 0);
}

/* --- addresses --- */

static void test_refused__says_so(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_run(b, (struct websocket_request){.url = "ws://127.0.0.1:1/"});
	assert_int_equal(b->outcome, HTTP_REFUSED);
	websocket_bench_run(b, (struct websocket_request){.url = "ws://no-such-host.invalid/"});
	assert_int_equal(b->outcome, HTTP_REFUSED);
}

static void test_private_addresses__are_never_touched(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]",
		"[::ffff:127.0.0.1]", "127.1", "0x7f000001", "2130706433", "169.254.169.254",
		"10.0.0.1", "[64:ff9b::7f00:1]", "100.64.0.1"};
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, silent);
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		char *url = xasprintf("ws://%s:%u/", hosts[i], fake_websocket_port(b->server));

		websocket_bench_run(b, (struct websocket_request){.url = url});
		if (b->outcome != HTTP_FORBIDDEN && b->outcome != HTTP_REFUSED)
			fail_msg("%s: outcome %d", url, b->outcome);
		if (hosts[i][0] != '1' && hosts[i][0] != '2' && hosts[i][1] != 'x')
			assert_int_equal(b->outcome, HTTP_FORBIDDEN);
		free(url);
	}
	assert_int_equal(fake_websocket_connections(b->server), 0);
}

/* --- TLS --- */

static unsigned behaved;

static void close_at_once(struct fake_peer *peer, void *arg)
{
	(void)arg;
	behaved++;
	if (fake_handshake(peer)) {
		fake_frame(peer, 0x81, "secret", 6);
		fake_frame(peer, 0x88, "\x03\xe8", 2);
		fake_read_frame(peer, &(struct fake_frame){0});
	}
}

static void try_tls(
	struct websocket_bench *b, const char *host, const char *named, enum fake_certificate kind)
{
	char *url;

	behaved = 0;
	websocket_bench_serve(b, fake_ca_server(b->ca, named, kind), close_at_once);
	url = xasprintf("wss://%s:%u/", host, fake_websocket_port(b->server));
	websocket_bench_run(b, (struct websocket_request){.url = url});
	free(url);
}

static void test_tls__good_certificate(void **state)
{
	struct websocket_bench *b = *state;

	try_tls(b, "127.0.0.1", "127.0.0.1", CERTIFICATE_GOOD);
	assert_int_equal(b->outcome, HTTP_ANSWERED);
	assert_int_equal(b->code, 1000);
	assert_string_equal(b->log.data, "text:secret ");
	try_tls(b, "localhost", "localhost", CERTIFICATE_GOOD);
	assert_int_equal(b->outcome, HTTP_ANSWERED);
}

static void test_tls__bad_certificates_get_no_request(void **state)
{
	static const struct {
		const char *host, *named;
		enum fake_certificate kind;
	} rows[] = {
		{"127.0.0.1", "127.0.0.1", CERTIFICATE_SELF_SIGNED},
		{"127.0.0.1", "127.0.0.1", CERTIFICATE_EXPIRED},
		{"127.0.0.1", "127.0.0.2", CERTIFICATE_GOOD},
		{"localhost", "other.example", CERTIFICATE_GOOD},
		{"127.0.0.1", "localhost", CERTIFICATE_GOOD},
	};
	struct websocket_bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		try_tls(b, rows[i].host, rows[i].named, rows[i].kind);
		assert_int_equal(b->outcome, HTTP_TLS);
		assert_non_null(strstr(b->detail, "certificate refused"));
		assert_int_equal(b->opened, 0);
		assert_int_equal(behaved, 0);
	}
}

static void test_tls__old_versions_are_refused(void **state)
{
	struct websocket_bench *b = *state;
	SSL_CTX *ctx = fake_ca_server(b->ca, "127.0.0.1", CERTIFICATE_GOOD);

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	websocket_bench_serve(b, ctx, close_at_once);
	websocket_bench_run(b, (struct websocket_request){0});
	assert_int_equal(b->outcome, HTTP_TLS);
	assert_int_equal(behaved, 0);
}

static void not_tls(struct fake_peer *peer, void *arg)
{
	(void)arg;
	fake_write(peer, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
}

static void test_tls__server_without(void **state)
{
	struct websocket_bench *b = *state;
	char *url;

	websocket_bench_serve(b, NULL, not_tls);
	url = xasprintf("wss://127.0.0.1:%u/", fake_websocket_port(b->server));
	websocket_bench_run(b, (struct websocket_request){.url = url});
	assert_int_equal(b->outcome, HTTP_TLS);
	websocket_bench_serve(b, NULL, silent);
	free(url);
	url = xasprintf("wss://127.0.0.1:%u/", fake_websocket_port(b->server));
	websocket_bench_run(b, (struct websocket_request){.url = url, .handshake_timeout_ms = 50});
	assert_int_equal(b->outcome, HTTP_CONNECT_TIMEOUT);
	free(url);
}

static void test_ca_file__must_hold_certificates(void **state)
{
	struct websocket_bench *b = *state;
	char *error = NULL;

	assert_null(connector_new(
		b->loop, &(struct connector_config){.ca_file = "/proc/self/status"}, &error));
	assert_non_null(strstr(error, "/proc/self/status"));
	free(error);
}

/* --- frames that must not be --- */

struct bad_frame {
	const char *name;
	const char *bytes;
	size_t length;
	unsigned code; /* that is told */
};

static const struct bad_frame *_Atomic bad;

static atomic_uint closed_with;

static void send_bad(struct fake_peer *peer, void *arg)
{
	struct fake_frame frame;

	(void)arg;
	closed_with = 1;
	if (!fake_handshake(peer))
		return;
	fake_write(peer, bad->bytes, bad->length);
	if (!fake_read_frame(peer, &frame) || frame.first != 0x88)
		return;
	closed_with = (unsigned)(unsigned char)frame.data[0] << 8 | (unsigned char)frame.data[1];
	closed_with = frame.length ? closed_with : 0;
}

static void test_frames__that_break_the_protocol(void **state)
{
	static const struct bad_frame rows[] = {
		{"masked", "\x81\x81\1\2\3\4\x60", 7, 1002},
		{"RSV1", "\xc1\x01x", 3, 1002},
		{"RSV3", "\x91\x01x", 3, 1002},
		{"opcode 3", "\x83\x01x", 3, 1002},
		{"opcode 11", "\x8b\x01x", 3, 1002},
		{"control in fragments", "\x09\x01x", 3, 1002},
		{"long control", "\x89\x7e\x00\x7e", 4, 1002},
		{"continuation of nothing", "\x80\x01x", 3, 1002},
		{"a message inside another", "\x01\x01x\x81\x01y", 6, 1002},
		{"length in more bytes than needed", "\x82\x7e\x00\x01x", 5, 1002},
		{"64-bit length with its first bit", "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10,
			1002},
		{"text that is no UTF-8", "\x81\x02\xc3\x28", 4, 1007},
		{"UTF-8 that is cut off", "\x81\x02\xe2\x82", 4, 1007},
		{"a surrogate", "\x81\x03\xed\xa0\x80", 5, 1007},
		{"close with code 999", "\x88\x02\x03\xe7", 4, 1002},
		{"close with code 1005", "\x88\x02\x03\xed", 4, 1002},
		{"close with a reason that is no UTF-8", "\x88\x04\x03\xe8\xc3\x28", 6, 1007},
		{"message over the limit", "\x82\x7f\0\0\0\0\0\1\0\0x", 11, 1009},
	};
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, send_bad);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bad = &rows[i];
		websocket_bench_run(b, (struct websocket_request){.max_message_bytes = 65535});
		if (b->outcome != HTTP_ANSWERED || b->messages)
			fail_msg("%s: outcome %d", bad->name, b->outcome);
		websocket_bench_wait(b, 20); /* the server has read our frame */
		/* wslay closes without a code what is no frame at all. */
		if (b->code != bad->code || (closed_with && closed_with != bad->code))
			fail_msg("%s: told %u, closed with %u", bad->name, b->code, closed_with);
	}
}

static void many_fragments(struct fake_peer *peer, void *arg)
{
	static const char zeros[60000];

	(void)arg;
	fake_handshake(peer);
	fake_frame(peer, 0x02, zeros, sizeof(zeros));
	for (int i = 0; i < 100; i++)
		fake_frame(peer, 0x00, zeros, sizeof(zeros));
	fake_read_frame(peer, &(struct fake_frame){0});
}

static void test_frames__fragments_count_together(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, many_fragments);
	websocket_bench_run(b, (struct websocket_request){.max_message_bytes = 100000});
	assert_int_equal(b->outcome, HTTP_ANSWERED);
	assert_int_equal(b->code, 1009);
	assert_int_equal(b->messages, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, websocket_bench_setup, websocket_bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_handshake__refused_unless_right),
		TEST(test_handshake__head_is_bounded),
		TEST(test_handshake__has_its_time),
		TEST(test_open__refuses_bad_requests),
		TEST(test_refused__says_so),
		cmocka_unit_test_setup_teardown(test_private_addresses__are_never_touched,
			websocket_bench_setup_strict, websocket_bench_teardown),
		TEST(test_tls__good_certificate),
		TEST(test_tls__bad_certificates_get_no_request),
		TEST(test_tls__old_versions_are_refused),
		TEST(test_tls__server_without),
		TEST(test_ca_file__must_hold_certificates),
		TEST(test_frames__that_break_the_protocol),
		TEST(test_frames__fragments_count_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
