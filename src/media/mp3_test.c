/* Tests of the MP3 encoder: what a decoder makes of its frames. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mpg123.h>

#include "base/mem.h"
#include "media/mp3_private.h"

#define SECONDS 4
#define FRAMES	(SECONDS * MP3_RATE / MP3_FRAME)
#define SAMPLES (FRAMES * MP3_FRAME)

struct bench {
	int16_t in[SAMPLES * MP3_MAX_CHANNELS], out[(SAMPLES + MP3_FRAME) * MP3_MAX_CHANNELS];
	uint8_t coded[(FRAMES + 2) * MP3_FRAME_BYTES * MP3_MAX_CHANNELS];
	size_t decoded; /* samples of a channel */
	unsigned channels;
	bool narrow;
};

/* A vowel: a pulse every 8 ms through two resonances, louder and softer twice in a second; below
 * 3.4 kHz, as on the telephone. */
static void speak(struct bench *b, unsigned channel, double level)
{
	double y1 = 0, y2 = 0, z1 = 0, z2 = 0;

	for (size_t i = 0; i < SAMPLES; i++) {
		double pulse = i % 128 == channel ? 1 : 0, t = (double)i / MP3_RATE;
		double y = pulse + 1.8 * cos(2 * M_PI * 700 / MP3_RATE) * y1 - 0.92 * y2;
		double z = y + 1.7 * cos(2 * M_PI * 2200 / MP3_RATE) * z1 - 0.85 * z2;

		y2 = y1, y1 = y, z2 = z1, z1 = z;
		b->in[i * b->channels + channel] =
			(int16_t)(level * z * (0.55 + 0.45 * sin(2 * M_PI * 2 * t)));
	}
}

static void noise(struct bench *b, unsigned channel, int level)
{
	uint32_t seed = 1 + channel;

	for (size_t i = 0; i < SAMPLES; i++) {
		seed = seed * 1664525 + 1013904223;
		b->in[i * b->channels + channel] =
			(int16_t)((int)(seed >> 16) % (2 * level + 1) - level);
	}
}

static void encode(struct bench *b)
{
	struct mp3_encoder *encoder = mp3_encoder_new(b->channels, b->narrow);
	size_t size = (size_t)b->channels * MP3_FRAME_BYTES;

	for (size_t i = 0; i < FRAMES; i++) {
		const int16_t *pcm = b->in + i * MP3_FRAME * b->channels;
		int16_t half[MP3_FRAME / 2 * MP3_MAX_CHANNELS];

		for (size_t s = 0; b->narrow && s < MP3_FRAME / 2 * b->channels; s++)
			half[s] = pcm[s / b->channels * 2 * b->channels + s % b->channels];
		mp3_encode(encoder, b->narrow ? half : pcm, b->coded + i * size);
	}
	mp3_encoder_free(encoder);
}

static void decode(struct bench *b)
{
	mpg123_handle *handle = mpg123_new(NULL, NULL);
	size_t length = (size_t)FRAMES * b->channels * MP3_FRAME_BYTES, got = 0;
	struct mpg123_frameinfo info;
	long rate;
	int channels, encoding;

	mpg123_param(handle, MPG123_ADD_FLAGS, MPG123_QUIET, 0);
	mpg123_param(handle, MPG123_REMOVE_FLAGS, MPG123_GAPLESS, 0);
	mpg123_format_none(handle);
	mpg123_format(handle, MP3_RATE, MPG123_MONO | MPG123_STEREO, MPG123_ENC_SIGNED_16);
	mpg123_open_feed(handle);
	assert_int_equal(mpg123_feed(handle, b->coded, length), MPG123_OK);
	for (;;) {
		size_t done = 0;
		int r = mpg123_read(
			handle, (unsigned char *)b->out + got, sizeof(b->out) - got, &done);

		got += done;
		if (r == MPG123_NEW_FORMAT)
			continue;
		if (r != MPG123_OK)
			break;
	}
	assert_int_equal(mpg123_getformat(handle, &rate, &channels, &encoding), MPG123_OK);
	assert_int_equal(rate, MP3_RATE);
	assert_int_equal(channels, b->channels);
	assert_int_equal(mpg123_info(handle, &info), MPG123_OK);
	assert_int_equal(info.bitrate, 32 * (int)b->channels);
	assert_int_equal(info.vbr, MPG123_CBR);
	b->decoded = got / sizeof(*b->out) / b->channels;
	mpg123_delete(handle);
}

/* Decibels of the signal over what the way through encoder and decoder adds. */
static double quality(const struct bench *b, unsigned channel)
{
	double signal = 0, error = 0;

	for (size_t i = 0; i + MP3_DELAY < b->decoded; i++) {
		double in = b->in[i * b->channels + channel];
		double out = b->out[(i + MP3_DELAY) * b->channels + channel];

		signal += in * in;
		error += (in - out) * (in - out);
	}
	return 10 * log10(signal / (error + 1e-9));
}

static struct bench *bench_new(unsigned channels)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->channels = channels;
	return b;
}

static void run(struct bench *b)
{
	encode(b);
	decode(b);
	assert_true(b->decoded + MP3_FRAME >= SAMPLES);
}

static void test_mp3__speech_is_clean_at_any_level(void **state)
{
	static const double levels[] = {6000, 1000, 100};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct bench *b = bench_new(1);

		speak(b, 0, levels[i]);
		run(b);
		assert_true(quality(b, 0) > 20);
		free(b);
	}
}

/* Every second sample is all that it takes: what is spoken has nothing above 4 kHz. */
static void test_mp3__narrow_gets_its_rate_doubled(void **state)
{
	struct bench *b = bench_new(2), *wide = bench_new(2);

	(void)state;
	b->narrow = true;
	for (size_t i = 0; i < SAMPLES; i++) {
		double t = 2 * M_PI * (double)i / MP3_RATE;

		b->in[2 * i] = (int16_t)(6000 * sin(440 * t) + 5000 * sin(1900 * t + 1));
		b->in[2 * i + 1] = (int16_t)(7000 * sin(3300 * t));
	}
	memcpy(wide->in, b->in, sizeof(b->in));
	run(b);
	run(wide);
	for (unsigned channel = 0; channel < 2; channel++) {
		assert_true(quality(wide, channel) > 30);
		assert_true(quality(b, channel) > 30);
	}
	free(wide);
	free(b);
}

/* In the middle of a call somebody comes who has more to say than a telephone can carry. */
static void test_mp3__narrow_becomes_wide(void **state)
{
	struct bench *b = bench_new(1);
	struct mp3_encoder *encoder = mp3_encoder_new(1, true);
	double error = 0, signal = 0;

	(void)state;
	speak(b, 0, 6000);
	for (size_t i = 0; i < FRAMES; i++) {
		const int16_t *pcm = b->in + i * MP3_FRAME;
		int16_t half[MP3_FRAME / 2];

		for (size_t s = 0; s < MP3_FRAME / 2; s++)
			half[s] = pcm[2 * s];
		if (i == FRAMES / 2)
			mp3_encoder_widen(encoder);
		mp3_encode(encoder, i < FRAMES / 2 ? half : pcm, b->coded + i * MP3_FRAME_BYTES);
	}
	mp3_encoder_free(encoder);
	decode(b);
	for (size_t i = SAMPLES / 2 - 4 * MP3_FRAME; i < SAMPLES / 2 + 4 * MP3_FRAME; i++) {
		double in = b->in[i], out = b->out[i + MP3_DELAY];

		signal += in * in;
		error += (in - out) * (in - out);
	}
	assert_true(10 * log10(signal / error) > 10);
	assert_true(quality(b, 0) > 15);
	free(b);
}

static void test_mp3__channels_do_not_hear_each_other(void **state)
{
	struct bench *b = bench_new(2);

	(void)state;
	speak(b, 0, 6000);
	noise(b, 1, 300);
	run(b);
	assert_true(quality(b, 0) > 20);
	assert_true(quality(b, 1) > 5);
	free(b);
	b = bench_new(2);
	speak(b, 1, 6000);
	run(b);
	assert_true(quality(b, 1) > 20);
	for (size_t i = 0; i < b->decoded; i++)
		assert_int_equal(b->out[2 * i], 0);
	free(b);
}

static void test_mp3__the_worst_that_can_come(void **state)
{
	struct bench *b = bench_new(2);

	(void)state;
	noise(b, 0, 32767);
	for (size_t i = 0; i < SAMPLES; i++)
		b->in[2 * i + 1] = i / 40 % 2 ? 32767 : -32768; /* a rectangle */
	run(b);
	assert_true(quality(b, 0) > 3);
	assert_true(quality(b, 1) > 15);
	free(b);
}

static void test_mp3__the_faintest(void **state)
{
	struct bench *b = bench_new(1);

	(void)state;
	noise(b, 0, 1);
	run(b);
	for (size_t i = 0; i < b->decoded; i++)
		assert_in_range(b->out[i] + 4, 0, 8);
	free(b);
}

static void test_mp3__silence_after_sound_is_silence(void **state)
{
	struct bench *b = bench_new(1);

	(void)state;
	speak(b, 0, 6000);
	memset(b->in + SAMPLES / 2, 0, sizeof(*b->in) * SAMPLES / 2);
	run(b);
	for (size_t i = SAMPLES / 2 + MP3_DELAY + 2 * MP3_FRAME; i < b->decoded; i++)
		assert_int_equal(b->out[i], 0);
	assert_true(quality(b, 0) > 20);
	free(b);
}

/* Each frame for itself: any one can be missing and all after the next sound right. */
static void test_mp3__frames_stand_alone(void **state)
{
	struct bench *whole = bench_new(1), *cut = bench_new(1);
	size_t first = 20 * MP3_FRAME;

	(void)state;
	speak(whole, 0, 6000);
	run(whole);
	memcpy(cut->in, whole->in, sizeof(cut->in));
	encode(cut);
	memmove(cut->coded, cut->coded + 20 * MP3_FRAME_BYTES, (FRAMES - 20) * MP3_FRAME_BYTES);
	decode(cut);
	for (size_t i = 2 * MP3_FRAME; i < 30 * MP3_FRAME; i++)
		assert_int_equal(cut->out[i], whole->out[first + i]);
	free(whole);
	free(cut);
}

/* The count that decides must be what is written, whatever the values. */
static void test_mp3_plan__counts_what_it_writes(void **state)
{
	uint16_t values[MP3_FRAME];
	float lines[MP3_FRAME];
	uint8_t out[4096];

	(void)state;
	srand(1);
	for (int round = 0; round < 3000; round++) {
		int max = 1 << rand() % 13, filled = rand() % (MP3_FRAME + 1);
		struct mp3_bits bits = {.out = out};
		struct mp3_plan plan;

		memset(values, 0, sizeof(values));
		for (int i = 0; i < MP3_FRAME; i++) {
			lines[i] = rand() % 2 ? 1 : -1;
			if (i < filled)
				values[i] = (uint16_t)(rand() % (rand() % 3 ? 2 : max + 1));
		}
		values[0] = round % 100 ? values[0] : MP3_MAX_VALUE;
		mp3_plan_make(&plan, values);
		mp3_plan_write(&plan, values, lines, &bits);
		assert_int_equal((bits.out - out) * 8 + bits.count, plan.bits);
		assert_int_equal(
			2 * plan.pairs, plan.regions[0] + plan.regions[1] + plan.regions[2]);
	}
}

/* No code is the beginning of another, and together they use all there are. */
static void test_mp3_tables__are_whole(void **state)
{
	(void)state;
	for (size_t t = 0; t < MP3_TABLES; t++) {
		const struct mp3_table *table = &mp3_tables[t];
		size_t size = table->max + 1u, count = table->codes ? size * size : 0;
		double sum = 0;

		for (size_t i = 0; i < count; i++) {
			sum += ldexp(1, -(31 - __builtin_clz(table->codes[i])));
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(table->codes[i], table->codes[j]);
		}
		if (count)
			assert_true(sum == 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mp3__speech_is_clean_at_any_level),
		cmocka_unit_test(test_mp3__narrow_gets_its_rate_doubled),
		cmocka_unit_test(test_mp3__narrow_becomes_wide),
		cmocka_unit_test(test_mp3__channels_do_not_hear_each_other),
		cmocka_unit_test(test_mp3__the_worst_that_can_come),
		cmocka_unit_test(test_mp3__the_faintest),
		cmocka_unit_test(test_mp3__silence_after_sound_is_silence),
		cmocka_unit_test(test_mp3__frames_stand_alone),
		cmocka_unit_test(test_mp3_plan__counts_what_it_writes),
		cmocka_unit_test(test_mp3_tables__are_whole),
	};

	mpg123_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
