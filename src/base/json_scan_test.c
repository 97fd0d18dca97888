/* Tests of json_scan.c: texts that are JSON, texts that are nearly, and where values stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_scan.h"
#include "base/mem.h"

static const char *const good[] = {"0", "-0", "1.5", "-1e5", "1E+2", "0e1", "true", " null ",
	"\"\"", "[]", "{}", "[ ]", "{ }", "[1,2]", "[[],[]]", "{\"a\":{}}", "{\"\":0}",
	"{\"a\":1,\"a\":2}", "\"\\u0000\"", "\"\\ud834\\udd1e\"", "\"\\ud800\"",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\"", "\"\x7f\"",
	"[123456789012345678901234567890]", "\t\r\n [1]\n"};

static const char *const bad[] = {"", " ", "'a'", "[1,]", "[,1]", "[1 2]", "[1", "[", "]", "{", "}",
	"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\" 1}", "{1:1}", "[1}",
	"{\"a\":1]", "1.", ".5", "+1", "01", "-", "-a", "1e", "1e+", "0x10", "NaN", "nan",
	"Infinity", "-Infinity", "1e999", "True", "tru", "nul", "nulll", "\"a", "\"\\x\"",
	"\"\\u12\"", "\"\\u12g4\"", "\"\n\"", "\"\t\"", "\"\x01\"", "\"\xff\"", "\"\xc0\x80\"",
	"\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "{\"a\\u0000b\":1}", "1 2",
	"[] x", "// a\n1", "/* a */ 1", "\xef\xbb\xbf[]", "[1]\f", "\v1", "\"\\"};

static void test_json_scan__takes_json(void **state)
{
	struct json_object *object;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *error = "json-c";

		object = NULL;
		if (json_scan(good[i], strlen(good[i]), NULL, NULL, &error, NULL) < 0 ||
			json_parse(good[i], strlen(good[i]), &object, &error, NULL) < 0)
			fail_msg("%s: %s", good[i], error);
		json_object_put(object);
	}
}

static void test_json_scan__refuses_what_is_nearly_json(void **state)
{
	struct json_object *object;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		size_t offset = 999;
		char *copy = xmemdup(bad[i], strlen(bad[i]) + 1);

		if (json_scan(copy, strlen(copy), NULL, NULL, NULL, &offset) == 0)
			fail_msg("%s is taken", bad[i]);
		assert_true(offset <= strlen(copy));
		assert_int_not_equal(json_parse(copy, strlen(copy), &object, NULL, NULL), 0);
		free(copy);
	}
	assert_int_not_equal(json_scan("[\0]", 3, NULL, NULL, NULL, NULL), 0);
}

static void test_json_scan__ends_at_the_end_of_the_text(void **state)
{
	static const char text[] = "{\"a\\u00e9\":[-1.5e+3,\"\xe2\x82\xac\\n\",true,null,{}]}";

	(void)state;
	for (size_t length = 0; length < sizeof text - 1; length++) {
		char *copy = xmemdup(text, length + !length); /* ASAN sees a byte too far */

		assert_int_not_equal(json_scan(copy, length, NULL, NULL, NULL, NULL), 0);
		free(copy);
	}
}

static void test_json_scan__bounds_depth(void **state)
{
	char text[2 * JSON_MAX_DEPTH + 2];

	(void)state;
	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	assert_int_equal(json_scan(text, 2 * JSON_MAX_DEPTH, NULL, NULL, NULL, NULL), 0);
	memset(text, '[', JSON_MAX_DEPTH + 1);
	memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
	assert_int_not_equal(json_scan(text, sizeof text, NULL, NULL, NULL, NULL), 0);
}

static void list_value(void *ctx, const struct json_scan *scan, size_t offset)
{
	json_scan_pointer(scan, ctx);
	strbuf_addf(ctx, "=%zu ", offset);
}

static void test_json_scan__tells_where_values_stand(void **state)
{
	static const char text[] = "[1, {\"a/b~\": [ true ], \"\\u00e9\\ud834\\udd1e\": 2}]";
	struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_int_equal(json_scan(text, strlen(text), list_value, &out, NULL, NULL), 0);
	assert_string_equal(out.data, "=0 /0=1 /1=4 /1/a~1b~0=13 /1/a~1b~0/0=15 "
				      "/1/\xc3\xa9\xf0\x9d\x84\x9e=45 ");
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_scan__takes_json),
		cmocka_unit_test(test_json_scan__refuses_what_is_nearly_json),
		cmocka_unit_test(test_json_scan__ends_at_the_end_of_the_text),
		cmocka_unit_test(test_json_scan__bounds_depth),
		cmocka_unit_test(test_json_scan__tells_where_values_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
