/* Decoding of real files (test-fixtures/audio, half a second of 440 Hz at half scale), of
 * headers that lie, and of WAV streams in pieces. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/decode.h"
#include "media/g711.h"

#define AUDIO TOP_SRCDIR "/test-fixtures/audio/"

struct wav {
	uint8_t data[200000];
	size_t length;
};

static void add_text(struct wav *wav, const char *text)
{
	memcpy(wav->data + wav->length, text, 4);
	wav->length += 4;
}

static void add(struct wav *wav, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		wav->data[wav->length++] = (uint8_t)(value >> (8 * i));
}

static void make_header(struct wav *wav, uint32_t rate, unsigned channels, uint32_t data_size)
{
	wav->length = 0;
	add_text(wav, "RIFF");
	add(wav, data_size + 36, 4);
	add_text(wav, "WAVE");
	add_text(wav, "fmt ");
	add(wav, 16, 4);
	add(wav, 1, 2);
	add(wav, channels, 2);
	add(wav, rate, 4);
	add(wav, rate * channels * 2, 4);
	add(wav, channels * 2, 2);
	add(wav, 16, 2);
	add_text(wav, "data");
	add(wav, data_size, 4);
}

static void add_tone(struct wav *wav, uint32_t rate, unsigned channels, size_t frames)
{
	for (size_t i = 0; i < frames; i++)
		for (unsigned c = 0; c < channels; c++)
			add(wav, (uint16_t)(int16_t)(16384 * sin(2 * M_PI * 440 * i / rate)), 2);
}

/* RMS in dB against a full-scale sine, and the frequency by zero crossings, of the middle. */
static void measure(const struct prompt *prompt, double *ret_db, double *ret_hz)
{
	size_t length, crossings = 0, first = 400, last;
	double power = 0;
	int16_t before = 0;

	prompt_state(prompt, &length);
	last = length - 400;
	for (size_t i = first; i < last; i++) {
		const uint8_t *data;
		int16_t pcm;

		assert_int_equal(prompt_peek(prompt, i, 1, &data), 1);
		pcm = ulaw_decode(*data);
		crossings += i > first && (pcm < 0) != (before < 0);
		before = pcm;
		power += (double)pcm * pcm;
	}
	*ret_db = 10 * log10(2 * power / (double)(last - first) / (32768.0 * 32768.0));
	*ret_hz = (double)crossings / 2 / ((double)(last - first) / 8000);
}

static struct prompt *decode_ok(const void *data, size_t length, double level)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);
	const char *error = NULL;
	size_t bytes;

	assert_int_equal(decode_file(data, length, level, NULL, prompt, &error), 0);
	assert_null(error);
	assert_int_equal(prompt_state(prompt, &bytes), PROMPT_COMPLETE);
	return prompt;
}

static void check_tone(struct prompt *prompt, double db)
{
	double got_db, got_hz;
	size_t length;

	prompt_state(prompt, &length);
	assert_in_range(length, 3800, 4600); /* MP3 has padding at both ends */
	measure(prompt, &got_db, &got_hz);
	assert_true(fabs(got_db - db) < 0.7);
	assert_true(fabs(got_hz - 440) < 5);
	prompt_unref(prompt);
}

static void check_file(const char *path)
{
	static uint8_t data[200000];
	FILE *file = fopen(path, "rb");
	size_t length;

	assert_non_null(file);
	length = fread(data, 1, sizeof(data), file);
	fclose(file);
	check_tone(decode_ok(data, length, 0), -6.02);
}

static void test_decode__mp3_ogg_and_flac(void **state)
{
	(void)state;
	check_file(AUDIO "tone-440.mp3");
	check_file(AUDIO "tone-440.ogg");
	check_file(AUDIO "tone-440.flac");
}

static void test_decode__wav_of_any_rate_and_channels(void **state)
{
	static const struct {
		uint32_t rate;
		unsigned channels;
	} rows[] = {{8000, 1}, {8000, 2}, {11025, 1}, {16000, 1}, {44100, 2}, {48000, 1}};
	static struct wav wav;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t frames = rows[i].rate / 2;

		make_header(&wav, rows[i].rate, rows[i].channels,
			(uint32_t)frames * rows[i].channels * 2);
		add_tone(&wav, rows[i].rate, rows[i].channels, frames);
		check_tone(decode_ok(wav.data, wav.length, 0), -6.02);
	}
}

static void test_decode__resampled_length_is_exact(void **state)
{
	static struct wav wav;
	struct prompt *prompt;
	size_t length;

	(void)state;
	make_header(&wav, 16000, 1, 32000);
	add_tone(&wav, 16000, 1, 16000);
	prompt = decode_ok(wav.data, wav.length, 0);
	prompt_state(prompt, &length);
	assert_in_range(length, 7999, 8001);
	prompt_unref(prompt);
}

static void test_decode__level_is_20_db_each_way_and_saturates(void **state)
{
	static struct wav wav;
	struct prompt *prompt;
	double db, hz;

	(void)state;
	make_header(&wav, 8000, 1, 8000);
	add_tone(&wav, 8000, 1, 4000);
	check_tone(decode_ok(wav.data, wav.length, -1), -26.02);
	check_tone(decode_ok(wav.data, wav.length, -0.5), -16.02);
	prompt = decode_ok(wav.data, wav.length, 1);
	measure(prompt, &db, &hz);
	assert_true(db > 1.5 && fabs(hz - 440) < 5); /* nearly square, never wrapped */
	prompt_unref(prompt);
}

static void refuse(const void *data, size_t length, const char *word)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);
	const char *error = NULL;
	size_t bytes;

	assert_int_equal(decode_file(data, length, 0, NULL, prompt, &error), -EINVAL);
	assert_non_null(strstr(error, word));
	assert_int_equal(prompt_state(prompt, &bytes), PROMPT_FAILED);
	prompt_unref(prompt);
}

static void test_decode__refuses_what_is_no_sound(void **state)
{
	static const char html[] = "<!DOCTYPE html><html><body>404</body></html>";
	static struct wav wav;

	(void)state;
	refuse("", 0, "empty");
	refuse(html, sizeof(html), "not WAV");
	refuse("RIFF", 4, "cannot be read");
	refuse("ID3\4\0\0\0\0\0\0", 10, "no sound");
	make_header(&wav, 8000, 1, 0);
	refuse(wav.data, wav.length, "no sound");
	make_header(&wav, 768000, 1, 2000);
	add_tone(&wav, 768000, 1, 1000);
	refuse(wav.data, wav.length, "out of bounds");
	make_header(&wav, 8000, 200, 400);
	add_tone(&wav, 8000, 200, 1);
	refuse(wav.data, wav.length, "out of bounds");
}

static void test_decode__header_that_claims_4_gb_costs_what_is_there(void **state)
{
	static struct wav wav;

	(void)state;
	make_header(&wav, 8000, 1, 0xffffffd0);
	add_tone(&wav, 8000, 1, 4000);
	check_tone(decode_ok(wav.data, wav.length, 0), -6.02);
}

static void test_decode__stops_when_cancelled_or_too_long(void **state)
{
	static struct wav wav;
	atomic_bool cancelled = true;
	struct prompt *prompt = prompt_new(&codec_pcmu);
	const char *error = NULL;
	uint8_t filler[4096] = {0};
	size_t length;

	(void)state;
	make_header(&wav, 8000, 1, 8000);
	add_tone(&wav, 8000, 1, 4000);
	assert_int_equal(
		decode_file(wav.data, wav.length, 0, &cancelled, prompt, &error), -ECANCELED);
	prompt_state(prompt, &length);
	assert_int_equal(length, 0);
	while (prompt_append(prompt, filler, sizeof(filler)) == 0)
		;
	assert_int_equal(decode_file(wav.data, wav.length, 0, NULL, prompt, &error), -EFBIG);
	assert_non_null(strstr(error, "limit"));
	prompt_unref(prompt);
}

static void check_stream(uint32_t data_size, size_t piece)
{
	static struct wav wav;
	struct prompt *prompt = prompt_new(&codec_pcmu);
	struct decode_stream *stream = decode_stream_new(prompt, 0);
	size_t length;

	make_header(&wav, 22050, 1, data_size);
	add_tone(&wav, 22050, 1, 11025);
	for (size_t at = 0; at < wav.length; at += piece) {
		size_t take = wav.length - at < piece ? wav.length - at : piece;

		assert_int_equal(decode_stream_feed(stream, wav.data + at, take), 0);
	}
	assert_null(decode_stream_close(stream, false));
	assert_int_equal(prompt_state(prompt, &length), PROMPT_COMPLETE);
	check_tone(prompt, -6.02);
}

static void test_stream__takes_pieces_of_any_size(void **state)
{
	(void)state;
	check_stream(0, 1);
	check_stream(0, 7);
	check_stream(0x7fffffff, 4096);
	check_stream(0xffffffff, 100000);
	check_stream(22050, 333);
}

static void test_stream__refuses_what_is_not_16_bit_wav(void **state)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);
	struct decode_stream *stream = decode_stream_new(prompt, 0);
	static struct wav wav;
	size_t length;

	(void)state;
	assert_int_equal(decode_stream_feed(stream, "usage: speak TEXT", 17), -EINVAL);
	assert_int_equal(decode_stream_feed(stream, "x", 1), -EINVAL);
	decode_stream_close(stream, false);
	assert_int_equal(prompt_state(prompt, &length), PROMPT_FAILED);
	prompt_unref(prompt);

	prompt = prompt_new(&codec_pcmu);
	stream = decode_stream_new(prompt, 0);
	make_header(&wav, 8000, 1, 0);
	wav.data[34] = 8; /* bits per sample */
	assert_int_equal(decode_stream_feed(stream, wav.data, wav.length), -EINVAL);
	decode_stream_close(stream, false);
	prompt_unref(prompt);
}

static void test_stream__that_broke_off_keeps_what_came(void **state)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);
	struct decode_stream *stream = decode_stream_new(prompt, 0);
	static struct wav wav;
	size_t length;

	(void)state;
	make_header(&wav, 8000, 1, 0);
	add_tone(&wav, 8000, 1, 800);
	assert_int_equal(decode_stream_feed(stream, wav.data, wav.length), 0);
	assert_int_equal(prompt_state(prompt, &length), PROMPT_GROWING);
	assert_int_equal(length, 800);
	decode_stream_close(stream, true);
	assert_int_equal(prompt_state(prompt, &length), PROMPT_FAILED);
	prompt_unref(prompt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode__mp3_ogg_and_flac),
		cmocka_unit_test(test_decode__wav_of_any_rate_and_channels),
		cmocka_unit_test(test_decode__resampled_length_is_exact),
		cmocka_unit_test(test_decode__level_is_20_db_each_way_and_saturates),
		cmocka_unit_test(test_decode__refuses_what_is_no_sound),
		cmocka_unit_test(test_decode__header_that_claims_4_gb_costs_what_is_there),
		cmocka_unit_test(test_decode__stops_when_cancelled_or_too_long),
		cmocka_unit_test(test_stream__takes_pieces_of_any_size),
		cmocka_unit_test(test_stream__refuses_what_is_not_16_bit_wav),
		cmocka_unit_test(test_stream__that_broke_off_keeps_what_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
