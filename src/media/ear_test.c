/* An ear on a real leg: both directions in step, at its own rate, over loss and after the end. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/ear.h"
#include "media/engine_peer.h"
#include "media/g711.h"

#define MAX_FRAMES 1000

struct notes {
	size_t frames, samples; /* samples of the last frame */
	int16_t heard[MAX_FRAMES][EAR_FRAME_MS * 48], sent[MAX_FRAMES][EAR_FRAME_MS * 48];
	struct media_ear *ear, *other; /* freed after free_at frames */
	size_t free_at;
};

static struct notes *notes_new(void)
{
	return xcalloc(1, sizeof(struct notes));
}

static void on_frame(void *arg, const int16_t *heard, const int16_t *sent, size_t samples)
{
	struct notes *n = arg;

	assert_true(n->frames < MAX_FRAMES);
	n->samples = samples;
	memcpy(n->heard[n->frames], heard, samples * sizeof(*heard));
	memcpy(n->sent[n->frames], sent, samples * sizeof(*sent));
	if (++n->frames == n->free_at) {
		n->ear = media_ear_free(n->ear);
		n->other = media_ear_free(n->other);
	}
}

/* The share of a frame's power at a frequency, and whether there is any power. */
static double share_at(const int16_t *pcm, size_t samples, double hz, double rate)
{
	double re = 0, im = 0, power = 0;

	for (size_t i = 0; i < samples; i++) {
		re += pcm[i] * cos(2 * M_PI * hz * (double)i / rate);
		im += pcm[i] * sin(2 * M_PI * hz * (double)i / rate);
		power += (double)pcm[i] * pcm[i];
	}
	if (power / (double)samples < 100 * 100)
		return 0;
	return 2 * (re * re + im * im) / (double)samples / power;
}

/* The peer says `frames` packets of a tone, one for each that it hears. */
static void say_tone(struct peer *f, const struct prompt *tone, unsigned frames, unsigned lost)
{
	const uint8_t *data;

	for (unsigned i = 0; i < frames; i++) {
		assert_int_equal(prompt_peek(tone, (size_t)i * FRAME, FRAME, &data), FRAME);
		if (i != lost)
			peer_say(f, f->peer, 0, f->timestamp, data, FRAME);
		else
			f->sequence++;
		f->timestamp += FRAME;
		peer_hear_packets(f, 1);
	}
}

static size_t count_frames(
	const int16_t (*frames)[EAR_FRAME_MS * 48], const struct notes *n, double hz, double rate)
{
	size_t count = 0;

	for (size_t i = 0; i < n->frames; i++)
		count += share_at(frames[i], n->samples, hz, rate) > 0.9;
	return count;
}

/* What is said and what is played come as they are, at the ear's own rate. */
static void hear_both(struct peer *f, unsigned rate)
{
	struct notes *n = notes_new();
	struct prompt *said = prompt_tone(&codec_pcmu, 440, 0, -10, 600, 0);
	struct prompt *played = prompt_tone(&codec_pcmu, 1000, 0, -10, 400, 0);
	size_t frames;

	peer_start(f);
	n->ear = media_ear_new(f->loop, f->leg, rate, on_frame, n);
	media_leg_play(f->leg, played, 1);
	say_tone(f, said, 30, 30);
	RUN_UNTIL(f, f->ends == 1);
	peer_hear_packets(f, 5);
	assert_int_equal(n->samples, EAR_FRAME_MS * rate / 1000);
	assert_in_range(count_frames(n->heard, n, 440, rate), 24, 30);
	assert_int_equal(count_frames(n->heard, n, 1000, rate), 0);
	assert_in_range(count_frames(n->sent, n, 1000, rate), 16, 20);
	assert_int_equal(count_frames(n->sent, n, 440, rate), 0);
	/* No frame is missing: time for the ear is the leg's. */
	frames = n->frames;
	peer_hear_packets(f, 20);
	assert_in_range(n->frames - frames, 17, 23);
	media_ear_free(n->ear);
	prompt_unref(said);
	prompt_unref(played);
	free(n);
}

static void test_ear__hears_both_directions(void **state)
{
	hear_both(*state, 8000);
}

static void test_ear__resamples(void **state)
{
	hear_both(*state, 16000);
}

static void test_ear__resamples_to_what_is_widest(void **state)
{
	hear_both(*state, 48000);
}

/* Says ten packets but the fifth. Whether its place is silence and the rest lies around it: a
 * machine with other work makes holes of its own. */
static bool hear_with_a_hole(struct peer *f, struct notes *n)
{
	size_t at = 0;

	n->frames = 0;
	for (uint8_t i = 0; i < 10; i++) {
		uint8_t data[FRAME];

		memset(data, 0x90 + i, sizeof(data));
		if (i != 4)
			peer_say(f, f->peer, 0, f->timestamp, data, sizeof(data));
		f->timestamp += FRAME;
		peer_hear_packets(f, 1);
	}
	peer_hear_packets(f, 10);
	f->timestamp += 10 * FRAME;
	while (at < n->frames * FRAME && n->heard[at / FRAME][at % FRAME] == 0)
		at++;
	for (size_t i = 0; i < (size_t)10 * FRAME && at + i < n->frames * FRAME; i++) {
		int16_t sample = n->heard[(at + i) / FRAME][(at + i) % FRAME];

		if (sample != (i / FRAME == 4 ? 0 : ulaw_decode((uint8_t)(0x90 + i / FRAME))))
			return false;
	}
	return at + (size_t)10 * FRAME <= n->frames * FRAME;
}

static void test_ear__loss_is_silence(void **state)
{
	struct peer *f = *state;
	struct notes *n = notes_new();
	unsigned tries = 0;

	peer_start(f);
	n->ear = media_ear_new(f->loop, f->leg, 8000, on_frame, n);
	while (!hear_with_a_hole(f, n))
		assert_true(++tries < 10);
	media_ear_free(n->ear);
	free(n);
}

/* A stream that slips behind for good is heard again after a moment. */
static void test_ear__follows_a_stream_that_slips(void **state)
{
	struct peer *f = *state;
	struct notes *n = notes_new();
	struct prompt *said = prompt_tone(&codec_pcmu, 440, 0, -10, 600, 0);

	peer_start(f);
	n->ear = media_ear_new(f->loop, f->leg, 8000, on_frame, n);
	say_tone(f, said, 10, 10);
	f->timestamp -= 7 * FRAME;
	say_tone(f, said, 20, 20);
	peer_hear_packets(f, 10);
	assert_in_range(count_frames(n->heard, n, 440, 8000), 14, 28); /* 10 if it did not */
	media_ear_free(n->ear);
	prompt_unref(said);
	free(n);
}

/* on_frame may free its ear, and others. */
static void test_ear__may_be_freed_by_what_it_calls(void **state)
{
	struct peer *f = *state;
	struct notes *n = notes_new();

	peer_start(f);
	n->ear = media_ear_new(f->loop, f->leg, 8000, on_frame, n);
	n->other = media_ear_new(f->loop, f->leg, 8000, on_frame, n);
	n->free_at = 5;
	peer_hear_packets(f, 20);
	assert_int_equal(n->frames, 5);
	free(n);
}

/* Legs and ears go in any order. */
static void test_ear__outlives_its_leg(void **state)
{
	struct peer *f = *state;
	struct notes *n = notes_new();
	size_t frames;

	peer_start(f);
	n->ear = media_ear_new(f->loop, f->leg, 8000, on_frame, n);
	n->other = media_ear_new(f->loop, f->leg, 8000, on_frame, n);
	RUN_UNTIL(f, n->frames >= 3);
	f->leg = media_leg_free(f->leg);
	n->other = media_ear_free(n->other);
	for (int i = 0; i < 30; i++)
		peer_turn(f);
	frames = n->frames;
	for (int i = 0; i < 30; i++)
		peer_turn(f);
	assert_int_equal(n->frames, frames);
	media_ear_free(n->ear);
	free(n);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_ear__hears_both_directions),
		CASE(test_ear__resamples),
		CASE(test_ear__resamples_to_what_is_widest),
		CASE(test_ear__loss_is_silence),
		CASE(test_ear__follows_a_stream_that_slips),
		CASE(test_ear__may_be_freed_by_what_it_calls),
		CASE(test_ear__outlives_its_leg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
