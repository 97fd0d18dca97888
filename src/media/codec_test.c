/* G.711 against the recommendation's own tables of decision values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "media/codec.h"
#include "media/g711.h"

/* G.711 tables 1 and 2 in their plain reading: the segments' end points one by one. The
 * value is a magnitude of 13 (A-law, with a half step) or 14 bits; the answer is the number
 * of the interval that it falls into, 0-127. */
static int interval(int magnitude, int first_width, int second_segment_is_wider)
{
	int lower = 0, width = first_width, number = 0;

	for (int segment = 0; segment < 8; segment++) {
		for (int step = 0; step < 16; step++, number++) {
			int upper = lower + width;

			if (!second_segment_is_wider && number == 0)
				upper = lower + width / 2;
			if (magnitude < upper)
				return number;
			lower = upper;
		}
		if (segment > 0 || second_segment_is_wider == 0)
			width *= 2;
	}
	return 127;
}

static uint8_t reference_ulaw(int sample)
{
	int magnitude = (sample < 0 ? ~sample : sample) >> 2;

	return (uint8_t)((sample < 0 ? 0x7f : 0xff) - interval(magnitude, 2, 0));
}

static uint8_t reference_alaw(int sample)
{
	int magnitude = (sample < 0 ? ~sample : sample) >> 4;

	return (uint8_t)((interval(magnitude, 1, 1) | (sample < 0 ? 0 : 0x80)) ^ 0x55);
}

static void test_g711__encodes_every_sample_as_the_tables_say(void **state)
{
	(void)state;
	for (int sample = -32768; sample <= 32767; sample++) {
		int16_t pcm = (int16_t)sample;
		uint8_t coded;

		assert_int_equal(ulaw_encode(pcm), reference_ulaw(sample));
		assert_int_equal(alaw_encode(pcm), reference_alaw(sample));
		codec_pcmu.encode(&pcm, 1, &coded);
		assert_int_equal(coded, reference_ulaw(sample));
		codec_pcma.encode(&pcm, 1, &coded);
		assert_int_equal(coded, reference_alaw(sample));
	}
}

/* The decoder's value lies in the encoder's interval, within half of its width. */
static void test_g711__decodes_to_the_middle_of_the_interval(void **state)
{
	(void)state;
	for (int sample = -32768; sample <= 32767; sample++) {
		int u = ulaw_decode(ulaw_encode((int16_t)sample));
		int a = alaw_decode(alaw_encode((int16_t)sample));
		int size = abs(sample);

		assert_true(abs(u - sample) <= size / 32 + 8 || size > 32635);
		assert_true(abs(a - sample) <= size / 32 + 8);
	}
	assert_int_equal(ulaw_decode(0x80), 32124); /* G.711 table 2a: 8031 of 14 bits */
	assert_int_equal(ulaw_decode(0x00), -32124);
	assert_int_equal(ulaw_decode(0xff), 0);
	assert_int_equal(alaw_decode(0xaa), 32256); /* table 1a: 4032 of 13 bits */
	assert_int_equal(alaw_decode(0xd5), 8);
	assert_int_equal(alaw_decode(0x55), -8);
}

static void test_g711__codes_survive_a_round_trip(void **state)
{
	(void)state;
	for (int code = 0; code < 256; code++) {
		if (code != 0x7f) /* minus zero comes back as plus zero */
			assert_int_equal(ulaw_encode(ulaw_decode((uint8_t)code)), code);
		assert_int_equal(alaw_encode(alaw_decode((uint8_t)code)), code);
	}
}

static void test_codec__is_found_by_name_and_number(void **state)
{
	(void)state;
	assert_ptr_equal(codec_find("pcmu", 8000), &codec_pcmu);
	assert_ptr_equal(codec_find("PCMA", 8000), &codec_pcma);
	assert_null(codec_find("PCMU", 16000));
	assert_null(codec_find("opus", 48000));
	assert_ptr_equal(codec_find_static(8), &codec_pcma);
	assert_null(codec_find_static(18));
	assert_null(codec_find_static(-1));
}

static void test_codec__silence_is_the_code_of_zero(void **state)
{
	(void)state;
	for (const struct codec *const *row = codec_table; *row; row++) {
		int16_t zero = 0;
		uint8_t code;

		(*row)->encode(&zero, 1, &code);
		assert_int_equal(code, (*row)->silence);
	}
}

static void test_l16__is_the_sound_itself(void **state)
{
	static const int16_t pcm[] = {0, 1, -1, 32767, -32768};
	const struct codec *codec = codec_l16(24000);
	uint8_t out[sizeof(pcm)];
	int16_t back[5];

	(void)state;
	assert_null(codec_l16(44100));
	assert_null(codec_find("L16", 24000));
	assert_int_equal(codec->bytes_per_ms, 48);
	codec->encode(pcm, 5, out);
	assert_int_equal(codec->decode(out, sizeof(out), back), 5);
	assert_memory_equal(back, pcm, sizeof(pcm));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_g711__encodes_every_sample_as_the_tables_say),
		cmocka_unit_test(test_g711__decodes_to_the_middle_of_the_interval),
		cmocka_unit_test(test_g711__codes_survive_a_round_trip),
		cmocka_unit_test(test_codec__is_found_by_name_and_number),
		cmocka_unit_test(test_l16__is_the_sound_itself),
		cmocka_unit_test(test_codec__silence_is_the_code_of_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
