/* Unit tests of breaker.h, on a clock of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "speech/breaker.h"

#define SECONDS(n) ((n)*USEC_PER_SEC)

static const struct breaker_rules rules = {.failures = 5, .rest_us = SECONDS(30)};

static void fail_times(struct breaker *b, unsigned times, uint64_t now)
{
	for (unsigned i = 0; i < times; i++) {
		assert_true(breaker_ask(b, now));
		assert_false(breaker_failed(b, &rules, now));
	}
}

static void rest_from(struct breaker *b, uint64_t now)
{
	fail_times(b, 4, now);
	assert_true(breaker_ask(b, now));
	assert_true(breaker_failed(b, &rules, now));
}

static void test_breaker__counts_failures_in_a_row(void **state)
{
	struct breaker b = {0};

	(void)state;
	fail_times(&b, 4, SECONDS(1));
	assert_true(breaker_ask(&b, SECONDS(2)));
	assert_false(breaker_worked(&b));
	fail_times(&b, 4, SECONDS(3));
	assert_true(breaker_ask(&b, SECONDS(4)));
	assert_true(breaker_failed(&b, &rules, SECONDS(4)));
	assert_false(breaker_ask(&b, SECONDS(4)));
}

static void test_breaker__rests_then_tries_once(void **state)
{
	struct breaker b = {0};

	(void)state;
	rest_from(&b, SECONDS(100));
	assert_false(breaker_ask(&b, SECONDS(130) - 1));
	assert_true(breaker_ask(&b, SECONDS(130)));
	assert_false(breaker_ask(&b, SECONDS(130)));
	assert_false(breaker_ask(&b, SECONDS(500)));
	assert_true(breaker_worked(&b));
	fail_times(&b, 4, SECONDS(501));
}

static void test_breaker__rests_again_when_the_trial_fails(void **state)
{
	struct breaker b = {0};

	(void)state;
	rest_from(&b, SECONDS(100));
	assert_true(breaker_ask(&b, SECONDS(140)));
	assert_true(breaker_failed(&b, &rules, SECONDS(145)));
	assert_false(breaker_ask(&b, SECONDS(175) - 1));
	assert_true(breaker_ask(&b, SECONDS(175)));
}

static void test_breaker__a_dropped_trial_is_followed_by_another(void **state)
{
	struct breaker b = {0};

	(void)state;
	rest_from(&b, SECONDS(100));
	assert_true(breaker_ask(&b, SECONDS(130)));
	breaker_dropped(&b);
	assert_true(breaker_ask(&b, SECONDS(131)));
	assert_false(breaker_ask(&b, SECONDS(131)));
}

static void test_breaker__late_failures_do_not_prolong_the_rest(void **state)
{
	struct breaker b = {0};

	(void)state;
	rest_from(&b, SECONDS(100));
	assert_false(breaker_failed(&b, &rules, SECONDS(120)));
	assert_true(breaker_ask(&b, SECONDS(130)));
}

static void test_breaker__may_be_switched_off(void **state)
{
	const struct breaker_rules never = {.rest_us = SECONDS(30)};
	struct breaker b = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(breaker_ask(&b, SECONDS(1)));
		assert_false(breaker_failed(&b, &never, SECONDS(1)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_breaker__counts_failures_in_a_row),
		cmocka_unit_test(test_breaker__rests_then_tries_once),
		cmocka_unit_test(test_breaker__rests_again_when_the_trial_fails),
		cmocka_unit_test(test_breaker__a_dropped_trial_is_followed_by_another),
		cmocka_unit_test(test_breaker__late_failures_do_not_prolong_the_rest),
		cmocka_unit_test(test_breaker__may_be_switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
