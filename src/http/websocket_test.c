/* Unit tests of the WebSocket client against a real server on loopback: the life of a socket. */
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <poll.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/websocket_bench.h"

/* Sends back what comes, until a close frame, which is answered. */
static void echo(struct fake_peer *peer, void *arg)
{
	struct fake_frame *frame = xmalloc(sizeof(*frame));

	(void)arg;
	if (fake_handshake(peer)) {
		while (fake_read_frame(peer, frame) && frame->masked) {
			fake_frame(peer, frame->first, frame->data, frame->length);
			if (frame->first == 0x88)
				break;
		}
	}
	free(frame);
}

static void send_two_then_free(struct websocket_bench *b)
{
	if (b->messages == 0) {
		websocket_send(b->ws, WEBSOCKET_TEXT, "gr\xc3\xbc\xc3\x9f", 6, false);
		websocket_send(b->ws, WEBSOCKET_BINARY, "\0\1\2", 3, true);
	} else if (b->messages == 2) {
		b->ws = websocket_free(b->ws);
		loop_stop(b->loop);
	}
}

static void test_websocket__carries_messages_both_ways(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, echo);
	b->then = send_two_then_free;
	websocket_bench_open(b, (struct websocket_request){0});
	websocket_bench_wait(b, 5000);
	assert_string_equal(b->log.data, "text:gr\xc3\xbc\xc3\x9f binary:3 ");
	assert_int_equal(b->opened, 1);
	assert_int_equal(b->ends, 0); /* freed: not told */
}

struct seen {
	char *head;
	struct fake_frame last;
	atomic_bool closed;
};
static struct seen seen;

static void keep_head(struct fake_peer *peer, void *arg)
{
	(void)arg;
	seen.head = fake_read_head(peer);
	fake_accept(peer, seen.head, "X-More: yes\r\n");
	fake_frame(peer, 0x88, "\x0f\xa1", 2); /* 4001 */
	seen.closed = fake_read_frame(peer, &seen.last);
}

static void test_open__asks_as_the_rfc_says(void **state)
{
	struct websocket_bench *b = *state;
	struct json_object *headers =
		json_tokener_parse("{\"X-One\":\"1\",\"Authorization\":\"Bearer x\"}");

	websocket_bench_serve(b, NULL, keep_head);
	websocket_bench_run(b, (struct websocket_request){.url = "/a?b=c", .headers = headers});
	b->server = fake_websocket_free(b->server);
	assert_int_equal(strncmp(seen.head, "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:", 37), 0);
	assert_non_null(strstr(seen.head, "\r\nUpgrade: websocket\r\n"));
	assert_non_null(strstr(seen.head, "\r\nConnection: Upgrade\r\n"));
	assert_non_null(strstr(seen.head, "\r\nSec-WebSocket-Version: 13\r\n"));
	assert_non_null(strstr(seen.head, "\r\nUser-Agent: nccod-test\r\n"));
	assert_non_null(strstr(seen.head, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(seen.head, "\r\nAuthorization: Bearer x\r\n"));
	assert_int_equal(b->outcome, HTTP_ANSWERED);
	assert_int_equal(b->code, 4001);
	assert_true(seen.closed); /* the close is answered with the same code */
	assert_int_equal(seen.last.first, 0x88);
	assert_true(seen.last.masked);
	assert_memory_equal(seen.last.data, "\x0f\xa1", 2);
	json_object_put(headers);
	free(seen.head);
}

static void in_pieces(struct fake_peer *peer, void *arg)
{
	char *head = fake_read_head(peer);

	(void)arg;
	/* The first frame comes in the packet of the answer, the message in four frames. */
	fake_accept(peer, head, "");
	fake_frame(peer, 0x01, "a", 1);
	fake_frame(peer, 0x89, "ping", 4);
	fake_frame(peer, 0x00, "b", 1);
	for (const char *at = "\x80\x01"; *at; at++)
		fake_write(peer, at, 1);
	fake_write(peer, "c", 1);
	fake_frame(peer, 0x82, "", 0);
	fake_read_frame(peer, &seen.last);
	fake_write(peer, "\x88\x00", 2);
	seen.closed = fake_read_frame(peer, &(struct fake_frame){0});
	free(head);
}

static void test_messages__come_whole_and_pings_are_answered(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, in_pieces);
	websocket_bench_run(b, (struct websocket_request){0});
	b->server = fake_websocket_free(b->server);
	assert_string_equal(b->log.data, "text:abc binary:0 ");
	assert_int_equal(seen.last.first, 0x8a);
	assert_string_equal(seen.last.data, "ping");
	assert_int_equal(b->code, WEBSOCKET_NO_CODE);
}

static void answer_pings(struct fake_peer *peer, void *arg)
{
	(void)arg;
	fake_handshake(peer);
	for (int i = 0; i < 12 && fake_read_frame(peer, &seen.last); i++)
		fake_frame(peer, 0x8a, NULL, 0);
	fake_hang(peer);
}

static void test_pings__keep_it_until_no_answer_comes(void **state)
{
	struct websocket_bench *b = *state;
	uint64_t start = clock_mono(), took;

	websocket_bench_serve(b, NULL, answer_pings);
	websocket_bench_run(b, (struct websocket_request){.ping_interval_ms = 20});
	took = clock_mono() - start;
	assert_int_equal(seen.last.first, 0x89);
	assert_int_equal(b->code, WEBSOCKET_BROKEN);
	assert_non_null(strstr(b->detail, "pings"));
	assert_true(took >= (12 + 3) * 20 * USEC_PER_MSEC && took < 2 * USEC_PER_SEC);
}

static void reset(struct fake_peer *peer, void *arg)
{
	(void)arg;
	fake_handshake(peer);
	fake_frame(peer, 0x81, "x", 1);
	fake_read_frame(peer, &seen.last);
	fake_reset(peer);
}

static void send_one(struct websocket_bench *b)
{
	if (b->messages == 1)
		websocket_send(b->ws, WEBSOCKET_TEXT, "y", 1, false);
}

static void test_reset__is_told_as_broken(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, reset);
	b->then = send_one;
	websocket_bench_run(b, (struct websocket_request){0});
	assert_int_equal(b->outcome, HTTP_ANSWERED);
	assert_int_equal(b->code, WEBSOCKET_BROKEN);
}

/* --- a peer that does not read --- */

#define FRAME 640

static void slow(struct fake_peer *peer, void *arg)
{
	unsigned expected = 0, number, gaps = 0;

	(void)arg;
	fake_handshake(peer);
	/* Nothing is read before the client says that it has filled all. */
	while (!seen.closed)
		poll(NULL, 0, 1);
	while (fake_read_frame(peer, &seen.last) && seen.last.first == 0x82) {
		memcpy(&number, seen.last.data, sizeof(number));
		if (number < expected)
			abort();
		gaps += number != expected;
		expected = number + 1;
	}
	if (gaps != 1)
		abort();
	fake_frame(peer, 0x81, seen.last.data, seen.last.length);
	fake_read_frame(peer, &seen.last);
}

static void send_much(struct websocket_bench *b)
{
	char frame[FRAME] = {0};

	for (unsigned i = 0; b->messages == 0 && i < 20000; i++) {
		memcpy(frame, &i, sizeof(i));
		websocket_send(b->ws, WEBSOCKET_BINARY, frame, sizeof(frame), true);
	}
	if (b->messages == 0)
		websocket_send(b->ws, WEBSOCKET_TEXT, "last", 4, false);
	seen.closed = true;
	if (b->messages == 1)
		loop_stop(b->loop);
}

static void test_slow_reader__loses_the_oldest_sound_and_no_text(void **state)
{
	struct websocket_bench *b = *state;

	seen.closed = false;
	websocket_bench_serve(b, NULL, slow);
	b->then = send_much;
	websocket_bench_open(b, (struct websocket_request){.send_buffer_bytes = 65536});
	websocket_bench_wait(b, 10000);
	assert_string_equal(b->log.data, "text:last ");
	assert_true(websocket_dropped(b->ws) > 10000);
	assert_true(websocket_dropped(b->ws) < 20000 - 65536 / FRAME);
}

static void hang(struct fake_peer *peer, void *arg)
{
	(void)arg;
	if (fake_handshake(peer))
		fake_hang(peer);
}

static void send_text(struct websocket_bench *b)
{
	static char text[1000];

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 20000; i++)
		websocket_send(b->ws, WEBSOCKET_TEXT, text, sizeof(text), false);
}

static void test_no_reader__ends_when_text_waits_without_bound(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, hang);
	b->then = send_text;
	websocket_bench_run(b, (struct websocket_request){.send_buffer_bytes = 65536});
	assert_int_equal(b->code, WEBSOCKET_BROKEN);
	assert_string_equal(b->detail, "the peer does not read");
}

static void ping_flood(struct fake_peer *peer, void *arg)
{
	char text[125];

	(void)arg;
	memset(text, 'p', sizeof(text));
	fake_handshake(peer);
	for (int i = 0; i < 200000; i++)
		fake_frame(peer, 0x89, text, sizeof(text));
	fake_hang(peer);
}

static void test_ping_flood__ends_when_answers_are_not_read(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, ping_flood);
	websocket_bench_run(b, (struct websocket_request){0});
	assert_int_equal(b->code, WEBSOCKET_BROKEN);
	assert_non_null(strstr(b->detail, "pings"));
}

/* --- freeing --- */

static void keep_frames(struct fake_peer *peer, void *arg)
{
	(void)arg;
	if (!fake_handshake(peer))
		return;
	fake_frame(peer, 0x81, "go", 2);
	while (fake_read_frame(peer, &seen.last)) {
		if (seen.last.first == 0x88) {
			seen.closed = true;
			break;
		}
	}
	fake_frame(peer, 0x81, "too late", 8);
	fake_frame(peer, 0x88, "\x03\xe8", 2);
}

static void send_and_free(struct websocket_bench *b)
{
	if (b->messages == 1) {
		websocket_send(b->ws, WEBSOCKET_TEXT, "stop", 4, false);
		b->ws = websocket_free(b->ws);
	}
}

static void test_free__closes_after_what_was_sent(void **state)
{
	struct websocket_bench *b = *state;

	seen.closed = false;
	websocket_bench_serve(b, NULL, keep_frames);
	b->then = send_and_free;
	websocket_bench_open(b, (struct websocket_request){0});
	websocket_bench_wait(b, 200);
	b->server = fake_websocket_free(b->server);
	assert_true(seen.closed);
	assert_memory_equal(seen.last.data, "\x03\xe8", 2);
	assert_string_equal(b->log.data, "text:go ");
	assert_int_equal(b->ends, 0);
}

static void test_free__keeps_every_callback_away(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, echo);
	websocket_bench_open(b, (struct websocket_request){0});
	b->ws = websocket_free(b->ws);
	websocket_bench_open(b, (struct websocket_request){.url = "nonsense"});
	b->ws = websocket_free(b->ws);
	websocket_bench_open(b, (struct websocket_request){.url = "ws://127.0.0.1:1/"});
	b->ws = websocket_free(b->ws);
	websocket_bench_wait(b, 50);
	assert_int_equal(b->opened, 0);
	assert_int_equal(b->ends, 0);
	assert_null(websocket_free(NULL));
}

static void free_at_once(struct websocket_bench *b)
{
	b->ws = websocket_free(b->ws);
	loop_stop(b->loop);
}

static void test_free__when_it_has_just_opened(void **state)
{
	struct websocket_bench *b = *state;

	websocket_bench_serve(b, NULL, keep_frames);
	b->then = free_at_once;
	websocket_bench_open(b, (struct websocket_request){0});
	websocket_bench_wait(b, 5000);
	assert_int_equal(b->opened, 1);
	/* The client goes while the close frames are still under way. */
}

static unsigned count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void test_websockets__leave_no_descriptor(void **state)
{
	unsigned before = count_descriptors();
	struct websocket_bench *b;

	(void)state;
	for (int i = 0; i < 20; i++) {
		void *mine;

		websocket_bench_setup(&mine);
		b = mine;
		websocket_bench_serve(b, NULL, i % 2 ? reset : echo);
		b->then = i % 2 ? send_one : send_two_then_free;
		websocket_bench_open(b, (struct websocket_request){0});
		websocket_bench_wait(b, 5000);
		websocket_bench_teardown(&mine);
	}
	assert_int_equal(count_descriptors(), before);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, websocket_bench_setup, websocket_bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_websocket__carries_messages_both_ways),
		TEST(test_open__asks_as_the_rfc_says),
		TEST(test_messages__come_whole_and_pings_are_answered),
		TEST(test_pings__keep_it_until_no_answer_comes),
		TEST(test_reset__is_told_as_broken),
		TEST(test_slow_reader__loses_the_oldest_sound_and_no_text),
		TEST(test_no_reader__ends_when_text_waits_without_bound),
		TEST(test_ping_flood__ends_when_answers_are_not_read),
		TEST(test_free__closes_after_what_was_sent),
		TEST(test_free__keeps_every_callback_away),
		TEST(test_free__when_it_has_just_opened),
		cmocka_unit_test(test_websockets__leave_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
