/* Beeps at all frequencies and levels, and all that is none. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/amd_bench.h"
#include "media/beep.h"

struct heard {
	unsigned beeps, faxes;
	double first; /* seconds until the first */
};

static struct heard listen(struct line *line)
{
	struct heard heard = {0};
	struct beep beep = {0};

	for (size_t at = 0; at + BEEP_FRAME <= line->count; at += BEEP_FRAME) {
		enum beep_event event = beep_feed(&beep, line->samples + at);

		if (event != BEEP_NONE && !heard.beeps && !heard.faxes)
			heard.first = (at + BEEP_FRAME) / 8000.0;
		heard.beeps += event == BEEP_HEARD;
		heard.faxes += event == BEEP_FAX;
	}
	line_release(line);
	return heard;
}

static void check_beep(double hertz, double level, double seconds, double noise)
{
	struct line line = {0};
	struct heard heard;
	double begin = 0.4 + fmod(hertz, 160) / 8000; /* anywhere in a frame */

	line_silence(&line, begin);
	line_tone(&line, hertz, 0, level, seconds);
	line_silence(&line, 1);
	line_disturb(&line, 0, noise);
	heard = listen(&line);
	if (heard.beeps != 1 || heard.faxes)
		fail_msg("%.0f Hz, %.0f dB, %.2f s, noise %.0f: %u", hertz, level, seconds, noise,
			heard.beeps);
	assert_true(heard.first > begin + seconds && heard.first < begin + seconds + 0.8);
}

static void test_beep__is_heard_at_all_frequencies(void **state)
{
	(void)state;
	for (double hertz = 400; hertz <= 2500; hertz += 70) {
		for (double level = -36; level <= 0; level += 12) {
			check_beep(hertz, level, 0.17, 0);
			check_beep(hertz, level, 0.5, 5);
		}
	}
	check_beep(1000, -10, 1.5, 0);
	check_beep(2100, -10, 1.2, 0);
}

static void test_beep__is_heard_in_noise(void **state)
{
	(void)state;
	/* A tone of -20 dB has 2317 of root mean square: 10 dB above the noise. */
	for (double hertz = 400; hertz <= 2500; hertz += 100)
		check_beep(hertz, -20, 0.3, 730);
}

static void test_beep__survives_a_lost_packet(void **state)
{
	struct line line = {0};

	(void)state;
	line_silence(&line, 0.4);
	line_tone(&line, 1000, 0, -15, 0.22);
	line_silence(&line, 1);
	for (size_t i = 0; i < BEEP_FRAME; i++)
		line.samples[8000 / 2 + i] = 0;
	assert_int_equal(listen(&line).beeps, 1);
}

static void test_beep__may_fade(void **state)
{
	struct line line = {0};

	(void)state;
	line_tone(&line, 850, 0, -6, 0.6);
	for (size_t i = 0; i < line.count; i++)
		line.samples[i] = (int16_t)(line.samples[i] * pow(10, -3.0 * i / 8000));
	line_silence(&line, 1);
	assert_int_equal(listen(&line).beeps, 1);
}

/* hertz, on and off in seconds, so many times. */
static const struct {
	const char *name;
	double hertz1, hertz2, on, off;
	unsigned times;
} cadences[] = {
	{"ringing, US", 440, 480, 2, 4, 2},
	{"ringing, Europe", 425, 0, 1, 4, 2},
	{"ringing, France", 440, 0, 1.5, 3.5, 2},
	{"ringing, UK", 400, 450, 0.4, 0.2, 4},
	{"ringing, Japan", 384, 416, 1, 2, 2},
	{"busy, US", 480, 620, 0.5, 0.5, 6},
	{"busy, Europe", 425, 0, 0.5, 0.5, 6},
	{"busy, UK", 400, 0, 0.375, 0.375, 6},
	{"congestion", 425, 0, 0.25, 0.25, 8},
	{"reorder, US", 480, 620, 0.25, 0.25, 8},
	{"dial tone, US", 350, 440, 4, 1, 1},
	{"dial tone, Europe", 425, 0, 5, 1, 1},
	{"a line that whistles", 1000, 0, 6, 1, 1},
	{"below", 300, 0, 0.4, 1, 1},
	{"above", 3000, 0, 0.4, 1, 1},
	{"too short", 1000, 0, 0.1, 1, 1},
};

static void test_beep__is_no_tone_of_a_network(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cadences); i++) {
		for (double level = -30; level < 0; level += 12) {
			struct line line = {0};

			for (unsigned n = 0; n < cadences[i].times; n++) {
				line_tone(&line, cadences[i].hertz1, cadences[i].hertz2, level,
					cadences[i].on);
				line_silence(&line, cadences[i].off);
			}
			if (listen(&line).beeps)
				fail_msg("%s, %.0f dB", cadences[i].name, level);
		}
	}
}

static void test_beep__is_no_announcement_of_the_network(void **state)
{
	static const double tones[][3] = {{950, 1400, 1800}, {985.2, 1428.5, 1776.7}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tones); i++) {
		struct line line = {0};

		for (int n = 0; n < 3; n++) {
			line_tone(&line, tones[i][n], 0, -12, 0.33);
			line_silence(&line, 0.03);
		}
		line_silence(&line, 1);
		assert_int_equal(listen(&line).beeps, 0);
	}
}

static void test_beep__is_no_key(void **state)
{
	static const double rows[] = {697, 770, 852, 941}, columns[] = {1209, 1336, 1477, 1633};
	struct line line = {0};

	(void)state;
	for (int i = 0; i < 16; i++) {
		line_tone(&line, rows[i / 4], columns[i % 4], -10, i % 2 ? 0.2 : 0.8);
		line_silence(&line, 1);
	}
	assert_int_equal(listen(&line).beeps, 0);
}

static void test_beep__is_no_fax(void **state)
{
	struct line line = {0};
	struct heard heard;

	(void)state;
	line_silence(&line, 0.5);
	line_tone(&line, 2100, 0, -12, 3);
	line_silence(&line, 1);
	heard = listen(&line);
	assert_int_equal(heard.faxes, 1);
	assert_int_equal(heard.beeps, 0);
	assert_true(heard.first > 1.9 && heard.first < 2.1);
}

/* A melody: steady notes with overtones or without, one after the other. */
static void test_beep__is_no_music(void **state)
{
	static const double scale[] = {440, 494, 523, 587, 659, 698, 784, 880, 988, 1047};
	struct line line = {0};

	(void)state;
	for (int i = 0; i < 60; i++)
		line_tone(&line, scale[i * 7 % 10], i % 3 ? 0 : 2 * scale[i * 7 % 10], -14,
			0.15 + i % 4 * 0.1);
	assert_int_equal(listen(&line).beeps, 0);
}

static void test_beep__is_no_noise(void **state)
{
	(void)state;
	for (double noise = 10; noise < 5000; noise *= 4) {
		struct line line = {0};

		line_silence(&line, 20);
		line_disturb(&line, 0, noise);
		assert_int_equal(listen(&line).beeps, 0);
	}
}

static void test_beep__is_no_speech(void **state)
{
	static const char *const voices[] = {
		"en-us", "en-us+f1", "en-us+f4", "en-us+m3", "en-us+whisper", "de", "es", "cmn"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(voices); i++) {
		struct line line = {0};

		if (!line_speech(&line, voices[i],
			    "Who do you do? You too, soon, two moons. Me, he, she, we see three "
			    "green trees. Oh no, so low. La la la la. One two three four five six "
			    "seven eight nine zero. Leave a message after the tone."))
			skip();
		assert_int_equal(listen(&line).beeps, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beep__is_heard_at_all_frequencies),
		cmocka_unit_test(test_beep__is_heard_in_noise),
		cmocka_unit_test(test_beep__survives_a_lost_packet),
		cmocka_unit_test(test_beep__may_fade),
		cmocka_unit_test(test_beep__is_no_tone_of_a_network),
		cmocka_unit_test(test_beep__is_no_announcement_of_the_network),
		cmocka_unit_test(test_beep__is_no_key),
		cmocka_unit_test(test_beep__is_no_fax),
		cmocka_unit_test(test_beep__is_no_music),
		cmocka_unit_test(test_beep__is_no_noise),
		cmocka_unit_test(test_beep__is_no_speech),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
