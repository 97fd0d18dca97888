/* Unit tests of toml.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/toml.h"

static struct json_object *parse(const char *text)
{
	struct json_object *root = NULL;
	char *error = NULL;

	if (toml_parse("t.toml", text, strlen(text), &root, &error) < 0)
		fail_msg("%s", error);
	return root;
}

static void assert_error(const char *text, size_t length, const char *expected)
{
	struct json_object *root = NULL;
	char *error = NULL;

	assert_int_equal(toml_parse("t.toml", text, length, &root, &error), -EINVAL);
	assert_null(root);
	assert_string_equal(error, expected);
	free(error);
}

static void test_toml__every_kind_of_value_becomes_json(void **state)
{
	struct json_object *root = parse("text = \"gr\\u00fc\\u00df\"\nwhole = -7\nreal = 1.5\n"
					 "yes = true\nlist = [1, \"a\", []]\ninline = { x = 1 }\n"
					 "\"quoted key\".sub = 1\n[[t]]\na.b = 1\n[[t]]\n");

	(void)state;
	assert_string_equal(json_print(root),
		"{\"inline\":{\"x\":1},\"list\":[1,\"a\",[]],\"quoted key\":{\"sub\":1},"
		"\"real\":1.5,\"t\":[{\"a\":{\"b\":1}},{}],\"text\":\"gr\xc3\xbc\xc3\x9f\","
		"\"whole\":-7,\"yes\":true}");
	json_object_put(root);
}

static void assert_mark(struct json_object *object, unsigned line, unsigned column)
{
	assert_non_null(object);
	assert_int_equal(toml_mark_of(object).line, line);
	assert_int_equal(toml_mark_of(object).column, column);
}

static void test_toml__values_know_where_their_key_stood(void **state)
{
	struct json_object *root = parse("a = 1\n  b = [ 10,\n 20 ]\n[p]\n\"\u00fc\".x = 1\n");
	struct json_object *list = json_member(root, "b"), *p = json_member(root, "p");

	(void)state;
	assert_mark(json_member(root, "a"), 1, 1);
	assert_mark(list, 2, 3);
	assert_mark(json_object_array_get_idx(list, 0), 2, 9);
	assert_mark(json_object_array_get_idx(list, 1), 3, 2);
	assert_mark(p, 4, 2);
	assert_mark(json_member(json_member(p, "\u00fc"), "x"), 5, 5);
	json_object_put(root);
}

static void test_toml__dates_are_marked_texts(void **state)
{
	struct json_object *root = parse("d = 1979-05-27\nt = 07:32:00\nz = 1979-05-27T07:32:00Z\n"
					 "s = \"1979-05-27\"\n");

	(void)state;
	assert_string_equal(json_text(root, "d", ""), "1979-05-27");
	assert_true(toml_mark_of(json_member(root, "d")).date);
	assert_true(toml_mark_of(json_member(root, "t")).date);
	assert_true(toml_mark_of(json_member(root, "z")).date);
	assert_false(toml_mark_of(json_member(root, "s")).date);
	json_object_put(root);
}

static void test_toml__faults_name_file_line_and_column(void **state)
{
	struct json_object *root = NULL;
	char *error = NULL;

	(void)state;
	assert_int_equal(toml_parse("t.toml", "a = 1\nb = \n", 11, &root, &error), -EINVAL);
	assert_int_equal(strncmp(error, "t.toml:2:5: ", 12), 0);
	assert_null(strchr(error, '\n'));
	free(error);
	assert_int_equal(toml_parse("t.toml", "a = 1\na = 2\n", 12, &root, &error), -EINVAL);
	assert_int_equal(strncmp(error, "t.toml:2:", 9), 0);
	free(error);
	assert_int_equal(toml_parse("t.toml", "\x7f\x45LF\x02\0\0\xff", 8, &root, &error), -EINVAL);
	assert_int_equal(strncmp(error, "t.toml:1:", 9), 0);
	free(error);
	assert_error("[{}{", 4, "t.toml: not TOML at all");
}

/* Three bytes of UTF-8 take every character from U+0800 to U+FFFF, two those from U+0080. */
static void refuse_bare(unsigned c)
{
	char letter[4] = "", text[32], *error = NULL;
	struct json_object *root = NULL;

	if (c < 0x800) {
		letter[0] = (char)(0xc0 | c >> 6);
		letter[1] = (char)(0x80 | (c & 0x3f));
	} else {
		letter[0] = (char)(0xe0 | c >> 12);
		letter[1] = (char)(0x80 | (c >> 6 & 0x3f));
		letter[2] = (char)(0x80 | (c & 0x3f));
	}
	snprintf(text, sizeof(text), "\n%s%s = 1\n", c % 2 ? "a" : "", letter);
	if (toml_parse("t.toml", text, strlen(text), &root, &error) != -EINVAL)
		fail_msg("U+%04X is a key", c);
	assert_int_equal(strncmp(error, "t.toml:", 7), 0);
	free(error);
}

static void test_toml__no_letter_but_ascii_is_a_bare_key(void **state)
{
	(void)state;
	for (unsigned c = 0x80; c < 0x10000; c += c < 0x800 ? 1 : 37)
		refuse_bare(c);
}

static void test_toml__size_and_line_length_are_limited(void **state)
{
	char *big = xmalloc(TOML_MAX_BYTES + 1);
	struct strbuf deep = STRBUF_INIT;

	(void)state;
	memset(big, '\n', TOML_MAX_BYTES + 1);
	assert_error(big, TOML_MAX_BYTES + 1, "t.toml: larger than 1 MiB");
	free(big);
	strbuf_adds(&deep, "\na");
	while (deep.length < 10000)
		strbuf_adds(&deep, ".a");
	strbuf_adds(&deep, " = 1\n");
	assert_error(deep.data, deep.length, "t.toml:2:1: the line is longer than 4096 bytes");
	deep.data[deep.length = 4000] = '\0';
	assert_error(deep.data, deep.length, "t.toml:2:1: the key has more than 64 dots");
	deep.data[deep.length = 2 + 2 * 64] = '\0';
	strbuf_adds(&deep, " = \"wait ............................................................"
			   "...................\"\n");
	json_object_put(parse(deep.data));
	strbuf_release(&deep);
}

static void test_toml_parse_value__takes_exactly_one(void **state)
{
	static const char *const refused[] = {
		"127.0.0.1", "plain", "", "1\nw = 2", "[1", "{ a = }"};
	struct json_object *value = NULL;

	(void)state;
	assert_int_equal(toml_parse_value("[1, { a = 2 }]", &value), 0);
	assert_string_equal(json_print(value), "[1,{\"a\":2}]");
	json_object_put(value);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(toml_parse_value(refused[i], &value), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_toml__every_kind_of_value_becomes_json),
		cmocka_unit_test(test_toml__values_know_where_their_key_stood),
		cmocka_unit_test(test_toml__dates_are_marked_texts),
		cmocka_unit_test(test_toml__faults_name_file_line_and_column),
		cmocka_unit_test(test_toml__no_letter_but_ascii_is_a_bare_key),
		cmocka_unit_test(test_toml__size_and_line_length_are_limited),
		cmocka_unit_test(test_toml_parse_value__takes_exactly_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
