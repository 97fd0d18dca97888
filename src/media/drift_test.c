/* Unit tests of src/media/drift.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "media/drift.h"

#define FRAME 320

/* Seconds of a sender who has so much waiting; new: visits in a second that find something new. */
static void pass(struct drift *d, unsigned seconds, size_t waiting, unsigned new)
{
	for (unsigned i = 0; i < 50 * seconds; i++) {
		d->arrived = i % 50 < new;
		drift_watch(d, waiting, FRAME);
	}
}

static void test_drift__knows_who_has_come_ahead(void **state)
{
	struct drift d = {0};

	(void)state;
	pass(&d, 3, 0, 50);
	assert_int_equal(d.excess, 0);
	pass(&d, 1, FRAME, 50); /* slack */
	assert_int_equal(d.excess, 0);
	pass(&d, 1, 3 * FRAME, 48);
	assert_int_equal(d.excess, 2);
	pass(&d, 1, 40 * FRAME, 50);
	assert_int_equal(d.excess, 5);
	/* Nothing came for a while, and then all of it. */
	pass(&d, 2, 0, 20);
	assert_int_equal(d.excess, 0);
	pass(&d, 1, 10 * FRAME, 50);
	assert_int_equal(d.excess, 5);
	pass(&d, 1, FRAME, 50);
	assert_int_equal(d.excess, 0);
}

static void test_drift__the_least_of_a_second_counts(void **state)
{
	struct drift d = {0};

	(void)state;
	pass(&d, 1, 0, 50);
	for (unsigned i = 0; i < 50; i++) {
		d.arrived = true;
		drift_watch(&d, i == 25 ? 0 : 10 * FRAME, FRAME);
	}
	assert_int_equal(d.excess, 0);
}

static void test_drift__leaves_a_lead_from_the_beginning(void **state)
{
	struct drift d = {0};

	(void)state;
	pass(&d, 5, 100 * FRAME, 50);
	assert_int_equal(d.excess, 0);
	pass(&d, 1, 104 * FRAME, 50);
	assert_int_equal(d.excess, 4);
	pass(&d, 1, 160 * FRAME, 50); /* that is no delay, it is meant */
	assert_int_equal(d.excess, 0);
	pass(&d, 1, 50 * FRAME, 50); /* it was used up: that is what is usual now */
	pass(&d, 1, 52 * FRAME, 50);
	assert_int_equal(d.excess, 2);
}

static void test_drift__leaves_those_alone_who_do_not_write_in_real_time(void **state)
{
	struct drift d = {0};

	(void)state;
	pass(&d, 1, 0, 50);
	pass(&d, 3, 500 * FRAME, 1);
	assert_int_equal(d.excess, 0);
	pass(&d, 3, 500 * FRAME, 0);
	assert_int_equal(d.excess, 0);
	/* What it was before says nothing any more. */
	pass(&d, 3, 500 * FRAME, 50);
	assert_int_equal(d.excess, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drift__knows_who_has_come_ahead),
		cmocka_unit_test(test_drift__the_least_of_a_second_counts),
		cmocka_unit_test(test_drift__leaves_a_lead_from_the_beginning),
		cmocka_unit_test(test_drift__leaves_those_alone_who_do_not_write_in_real_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
