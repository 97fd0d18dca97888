/* What a recogniser is given: speech with a little around it, pauses, no silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "media/segmenter.h"

#define RATE  8000
#define FRAME (RATE * VAD_FRAME_MS / 1000)

/* What was seen, in words: "begin 420 end silence". */
struct bench {
	struct segmenter *segmenter;
	struct strbuf seen;
	size_t samples; /* given in this segment */
	size_t given[8];
	size_t segments;
	unsigned ms;
	int16_t first, last; /* sample of the segment */
};

static void on_begin(void *arg, uint64_t at_ms)
{
	struct bench *b = arg;

	strbuf_addf(&b->seen, "begin %u ", (unsigned)at_ms);
	b->samples = 0;
}

static void on_sound(void *arg, const int16_t *pcm, size_t samples)
{
	struct bench *b = arg;

	if (b->samples == 0)
		b->first = pcm[0];
	b->samples += samples;
	b->last = pcm[samples - 1];
}

static void on_end(void *arg, enum segment_end why)
{
	static const char *const names[] = {"silence", "too long", "cut"};
	struct bench *b = arg;

	strbuf_addf(&b->seen, "end %s ", names[why]);
	b->given[b->segments++] = b->samples;
}

static const struct segmenter_handler handler = {
	.on_begin = on_begin, .on_sound = on_sound, .on_end = on_end};

static void open_bench(struct bench *b, unsigned end_ms, unsigned max_ms)
{
	*b = (struct bench){.seen = STRBUF_INIT};
	b->segmenter = segmenter_new(
		&(struct segmenter_config){
			.rate = RATE, .sensitivity = 90, .end_ms = end_ms, .max_ms = max_ms},
		&handler, b);
}

static void close_bench(struct bench *b)
{
	segmenter_free(b->segmenter);
	strbuf_release(&b->seen);
}

/* Silence has the small value that says when it was. */
static void silence(struct bench *b, unsigned ms)
{
	int16_t pcm[FRAME];

	for (; ms > 0; ms -= VAD_FRAME_MS, b->ms += VAD_FRAME_MS) {
		for (size_t i = 0; i < FRAME; i++)
			pcm[i] = (int16_t)(b->ms / VAD_FRAME_MS);
		segmenter_frame(b->segmenter, pcm);
	}
}

/* A voice whose loudness goes up and down. */
static void speech(struct bench *b, unsigned ms)
{
	int16_t pcm[FRAME];

	for (; ms > 0; ms -= VAD_FRAME_MS, b->ms += VAD_FRAME_MS) {
		double level = 6000 + 4000 * sin(b->ms / 50.0);

		for (size_t i = 0; i < FRAME; i++)
			pcm[i] = (int16_t)(level * sin(2 * M_PI * 150 * (double)i / RATE));
		segmenter_frame(b->segmenter, pcm);
	}
}

static void test_segmenter__gives_speech_with_a_little_around_it(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 800, 60000);
	silence(&b, 1000);
	speech(&b, 1000);
	silence(&b, 2000);
	assert_string_equal(b.seen.data, "begin 700 end silence ");
	assert_int_equal(b.given[0], (1000 + 2 * SEGMENT_LEAD_MS) * RATE / 1000);
	assert_int_equal(b.first, 700 / VAD_FRAME_MS);
	assert_int_equal(b.last, 2280 / VAD_FRAME_MS);
	close_bench(&b);
}

static void test_segmenter__keeps_pauses_within_speech(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 800, 60000);
	silence(&b, 1000);
	speech(&b, 400);
	silence(&b, 700);
	speech(&b, 400);
	silence(&b, 1000);
	assert_string_equal(b.seen.data, "begin 700 end silence ");
	assert_int_equal(b.given[0], (1500 + 2 * SEGMENT_LEAD_MS) * RATE / 1000);
	close_bench(&b);
}

static void test_segmenter__gives_one_after_the_other(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 400, 60000);
	speech(&b, 400); /* from the very beginning */
	silence(&b, 1000);
	speech(&b, 400);
	silence(&b, 1000);
	assert_int_equal(b.segments, 2);
	assert_true(strncmp(b.seen.data, "begin 0 end silence begin 1100 end silence", 42) == 0);
	close_bench(&b);
}

static void test_segmenter__ends_what_is_too_long(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 800, 2000);
	silence(&b, 1000);
	speech(&b, 5000);
	silence(&b, 1000);
	assert_string_equal(b.seen.data, "begin 700 end too long begin 3000 end too long "
					 "begin 5000 end silence ");
	assert_in_range(b.given[0], 2300 * RATE / 1000, 2320 * RATE / 1000);
	close_bench(&b);
}

static void test_segmenter__can_be_ended(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 800, 60000);
	segmenter_end(b.segmenter);
	silence(&b, 1000);
	segmenter_end(b.segmenter);
	assert_string_equal(b.seen.data, "");
	speech(&b, 600);
	segmenter_end(b.segmenter);
	segmenter_end(b.segmenter);
	silence(&b, 1000);
	assert_string_equal(b.seen.data, "begin 700 end cut ");
	assert_int_equal(b.given[0], (600 + SEGMENT_LEAD_MS) * RATE / 1000);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segmenter__gives_speech_with_a_little_around_it),
		cmocka_unit_test(test_segmenter__keeps_pauses_within_speech),
		cmocka_unit_test(test_segmenter__gives_one_after_the_other),
		cmocka_unit_test(test_segmenter__ends_what_is_too_long),
		cmocka_unit_test(test_segmenter__can_be_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
