/* What begins speech and what does not, with made sounds and a file of three spoken words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>
#include <sndfile.h>

#include "base/mem.h"
#include "media/vad.h"

#define RATE  8000
#define FRAME (RATE * VAD_FRAME_MS / 1000)

struct sound {
	int16_t *pcm;
	size_t count;
};

static int16_t *add(struct sound *sound, unsigned ms)
{
	size_t samples = (size_t)ms * RATE / 1000;

	sound->pcm = xrealloc(sound->pcm, (sound->count + samples) * sizeof(*sound->pcm));
	sound->count += samples;
	return sound->pcm + sound->count - samples;
}

static int16_t sample_of(double x)
{
	return (int16_t)lrint(32767 * fmax(-1, fmin(1, x)));
}

/* level: dB below full scale, of the peak. */
static void add_silence(struct sound *sound, unsigned ms)
{
	memset(add(sound, ms), 0, (size_t)ms * RATE / 1000 * sizeof(int16_t));
}

static void add_tone(struct sound *sound, unsigned ms, double hz, double level)
{
	int16_t *out = add(sound, ms);

	for (size_t i = 0; i < (size_t)ms * RATE / 1000; i++)
		out[i] = sample_of(pow(10, level / 20) * sin(2 * M_PI * hz * (double)i / RATE));
}

/* White, or with `smooth` of low frequencies as a motor has them. */
static void add_noise(struct sound *sound, unsigned ms, double smooth, double level)
{
	static uint32_t state = 1;
	int16_t *out = add(sound, ms);
	double x = 0;

	for (size_t i = 0; i < (size_t)ms * RATE / 1000; i++) {
		state = state * 1664525 + 1013904223;
		x = smooth * x + (1 - smooth) * ((double)(state >> 8) / (1 << 23) - 1);
		out[i] = sample_of(pow(10, level / 20) * x);
	}
}

/* A vowel with a pitch that falls, as loud as `level`. */
static void add_vowel(struct sound *sound, unsigned ms, double level)
{
	int16_t *out = add(sound, ms);
	size_t samples = (size_t)ms * RATE / 1000;
	double phase = 0;

	for (size_t i = 0; i < samples; i++) {
		double t = (double)i / (double)samples, x = 0;

		phase += 2 * M_PI * (140 - 30 * t) / RATE;
		for (int k = 1; k < 20; k++)
			x += sin(k * phase) / (1 + pow((k * 125 - 600) / 200.0, 2));
		out[i] = sample_of(pow(10, level / 20) * 0.6 * x * sin(M_PI * t));
	}
}

/* As loud as in the file when gain is 1; mixed to what is there from `at_ms` on. */
static void mix_words(struct sound *sound, unsigned at_ms, double gain)
{
	SF_INFO info = {0};
	SNDFILE *file = sf_open(TOP_SRCDIR "/test-fixtures/audio/words.wav", SFM_READ, &info);
	int16_t *pcm;
	size_t at = (size_t)at_ms * RATE / 1000;

	assert_non_null(file);
	assert_int_equal(info.samplerate, RATE);
	pcm = xcalloc((size_t)info.frames, sizeof(*pcm));
	assert_int_equal(sf_read_short(file, pcm, info.frames), info.frames);
	sf_close(file);
	for (size_t i = 0; i < (size_t)info.frames && at + i < sound->count; i++)
		sound->pcm[at + i] = (int16_t)lrint(sound->pcm[at + i] + gain * pcm[i]);
	free(pcm);
}

struct seen {
	unsigned began, ended;
	unsigned began_ms, ended_ms, spoken_ms; /* the first */
};

static struct seen listen(struct sound *sound, unsigned sensitivity, unsigned end_ms)
{
	struct seen seen = {0};
	struct vad vad;

	vad_init(&vad, RATE, sensitivity, end_ms);
	for (size_t i = 0; i + FRAME <= sound->count; i += FRAME) {
		unsigned ms = (unsigned)(i / FRAME + 1) * VAD_FRAME_MS;

		switch (vad_frame(&vad, sound->pcm + i)) {
		case VAD_BEGAN:
			if (seen.began++ == 0) {
				seen.began_ms = ms;
				seen.spoken_ms = vad_spoken_ms(&vad);
			}
			break;
		case VAD_ENDED:
			if (seen.ended++ == 0)
				seen.ended_ms = ms;
			break;
		case VAD_SAME:
			break;
		}
	}
	free(sound->pcm);
	*sound = (struct sound){0};
	return seen;
}

static void expect_nothing(struct sound *sound, const char *what)
{
	struct seen seen;

	add_silence(sound, 600);
	seen = listen(sound, 90, 400);
	if (seen.began)
		fail_msg("%s: began at %u ms", what, seen.began_ms);
}

static void test_vad__words_begin_and_end(void **state)
{
	struct sound sound = {0};
	struct seen seen;

	(void)state;
	add_silence(&sound, 6000);
	mix_words(&sound, 0, 1);
	seen = listen(&sound, 90, 400);
	assert_int_equal(seen.began, 3);
	assert_int_equal(seen.ended, 3);
	assert_in_range(seen.began_ms, 650, 900);
	assert_in_range(seen.spoken_ms, VAD_BEGIN_MS, VAD_WINDOW_MS);
	assert_in_range(seen.ended_ms, 1200, 1700);
}

static void test_vad__words_are_found_in_noise(void **state)
{
	struct sound sound = {0};
	struct seen seen;

	(void)state;
	add_noise(&sound, 7000, 0, -35);
	mix_words(&sound, 1000, 1);
	seen = listen(&sound, 90, 400);
	assert_int_equal(seen.began, 3);
	assert_int_equal(seen.ended, 3);
}

static void test_vad__sensitivity_sets_what_is_loud(void **state)
{
	static const struct {
		unsigned sensitivity;
		double gain;
		unsigned words;
	} rows[] = {{100, 0.03, 3}, {90, 0.1, 3}, {10, 1, 3}, {10, 0.05, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sound sound = {0};
		struct seen seen;

		add_silence(&sound, 6000);
		mix_words(&sound, 0, rows[i].gain);
		seen = listen(&sound, rows[i].sensitivity, 400);
		if (seen.began != rows[i].words)
			fail_msg("sensitivity %u: %u words", rows[i].sensitivity, seen.began);
	}
}

static void test_vad__the_shortest_word_is_180_ms(void **state)
{
	struct sound sound = {0};

	(void)state;
	add_silence(&sound, 500);
	add_vowel(&sound, 240, -12);
	add_silence(&sound, 600);
	assert_int_equal(listen(&sound, 90, 400).began, 1);
	for (unsigned ms = 20; ms <= 120; ms += 20) {
		add_silence(&sound, 500);
		add_vowel(&sound, ms, -3);
		expect_nothing(&sound, "a cough");
	}
}

static void test_vad__clicks_and_hisses_are_none(void **state)
{
	struct sound sound = {0};

	(void)state;
	for (int i = 0; i < 10; i++) {
		add_silence(&sound, 290);
		add_noise(&sound, 10, 0, 0);
	}
	expect_nothing(&sound, "clicks");
	add_silence(&sound, 500);
	add_noise(&sound, 110, 0.8, -3);
	expect_nothing(&sound, "a bump");
	add_silence(&sound, 500);
	add_noise(&sound, 700, 0, -20);
	expect_nothing(&sound, "a hiss");
}

static void test_vad__tones_are_none(void **state)
{
	static const double hertz[] = {200, 425, 697, 1000, 1633};
	struct sound sound = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hertz); i++) {
		add_silence(&sound, 500);
		add_tone(&sound, 800, hertz[i], -10);
		add_silence(&sound, 200);
		add_tone(&sound, 300, hertz[i], -10);
		expect_nothing(&sound, "a tone");
	}
}

static void test_vad__noise_is_learned(void **state)
{
	struct sound sound = {0};
	struct seen seen;

	(void)state;
	add_noise(&sound, 4000, 0, -20);
	expect_nothing(&sound, "white noise");
	add_noise(&sound, 4000, 0.9, -24);
	expect_nothing(&sound, "a motor");
	/* One that begins later counts at first, and then no more. */
	add_silence(&sound, 1000);
	add_noise(&sound, 6000, 0.9, -10);
	seen = listen(&sound, 90, 400);
	assert_in_range(seen.began, 0, 1);
	assert_int_equal(seen.ended, seen.began);
}

static void test_vad__goes_on_over_pauses(void **state)
{
	struct sound sound = {0};
	struct seen seen;

	(void)state;
	add_silence(&sound, 6000);
	mix_words(&sound, 0, 1);
	seen = listen(&sound, 90, 2000);
	assert_int_equal(seen.began, 1);
	assert_int_equal(seen.ended, 0);
	add_silence(&sound, 9000);
	mix_words(&sound, 0, 1);
	seen = listen(&sound, 90, 2000);
	assert_int_equal(seen.ended, 1);
	assert_in_range(seen.ended_ms, 6800, 7600);
}

static void test_vad__silence_stays_silence(void **state)
{
	struct sound sound = {0};

	(void)state;
	add_silence(&sound, 5000);
	expect_nothing(&sound, "silence");
	memset(add(&sound, 1000), 0x7f, RATE * sizeof(int16_t)); /* not around zero */
	expect_nothing(&sound, "a constant");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vad__words_begin_and_end),
		cmocka_unit_test(test_vad__words_are_found_in_noise),
		cmocka_unit_test(test_vad__sensitivity_sets_what_is_loud),
		cmocka_unit_test(test_vad__the_shortest_word_is_180_ms),
		cmocka_unit_test(test_vad__clicks_and_hisses_are_none),
		cmocka_unit_test(test_vad__tones_are_none),
		cmocka_unit_test(test_vad__noise_is_learned),
		cmocka_unit_test(test_vad__goes_on_over_pauses),
		cmocka_unit_test(test_vad__silence_stays_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
