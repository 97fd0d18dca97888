/* Conformance of the WebSocket client to RFC 6455, case by case, in the groups of the Autobahn test
 * suite: what a server may send and what it may not, whole and byte by byte. Without a network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "http/websocket_private.h"

#define WHOLE SIZE_MAX

struct bench {
	struct loop *loop;
	struct websocket_client *client;
	unsigned opened, messages, ends, code;
	enum websocket_type type;
	struct strbuf data; /* of the last message */
};

static void on_open(void *arg)
{
	((struct bench *)arg)->opened++;
}

static void on_message(void *arg, enum websocket_type type, const char *data, size_t length)
{
	struct bench *b = arg;

	b->messages++;
	b->type = type;
	strbuf_reset(&b->data);
	strbuf_add(&b->data, data, length);
}

static void on_end(void *arg, const struct websocket_end *end)
{
	struct bench *b = arg;

	b->ends++;
	b->code = end->code;
	assert_int_equal(end->outcome, HTTP_ANSWERED);
}

static const struct websocket_handler handler = {on_open, on_message, on_end};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->loop = loop_new();
	b->client = websocket_client_new(b->loop, NULL, "test");
	b->data = (struct strbuf)STRBUF_INIT;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	websocket_client_free(b->client);
	loop_free(b->loop);
	strbuf_release(&b->data);
	free(b);
	return 0;
}

/* The server's bytes after its handshake, given to the client in pieces. */
static void receive(struct bench *b, const struct strbuf *bytes, size_t piece)
{
	static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
				     "Connection: Upgrade\r\n"
				     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
	const struct websocket_request request = {.url = ""};
	struct websocket *ws = websocket_open(b->client, &request, &handler, b);

	b->opened = b->messages = b->ends = b->code = 0;
	ws->state = WEBSOCKET_SHAKING;
	snprintf(ws->key, sizeof(ws->key), "dGhlIHNhbXBsZSBub25jZQ==");
	websocket_receive(ws, answer, sizeof(answer) - 1);
	assert_int_equal(b->opened, 1);
	for (size_t at = 0; at < bytes->length;) {
		size_t some = bytes->length - at < piece ? bytes->length - at : piece;

		websocket_receive(ws, bytes->data + at, some);
		at += some;
	}
	ws->failure = "done"; /* nothing is to be said to a server that is not there */
	websocket_free(ws);
}

static void add_frame(struct strbuf *out, unsigned first, const void *data, size_t length)
{
	strbuf_addc(out, (char)first);
	if (length < 126) {
		strbuf_addc(out, (char)length);
	} else if (length < 65536) {
		strbuf_addc(out, 126);
		strbuf_addc(out, (char)(length >> 8));
		strbuf_addc(out, (char)length);
	} else {
		strbuf_addc(out, 127);
		for (unsigned i = 0; i < 8; i++)
			strbuf_addc(out, (char)((uint64_t)length >> (56 - 8 * i)));
	}
	strbuf_add(out, data, length);
}

static void check_message(struct bench *b, struct strbuf *bytes, enum websocket_type type,
	const struct strbuf *wanted)
{
	static const size_t pieces[] = {WHOLE, 997, 1};

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		receive(b, bytes, pieces[i]);
		assert_int_equal(b->ends, 0);
		assert_int_equal(b->messages, 1);
		assert_int_equal(b->type, type);
		assert_int_equal(b->data.length, wanted->length);
		assert_memory_equal(b->data.data, wanted->data, wanted->length);
	}
	strbuf_release(bytes);
}

static void check_fault(struct bench *b, struct strbuf *bytes, unsigned code)
{
	static const size_t pieces[] = {WHOLE, 1};

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		receive(b, bytes, pieces[i]);
		assert_int_equal(b->ends, 1);
		assert_int_equal(b->code, code);
	}
	strbuf_release(bytes);
}

/* Group 1: sizes. */
static void test_frames__of_every_size(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 124, 125, 126, 127, 128, 4095, 4096, 4097, 16383,
		16384, 65535, 65536, 131072, 1048576};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct strbuf payload = STRBUF_INIT, bytes = STRBUF_INIT;

		for (size_t n = 0; n < sizes[i]; n++)
			strbuf_addc(&payload, (char)('a' + n % 26));
		add_frame(&bytes, 0x81, payload.data, payload.length);
		check_message(b, &bytes, WEBSOCKET_TEXT, &payload);
		add_frame(&bytes, 0x82, payload.data, payload.length);
		check_message(b, &bytes, WEBSOCKET_BINARY, &payload);
		strbuf_release(&payload);
	}
}

/* Group 2: pings and pongs, between messages and inside of them. */
static void test_pings__change_nothing(void **state)
{
	struct bench *b = *state;
	char payload[125];

	memset(payload, 0xfe, sizeof(payload));
	for (size_t size = 0; size <= sizeof(payload); size += 25) {
		struct strbuf bytes = STRBUF_INIT, wanted = STRBUF_INIT;

		strbuf_adds(&wanted, "onetwo");
		add_frame(&bytes, 0x8a, payload, size); /* a pong that nobody asked for */
		add_frame(&bytes, 0x01, "one", 3);
		for (int i = 0; i < 10; i++)
			add_frame(&bytes, 0x89, payload, size);
		add_frame(&bytes, 0x80, "two", 3);
		add_frame(&bytes, 0x89, payload, size);
		check_message(b, &bytes, WEBSOCKET_TEXT, &wanted);
		strbuf_release(&wanted);
	}
}

/* Groups 3 and 4: bits and opcodes that mean nothing. */
static void test_frames__with_reserved_bits_and_opcodes(void **state)
{
	struct bench *b = *state;

	for (unsigned first = 0; first < 256; first++) {
		unsigned opcode = first & 0x0f, reserved = first & 0x70;
		bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
		struct strbuf bytes = STRBUF_INIT;

		if (known && !reserved)
			continue;
		add_frame(&bytes, first, "x", 1);
		check_fault(b, &bytes, 1002);
	}
}

/* Group 5: fragments. */
static void test_fragments__in_every_wrong_order(void **state)
{
	/* First bytes of frames, until END. */
	enum { END = 0x100 };
	static const unsigned wrong[][4] = {{0x80, END}, {0x00, END}, {0x00, 0x80, END},
		{0x01, 0x81, END}, {0x01, 0x01, END}, {0x02, 0x82, END}, {0x01, 0x82, END},
		{0x81, 0x80, END}, {0x81, 0x00, END}, {0x08, END}, {0x09, END}, {0x0a, END},
		{0x01, 0x09, END}, {0x01, 0x0a, END}, {0x01, 0x00, 0x81, END},
		{0x01, 0x80, 0x80, END}};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct strbuf bytes = STRBUF_INIT;

		for (size_t n = 0; wrong[i][n] != END; n++)
			add_frame(&bytes, wrong[i][n], "x", 1);
		check_fault(b, &bytes, 1002);
	}
}

static void test_fragments__of_every_size_are_one_message(void **state)
{
	struct bench *b = *state;

	for (size_t part = 1; part <= 64; part *= 2) {
		struct strbuf bytes = STRBUF_INIT, wanted = STRBUF_INIT;

		for (size_t n = 0; n < 200; n++)
			strbuf_addc(&wanted, (char)n);
		for (size_t at = 0; at < wanted.length; at += part) {
			size_t some = wanted.length - at < part ? wanted.length - at : part;
			unsigned fin = at + some == wanted.length ? 0x80 : 0;

			add_frame(&bytes, fin | (at ? 0 : 2), wanted.data + at, some);
		}
		check_message(b, &bytes, WEBSOCKET_BINARY, &wanted);
		strbuf_release(&wanted);
	}
}

/* Group 6: UTF-8. */
static const char *const good_texts[] = {"", "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc",
	"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
	"\xef\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf0\x90\x80\x80",
	"\xf4\x8f\xbf\xbf", "\xf0\x9f\x98\x80", "\x7f", "\xf0\x9f\xbf\xbe", "\xef\xbf\xbe"};
static const char *const bad_texts[] = {"\x80", "\xbf", "\x80\xbf", "\xc0", "\xc2", "\xc2 ",
	"\xe0\xa0", "\xe0\xa0 ", "\xf0\x90\x80", "\xf0\x90\x80 ", "\xc0\xaf", "\xc1\xbf",
	"\xe0\x80\xaf", "\xe0\x9f\xbf", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
	"\xed\xad\xbf", "\xed\xbf\xbf", "\xed\xa0\x80\xed\xb0\x80", "\xf4\x90\x80\x80",
	"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xfe", "\xff", "\xfe\xfe\xff\xff",
	"a\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80z"};

static void test_text__that_is_utf8(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(good_texts); i++) {
		struct strbuf bytes = STRBUF_INIT, wanted = STRBUF_INIT;

		strbuf_adds(&wanted, good_texts[i]);
		add_frame(&bytes, 0x81, wanted.data, wanted.length);
		check_message(b, &bytes, WEBSOCKET_TEXT, &wanted);
		/* A character may be cut by fragments. */
		for (size_t n = 0; n < wanted.length; n++)
			add_frame(&bytes, (n + 1 == wanted.length ? 0x80 : 0) | (n ? 0 : 1),
				wanted.data + n, 1);
		if (bytes.length)
			check_message(b, &bytes, WEBSOCKET_TEXT, &wanted);
		strbuf_release(&wanted);
	}
}

static void test_text__that_is_not(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad_texts); i++) {
		struct strbuf bytes = STRBUF_INIT;
		size_t length = strlen(bad_texts[i]);

		add_frame(&bytes, 0x81, bad_texts[i], length);
		check_fault(b, &bytes, 1007);
		add_frame(&bytes, 0x01, "fine", 4);
		add_frame(&bytes, 0x80, bad_texts[i], length);
		check_fault(b, &bytes, 1007);
		/* As sound it is fine. */
		add_frame(&bytes, 0x82, bad_texts[i], length);
		receive(b, &bytes, WHOLE);
		assert_int_equal(b->messages, 1);
		assert_int_equal(b->ends, 0);
		strbuf_release(&bytes);
	}
}

/* Group 7: close frames. */
static void close_with(struct strbuf *bytes, unsigned code, const char *reason)
{
	char body[125] = {(char)(code >> 8), (char)code};
	size_t length = strlen(reason);

	memcpy(body + 2, reason, length);
	add_frame(bytes, 0x88, body, 2 + length);
	add_frame(bytes, 0x81, "not heard any more", 18);
}

static void test_close__codes(void **state)
{
	static const unsigned good[] = {
		1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999};
	static const unsigned bad[] = {
		0, 1, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535};
	struct bench *b = *state;
	struct strbuf bytes = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		close_with(&bytes, good[i], i % 2 ? "gr\xc3\xbc\xc3\x9f" : "");
		check_fault(b, &bytes, good[i]);
		assert_int_equal(b->messages, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		close_with(&bytes, bad[i], "");
		check_fault(b, &bytes, 1002);
	}
	add_frame(&bytes, 0x88, "", 0);
	check_fault(b, &bytes, WEBSOCKET_NO_CODE);
	/* Byte by byte, wslay does not look at the reason; nor does anybody else. */
	close_with(&bytes, 1000, "\xed\xa0\x80");
	receive(b, &bytes, WHOLE);
	assert_int_equal(b->code, 1007);
	strbuf_release(&bytes);
}

static void test_control_frames__longer_than_125(void **state)
{
	struct bench *b = *state;
	char payload[126] = {0x03, (char)0xe8};

	for (unsigned opcode = 8; opcode <= 10; opcode++) {
		struct strbuf bytes = STRBUF_INIT;

		add_frame(&bytes, 0x80 | opcode, payload, sizeof(payload));
		check_fault(b, &bytes, 1002);
	}
}

static void test_lengths__in_more_bytes_than_needed(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} rows[] = {{"\x82\x7e\x00\x7dx", 5}, {"\x82\x7f\0\0\0\0\0\0\xff\xffx", 11},
		{"\x82\x7f\x80\0\0\0\0\0\0\1x", 11}, {"\x82\xff\x80\0\0\0\0\0\0\1abcdx", 15},
		{"\x82\x81\1\2\3\4x", 7}, {"\x89\x80\1\2\3\4", 6}};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct strbuf bytes = STRBUF_INIT;

		strbuf_add(&bytes, rows[i].bytes, rows[i].length);
		check_fault(b, &bytes, 1002);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frames__of_every_size),
		TEST(test_pings__change_nothing),
		TEST(test_frames__with_reserved_bits_and_opcodes),
		TEST(test_fragments__in_every_wrong_order),
		TEST(test_fragments__of_every_size_are_one_message),
		TEST(test_text__that_is_utf8),
		TEST(test_text__that_is_not),
		TEST(test_close__codes),
		TEST(test_control_frames__longer_than_125),
		TEST(test_lengths__in_more_bytes_than_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
