/* Patterns of digits: what they take, and which are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ncco/pattern.h"

struct row {
	const char *pattern, *digits;
	bool match;
};

static void test_pattern__takes_the_whole(void **state)
{
	static const struct row rows[] = {
		{"1", "1", true},
		{"1", "11", false},
		{"^1$", "1", true},
		{"[1-3]", "3", true},
		{"[1-3]", "4", false},
		{"[^1-3]", "4", true},
		{"[^1-3]", "#", true},
		{"\\d{4}", "0042", true},
		{"\\d{4}", "004", false},
		{"\\d{2,4}", "123", true},
		{"\\d{2,}", "1", false},
		{"\\d+", "", false},
		{"\\d*", "", true},
		{"\\d", "*", false},
		{".", "*", true},
		{"*9", "*9", true},
		{"1\\*2", "1*2", true},
		{"12?3", "13", true},
		{"11|22", "22", true},
		{"11|22", "12", false},
		{"11|", "", true},
		{"^1$|^2$", "2", true},
		{"0+1*0+", "0010", true},
		{"", "", true},
		{"", "1", false},
		{".*.*.*.*.*.*.*.*.*.*1", "0000000000000000000000", false},
		{".*", "00000000000000000000000", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		assert_null(pattern_fault(row->pattern));
		if (pattern_match(row->pattern, row->digits) != row->match)
			fail_msg("%s with %s", row->pattern, row->digits);
	}
}

static void test_pattern__refuses_what_is_none(void **state)
{
	static const char *const bad[] = {"[1", "[]", "[a]", "[3-1]", "[1-]", "1{", "1{}", "1{23}",
		"1{3,2}", "\\w", "\\", "(1)", "a", "1^", "$1", "1{99999999999}", "[^0-9*#A-D]",
		"?"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!pattern_fault(bad[i]))
			fail_msg("%s is taken", bad[i]);
		pattern_match(bad[i], "123");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern__takes_the_whole),
		cmocka_unit_test(test_pattern__refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
