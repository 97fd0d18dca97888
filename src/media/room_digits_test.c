/* Keys that one of two presses reach the other, passed on or pressed anew. */
#include <setjmp.h>
#include <spandsp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "media/dtmf_rx.h"
#include "media/g711.h"
#include "media/room_peer.h"

#define SETTLE_MS 100

static struct parties *two(void)
{
	struct parties *all = parties_new(1, 2);

	parties_join(all);
	return all;
}

/* A key of 100 ms, its packets at their times. */
static void press(struct party *party, uint8_t event)
{
	double hz = party->hz;
	struct parties *all = party->all;

	party->hz = -1;
	for (unsigned ms = 20; ms <= 100; ms += 20) {
		party_press(party, event, false, ms);
		parties_run(all, 20);
	}
	for (int i = 0; i < 3; i++)
		party_press(party, event, true, 120);
	party->timestamp += 120 * 8;
	party->hz = hz;
	party->next_at = clock_mono();
	parties_run(all, 200);
}

/* Presses, ends and the longest duration among the event packets that a party heard. */
static void count_events(const struct party *party, uint8_t type, uint8_t event,
	unsigned *ret_marks, unsigned *ret_ends, unsigned *ret_ms)
{
	*ret_marks = *ret_ends = *ret_ms = 0;
	for (size_t i = 0; i < party->packets; i++) {
		const struct party_packet *packet = &party->packet[i];
		unsigned ms = get16(packet->payload + 2) / 8;

		if (packet->type != type)
			continue;
		assert_int_equal(packet->payload[0], event);
		*ret_marks += packet->marker;
		*ret_ends += packet->payload[1] >> 7;
		*ret_ms = ms > *ret_ms ? ms : *ret_ms;
	}
}

static void check_event(struct parties *all, uint8_t event, char digit)
{
	struct party *from = &all->party[0], *to = &all->party[1];
	unsigned marks, ends, ms;

	parties_run(all, SETTLE_MS);
	parties_listen(all, 0);
	press(from, event);
	assert_int_equal(from->digits[0], digit);
	assert_int_equal(from->digits[1], 0);
	count_events(to, to->params.dtmf_payload_type_tx, event, &marks, &ends, &ms);
	assert_int_equal(ends, 3);
	assert_in_range(ms, 120, 140);
	LISTEN_UNTIL(all, hears(to, from));
	for (size_t i = 1; i < to->packets; i++)
		assert_int_equal(
			(uint16_t)(to->packet[i].sequence - to->packet[i - 1].sequence), 1);
}

static void test_digits__events_are_passed_on(void **state)
{
	struct parties *all = two();

	(void)state;
	all->party[1].params.dtmf_payload_type_rx = all->party[1].params.dtmf_payload_type_tx = 96;
	party_start(&all->party[0]);
	party_start(&all->party[1]);
	check_event(all, 5, '5');
	parties_free(all);
}

/* Another codec is mixed; the key is pressed anew. */
static void test_digits__are_pressed_anew_for_another_codec(void **state)
{
	struct parties *all = two();

	(void)state;
	all->party[1].params.codec = &codec_pcma;
	all->party[1].params.payload_type = 8;
	all->party[1].params.dtmf_payload_type_tx = 97;
	party_start(&all->party[0]);
	party_start(&all->party[1]);
	check_event(all, 11, '#');
	parties_free(all);
}

/* A stream that listens in, or a recording, makes no conference of a call. */
static void test_digits__pass_beside_a_stream(void **state)
{
	struct parties *all = two();
	struct party *stream = parties_add(all, 16000);

	(void)state;
	media_room_join(all->room, stream->leg);
	for (unsigned i = 0; i < 3; i++)
		party_start(&all->party[i]);
	check_event(all, 5, '5');
	parties_free(all);
}

/* Who knows no events hears tones, whether packets are passed on or mixed. */
static void hear_tones(const struct codec *codec)
{
	struct parties *all = two();
	struct party *from = &all->party[0], *to = &all->party[1];
	dtmf_rx_state_t *detector = dtmf_rx_init(NULL, NULL, NULL);
	char digits[8] = "";

	to->params.codec = codec;
	to->params.payload_type = (uint8_t)codec->static_payload_type;
	to->params.dtmf_payload_type_tx = to->params.dtmf_payload_type_rx = 0;
	party_start(from);
	party_start(to);
	parties_run(all, SETTLE_MS);
	parties_listen(all, 0);
	press(from, 7);
	press(from, 12);
	dtmf_rx(detector, to->sound, (int)to->samples);
	assert_true(dtmf_rx_get(detector, digits, sizeof(digits) - 1) > 0);
	assert_string_equal(digits, "7A");
	assert_string_equal(from->digits, "7A");
	party_check_continuous(to);
	LISTEN_UNTIL(all, hears(to, from));
	dtmf_rx_free(detector);
	parties_free(all);
}

static void test_digits__are_tones_for_who_knows_no_events(void **state)
{
	(void)state;
	hear_tones(&codec_pcmu);
	hear_tones(&codec_pcma);
}

/* Digits that we send ourselves take the place of what is passed on. */
static void test_digits__of_ours_go_before(void **state)
{
	struct parties *all = two();
	unsigned marks, ends, ms;

	(void)state;
	parties_start(all);
	parties_run(all, SETTLE_MS);
	parties_listen(all, 0);
	media_leg_send_digits(all->party[1].leg, "3", 100, 60);
	parties_run(all, 300);
	count_events(&all->party[1], 101, 3, &marks, &ends, &ms);
	assert_int_equal(marks, 1);
	assert_int_equal(ends, 3);
	for (size_t i = 1; i < all->party[1].packets; i++)
		assert_int_equal((uint16_t)(all->party[1].packet[i].sequence -
					    all->party[1].packet[i - 1].sequence),
			1);
	LISTEN_UNTIL(all, hears(&all->party[1], &all->party[0]));
	parties_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digits__events_are_passed_on),
		cmocka_unit_test(test_digits__are_pressed_anew_for_another_codec),
		cmocka_unit_test(test_digits__pass_beside_a_stream),
		cmocka_unit_test(test_digits__are_tones_for_who_knows_no_events),
		cmocka_unit_test(test_digits__of_ours_go_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
