/* Heads and chunked bodies: what is read, and everything that must not be. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "http/chunked.h"
#include "http/head.h"

/* What came of a head, given in pieces of `piece` bytes: its status, 0 when it is good, -1 when
 * more is waited for. The head stays in *ret_text. */
static int outcome(const char *text, size_t length, size_t piece, char **ret_text,
	struct http_head *head, struct head_fault *fault)
{
	size_t scanned = 0;
	long size = 0;

	for (size_t have = piece; size == 0; have += piece) {
		char *part = xmemdup(text, have < length ? have : length);

		size = head_scan(part, have < length ? have : length, &scanned, fault);
		free(part);
		if (have >= length)
			break;
	}
	*ret_text = size > 0 ? xmemdup(text, (size_t)size) : NULL;
	if (size == 0)
		return -1;
	if (size < 0 || head_read(*ret_text, (size_t)size, head, fault) < 0)
		return fault->status;
	return 0;
}

#define H    "Host: h\r\n"
#define GET  "GET / HTTP/1.1\r\n" H
#define POST "POST / HTTP/1.1\r\n" H

struct row {
	const char *text;
	int status;
};

static const struct row rows[] = {
	{GET "\r\n", 0},
	{"\r\n" GET "\r\n", 0},
	{"OPTIONS * HTTP/1.1\r\n" H "\r\n", 0},
	{"GET /a?b=c&d=%20|{} HTTP/1.1\r\n" H "\r\n", 0},
	{"GET http://h/a HTTP/1.1\r\n" H "\r\n", 0},
	{"GET / HTTP/1.0\r\n\r\n", 0},
	{"GET / HTTP/1.1\r\nhOST:[::1]:80\r\n\r\n", 0},
	{GET "X:\r\n\r\n", 0},
	{GET "X: \t a b \t \r\n\r\n", 0},
	{GET "X: \xff\r\n\r\n", 0},
	{POST "Content-Length: 5\r\n\r\n", 0},
	{POST "Content-Length: 000\r\n\r\n", 0},
	{POST "Transfer-Encoding: Chunked\r\n\r\n", 0},
	{POST "Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n", 0},
	/* not complete */
	{"", -1},
	{"\r", -1},
	{"\r\n", -1},
	{GET, -1},
	{GET "\r", -1},
	/* line ends */
	{"GET / HTTP/1.1\nHost: h\n\n", 400},
	{"GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
	{GET "X: a\rb\r\n\r\n", 400},
	{GET "\n", 400},
	{"\n" GET "\r\n", 400},
	{"\r\n\r\n", 400},
	{"\r\n\r\n" GET "\r\n", 400},
	/* the request line */
	{" GET / HTTP/1.1\r\n" H "\r\n", 400},
	{"GET  / HTTP/1.1\r\n" H "\r\n", 400},
	{"GET /  HTTP/1.1\r\n" H "\r\n", 400},
	{"GET / HTTP/1.1 \r\n" H "\r\n", 400},
	{"GET\t/ HTTP/1.1\r\n" H "\r\n", 400},
	{"GET /\r\n\r\n", 400},
	{"GET / http/1.1\r\n" H "\r\n", 400},
	{"GET / HTTP/1.1x\r\n" H "\r\n", 400},
	{"GET / HTTP/1\r\n" H "\r\n", 400},
	{"GET / HTTP/1.2\r\n" H "\r\n", 505},
	{"GET / HTTP/2.0\r\n" H "\r\n", 505},
	{"G(T / HTTP/1.1\r\n" H "\r\n", 400},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\n" H "\r\n", 400},
	{"GET /# HTTP/1.1\r\n" H "\r\n", 400},
	{"GET /\\ HTTP/1.1\r\n" H "\r\n", 400},
	{"GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n", 400},
	{"GET /% HTTP/1.1\r\n" H "\r\n", 400},
	{"GET /%2 HTTP/1.1\r\n" H "\r\n", 400},
	{"GET /%zz HTTP/1.1\r\n" H "\r\n", 400},
	{"GET a HTTP/1.1\r\n" H "\r\n", 400},
	{"GET http://i/a HTTP/1.1\r\n" H "\r\n", 400},
	{"GET http://h HTTP/1.1\r\n" H "\r\n", 400},
	{"GET http:///a HTTP/1.1\r\n" H "\r\n", 400},
	{"GET ftp://h/a HTTP/1.1\r\n" H "\r\n", 400},
	{"CONNECT h:443 HTTP/1.1\r\n" H "\r\n", 400},
	/* fields */
	{"GET / HTTP/1.1\r\n " H "\r\n", 400},
	{GET "X: a\r\n b\r\n\r\n", 400},
	{GET "X: a\r\n\tb\r\n\r\n", 400},
	{GET "X : a\r\n\r\n", 400},
	{GET "X\t: a\r\n\r\n", 400},
	{GET ": a\r\n\r\n", 400},
	{GET "X\r\n\r\n", 400},
	{GET "X(y): a\r\n\r\n", 400},
	{GET "X\xff: a\r\n\r\n", 400},
	{GET "X: a\x01\r\n\r\n", 400},
	{GET "X: a\x7f\r\n\r\n", 400},
	/* hosts */
	{"GET / HTTP/1.1\r\n\r\n", 400},
	{GET H "\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400},
	/* framing */
	{POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
	{POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
	{POST "Content-Length: 5\r\ncontent-length: 6\r\n\r\n", 400},
	{POST "Content-Length: 5, 5\r\n\r\n", 400},
	{POST "Content-Length: +5\r\n\r\n", 400},
	{POST "Content-Length: -5\r\n\r\n", 400},
	{POST "Content-Length: 0x5\r\n\r\n", 400},
	{POST "Content-Length: 5 5\r\n\r\n", 400},
	{POST "Content-Length: \r\n\r\n", 400},
	{POST "Content-Length: 5.0\r\n\r\n", 400},
	{POST "Content-Length: 18446744073709551617\r\n\r\n", 400},
	{POST "Content-Length : 5\r\n\r\n", 400},
	{POST "Transfer-Encoding: xchunked\r\n\r\n", 501},
	{POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
	{POST "Transfer-Encoding: chunked, identity\r\n\r\n", 501},
	{POST "Transfer-Encoding: identity\r\n\r\n", 501},
	{POST "Transfer-Encoding:\r\n\r\n", 501},
	{POST "Transfer-Encoding: \"chunked\"\r\n\r\n", 501},
	{POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{POST "Transfer-Encoding: chunked\r\n Content-Length: 5\r\n\r\n", 400},
	{"POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 400},
	{POST "Expect: 200-maybe\r\n\r\n", 417},
};

static void test_head__table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = strlen(rows[i].text);

		for (size_t piece = 1; piece <= length + 1; piece += length > 1 ? length - 1 : 1) {
			struct head_fault fault = {0};
			struct http_head head;
			char *text;
			int status = outcome(rows[i].text, length, piece, &text, &head, &fault);

			free(text);
			if (status != rows[i].status)
				fail_msg("%d not %d (%s): %s", status, rows[i].status,
					fault.detail ? fault.detail : "", rows[i].text);
		}
	}
}

static void test_head__nul_is_refused(void **state)
{
	static const char request[] = GET "X: a\0b\r\n\r\n";
	struct head_fault fault = {0};
	size_t scanned = 0;

	(void)state;
	assert_int_equal(head_scan(request, sizeof(request) - 1, &scanned, &fault), -EBADMSG);
	assert_int_equal(fault.status, 400);
}

static struct http_head good(const char *request, char **text)
{
	struct head_fault fault;
	struct http_head head;

	assert_int_equal(outcome(request, strlen(request), 7, text, &head, &fault), 0);
	return head;
}

static void test_head__what_it_says(void **state)
{
	struct http_head head;
	char *text;

	(void)state;
	head = good("PUT /v1/calls/%41?a=b?c HTTP/1.1\r\nHost: x:80\r\nContent-Length:  0017 \r\n"
		    "X-A: 1\r\nx-a: 2\r\nConnection: x, Close\r\n\r\n",
		&text);
	assert_string_equal(head.method, "PUT");
	assert_string_equal(head.path, "/v1/calls/%41");
	assert_string_equal(head.query, "a=b?c");
	assert_string_equal(head.host, "x:80");
	assert_int_equal(head.length, 17);
	assert_int_equal(head.minor, 1);
	assert_false(head.chunked || head.keep_alive || head.expects_continue);
	assert_string_equal(head_field(&head, "X-a"), "1");
	assert_null(head_field(&head, "X"));
	assert_int_equal(head.field_count, 5);
	free(text);
	head = good("GET http://h:1/p?q HTTP/1.1\r\nHost: H:1\r\n\r\n", &text);
	assert_string_equal(head.path, "/p");
	assert_string_equal(head.query, "q");
	assert_true(head.keep_alive);
	free(text);
	head = good("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", &text);
	assert_string_equal(head.host, "");
	assert_string_equal(head.query, "");
	assert_false(head.keep_alive || head.expects_continue);
	free(text);
	head = good("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &text);
	assert_true(head.keep_alive);
	free(text);
}

static int status_of(const struct strbuf *request)
{
	struct head_fault fault = {0};
	struct http_head head;
	char *text;
	int status = outcome(request->data, request->length, request->length, &text, &head, &fault);

	free(text);
	return status;
}

static void test_head__limits(void **state)
{
	struct strbuf request = STRBUF_INIT;

	(void)state;
	strbuf_adds(&request, GET);
	for (unsigned i = 1; i < HEAD_MAX_FIELDS; i++)
		strbuf_addf(&request, "X-%u: %u\r\n", i, i);
	strbuf_adds(&request, "\r\n");
	assert_int_equal(status_of(&request), 0);
	request.data[request.length -= 2] = '\0';
	strbuf_adds(&request, "One: more\r\n\r\n");
	assert_int_equal(status_of(&request), 431);

	strbuf_reset(&request);
	strbuf_adds(&request, GET "X: ");
	while (request.length < HEAD_MAX_BYTES - 4)
		strbuf_addc(&request, 'x');
	strbuf_adds(&request, "\r\n\r\n");
	assert_int_equal(status_of(&request), 0);
	request.data[request.length -= 4] = '\0';
	strbuf_adds(&request, "x\r\n\r\n");
	assert_int_equal(status_of(&request), 431);

	strbuf_reset(&request);
	strbuf_adds(&request, "GET /");
	for (int i = 0; i < 8192; i++)
		strbuf_addc(&request, 'x');
	strbuf_adds(&request, " HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(status_of(&request), 414);
	strbuf_release(&request);
}

/* --- chunks --- */

static const struct {
	const char *text;
	const char *payload; /* NULL: refused; with text behind a '|': what is not taken */
	int error;
} chunks[] = {
	{"0\r\n\r\n", "", 0},
	{"5\r\nabcde\r\n0\r\n\r\n", "abcde", 0},
	{"00000005\r\nabcde\r\nA\r\n0123456789\r\n0\r\n\r\n", "abcde0123456789", 0},
	{"5;ext=\"a;b\"\r\nabcde\r\n0;x\r\n\r\n", "abcde", 0},
	{"1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n", "a", 0},
	{"000000005\r\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"fffffffff\r\n", NULL, -EBADMSG},
	{"ffffffff\r\nx", NULL, -EMSGSIZE},
	{"5\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"5\r\nabcde\n0\r\n\r\n", NULL, -EBADMSG},
	{"5\r\nabcdef\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"5\r\nabcde\r0\r\n\r\n", NULL, -EBADMSG},
	{"0x5\r\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"+5\r\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"-5\r\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{" 5\r\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"5 \r\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"5 ;x\r\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"\r\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"g\r\n\r\n", NULL, -EBADMSG},
	{"0\r\nX y\r\n\r\n", NULL, -EBADMSG},
	{"0\r\n X: y\r\n\r\n", NULL, -EBADMSG},
	{"0\r\nX: y\n\r\n", NULL, -EBADMSG},
	{"5;\x01\r\nabcde\r\n0\r\n\r\n", NULL, -EBADMSG},
	{"10\r\n0123456789abcdef\r\n1\r\nx\r\n0\r\n\r\n", NULL, -EMSGSIZE},
};

#define LIMIT 16

static void test_chunked__table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		const char *text = chunks[i].text;
		struct chunked whole = {0}, bytes = {0};
		struct strbuf out = STRBUF_INIT, slowly = STRBUF_INIT;
		size_t length = strlen(text), at = 0;
		ssize_t n = chunked_read(&whole, text, length, &out, LIMIT), m = 0;

		/* The same a byte at a time. */
		for (size_t have = 1; have <= length && m >= 0; have++) {
			m = chunked_read(&bytes, text + at, have - at, &slowly, LIMIT);
			at += m > 0 ? (size_t)m : 0;
		}
		if ((n < 0 ? n : 0) != chunks[i].error || (m < 0 ? m : 0) != chunks[i].error)
			fail_msg("%zd, %zd: %s", n, m, text);
		if (chunks[i].payload) {
			assert_int_equal(n, length);
			assert_int_equal(at, length);
			assert_int_equal(whole.state, CHUNKED_DONE);
			assert_int_equal(bytes.state, CHUNKED_DONE);
			assert_string_equal(out.data, chunks[i].payload);
			assert_string_equal(slowly.data, chunks[i].payload);
		}
		strbuf_release(&out);
		strbuf_release(&slowly);
	}
}

static void test_chunked__leaves_what_follows(void **state)
{
	struct chunked chunked = {0};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_int_equal(chunked_read(&chunked, "0\r\n\r\nGET", 8, &out, LIMIT), 5);
	assert_int_equal(chunked.state, CHUNKED_DONE);
	strbuf_release(&out);
}

/* Extensions and trailers without end. */
static void test_chunked__overhead_is_bounded(void **state)
{
	struct strbuf extensions = STRBUF_INIT, trailers = STRBUF_INIT, out = STRBUF_INIT;
	struct chunked a = {0}, b = {0}, c = {0};

	(void)state;
	strbuf_adds(&trailers, "0\r\n");
	for (int i = 0; i < 100; i++) {
		strbuf_addf(&extensions, "1;%0400d\r\nx\r\n", 1);
		strbuf_addf(&trailers, "X: %0400d\r\n", 1);
	}
	assert_int_equal(
		chunked_read(&a, extensions.data, extensions.length, &out, 1000), -EBADMSG);
	assert_int_equal(chunked_read(&b, trailers.data, trailers.length, &out, 1000), -EBADMSG);
	strbuf_reset(&extensions);
	for (int i = 0; i < 600; i++)
		strbuf_addc(&extensions, '0');
	assert_int_equal(
		chunked_read(&c, extensions.data, extensions.length, &out, 1000), -EBADMSG);
	strbuf_release(&extensions);
	strbuf_release(&trailers);
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head__table),
		cmocka_unit_test(test_head__nul_is_refused),
		cmocka_unit_test(test_head__what_it_says),
		cmocka_unit_test(test_head__limits),
		cmocka_unit_test(test_chunked__table),
		cmocka_unit_test(test_chunked__leaves_what_follows),
		cmocka_unit_test(test_chunked__overhead_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
