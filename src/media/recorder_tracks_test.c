/* A recorder of several tapes: side by side by one clock, coming and going, in their channels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sndfile.h>

#include "base/mem.h"
#include "media/g711.h"
#include "media/recorder.h"
#include "media/upsample.h"

#define FRAME	160
#define PER	(SOUND_FILE_RATE / 8000)
#define SAMPLES 2000000
#define BEGAN	1000000 /* us */

struct bench {
	char directory[64];
	char path[128];
	struct recorder *recorder;
	uint64_t now; /* us */
	int16_t *read;
	sf_count_t frames;
	int channels;
};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	strcpy(b->directory, "/tmp/recorder-test-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	b->read = xcalloc(SAMPLES, sizeof(*b->read));
	b->now = BEGAN;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	recorder_free(b->recorder);
	unlink(b->path);
	rmdir(b->directory);
	free(b->read);
	free(b);
	return 0;
}

static void start_as(struct bench *b, const char *format, unsigned channels)
{
	struct recorder_config config = {
		.path = b->path, .format = sound_format_find(format), .channels = channels};

	snprintf(b->path, sizeof(b->path), "%s/a.%s", b->directory, format);
	b->recorder = recorder_new(&config, NULL);
}

static void start(struct bench *b, unsigned channels)
{
	start_as(b, "wav", channels);
}

static struct media_tape *add(struct bench *b, int heard, int sent)
{
	struct media_tape *tape = media_tape_new();

	recorder_add(b->recorder, tape, heard, sent, 0);
	return tape;
}

/* A packet time of a leg: 20 ms that end now, packet `number` of what it says and is sent. */
static void turn(
	struct bench *b, struct media_tape *tape, uint32_t number, uint8_t heard, uint8_t sent)
{
	uint8_t data[FRAME];
	struct rtp_packet rtp = {
		.ssrc = 7, .timestamp = number * FRAME, .payload = data, .length = sizeof(data)};

	memset(data, heard, sizeof(data));
	tape_heard(tape, &codec_pcmu, &rtp, b->now);
	memset(data, sent, sizeof(data));
	tape_sent(tape, &codec_pcmu, data, sizeof(data));
	tape_step(tape, 20, b->now);
}

static void finish(struct bench *b)
{
	SF_INFO info = {0};
	SNDFILE *file;

	assert_int_equal(recorder_drain(b->recorder, true), 0);
	assert_int_equal(recorder_lost_blocks(b->recorder), 0);
	file = sf_open(b->path, SFM_READ, &info);
	assert_non_null(file);
	b->channels = info.channels;
	b->frames = sf_readf_short(file, b->read, SAMPLES / info.channels);
	/* Of an MP3 without a header libsndfile can only guess the length. */
	if ((info.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_MPEG)
		assert_int_equal(b->frames, info.frames);
	sf_close(file);
}

/* The sample in the middle of 20 ms, counted from the beginning. */
static int16_t middle(const struct bench *b, unsigned frame, int channel)
{
	size_t at = ((size_t)frame * FRAME + FRAME / 2 + UPSAMPLE_DELAY) * PER;

	assert_true((sf_count_t)at < b->frames);
	return b->read[at * (size_t)b->channels + (size_t)channel];
}

/* Three legs; the second comes after 200 ms, the third when the first has gone. */
static void test_tracks__lie_where_they_began(void **state)
{
	struct bench *b = *state;
	struct media_tape *tape[3] = {NULL};

	start(b, 3);
	tape[0] = add(b, 0, RECORDER_NOWHERE);
	for (unsigned i = 0; i < 120; i++, b->now += 20000) {
		if (i == 10)
			tape[1] = add(b, 1, RECORDER_NOWHERE);
		if (i == 60)
			tape[2] = add(b, 2, RECORDER_NOWHERE);
		if (i < 50)
			turn(b, tape[0], i, (uint8_t)(0x80 + i), 0x30);
		if (i >= 10 && i < 110)
			turn(b, tape[1], i, (uint8_t)(0x80 + i), 0x30);
		if (i >= 60)
			turn(b, tape[2], i, (uint8_t)(0x80 + i), 0x30);
		if (i == 50)
			recorder_end(b->recorder, tape[0]);
		if (i % 15 == 14)
			assert_int_equal(recorder_drain(b->recorder, false), 0);
	}
	finish(b);
	assert_int_equal(b->frames, (120 * FRAME + UPSAMPLE_DELAY) * PER);
	for (unsigned i = 0; i < 120; i++) {
		int16_t said = ulaw_decode((uint8_t)(0x80 + i));

		assert_int_equal(middle(b, i, 0), i < 50 ? said : 0);
		assert_int_equal(middle(b, i, 1), i >= 10 && i < 110 ? said : 0);
		assert_int_equal(middle(b, i, 2), i >= 60 ? said : 0);
	}
}

/* A media thread that had no time for two seconds: what comes after lies where it belongs. */
static void test_tracks__keep_up_with_time(void **state)
{
	struct bench *b = *state;
	struct media_tape *tape[2];

	start(b, 2);
	for (int i = 0; i < 2; i++)
		tape[i] = add(b, i, RECORDER_NOWHERE);
	for (unsigned i = 0; i < 180; i++, b->now += 20000) {
		turn(b, tape[0], i, 0x90, 0xff);
		if (i < 20 || i >= 120)
			turn(b, tape[1], i, 0xa0, 0xff);
		if (i % 20 == 19)
			assert_int_equal(recorder_drain(b->recorder, false), 0);
	}
	finish(b);
	assert_int_equal(middle(b, 18, 1), ulaw_decode(0xa0));
	assert_int_equal(middle(b, 60, 1), 0);
	assert_int_equal(middle(b, 125, 1), ulaw_decode(0xa0));
	assert_int_equal(middle(b, 178, 1), ulaw_decode(0xa0));
	assert_in_range(b->frames, (179 * FRAME + UPSAMPLE_DELAY) * PER,
		(181 * FRAME + UPSAMPLE_DELAY) * PER);
}

/* Nobody is there for ten seconds: time goes on. */
static void test_tracks__a_gap_between_them_stays(void **state)
{
	struct bench *b = *state;
	struct media_tape *tape;

	start(b, 1);
	for (unsigned round = 0; round < 2; round++) {
		tape = add(b, 0, RECORDER_NOWHERE);
		for (unsigned i = 0; i < 40; i++, b->now += 20000)
			turn(b, tape, i, 0x90, 0xff);
		recorder_end(b->recorder, tape);
		assert_int_equal(recorder_drain(b->recorder, false), 0);
		b->now += round ? 0 : 10000000;
	}
	finish(b);
	assert_int_equal(middle(b, 38, 0), ulaw_decode(0x90));
	assert_int_equal(middle(b, 42, 0), 0);
	assert_int_equal(middle(b, 538, 0), 0);
	assert_int_equal(middle(b, 542, 0), ulaw_decode(0x90));
	assert_int_equal(b->frames, (580 * FRAME + UPSAMPLE_DELAY) * PER);
}

/* Whom there is no channel for goes into the last; where everybody goes there is a mix. */
static void test_tracks__share_the_last_channel(void **state)
{
	struct bench *b = *state;
	struct media_tape *tape[5];

	start(b, 3);
	for (int i = 0; i < 5; i++)
		tape[i] = add(b, i, i == 4 ? 0 : RECORDER_NOWHERE);
	for (unsigned frame = 0; frame < 50; frame++, b->now += 20000)
		for (int i = 0; i < 5; i++)
			turn(b, tape[i], frame, (uint8_t)(0xb0 + i), 0xc0);
	finish(b);
	assert_int_equal(middle(b, 20, 0), ulaw_decode(0xb0) + ulaw_decode(0xc0));
	assert_int_equal(middle(b, 20, 1), ulaw_decode(0xb1));
	assert_int_equal(
		middle(b, 20, 2), ulaw_decode(0xb2) + ulaw_decode(0xb3) + ulaw_decode(0xb4));
}

/* Pauses are left out; who comes after one lies where the others have come to. */
static void test_tracks__pause_together(void **state)
{
	struct bench *b = *state;
	struct media_tape *tape[2];

	start(b, 2);
	tape[0] = add(b, 0, RECORDER_NOWHERE);
	for (unsigned i = 0; i < 30; i++, b->now += 20000)
		turn(b, tape[0], i, 0x90, 0xff);
	tape_pause(tape[0], true, b->now);
	b->now += 5000000;
	tape_pause(tape[0], false, b->now);
	tape[1] = media_tape_new();
	recorder_add(b->recorder, tape[1], 1, RECORDER_NOWHERE, 5000000);
	for (unsigned i = 30; i < 60; i++, b->now += 20000) {
		turn(b, tape[0], i, 0xa0, 0xff);
		turn(b, tape[1], i, 0xb0, 0xff);
	}
	finish(b);
	assert_int_equal(b->frames, (60 * FRAME + UPSAMPLE_DELAY) * PER);
	assert_int_equal(middle(b, 28, 0), ulaw_decode(0x90));
	assert_int_equal(middle(b, 28, 1), 0);
	assert_int_equal(middle(b, 31, 0), ulaw_decode(0xa0));
	assert_int_equal(middle(b, 31, 1), ulaw_decode(0xb0));
}

/* A stream's sound keeps the rate that it has, up to the file's. */
static void test_tracks__of_streams(void **state)
{
	static const unsigned rates[] = {16000, 24000, 48000};
	struct bench *b = *state;
	struct media_tape *tape[3];

	start(b, 4);
	for (int i = 0; i < 3; i++)
		tape[i] = add(b, i, 3);
	for (unsigned frame = 0; frame < 30; frame++, b->now += 20000) {
		for (int i = 0; i < 3; i++) {
			int16_t pcm[960];
			size_t samples = rates[i] / 50;
			struct rtp_packet rtp = {.timestamp = (uint32_t)(frame * samples),
				.payload = (const uint8_t *)pcm,
				.length = samples * sizeof(pcm[0])};

			for (size_t k = 0; k < samples; k++)
				pcm[k] = (int16_t)(1000 * (i + 1) + (int)frame);
			tape_heard(tape[i], codec_l16(rates[i]), &rtp, b->now);
			tape_sent(tape[i], codec_l16(rates[i]), (const uint8_t *)pcm, rtp.length);
			tape_step(tape[i], 20, b->now);
		}
		if (frame % 3 == 0)
			assert_int_equal(recorder_drain(b->recorder, false), 0);
	}
	finish(b);
	for (unsigned frame = 2; frame < 28; frame++) {
		for (int i = 0; i < 3; i++)
			assert_in_range(middle(b, frame, i), 1000 * (i + 1) + (int)frame - 3,
				1000 * (i + 1) + (int)frame + 3);
		assert_in_range(
			middle(b, frame, 3), 6000 + 3 * (int)frame - 9, 6000 + 3 * (int)frame + 9);
	}
}

/* Part of the power of a tenth of a second that lies at a frequency. */
static double share_at(const int16_t *pcm, double hertz)
{
	double re = 0, im = 0, total = 0;
	int count = SOUND_FILE_RATE / 10;

	for (int i = 0; i < count; i++) {
		double angle = 2 * M_PI * hertz * i / SOUND_FILE_RATE;

		re += pcm[i] * cos(angle);
		im += pcm[i] * sin(angle);
		total += (double)pcm[i] * pcm[i];
	}
	return 2 * (re * re + im * im) / (total + 1) / count;
}

static void tone(int16_t *pcm, size_t samples, unsigned rate, double hertz, size_t from)
{
	for (size_t i = 0; i < samples; i++)
		pcm[i] = (int16_t)(8000 * sin(2 * M_PI * hertz * (double)(from + i) / rate));
}

/* A telephone's recording, in whose middle a stream comes that has more. */
static void test_tracks__a_wide_one_comes_into_an_mp3(void **state)
{
	struct bench *b = *state;
	struct media_tape *phone, *stream = NULL;

	start_as(b, "mp3", 1);
	phone = add(b, 0, RECORDER_NOWHERE);
	for (unsigned frame = 0; frame < 150; frame++, b->now += 20000) {
		int16_t narrow[FRAME], wide[2 * FRAME];
		uint8_t code[FRAME];
		struct rtp_packet rtp = {.ssrc = 7,
			.timestamp = frame * FRAME,
			.payload = code,
			.length = sizeof(code)};
		struct rtp_packet l16 = {.timestamp = frame * 2 * FRAME,
			.payload = (const uint8_t *)wide,
			.length = sizeof(wide)};

		tone(narrow, FRAME, 8000, 600, (size_t)frame * FRAME);
		for (int i = 0; i < FRAME; i++)
			code[i] = ulaw_encode(narrow[i]);
		tape_heard(phone, &codec_pcmu, &rtp, b->now);
		tape_step(phone, 20, b->now);
		if (frame == 75)
			stream = add(b, 0, RECORDER_NOWHERE);
		if (stream) {
			tone(wide, 2 * FRAME, 16000, 6000, (size_t)frame * 2 * FRAME);
			tape_heard(stream, codec_l16(16000), &l16, b->now);
			tape_step(stream, 20, b->now);
		}
		if (frame % 10 == 9)
			assert_int_equal(recorder_drain(b->recorder, false), 0);
	}
	finish(b);
	assert_true(share_at(b->read + SOUND_FILE_RATE, 600) > 0.98);
	assert_true(share_at(b->read + 2 * SOUND_FILE_RATE, 600) > 0.4);
	assert_true(share_at(b->read + 2 * SOUND_FILE_RATE, 6000) > 0.4);
	assert_true(b->frames >= 150 * 2 * FRAME);
}

static void test_tracks__thirty_two(void **state)
{
	struct bench *b = *state;
	struct media_tape *tape[32];

	start(b, 32);
	for (int i = 0; i < 32; i++)
		tape[i] = add(b, i, RECORDER_NOWHERE);
	for (unsigned frame = 0; frame < 150; frame++, b->now += 20000) {
		for (int i = 0; i < 32; i++)
			turn(b, tape[i], frame, (uint8_t)(0x80 + i), 0xff);
		if (frame % 25 == 24)
			assert_int_equal(recorder_drain(b->recorder, false), 0);
	}
	finish(b);
	assert_int_equal(b->channels, 32);
	for (int i = 0; i < 32; i++)
		assert_int_equal(middle(b, 100, i), ulaw_decode((uint8_t)(0x80 + i)));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_tracks__lie_where_they_began),
		CASE(test_tracks__keep_up_with_time),
		CASE(test_tracks__a_gap_between_them_stays),
		CASE(test_tracks__share_the_last_channel),
		CASE(test_tracks__pause_together),
		CASE(test_tracks__of_streams),
		CASE(test_tracks__a_wide_one_comes_into_an_mp3),
		CASE(test_tracks__thirty_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
