/* Stream legs: what is written is played in order and accounted for exactly; what the leg hears
 * comes in frames. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/engine_peer.h"
#include "media/stream.h"
#include "media/tape.h"

#define RATE	    16000
#define FRAME_16K   320
#define MAX_SAMPLES (RATE * 10)

struct listener {
	struct peer *f;
	struct media_leg *leg;
	int16_t heard[MAX_SAMPLES];
	size_t samples, frames, free_at;
	uint32_t marks[64];
	bool cleared[64];
	unsigned mark_count, ends;
	uint32_t played_ms;
};

static void on_frame(void *arg, const int16_t *pcm, size_t samples)
{
	struct listener *l = arg;

	assert_int_equal(samples, FRAME_16K);
	assert_true(l->samples + samples <= MAX_SAMPLES);
	memcpy(l->heard + l->samples, pcm, samples * sizeof(*pcm));
	l->samples += samples;
	if (++l->frames == l->free_at)
		l->leg = media_leg_free(l->leg);
}

static void on_mark(void *arg, uint32_t mark, bool cleared)
{
	struct listener *l = arg;

	l->marks[l->mark_count % 64] = mark;
	l->cleared[l->mark_count++ % 64] = cleared;
}

static void on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct listener *l = arg;

	(void)play;
	assert_int_equal(end, MEDIA_PLAY_DONE);
	l->played_ms = played_ms;
	l->ends++;
}

static const struct media_stream_handler handler = {
	.leg.on_play_end = on_play_end, .on_frame = on_frame, .on_mark = on_mark};

static struct listener *listener_new(struct peer *f)
{
	struct listener *l = xcalloc(1, sizeof(*l));

	l->f = f;
	l->leg = media_stream_new(f->engine, RATE, &handler, l);
	return l;
}

static void listener_free(struct listener *l)
{
	media_leg_free(l->leg);
	free(l);
}

/* Counts up, and is never 0. */
static int16_t sample_of(size_t i)
{
	return (int16_t)(i % 30000 + 1);
}

static void write_counting(struct listener *l, size_t from, size_t samples)
{
	int16_t *pcm = xmalloc(samples * sizeof(*pcm));

	for (size_t i = 0; i < samples; i++)
		pcm[i] = sample_of(from + i);
	assert_int_equal(media_stream_write(l->leg, pcm, samples), 0);
	free(pcm);
}

static void on_released(void *arg)
{
	*(bool *)arg = true;
}

/* What a tape has of what was written, in order; silence is not on it. */
static size_t taped(struct media_tape *tape, int16_t *out, size_t max)
{
	struct tape_block block;
	size_t samples = 0;

	while (media_tape_pop(tape, &block)) {
		if (block.track != TAPE_HEARD)
			continue;
		assert_true(samples + block.bytes / 2u <= max);
		memcpy(out + samples, block.data, block.bytes);
		samples += block.bytes / 2u;
	}
	return samples;
}

/* Pieces of any size come out as one; a mark comes when all before it was played. */
static void test_stream__plays_what_is_written(void **state)
{
	struct peer *f = *state;
	struct listener *l = listener_new(f);
	struct media_tape *tape = media_tape_new();
	int16_t *heard = xcalloc(MAX_SAMPLES, sizeof(*heard));
	size_t written = 0, got = 0;
	bool released = false;

	media_leg_tape(l->leg, tape, on_released, &released);
	for (size_t i = 0; i < 20; i++) {
		size_t some = 1 + i * i * 13 % 700;

		write_counting(l, written, some);
		written += some;
	}
	write_counting(l, written, 2000); /* longer than a piece */
	written += 2000;
	assert_int_equal(media_stream_mark(l->leg), 1);
	assert_int_equal(media_stream_mark(l->leg), 2);
	media_stream_run(l->leg);
	RUN_UNTIL(f, l->mark_count == 2);
	assert_int_equal(l->marks[0], 1);
	assert_int_equal(l->marks[1], 2);
	assert_false(l->cleared[0]);
	/* As long as it lasts, and two visits for it to be sent. */
	assert_in_range(l->frames, written / FRAME_16K, written / FRAME_16K + 6);
	got = taped(tape, heard, MAX_SAMPLES);
	for (size_t i = 0; i < written; i++)
		assert_int_equal(heard[i], sample_of(i));
	assert_in_range(got, written, written + FRAME_16K);
	media_leg_untape(l->leg, tape);
	RUN_UNTIL(f, released);
	media_tape_free(tape);
	free(heard);
	listener_free(l);
}

/* A frame each 20 ms, whether there is something to be heard or not. */
static void test_stream__hears_what_is_played_to_it(void **state)
{
	struct peer *f = *state;
	struct listener *l = listener_new(f);
	struct prompt *prompt = prompt_tone(codec_l16(RATE), 400, 0, -6, 200, 0);
	uint64_t began = clock_mono();
	size_t at = 0, loud = 0;

	media_stream_run(l->leg);
	RUN_UNTIL(f, l->frames >= 5);
	for (size_t i = 0; i < l->samples; i++)
		assert_int_equal(l->heard[i], 0);
	media_leg_play(l->leg, prompt, 1);
	RUN_UNTIL(f, l->ends == 1);
	assert_int_equal(l->played_ms, 200);
	RUN_UNTIL(f, l->frames >= 25);
	assert_in_range(clock_mono() - began, 450000, 900000);
	for (at = 0; l->heard[at] == 0; at++)
		;
	for (size_t i = 0; i < l->samples; i++)
		loud += l->heard[i] != 0;
	assert_in_range(loud, RATE / 5 - 200, RATE / 5);
	assert_in_range(at % FRAME_16K, 0, 2);
	prompt_unref(prompt);
	listener_free(l);
}

static void test_stream__clear_drops_what_waits(void **state)
{
	struct peer *f = *state;
	struct listener *l = listener_new(f);
	struct media_tape *tape = media_tape_new();
	int16_t *heard = xcalloc(MAX_SAMPLES, sizeof(*heard));
	bool released = false;
	size_t got;

	media_leg_tape(l->leg, tape, on_released, &released);
	media_stream_run(l->leg);
	write_counting(l, 0, RATE / 10);
	media_stream_mark(l->leg);
	write_counting(l, RATE / 10, 5 * RATE);
	media_stream_mark(l->leg);
	media_stream_mark(l->leg);
	RUN_UNTIL(f, l->mark_count == 1);
	media_stream_clear(l->leg);
	write_counting(l, 20000, RATE / 10);
	media_stream_mark(l->leg);
	RUN_UNTIL(f, l->mark_count == 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(l->marks[i], i + 1);
		assert_int_equal(l->cleared[i], i == 1 || i == 2);
	}
	got = taped(tape, heard, MAX_SAMPLES);
	assert_in_range(got, RATE / 5, RATE); /* not the five seconds */
	for (size_t i = 1; i < got && heard[i]; i++)
		assert_true(heard[i] == heard[i - 1] + 1 || heard[i] == sample_of(20000));
	media_leg_untape(l->leg, tape);
	RUN_UNTIL(f, released);
	media_tape_free(tape);
	free(heard);
	listener_free(l);
}

/* A frame in real time and a mark behind it, as an application that echoes would. */
struct writer {
	struct listener *l;
	struct timer timer;
	uint64_t next; /* us */
	uint32_t mark; /* the last */
	unsigned frames;
};

static void write_silence(struct writer *w)
{
	static const int16_t silence[FRAME_16K];

	assert_int_equal(media_stream_write(w->l->leg, silence, FRAME_16K), 0);
	w->mark = media_stream_mark(w->l->leg);
	w->frames++;
}

static void on_frame_time(void *arg)
{
	struct writer *w = arg;
	uint64_t now = clock_mono();

	write_silence(w);
	w->next += 20000;
	timer_start(&w->timer, w->next > now ? w->next - now : 0);
}

/* How long the mark behind a frame takes, us. */
static uint64_t delay(struct peer *f, struct writer *w)
{
	struct listener *l = w->l;
	unsigned frames = w->frames;
	uint64_t began;
	uint32_t mark;

	RUN_UNTIL(f, w->frames > frames);
	began = clock_mono();
	mark = w->mark;
	RUN_UNTIL(f, l->marks[(l->mark_count - 1) % 64] >= mark);
	return clock_mono() - began;
}

/* The least of some, as others use this machine, too. */
static uint64_t least_delay(struct peer *f, struct writer *w)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		uint64_t now = delay(f, w);

		least = now < least ? now : least;
	}
	return least;
}

static void test_stream__is_in_time_again_after_a_stall(void **state)
{
	struct peer *f = *state;
	struct listener *l = listener_new(f);
	struct writer w = {.l = l, .next = clock_mono()};
	uint64_t before;

	timer_init(&w.timer, f->loop, on_frame_time, &w);
	media_stream_run(l->leg);
	on_frame_time(&w);
	RUN_UNTIL(f, w.frames >= 75);
	before = least_delay(f, &w);
	/* All that was held up comes at once: from now on everything waits for 100 ms more. */
	for (int i = 0; i < 5; i++)
		write_silence(&w);
	assert_true(least_delay(f, &w) > before + 60000);
	/* A machine with other work makes stalls of its own. */
	while (least_delay(f, &w) >= before + 50000)
		assert_true(w.frames < 1000);
	timer_stop(&w.timer);
	listener_free(l);
}

/* A minute may wait, not more; what was played makes room again. */
static void test_stream__is_bounded(void **state)
{
	struct peer *f = *state;
	struct listener *l = listener_new(f);
	int16_t *minute = xcalloc(RATE * 60, sizeof(*minute));

	assert_int_equal(media_stream_write(l->leg, minute, RATE * 60), 0);
	assert_int_equal(media_stream_write(l->leg, minute, 1), -ENOBUFS);
	media_stream_run(l->leg);
	RUN_UNTIL(f, media_stream_write(l->leg, minute, 2 * FRAME_16K) == 0);
	assert_int_equal(media_stream_write(l->leg, minute, RATE), -ENOBUFS);
	media_stream_clear(l->leg);
	RUN_UNTIL(f, media_stream_write(l->leg, minute, RATE * 60) == 0);
	free(minute);
	listener_free(l);
}

/* A core thread that does not come loses the newest frames, and knows how many. */
static void test_stream__counts_what_is_not_fetched(void **state)
{
	struct peer *f = *state;
	struct listener *l = listener_new(f);
	struct media_stats stats;

	media_stream_run(l->leg);
	do {
		poll(NULL, 0, 10);
		media_leg_stats(l->leg, &stats);
	} while (stats.tx_lost < 3);
	RUN_UNTIL(f, l->frames > stats.tx_packets);
	media_leg_stats(l->leg, &stats);
	assert_in_range(stats.tx_packets, l->frames, l->frames + 2);
	listener_free(l);
}

static void test_stream__may_be_freed_by_its_frame(void **state)
{
	struct peer *f = *state;
	struct listener *l = listener_new(f);

	write_counting(l, 0, RATE);
	media_stream_mark(l->leg);
	media_stream_run(l->leg);
	l->free_at = 3;
	RUN_UNTIL(f, !l->leg);
	for (int i = 0; i < 30; i++)
		peer_turn(f);
	assert_int_equal(l->frames, 3);
	assert_int_equal(l->mark_count, 0);
	listener_free(l);
}

static void test_stream__sends_no_digits(void **state)
{
	struct listener *l = listener_new(*state);

	assert_int_equal(media_leg_send_digits(l->leg, "1", 100, 60), -EOPNOTSUPP);
	listener_free(l);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_stream__plays_what_is_written),
		CASE(test_stream__hears_what_is_played_to_it),
		CASE(test_stream__clear_drops_what_waits),
		CASE(test_stream__is_in_time_again_after_a_stall),
		CASE(test_stream__is_bounded),
		CASE(test_stream__counts_what_is_not_fetched),
		CASE(test_stream__may_be_freed_by_its_frame),
		CASE(test_stream__sends_no_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
