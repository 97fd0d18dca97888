/* Expressions: what they come to, what is refused, and where they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ncco/expr.h"

static void set_up(struct variables *v)
{
	struct json_object *last = json_tokener_parse(
		"{\"name\":\"Zo\xc3\xab\",\"n\":3,\"list\":[1,\"b\",{\"c\":null}],\"a b\":true,"
		"\"evil\":\"n + 1} ${n} ' || true\"}");
	struct json_object *digits = json_object_new_string("42");
	struct json_object *n = json_object_new_int(7);

	*v = (struct variables){0};
	variables_give(v, VARIABLE_LAST, last);
	variables_give(v, VARIABLE_DIGITS, digits);
	assert_null(variables_set(v, "n", n));
	assert_null(variables_set(v, "none", NULL));
	json_object_put(last);
	json_object_put(digits);
	json_object_put(n);
}

/* The JSON of the result, or "fault: " and what is wrong. */
static char *outcome(const struct variables *v, const char *text)
{
	struct expr_fault fault = {""};
	struct expr *expr = NULL;
	struct value value;
	struct json_object *json;
	char *out;

	if (expr_compile(text, &expr, &fault) < 0 || expr_evaluate(expr, v, &value, &fault) < 0) {
		out = xasprintf("fault: %s", fault.text);
	} else {
		json = value_to_json(&value);
		out = xstrdup(json ? json_print(json) : "null");
		json_object_put(json);
		value_release(&value);
	}
	expr_free(expr);
	return out;
}

struct row {
	const char *text, *result;
};

static void check_rows(const struct row *rows, size_t count, bool whole)
{
	struct variables v;

	set_up(&v);
	for (size_t i = 0; i < count; i++) {
		char *result = outcome(&v, rows[i].text);

		if (whole ? strcmp(result, rows[i].result) != 0 : !strstr(result, rows[i].result))
			fail_msg("%s: %s, not %s", rows[i].text, result, rows[i].result);
		free(result);
	}
	variables_release(&v);
}

static void test_expr__calculates(void **state)
{
	static const struct row rows[] = {
		{"1 + 2 * 3", "7"},
		{"(1 + 2) * 3", "9"},
		{"7 / 2", "3.5"},
		{"8 / 2", "4"},
		{"-7 % 3", "-1"},
		{"7.5 % 2", "1.5"},
		{"0.1 * 3", "0.30000000000000004"},
		{"1 / 10", "0.1"},
		{"10 - 4 - 3", "3"},
		{"--3", "3"},
		{"1e3 + .5", "fault: has an expression in which a value is missing at \".5\""},
		{"1e3 + 0.5", "1000.5"},
		{"9223372036854775807 + 1", "9.2233720368547758e+18"},
		{"-9223372036854775807 - 1 == -9223372036854775807 - 1", "true"},
		{"digits * 2", "84"},
		{"digits + 1", "\"421\""},
		{"int(digits) + 1", "43"},
		{"1 / 0", "fault: divides by zero"},
		{"1 % 0", "fault: divides by zero"},
		{"1e308 * 10", "fault: makes a number that is too large"},
		{"'a' * 2", "fault: calculates with a text that is no number"},
		{"null + 1", "fault: calculates with null"},
		{"last - 1", "fault: calculates with an object"},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows), true);
}

static void test_expr__compares_and_decides(void **state)
{
	static const struct row rows[] = {
		{"n < 8", "true"},
		{"n <= 7 && n >= 7", "true"},
		{"n != 7", "false"},
		{"${n} < 3", "false"},
		{"${n < 8}", "true"},
		{"digits == 42", "true"},
		{"digits == '42'", "true"},
		{"digits == \"042\"", "false"},
		{"digits > 9", "true"},
		{"digits > '9'", "false"},
		{"null == null", "true"},
		{"null == 0", "false"},
		{"'' == null", "false"},
		{"last.list == last.list", "true"},
		{"!digits", "false"},
		{"!!''", "false"},
		{"none || 'friend'", "\"friend\""},
		{"digits && 1", "1"},
		{"0 && (1 / 0)", "0"},
		{"1 || (1 / 0)", "1"},
		{"0 || 0 && 1 || 5", "5"},
		{"null < 1", "fault: compares null"},
		{"1 < last", "fault: compares an object"},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows), true);
}

static void test_expr__reads_members(void **state)
{
	static const struct row rows[] = {
		{"last.n", "3"},
		{"last['a b']", "true"},
		{"last.list[1]", "\"b\""},
		{"last.list[last.n - 1].c", "null"},
		{"last.list[9]", "null"},
		{"last.list[-1]", "null"},
		{"last.no.such.thing", "null"},
		{"speech.text", "null"},
		{"n.x", "fault: asks for a member of a number"},
		{"digits.x", "fault: asks for a member of a text by its name"},
		{"last[1]", "fault: asks for a member of an object by a number"},
		{"unknown", "fault: needs the variable \"unknown\", which is not set"},
		{"last.evil", "\"n + 1} ${n} ' || true\""},
		{"last.evil + ''", "\"n + 1} ${n} ' || true\""},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows), true);
}

static void test_expr__calls_functions(void **state)
{
	static const struct row rows[] = {
		{"len(last.name)", "3"},
		{"len(last.list)", "3"},
		{"len(last)", "5"},
		{"len(null)", "0"},
		{"len(5)", "fault: asks len() for a text, array or object it is not"},
		{"upper('ab\xc3\xa9')", "\"AB\xc3\xa9\""},
		{"lower('AB')", "\"ab\""},
		{"substr('hello', 1, 3)", "\"ell\""},
		{"substr('hello', 3)", "\"lo\""},
		{"substr('hello', -2)", "\"lo\""},
		{"substr('hello', -9, 2)", "\"he\""},
		{"substr('hello', 9, 2)", "\"\""},
		{"substr('hello', 1, -1)", "\"\""},
		{"substr(last.name, 2, 1)", "\"\xc3\xab\""},
		{"substr(12345, 1, 2)", "\"23\""},
		{"substr('a', 9223372036854775807, 9223372036854775807)", "\"\""},
		{"int('12.9')", "12"},
		{"int(-1.5)", "-1"},
		{"int(true)", "1"},
		{"int('x')", "fault: asks int() for a number it is not"},
		{"str(1.5) + str(true) + str(null)", "\"1.5true\""},
		{"str(last.list)", "\"[1,\\\"b\\\",{\\\"c\\\":null}]\""},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows), true);
}

static void test_expr__refuses_what_is_no_expression(void **state)
{
	static const struct row rows[] = {
		{"", "a value is missing at its end"},
		{"1 +", "a value is missing at its end"},
		{"1 2", "an operator is missing at \"2\""},
		{"(1", "\")\" is missing at its end"},
		{"last.", "a member's name is missing"},
		{"last[1", "\"]\" is missing"},
		{"'abc", "a quote is not closed at \"'abc\""},
		{"'${n}'", "inside quotes"},
		{"'\\x'", "\\ stands"},
		{"12ab", "there is no number"},
		{"nope(1)", "unknown function \"nope\""},
		{"len()", "gets no value"},
		{"len(1, 2)", "len() gets 2 values"},
		{"a = 1", "an operator is missing at \"= 1\""},
		{"a & b", "an operator is missing"},
		{"n; system('x')", "an operator is missing"},
		{"\xc3\xa9", "a value is missing at \"\xc3\xa9\""},
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows), false);
}

/* `before`, then `text` so many times, then `after`. */
static char *repeat(const char *before, const char *text, unsigned times, const char *after)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, before);
	while (times-- > 0)
		strbuf_adds(&out, text);
	strbuf_adds(&out, after);
	return strbuf_detach(&out);
}

static void check_repeated(
	const char *before, const char *text, unsigned times, const char *after, const char *result)
{
	char *expression = repeat(before, text, times, after);

	check_rows(&(struct row){expression, result}, 1, false);
	free(expression);
}

static void test_expr__keeps_to_its_bounds(void **state)
{
	(void)state;
	check_repeated("1", "+1", 511, " ", "512");
	check_repeated("1", "+1", 512, "", "more than 1024 bytes");
	check_repeated("", "(", 31, "1)))))))))))))))))))))))))))))))", "1");
	check_repeated("", "(", 32, "1))))))))))))))))))))))))))))))))", "32 levels");
	check_repeated("", "!", 500, "1", "32 levels");
	check_repeated("len(", "len(", 200, "", "32 levels");
}

static void test_expr__counts_work_on_long_texts(void **state)
{
	struct variables v;
	char *big = repeat("", "x", EXPR_MAX_RESULT, ""), *expression, *result;
	struct json_object *json = json_object_new_string(big);

	(void)state;
	set_up(&v);
	assert_null(variables_set(&v, "b", json));
	result = outcome(&v, "len(b + '') == 16384 && b + 1");
	assert_string_equal(result, "fault: makes a text of more than 16384 bytes");
	free(result);
	expression = repeat("0", "+len(b)", 100, "");
	result = outcome(&v, expression);
	assert_string_equal(result, "fault: takes more than 10000 operations");
	free(result);
	free(expression);
	free(big);
	json_object_put(json);
	variables_release(&v);
}

static void test_expr__counts_work_on_large_values(void **state)
{
	struct variables v;
	struct json_object *list = json_object_new_array();
	char *expression, *result;

	(void)state;
	set_up(&v);
	for (int i = 0; i < 5000; i++)
		json_object_array_add(list, json_object_new_int(i));
	assert_null(variables_set(&v, "list", list));
	result = outcome(&v, "len(list) + list[4999] + len(substr(list, 1, 4))");
	assert_string_equal(result, "10003");
	free(result);
	expression = repeat("0", "+len(upper(list))", 20, "");
	result = outcome(&v, expression);
	assert_string_equal(result, "fault: takes more than 10000 operations");
	free(result);
	free(expression);
	expression = repeat("0", "+(list==last.list)", 20, "");
	result = outcome(&v, expression);
	assert_non_null(strstr(result, "fault"));
	free(result);
	free(expression);
	json_object_put(list);
	variables_release(&v);
}

static void test_expr__ends_at_its_brace(void **state)
{
	static const struct {
		const char *text;
		size_t length; /* 0: a fault */
	} rows[] = {{"n}", 2}, {" n } rest}", 4}, {"'}'}", 4}, {"(${n})+1}x", 9}, {"n", 0},
		{"}", 0}, {"n) }", 0}, {"", 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct expr *expr = NULL;
		struct expr_fault fault;
		size_t length = 0;

		expr_compile_braced(rows[i].text, &expr, &length, &fault);
		assert_int_equal(length, rows[i].length);
		expr_free(expr);
	}
}

static void test_variables__are_bounded(void **state)
{
	struct variables v;
	struct json_object *pair = json_object_new_string("0123456789012345678901234567890123");
	const char *fault = NULL;
	char name[8];

	(void)state;
	set_up(&v);
	/* Each holds the one before twice: small in memory, immense when written. */
	for (unsigned i = 0; i < 40 && !fault; i++) {
		struct json_object *next = json_object_new_array();

		json_object_array_add(next, json_object_get(pair));
		json_object_array_add(next, pair);
		pair = next;
		fault = variables_set(&v, "pair", pair);
	}
	assert_non_null(fault);
	json_object_put(pair);
	pair = NULL;
	fault = NULL;
	/* One inside the other, without end. */
	for (unsigned i = 0; i < 100 && !fault; i++) {
		struct json_object *next = json_object_new_array();

		json_object_array_add(next, pair);
		pair = next;
		fault = variables_set(&v, "pair", pair);
	}
	assert_non_null(fault);
	json_object_put(pair);
	for (unsigned i = v.count; i < VARIABLES_MAX_MADE; i++) {
		snprintf(name, sizeof name, "v%u", i);
		assert_null(variables_set(&v, name, NULL));
	}
	assert_non_null(variables_set(&v, "more", NULL));
	assert_null(variables_set(&v, "v50", NULL));
	variables_release(&v);
	assert_null(variable_name_fault("_a1"));
	assert_non_null(variable_name_fault("1a"));
	assert_non_null(variable_name_fault("a-b"));
	assert_non_null(variable_name_fault("from"));
	assert_non_null(variable_name_fault("len"));
	assert_non_null(variable_name_fault(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expr__calculates),
		cmocka_unit_test(test_expr__compares_and_decides),
		cmocka_unit_test(test_expr__reads_members),
		cmocka_unit_test(test_expr__calls_functions),
		cmocka_unit_test(test_expr__refuses_what_is_no_expression),
		cmocka_unit_test(test_expr__keeps_to_its_bounds),
		cmocka_unit_test(test_expr__counts_work_on_long_texts),
		cmocka_unit_test(test_expr__counts_work_on_large_values),
		cmocka_unit_test(test_expr__ends_at_its_brace),
		cmocka_unit_test(test_variables__are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
