/* Digits from the peer and to it, in each of their forms. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <spandsp.h>

#include "media/engine_peer.h"
#include "media/g711.h"

static void test_digit__one_press_is_reported_once_and_at_once(void **state)
{
	struct peer *f = *state;

	peer_start(f);
	peer_say_event(f, 1000, 5, false, 160);
	RUN_UNTIL(f, f->digits[0]);
	peer_say_event(f, 1000, 5, false, 320);
	for (int i = 0; i < 3; i++)
		peer_say_event(f, 1000, 5, true, 480);
	peer_say_event(f, 3000, 11, true, 480); /* its beginning was lost */
	peer_say_event(f, 1000, 5, true, 480);	/* overtaken */
	peer_say_event(f, 3000, 11, true, 480);
	RUN_UNTIL(f, peer_received(f) == 8);
	RUN_UNTIL(f, strlen(f->digits) == 2);
	assert_string_equal(f->digits, "5#");
	assert_int_equal(f->sources[0], MEDIA_DTMF_RFC4733);
}

static void test_digit__tells_how_long_it_was_held(void **state)
{
	struct peer *f = *state;

	peer_start(f);
	peer_say_event(f, 1000, 5, false, 160);
	RUN_UNTIL(f, f->digits[0]);
	peer_say_event(f, 1000, 5, false, 1600);
	RUN_UNTIL(f, peer_received(f) == 2);
	assert_string_equal(f->released, "");
	for (int i = 0; i < 3; i++)
		peer_say_event(f, 1000, 5, true, 2000);
	RUN_UNTIL(f, f->released[0]);
	/* Its end is lost: the next press says so, or that nothing comes any more. */
	peer_say_event(f, 5000, 5, false, 160);
	peer_say_event(f, 5000, 5, false, 800);
	peer_say_event(f, 9000, 6, false, 160);
	RUN_UNTIL(f, strlen(f->released) == 2);
	RUN_UNTIL(f, strlen(f->released) == 3);
	assert_string_equal(f->digits, "556");
	assert_string_equal(f->released, "556");
	assert_int_equal(f->held_ms[0], 250);
	assert_int_equal(f->held_ms[1], 100);
	assert_int_equal(f->held_ms[2], 20);
}

static void stop_at_digit(void *arg, char digit, enum media_dtmf_source source)
{
	struct peer *f = arg;

	peer_on_digit(arg, digit, source);
	media_leg_stop(f->leg);
}

static int setup_barge_in(void **state)
{
	static const struct media_leg_handler barge_in = {
		.on_digit = stop_at_digit, .on_play_end = peer_on_play_end};
	struct peer *f;
	int error;

	peer_setup(state);
	f = *state;
	media_leg_free(f->leg);
	f->leg = media_leg_new(f->engine, AF_INET, &barge_in, f, &error);
	assert_non_null(f->leg);
	f->leg_address.sin_port = htons(media_leg_port(f->leg));
	return 0;
}

/* Pressed at ten moments of the packet time; a machine with other work may be late at some. */
static void test_digit__key_to_silence_takes_one_packet_time(void **state)
{
	struct peer *f = *state;
	struct prompt *prompt = counting_prompt(FRAME * 1000);
	unsigned fast = 0;

	peer_start(f);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t until, pressed, took;

		media_leg_play(f->leg, prompt, 0);
		RUN_UNTIL(f, f->heard_count && f->heard[f->heard_count - 1].payload[0] != 0xff);
		for (until = clock_mono() + i * 2000; clock_mono() < until;)
			peer_turn(f);
		pressed = clock_mono();
		peer_say_event(f, 10000 * (i + 1), 1, false, 160);
		RUN_UNTIL(f, f->ends == i + 1);
		RUN_UNTIL(f, f->heard[f->heard_count - 1].payload[0] == 0xff);
		took = f->heard[f->heard_count - 1].at - pressed;
		fast += took < 40000;
	}
	assert_true(fast >= 5);
	prompt_unref(prompt);
}

static void send_tone(struct peer *f, const struct prompt *tone, unsigned frames)
{
	const uint8_t *data;

	for (unsigned i = 0; i < frames; i++) {
		assert_int_equal(prompt_peek(tone, i * FRAME, FRAME, &data), FRAME);
		peer_say(f, f->peer, 0, f->timestamp, data, FRAME);
		f->timestamp += FRAME;
		peer_hear_packets(f, 1);
	}
}

static void test_digit__inband_is_heard_and_deduplicated(void **state)
{
	struct peer *f = *state;
	struct prompt *eight = prompt_tone(&codec_pcmu, 852, 1336, -10, 100, 60);
	struct prompt *one = prompt_tone(&codec_pcmu, 697, 1209, -10, 100, 60);

	peer_start(f);
	media_leg_detect_inband(f->leg, true);
	send_tone(f, eight, 8);
	RUN_UNTIL(f, f->digits[0]);
	assert_int_equal(f->sources[0], MEDIA_DTMF_INBAND);
	peer_say_event(f, f->timestamp, 1, false, 160);
	send_tone(f, one, 8);
	media_leg_detect_inband(f->leg, false);
	send_tone(f, eight, 8);
	assert_string_equal(f->digits, "81");
	prompt_unref(one);
	prompt_unref(eight);
}

static void test_send_digits__are_rfc4733_events(void **state)
{
	struct peer *f = *state;
	unsigned presses = 0, ends = 0;
	uint32_t timestamp = 0;

	peer_start(f);
	assert_int_equal(media_leg_send_digits(f->leg, "1x", 100, 60), -EINVAL);
	assert_int_equal(media_leg_send_digits(f->leg, "", 100, 60), -EINVAL);
	assert_int_equal(media_leg_send_digits(f->leg, "1", 39, 60), -EINVAL);
	assert_int_equal(media_leg_send_digits(f->leg, "9p#", 100, 60), 0);
	RUN_UNTIL(f, f->digits_sent == 1);
	for (size_t i = 0; i < f->heard_count; i++) {
		const struct heard *heard = &f->heard[i];

		if (heard->packet.payload_type != 101)
			continue;
		if (heard->packet.marker) {
			assert_int_equal(heard->payload[0], presses ? 11 : 9);
			presses++;
			timestamp = heard->packet.timestamp;
		}
		assert_int_equal(heard->packet.timestamp, timestamp);
		if (heard->payload[1] & 0x80) {
			assert_int_equal(get16(heard->payload + 2), 800);
			ends++;
		}
	}
	assert_int_equal(presses, 2);
	assert_int_equal(ends, 6);
}

static void test_send_digits__are_tones_without_telephone_event(void **state)
{
	struct peer *f = *state;
	struct media_params params = peer_params(f);
	dtmf_rx_state_t *detector = dtmf_rx_init(NULL, NULL, NULL);
	char digits[8] = "";

	params.dtmf_payload_type_tx = 0;
	media_leg_start(f->leg, &params);
	assert_int_equal(media_leg_send_digits(f->leg, "7pd", 100, 60), 0);
	RUN_UNTIL(f, f->digits_sent == 1);
	peer_check_continuous(f);
	for (size_t i = 0; i < f->heard_count; i++) {
		int16_t pcm[FRAME];

		codec_pcmu.decode(f->heard[i].payload, FRAME, pcm);
		dtmf_rx(detector, pcm, FRAME);
	}
	assert_int_equal(dtmf_rx_get(detector, digits, sizeof(digits) - 1), 2);
	assert_string_equal(digits, "7D");
	dtmf_rx_free(detector);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_digit__one_press_is_reported_once_and_at_once),
		CASE(test_digit__tells_how_long_it_was_held),
		cmocka_unit_test_setup_teardown(test_digit__key_to_silence_takes_one_packet_time,
			setup_barge_in, peer_teardown),
		CASE(test_digit__inband_is_heard_and_deduplicated),
		CASE(test_send_digits__are_rfc4733_events),
		CASE(test_send_digits__are_tones_without_telephone_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
