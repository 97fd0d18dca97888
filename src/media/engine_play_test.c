/* What the peer hears of plays: order, gaps, stops and holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "media/engine_peer.h"
#include "media/g711.h"

/* What the peer heard, beginning with the first packet that is not silence. */
static size_t collect(const struct peer *f, uint8_t *out, size_t size)
{
	size_t length = 0, i = 0;

	while (i < f->heard_count && f->heard[i].payload[0] == 0xff &&
		f->heard[i].payload[FRAME - 1] == 0xff)
		i++;
	for (; i < f->heard_count && length + FRAME <= size; i++) {
		memcpy(out + length, f->heard[i].payload, FRAME);
		length += FRAME;
	}
	return length;
}

static void test_play__two_prompts_follow_without_a_gap(void **state)
{
	struct peer *f = *state;
	struct prompt *prompt = counting_prompt(1000);
	uint8_t sound[4000];
	size_t length;

	peer_start(f);
	assert_int_equal(media_leg_play(f->leg, prompt, 1), 1);
	assert_int_equal(media_leg_play(f->leg, prompt, 2), 2);
	prompt_unref(prompt);
	RUN_UNTIL(f, f->ends == 2);
	peer_hear_packets(f, 3);
	peer_check_continuous(f);
	length = collect(f, sound, sizeof(sound));
	assert_true(length >= 3200);
	for (size_t i = 0; i < 3000; i++)
		assert_int_equal(sound[i], i % 1000 % 251);
	for (size_t i = 3000; i < length; i++)
		assert_int_equal(sound[i], 0xff);
	assert_int_equal(f->end[0], MEDIA_PLAY_DONE);
	assert_int_equal(f->played_ms[0], 125);
	assert_int_equal(f->ended_play[1], 2);
	assert_int_equal(f->played_ms[1], 250);
}

/* A play queued when the end of the last is reported begins with the very next packet. */
static void test_play__queued_at_the_end_follows_at_once(void **state)
{
	struct peer *f = *state;
	struct prompt *prompt = counting_prompt(FRAME * 5);
	uint8_t sound[FRAME * 10];

	peer_start(f);
	media_leg_play(f->leg, prompt, 1);
	RUN_UNTIL(f, f->ends == 1);
	media_leg_play(f->leg, prompt, 1);
	RUN_UNTIL(f, f->ends == 2);
	peer_hear_packets(f, 2);
	assert_int_equal(collect(f, sound, sizeof(sound)), sizeof(sound));
	for (size_t i = 0; i < sizeof(sound); i++)
		assert_int_equal(sound[i], i % (FRAME * 5) % 251);
	prompt_unref(prompt);
}

static void test_stop__silences_within_a_packet(void **state)
{
	struct peer *f = *state;
	struct prompt *prompt = counting_prompt(FRAME * 10);
	size_t before, after = 0;

	peer_start(f);
	media_leg_play(f->leg, prompt, 0);
	prompt_unref(prompt);
	peer_hear_packets(f, 15);
	do
		before = f->heard_count;
	while (peer_hear(f), f->heard_count > before);
	media_leg_stop(f->leg);
	RUN_UNTIL(f, f->ends == 1);
	peer_hear_packets(f, 3);
	for (size_t i = before; i < f->heard_count; i++)
		after += f->heard[i].payload[0] != 0xff;
	assert_in_range(after, 0, 2); /* one may have left while the order was on its way */
	assert_int_equal(f->end[0], MEDIA_PLAY_STOPPED);
	assert_true(f->played_ms[0] >= 200);
}

static void test_play__growing_prompt_waits_in_silence(void **state)
{
	struct peer *f = *state;
	struct prompt *prompt = prompt_new(&codec_pcmu);
	uint8_t data[FRAME * 2];

	memset(data, 0x42, sizeof(data));
	peer_start(f);
	media_leg_play(f->leg, prompt, 1);
	peer_hear_packets(f, 3);
	prompt_append(prompt, data, sizeof(data));
	peer_hear_packets(f, 6);
	assert_int_equal(f->ends, 0);
	assert_int_equal(f->heard[f->heard_count - 1].payload[0], 0xff);
	prompt_append(prompt, data, sizeof(data));
	prompt_finish(prompt, true);
	RUN_UNTIL(f, f->ends == 1);
	assert_int_equal(f->end[0], MEDIA_PLAY_FAILED);
	assert_int_equal(f->played_ms[0], 80);
	prompt_unref(prompt);
}

static void test_hold__stops_packets_and_pauses_plays(void **state)
{
	struct peer *f = *state;
	struct media_params params = peer_params(f);
	struct prompt *prompt = counting_prompt(FRAME * 5);
	uint64_t until;
	size_t before;

	media_leg_start(f->leg, &params);
	peer_hear_packets(f, 2);
	params.send = false;
	media_leg_start(f->leg, &params);
	peer_hear_packets(f, 0);
	for (until = clock_mono() + 50000; clock_mono() < until;)
		peer_turn(f);
	before = f->heard_count;
	media_leg_play(f->leg, prompt, 1);
	prompt_unref(prompt);
	for (until = clock_mono() + 100000; clock_mono() < until;)
		peer_turn(f);
	assert_int_equal(f->heard_count, before);
	params.send = true;
	media_leg_start(f->leg, &params);
	RUN_UNTIL(f, f->ends == 1);
	assert_true(f->heard[before].packet.marker);
	assert_int_equal(f->played_ms[0], 100);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_play__two_prompts_follow_without_a_gap),
		CASE(test_play__queued_at_the_end_follows_at_once),
		CASE(test_stop__silences_within_a_packet),
		CASE(test_play__growing_prompt_waits_in_silence),
		CASE(test_hold__stops_packets_and_pauses_plays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
