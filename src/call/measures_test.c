/* What is counted of calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "call/measures.h"

static void test_rows__are_bounded(void **state)
{
	struct measures *m = measures_new();
	char name[16];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "app-%d", i);
		measures_answered(m, name, 1000);
	}
	assert_int_equal(m->count, MEASURES_ROWS);
	assert_string_equal(m->rows[0].application, "app-0");
	assert_string_equal(m->rows[MEASURES_ROWS - 1].application, MEASURES_OTHERS);
	assert_int_equal(m->rows[0].setup.count, 1);
	assert_int_equal(m->rows[MEASURES_ROWS - 1].setup.count, 300 - MEASURES_ROWS + 1);
	assert_null(measures_free(m));
}

static void test_ended__by_status_and_media(void **state)
{
	const struct media_stats media = {.tx_packets = 5,
		.rx_packets = 7,
		.rx_lost = 2,
		.tx_lost = 1,
		.rx_dropped_other = 4,
		.rx_dropped_source = 3,
		.jitter_ms = 1.5};
	struct measures *m = measures_new();
	struct measures_row *row;

	(void)state;
	measures_ended(m, NULL, true, "busy", &media);
	measures_ended(m, NULL, false, "beamed up", &media);
	row = measures_of(m, "");
	assert_int_equal(row->ended[1][1], 1);
	assert_int_equal(row->ended[0][MEASURES_ENDINGS - 1], 1);
	assert_int_equal(row->sent, 10);
	assert_int_equal(row->received, 14);
	assert_int_equal(row->lost, 4);
	assert_int_equal(row->late, 2);
	assert_int_equal(row->dropped, 14);
	assert_int_equal(row->jitter.buckets[2], 2);
	assert_int_equal(row->jitter.sum, 3000);
	measures_free(m);
}

static void test_webhook__time_and_failures(void **state)
{
	struct measures *m = measures_new();
	struct measures_row *row;

	(void)state;
	measures_webhook(m, "a",
		&(struct http_response){
			.outcome = HTTP_ANSWERED, .status = 204, .duration_us = 1000});
	measures_webhook(m, "a",
		&(struct http_response){
			.outcome = HTTP_ANSWERED, .status = 500, .duration_us = 1001});
	measures_webhook(
		m, "a", &(struct http_response){.outcome = HTTP_TIMEOUT, .duration_us = 10000001});
	measures_webhook(NULL, "a", &(struct http_response){.outcome = HTTP_TIMEOUT});
	row = measures_of(m, "a");
	assert_int_equal(row->webhook.count, 3);
	assert_int_equal(row->webhook.buckets[0], 1);
	assert_int_equal(row->webhook.buckets[1], 1);
	assert_int_equal(row->webhook.buckets[WEBHOOK_BOUNDS - 1], 0);
	assert_int_equal(row->webhooks_failed, 2);
	measures_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows__are_bounded),
		cmocka_unit_test(test_ended__by_status_and_media),
		cmocka_unit_test(test_webhook__time_and_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
