/* Packets, counting, latch, digits and RTCP as pure functions. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/dtmf_rx.h"
#include "media/dtmf_tx.h"
#include "media/latch.h"
#include "media/rtcp.h"
#include "media/rtp.h"

static void test_rtp__reads_what_it_wrote(void **state)
{
	uint8_t data[20] = {0};
	struct rtp_packet packet;

	(void)state;
	rtp_write_header(data, true, 101, 65535, 0xfffffffe, 0xdeadbeef);
	assert_int_equal(rtp_parse(data, sizeof(data), &packet), 0);
	assert_true(packet.marker);
	assert_int_equal(packet.payload_type, 101);
	assert_int_equal(packet.sequence, 65535);
	assert_int_equal(packet.timestamp, 0xfffffffe);
	assert_int_equal(packet.ssrc, 0xdeadbeef);
	assert_ptr_equal(packet.payload, data + 12);
	assert_int_equal(packet.length, 8);
}

static void test_rtp__bounds_are_checked(void **state)
{
	uint8_t data[24] = {0x80};
	struct rtp_packet packet;

	(void)state;
	assert_int_equal(rtp_parse(data, 11, &packet), -EINVAL);
	assert_int_equal(rtp_parse(data, 12, &packet), 0);
	assert_int_equal(packet.length, 0);
	data[0] = 0x40; /* version 1 */
	assert_int_equal(rtp_parse(data, 24, &packet), -EINVAL);
	data[0] = 0x84; /* four CSRC need 28 bytes */
	assert_int_equal(rtp_parse(data, 24, &packet), -EINVAL);
	data[0] = 0x83;
	assert_int_equal(rtp_parse(data, 24, &packet), 0);
	assert_int_equal(packet.length, 0);
	data[0] = 0x90; /* an extension of two words: 12 + 4 + 8 */
	data[15] = 2;
	assert_int_equal(rtp_parse(data, 24, &packet), 0);
	assert_int_equal(rtp_parse(data, 23, &packet), -EINVAL);
	assert_int_equal(rtp_parse(data, 15, &packet), -EINVAL);
	data[0] = 0xa0; /* padding */
	data[23] = 12;
	assert_int_equal(rtp_parse(data, 24, &packet), 0);
	assert_int_equal(packet.length, 0);
	data[23] = 13;
	assert_int_equal(rtp_parse(data, 24, &packet), -EINVAL);
	data[23] = 0;
	assert_int_equal(rtp_parse(data, 24, &packet), -EINVAL);
}

static void test_source__counts_losses_not_reorder_or_wrap(void **state)
{
	static const uint16_t order[] = {65533, 65534, 1, 65535, 0, 2, 2, 5};
	struct rtp_source source = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		struct rtp_packet packet = {.sequence = order[i], .ssrc = 1};

		assert_int_equal(rtp_source_update(&source, &packet, 0), i == 0);
	}
	assert_int_equal(rtp_source_lost(&source), 1); /* 3 and 4, less the doubled 2 */
}

static void test_source__starts_anew_with_another_ssrc_or_a_leap(void **state)
{
	struct rtp_source source = {0};
	struct rtp_packet packet = {.sequence = 10, .ssrc = 1};

	(void)state;
	assert_true(rtp_source_update(&source, &packet, 0));
	packet.ssrc = 2;
	assert_true(rtp_source_update(&source, &packet, 0));
	packet.sequence = 20000;
	assert_true(rtp_source_update(&source, &packet, 0));
	assert_int_equal(rtp_source_lost(&source), 0);
}

static void test_source__jitter_is_that_of_rfc_3550(void **state)
{
	struct rtp_source source = {0};

	(void)state;
	for (uint32_t i = 0; i < 400; i++) {
		struct rtp_packet packet = {.sequence = (uint16_t)i, .timestamp = i * 160};

		rtp_source_update(&source, &packet, i * 160 + (i % 2 ? 80 : 0));
	}
	assert_in_range(source.jitter >> 4, 75, 80); /* every difference is 80 */
}

static union media_addr address(const char *host, uint16_t port)
{
	union media_addr out = {0};

	out.v4.sin_family = AF_INET;
	out.v4.sin_port = htons(port);
	assert_int_equal(inet_pton(AF_INET, host, &out.v4.sin_addr), 1);
	return out;
}

static bool admit(struct latch *latch, const char *host, uint16_t port, uint16_t sequence)
{
	union media_addr from = address(host, port);
	struct rtp_packet packet = {.sequence = sequence, .ssrc = 7};

	return latch_admit(latch, &from, &packet);
}

static void check_target(const struct latch *latch, const char *host, uint16_t port)
{
	union media_addr expected = address(host, port);

	assert_true(media_addr_equal(&latch->target, &expected));
}

static void start_latch(struct latch *latch, const char *host)
{
	union media_addr signalled = address(host, 4000);

	memset(latch, 0, sizeof(*latch));
	latch_start(latch, &signalled, false);
	check_target(latch, host, 4000);
}

static void test_latch__never_sends_to_a_stranger_when_sdp_is_public(void **state)
{
	struct latch latch;

	(void)state;
	start_latch(&latch, "203.0.113.5");
	for (uint16_t i = 0; i < 100; i++) {
		admit(&latch, "198.51.100.9", 5000, i);
		check_target(&latch, "203.0.113.5", 4000);
	}
	assert_true(admit(&latch, "203.0.113.5", 4000, 1)); /* its rightful source takes over */
	assert_false(admit(&latch, "198.51.100.9", 5000, 101));
}

static void test_latch__follows_a_nat_after_probation(void **state)
{
	struct latch latch;

	(void)state;
	start_latch(&latch, "192.168.1.20");
	assert_false(admit(&latch, "198.51.100.9", 5000, 1));
	assert_false(admit(&latch, "198.51.100.9", 5000, 2));
	assert_false(admit(&latch, "198.51.100.9", 5000, 3));
	check_target(&latch, "192.168.1.20", 4000);
	assert_true(admit(&latch, "198.51.100.9", 5000, 4));
	check_target(&latch, "198.51.100.9", 5000);
	for (uint16_t i = 5; i < 20; i++)
		assert_false(admit(&latch, "198.51.100.66", 5000, i));
	check_target(&latch, "198.51.100.9", 5000);
}

static void test_latch__probation_wants_one_source_in_sequence(void **state)
{
	struct latch latch;

	(void)state;
	start_latch(&latch, "192.168.1.20");
	for (uint16_t i = 0; i < 50; i++)
		assert_false(admit(&latch, "198.51.100.9", 5000, (uint16_t)(i * 100)));
	for (uint16_t i = 0; i < 50; i++)
		assert_false(admit(&latch, "198.51.100.9", (uint16_t)(5000 + i), i));
}

static void test_latch__same_host_on_another_port_is_taken_at_once(void **state)
{
	struct latch latch;

	(void)state;
	start_latch(&latch, "203.0.113.5");
	assert_true(admit(&latch, "203.0.113.5", 4444, 1));
	check_target(&latch, "203.0.113.5", 4444);
	assert_false(admit(&latch, "203.0.113.5", 5555, 2));
}

static void test_latch__a_new_offer_opens_it_again(void **state)
{
	struct latch latch;
	union media_addr same = address("203.0.113.5", 4000);
	union media_addr moved = address("203.0.113.77", 4000);

	(void)state;
	start_latch(&latch, "203.0.113.5");
	assert_true(admit(&latch, "203.0.113.5", 4444, 1));
	latch_start(&latch, &same, false);
	check_target(&latch, "203.0.113.5", 4444);
	latch_start(&latch, &same, true);
	check_target(&latch, "203.0.113.5", 4000);
	latch_start(&latch, &moved, false);
	check_target(&latch, "203.0.113.77", 4000);
	assert_false(admit(&latch, "203.0.113.5", 4444, 2));
}

static char event(struct dtmf_rx *rx, uint32_t timestamp, uint8_t code, uint16_t duration)
{
	uint8_t payload[4] = {code, 0x0a, (uint8_t)(duration >> 8), (uint8_t)duration};

	return dtmf_rx_event(rx, timestamp, payload, sizeof(payload));
}

static void test_dtmf_rx__one_digit_for_each_timestamp(void **state)
{
	struct dtmf_rx rx = {0};

	(void)state;
	assert_int_equal(event(&rx, 1000, 10, 160), '*');
	assert_int_equal(event(&rx, 1000, 10, 320), 0);
	assert_int_equal(event(&rx, 2000, 10, 800), '*'); /* only an end came */
	assert_int_equal(event(&rx, 1000, 10, 800), 0);
	assert_int_equal(event(&rx, 2000, 15, 160), 'D'); /* a phone that keeps its timestamp */
	assert_int_equal(event(&rx, 3000, 16, 160), 0);	  /* flash is no digit */
	assert_int_equal(dtmf_rx_event(&rx, 9000, (const uint8_t *)"\1\2\3", 3), 0);
}

static void test_dtmf_rx__timestamps_wrap_and_long_presses_go_on(void **state)
{
	struct dtmf_rx rx = {0};

	(void)state;
	assert_int_equal(event(&rx, 0xffffff00, 1, 160), '1');
	assert_int_equal(event(&rx, 0x00000100, 1, 160), '1');
	assert_int_equal(event(&rx, 0x00000100, 1, 0xffff), 0);
	assert_int_equal(event(&rx, 0x000100ff, 1, 160), 0);
	assert_int_equal(event(&rx, 0x000100ff, 1, 320), 0);
	assert_int_equal(event(&rx, 0x00020000, 1, 160), '1');
}

static void test_dtmf_rx__both_sources_of_a_press_are_one(void **state)
{
	struct dtmf_rx rx = {0};

	(void)state;
	assert_true(dtmf_rx_accept(&rx, 0, '5', 1000000));
	assert_false(dtmf_rx_accept(&rx, 1, '5', 1040000));
	assert_true(dtmf_rx_accept(&rx, 0, '5', 1100000));
	assert_false(dtmf_rx_accept(&rx, 1, '5', 1140000));
	assert_true(dtmf_rx_accept(&rx, 1, '6', 1150000));
	assert_true(dtmf_rx_accept(&rx, 0, '6', 1150000 + DTMF_SAME_PRESS_US));
}

static void test_dtmf_tx__keeps_times_and_repeats_the_end(void **state)
{
	struct dtmf_tx tx;
	struct dtmf_tx_packet packet;
	unsigned steps = 0, events = 0, ends = 0;
	enum dtmf_tx_action action;

	(void)state;
	dtmf_tx_start(&tx, "1p2", 50, 100);
	while ((action = dtmf_tx_step(&tx, 20, &packet)) != DTMF_TX_FINISHED) {
		steps++;
		events += action == DTMF_TX_EVENT;
		if (action == DTMF_TX_EVENT && packet.end) {
			assert_int_equal(packet.duration_ms, 50);
			ends++;
		}
		assert_true(steps < 100);
	}
	assert_int_equal(events, 10); /* 20 40 50 50 50, twice */
	assert_int_equal(ends, 6);
	assert_int_equal(steps, 3 + 5 + 25 + 3 + 5); /* press, gap, pause, press, gap */
}

static void test_rtcp__a_report_comes_back_as_feedback(void **state)
{
	struct rtp_source source = {.started = true, .ssrc = 42, .base = 65536 + 1};
	struct rtcp_last_sr last_sr = {0};
	struct rtcp_report ours = {
		.ssrc = 42, .cname = "0123456789abcdef", .wall = 1000000, .sender = true};
	struct rtcp_report theirs = {.ssrc = 43, .cname = "x", .wall = 1700000};
	struct rtcp_feedback feedback;
	uint8_t out[RTCP_MAX_SIZE];
	size_t length;

	(void)state;
	source.highest = 65536 + 100;
	source.received = 75;
	length = rtcp_write(&ours, &source, &last_sr, out);
	assert_int_equal(length % 4, 0);
	assert_int_equal(rtcp_parse(out, length, 43, 1200000, &feedback), 0);
	assert_true(feedback.has_sr);
	assert_false(feedback.has_report);
	last_sr = (struct rtcp_last_sr){.ntp_middle = feedback.sr_ntp_middle, .wall = 1200000};
	source.expected_prior = source.received_prior = 0;
	length = rtcp_write(&theirs, &source, &last_sr, out);
	assert_int_equal(rtcp_parse(out, length, 42, 1900000, &feedback), 0);
	assert_false(feedback.has_sr);
	assert_true(feedback.has_report);
	assert_int_equal(feedback.lost_fraction, 63); /* a quarter */
	assert_true(feedback.has_rtt);
	assert_in_range(feedback.rtt_ms, 398, 401); /* 0.9 s less the 0.5 s that they held it */
}

static void test_rtcp__forgery_and_bye_do_nothing(void **state)
{
	uint8_t bye[] = {0x81, 203, 0, 1, 0, 0, 0, 42};
	uint8_t lies[8] = {0x9f, 201, 0xff, 0xff};
	uint8_t report[32] = {0x81, 201, 0, 7};
	struct rtcp_feedback feedback;

	(void)state;
	assert_int_equal(rtcp_parse(bye, sizeof(bye), 42, 1, &feedback), -EINVAL);
	assert_int_equal(rtcp_parse(lies, sizeof(lies), 42, 1, &feedback), 0);
	assert_false(feedback.has_report);
	report[11] = 42;
	put32(report + 24, 0x12345678); /* an LSR that we never sent */
	assert_int_equal(rtcp_parse(report, sizeof(report), 42, 1, &feedback), 0);
	assert_true(feedback.has_report);
	assert_false(feedback.has_rtt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rtp__reads_what_it_wrote),
		cmocka_unit_test(test_rtp__bounds_are_checked),
		cmocka_unit_test(test_source__counts_losses_not_reorder_or_wrap),
		cmocka_unit_test(test_source__starts_anew_with_another_ssrc_or_a_leap),
		cmocka_unit_test(test_source__jitter_is_that_of_rfc_3550),
		cmocka_unit_test(test_latch__never_sends_to_a_stranger_when_sdp_is_public),
		cmocka_unit_test(test_latch__follows_a_nat_after_probation),
		cmocka_unit_test(test_latch__probation_wants_one_source_in_sequence),
		cmocka_unit_test(test_latch__same_host_on_another_port_is_taken_at_once),
		cmocka_unit_test(test_latch__a_new_offer_opens_it_again),
		cmocka_unit_test(test_dtmf_rx__one_digit_for_each_timestamp),
		cmocka_unit_test(test_dtmf_rx__timestamps_wrap_and_long_presses_go_on),
		cmocka_unit_test(test_dtmf_rx__both_sources_of_a_press_are_one),
		cmocka_unit_test(test_dtmf_tx__keeps_times_and_repeats_the_end),
		cmocka_unit_test(test_rtcp__a_report_comes_back_as_feedback),
		cmocka_unit_test(test_rtcp__forgery_and_bye_do_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
