/* What lands where in the file: sample by sample, by lost, late and early packets, pauses, a
 * full tape; and that the file can be read while it is being written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sndfile.h>

#include "base/mem.h"
#include "media/g711.h"
#include "media/recorder.h"
#include "media/upsample.h"

#define FRAME	160 /* samples of 20 ms */
#define PER	(SOUND_FILE_RATE / 8000)
#define SAMPLES 400000

struct bench {
	char directory[64];
	char path[128];
	struct media_tape *tape;
	struct recorder *recorder;
	uint32_t timestamp;
	uint64_t now; /* us */
	int16_t read[SAMPLES];
	sf_count_t frames;
	int channels;
};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	strcpy(b->directory, "/tmp/recorder-test-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	b->timestamp = 0xffffff00; /* wraps soon */
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	recorder_free(b->recorder);
	media_tape_free(b->tape);
	unlink(b->path);
	rmdir(b->directory);
	free(b);
	return 0;
}

static void start(struct bench *b, const char *format, unsigned channels)
{
	struct recorder_config config = {
		.path = b->path, .format = sound_format_find(format), .channels = channels};

	snprintf(b->path, sizeof(b->path), "%s/a.%s", b->directory, format);
	b->tape = media_tape_new();
	b->recorder = recorder_new(&config, b->tape);
}

/* One packet time: a packet that is sent, if `sent`, and the step of time. */
static void send(struct bench *b, uint8_t code, bool sent)
{
	uint8_t data[FRAME];

	memset(data, code, sizeof(data));
	if (sent)
		tape_sent(b->tape, &codec_pcmu, data, sizeof(data));
	tape_step(b->tape, 20, b->now += 20000);
}

static void hear(struct bench *b, uint8_t code, uint32_t packet)
{
	uint8_t data[FRAME];
	struct rtp_packet rtp = {.ssrc = 7,
		.timestamp = b->timestamp + packet * FRAME,
		.payload = data,
		.length = sizeof(data)};

	memset(data, code, sizeof(data));
	tape_heard(b->tape, &codec_pcmu, &rtp, b->now);
}

static void read_back(struct bench *b)
{
	SF_INFO info = {0};
	SNDFILE *file = sf_open(b->path, SFM_READ, &info);

	assert_non_null(file);
	assert_int_equal(info.samplerate, SOUND_FILE_RATE);
	b->channels = info.channels;
	b->frames = sf_readf_short(file, b->read, SAMPLES / info.channels);
	/* Of an MP3 without a header libsndfile can only guess the length. */
	if ((info.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_MPEG)
		assert_int_equal(b->frames, info.frames);
	sf_close(file);
}

/* The sample of the file in the middle of packet number `packet`, a place where what is around
 * is the same for longer than the filter. */
static int16_t middle(const struct bench *b, unsigned packet, int channel)
{
	size_t frame = ((size_t)packet * FRAME + FRAME / 2 + UPSAMPLE_DELAY) * PER;

	assert_true((sf_count_t)frame < b->frames);
	return b->read[frame * (size_t)b->channels + (size_t)channel];
}

static void test_split__each_packet_in_its_place(void **state)
{
	struct bench *b = *state;

	start(b, "wav", 2);
	for (uint32_t i = 0; i < 100; i++) {
		hear(b, (uint8_t)(0x80 + i), i);
		send(b, (uint8_t)(0x7f - i), true);
		if (i % 25 == 24)
			assert_int_equal(recorder_drain(b->recorder, false), 0);
	}
	assert_int_equal(recorder_drain(b->recorder, true), 0);
	read_back(b);
	assert_int_equal(b->channels, 2);
	assert_int_equal(b->frames, (100 * FRAME + UPSAMPLE_DELAY) * PER);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(middle(b, i, 0), ulaw_decode((uint8_t)(0x80 + i)));
		assert_int_equal(middle(b, i, 1), ulaw_decode((uint8_t)(0x7f - i)));
	}
}

static void test_mono__both_are_added(void **state)
{
	struct bench *b = *state;

	start(b, "wav", 1);
	for (uint32_t i = 0; i < 50; i++) {
		hear(b, 0xa0, i);
		send(b, i < 25 ? 0x20 : 0xa0, true);
	}
	assert_int_equal(recorder_drain(b->recorder, true), 0);
	read_back(b);
	assert_int_equal(b->channels, 1);
	assert_int_equal(middle(b, 10, 0), 0);
	assert_int_equal(middle(b, 40, 0), 2 * ulaw_decode(0xa0));
}

/* Packet 20 is lost, 30 comes 200 ms late, 40 and 41 change places. */
static void test_holes__are_silence_in_the_right_place(void **state)
{
	struct bench *b = *state;

	start(b, "wav", 2);
	for (uint32_t i = 0; i < 80; i++) {
		uint32_t said = i == 40 ? 41 : i == 41 ? 40 : i;

		if (i != 20 && i != 30)
			hear(b, (uint8_t)(0x80 + said), said);
		if (i == 40)
			hear(b, 0x80 + 30, 30);
		send(b, 0, i != 50);
		if (i % 20 == 19)
			assert_int_equal(recorder_drain(b->recorder, false), 0);
	}
	assert_int_equal(recorder_drain(b->recorder, true), 0);
	read_back(b);
	for (unsigned i = 0; i < 80; i++) {
		int16_t heard = i == 20 ? 0 : ulaw_decode((uint8_t)(0x80 + i));

		assert_int_equal(middle(b, i, 0), heard);
		assert_int_equal(middle(b, i, 1), i == 50 ? 0 : ulaw_decode(0));
	}
}

/* A sender that begins a new stream, or whose clock jumps, goes on from now. */
static void test_jump__goes_on_from_now(void **state)
{
	struct bench *b = *state;

	start(b, "wav", 2);
	for (uint32_t i = 0; i < 60; i++) {
		if (i == 30)
			b->timestamp += 1000000;
		hear(b, (uint8_t)(0x80 + i), i);
		send(b, 0xff, true);
	}
	assert_int_equal(recorder_drain(b->recorder, true), 0);
	read_back(b);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(middle(b, i, 0), ulaw_decode((uint8_t)(0x80 + i)));
}

static void test_pause__is_left_out(void **state)
{
	struct bench *b = *state;

	start(b, "wav", 2);
	for (uint32_t i = 0; i < 60; i++) {
		if (i == 20)
			tape_pause(b->tape, true, b->now);
		if (i == 40)
			tape_pause(b->tape, false, b->now);
		hear(b, (uint8_t)(0x80 + i), i);
		send(b, (uint8_t)i, true);
	}
	assert_int_equal(recorder_drain(b->recorder, true), 0);
	read_back(b);
	assert_int_equal(b->frames, (40 * FRAME + UPSAMPLE_DELAY) * PER);
	for (unsigned i = 0; i < 40; i++) {
		unsigned said = i < 20 ? i : i + 20;

		assert_int_equal(middle(b, i, 0), ulaw_decode((uint8_t)(0x80 + said)));
		assert_int_equal(middle(b, i, 1), ulaw_decode((uint8_t)said));
	}
}

/* Nobody reads for 10 s: what did not fit is counted and is silence, what comes later is in its
 * place. */
static void test_full__is_counted_and_silent(void **state)
{
	struct bench *b = *state;

	start(b, "wav", 2);
	for (uint32_t i = 0; i < 500; i++) {
		hear(b, 0x80, i);
		send(b, 0x80, true);
	}
	assert_int_equal(recorder_drain(b->recorder, false), 0);
	assert_int_equal(recorder_lost_blocks(b->recorder), 1000 - 256);
	for (uint32_t i = 500; i < 550; i++) {
		hear(b, 0x90, i);
		send(b, 0x91, true);
	}
	assert_int_equal(recorder_drain(b->recorder, true), 0);
	read_back(b);
	assert_int_equal(middle(b, 127, 0), ulaw_decode(0x80));
	assert_int_equal(middle(b, 130, 0), 0);
	assert_int_equal(middle(b, 498, 1), 0);
	assert_int_equal(middle(b, 520, 0), ulaw_decode(0x90));
	assert_int_equal(middle(b, 520, 1), ulaw_decode(0x91));
}

/* As a reader sees it who comes after a crash: the header is true of what is there. */
static void test_growing__can_be_read_at_any_time(void **state)
{
	static const char *const formats[] = {"wav", "mp3"};
	struct bench *b = *state;

	for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
		recorder_free(b->recorder);
		media_tape_free(b->tape);
		unlink(b->path);
		start(b, formats[f], 1);
		for (uint32_t i = 0; i < 200; i++) {
			hear(b, 0x90, i);
			send(b, 0xff, true);
			if (i % 25 != 24)
				continue;
			assert_int_equal(recorder_drain(b->recorder, false), 0);
			if (i < 50)
				continue;
			read_back(b);
			/* The hold, and what the encoder keeps back: less than a second. */
			assert_true(b->frames > (sf_count_t)(i + 1 - 35) * FRAME * PER);
			assert_true(b->frames <= (sf_count_t)(i + 10) * FRAME * PER);
		}
		assert_int_equal(recorder_drain(b->recorder, true), 0);
	}
}

static void test_formats__all_have_the_sound(void **state)
{
	struct bench *b = *state;

	for (const struct sound_format *const *row = sound_formats; *row; row++) {
		struct stat st;
		int peak = 0;

		recorder_free(b->recorder);
		media_tape_free(b->tape);
		unlink(b->path);
		start(b, (*row)->name, 2);
		for (uint32_t i = 0; i < 250; i++) {
			hear(b, i % 2 ? 0x90 : 0x10, i);
			send(b, 0xff, true);
			if (i % 25 == 24)
				assert_int_equal(recorder_drain(b->recorder, false), 0);
		}
		assert_int_equal(recorder_drain(b->recorder, true), 0);
		assert_int_equal(stat(b->path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(st.st_size, recorder_size(b->recorder));
		read_back(b);
		assert_int_equal(b->channels, 2);
		assert_in_range(b->frames, 250 * FRAME * PER, 260 * FRAME * PER);
		for (sf_count_t i = 0; i < b->frames; i++)
			peak = abs(b->read[2 * i]) > peak ? abs(b->read[2 * i]) : peak;
		assert_in_range(peak, 10000, 32768);
	}
}

static void test_channels__beyond_two_are_silent(void **state)
{
	struct bench *b = *state;

	start(b, "wav", 5);
	for (uint32_t i = 0; i < 30; i++) {
		hear(b, 0x90, i);
		send(b, 0x91, true);
	}
	assert_int_equal(recorder_drain(b->recorder, true), 0);
	read_back(b);
	assert_int_equal(b->channels, 5);
	assert_int_equal(middle(b, 10, 0), ulaw_decode(0x90));
	assert_int_equal(middle(b, 10, 1), ulaw_decode(0x91));
	for (int c = 2; c < 5; c++)
		assert_int_equal(middle(b, 10, c), 0);
}

static void test_silence__is_of_the_caller(void **state)
{
	struct bench *b = *state;

	start(b, "wav", 1);
	for (uint32_t i = 0; i < 200; i++) {
		hear(b, i < 100 ? (i % 2 ? 0x90 : 0x10) : 0xfe, i);
		send(b, i % 2 ? 0x90 : 0x10, true);
		if (i == 99) {
			assert_int_equal(recorder_drain(b->recorder, false), 0);
			assert_int_equal(recorder_silent_ms(b->recorder), 0);
		}
	}
	assert_int_equal(recorder_drain(b->recorder, true), 0);
	assert_int_equal(recorder_silent_ms(b->recorder), 2000);
	assert_int_equal(recorder_ms(b->recorder), 4000);
}

static void test_error__is_told_and_the_tape_emptied(void **state)
{
	struct bench *b = *state;

	start(b, "wav", 1);
	snprintf(b->path, sizeof(b->path), "%s/none/a.wav", b->directory);
	recorder_free(b->recorder);
	b->recorder = recorder_new(
		&(struct recorder_config){
			.path = b->path, .format = sound_format_find("wav"), .channels = 1},
		b->tape);
	for (uint32_t i = 0; i < 300; i++) {
		send(b, 0x91, true);
		if (i % 50 == 49)
			assert_int_equal(recorder_drain(b->recorder, false), -2);
	}
	assert_int_equal(recorder_drain(b->recorder, true), -2);
	assert_int_equal(recorder_lost_blocks(b->recorder), 0);
}

/* What has 1 kHz stays that: its mirror at 7 kHz is at least 40 dB below. */
static void test_upsample__keeps_a_tone(void **state)
{
	static const int16_t cycle[8] = {0, 7071, 10000, 7071, 0, -7071, -10000, -7071};
	int16_t in[800], out[1600];
	struct upsample up;
	long error = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		in[i] = cycle[i % 8];
	upsample_init(&up);
	upsample_run(&up, in, ARRAY_SIZE(in), out, 1);
	for (size_t i = 200; i < ARRAY_SIZE(out) - 8; i++) {
		/* The same wave sampled twice as often repeats after 16 and turns after 8. */
		error = labs(out[i] + out[i + 8]) > error ? labs(out[i] + out[i + 8]) : error;
		if (i % 2 == 0)
			assert_int_equal(out[i], in[i / 2 - UPSAMPLE_DELAY]);
	}
	assert_in_range(error, 0, 2);
	/* Between 0 and 7071 lies sin(22.5 deg). */
	assert_in_range(out[2 * (400 + UPSAMPLE_DELAY) + 1], 3827 - 100, 3827 + 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_split__each_packet_in_its_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mono__both_are_added, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_holes__are_silence_in_the_right_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jump__goes_on_from_now, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pause__is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full__is_counted_and_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_growing__can_be_read_at_any_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_formats__all_have_the_sound, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_channels__beyond_two_are_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silence__is_of_the_caller, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_error__is_told_and_the_tape_emptied, setup, teardown),
		cmocka_unit_test(test_upsample__keeps_a_tone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
