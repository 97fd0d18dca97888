/* A tape on a real leg: what the peer says and what it is sent, in their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/engine_peer.h"
#include "media/tape.h"

struct tally {
	uint8_t *sent; /* by position, 0: nothing */
	uint8_t *heard;
	size_t samples, marks;
	uint64_t now; /* samples */
};

#define TALLY_SAMPLES 80000
#define PER_SAMPLE    (TAPE_RATE / 8000)

static void tally_init(struct tally *t)
{
	*t = (struct tally){.sent = xcalloc(TALLY_SAMPLES, 1), .heard = xcalloc(TALLY_SAMPLES, 1)};
}

static void tally_release(struct tally *t)
{
	free(t->sent);
	free(t->heard);
}

static void take(struct tally *t, struct media_tape *tape)
{
	struct tape_block block;

	while (media_tape_pop(tape, &block)) {
		uint8_t *track = block.track == TAPE_SENT ? t->sent : t->heard;
		uint64_t at = block.at / PER_SAMPLE;

		assert_true(at + block.bytes < TALLY_SAMPLES);
		memcpy(track + at, block.data, block.bytes);
		if (block.track == TAPE_SENT && block.bytes == 0)
			t->marks++;
		if (block.track == TAPE_SENT)
			t->now = at + (block.bytes ? block.bytes : FRAME);
	}
}

static void on_released(void *arg)
{
	++*(unsigned *)arg;
}

/* Every byte that the peer got is on the tape, in the same order and without a gap. */
static void test_tape__has_what_was_sent(void **state)
{
	struct peer *f = *state;
	struct media_tape *tape = media_tape_new();
	struct prompt *prompt = counting_prompt(FRAME * 20);
	unsigned released = 0;
	struct tally t;
	size_t begin = 0;

	tally_init(&t);
	media_leg_tape(f->leg, tape, on_released, &released);
	peer_start(f);
	media_leg_play(f->leg, prompt, 1);
	RUN_UNTIL(f, f->ends == 1);
	media_leg_untape(f->leg, tape);
	RUN_UNTIL(f, released == 1);
	take(&t, tape);
	while (begin < t.now && t.sent[begin] == 0xff)
		begin++;
	assert_true(begin % FRAME == 0);
	assert_true(begin + FRAME * 20 <= t.now);
	for (size_t i = 0; i < FRAME * 20; i++)
		assert_int_equal(t.sent[begin + i], i % 251);
	assert_int_equal(media_tape_lost(tape), 0);
	prompt_unref(prompt);
	media_tape_free(tape);
	tally_release(&t);
}

/* Packets of the peer lie as far apart as their timestamps say; the lost one is a hole. */
static void test_tape__has_what_was_heard(void **state)
{
	struct peer *f = *state;
	struct media_tape *tape = media_tape_new();
	unsigned released = 0;
	struct tally t;
	size_t begin = 0;

	tally_init(&t);
	media_leg_tape(f->leg, tape, on_released, &released);
	peer_start(f);
	for (uint8_t i = 0; i < 5; i++) {
		uint8_t data[FRAME];

		memset(data, i + 1, sizeof(data));
		if (i != 3)
			peer_say(f, f->peer, 0, 1000u + i * FRAME, data, sizeof(data));
	}
	RUN_UNTIL(f, peer_received(f) == 4);
	media_leg_untape(f->leg, tape);
	RUN_UNTIL(f, released == 1);
	take(&t, tape);
	while (begin < TALLY_SAMPLES && t.heard[begin] == 0)
		begin++;
	for (size_t i = 0; i < (size_t)FRAME * 5; i++)
		assert_int_equal(t.heard[begin + i], i / FRAME == 3 ? 0 : (uint8_t)(i / FRAME + 1));
	media_tape_free(tape);
	tally_release(&t);
}

/* On hold nothing is sent; the tape's time goes on. A paused tape's stands still. */
static void test_tape__hold_and_pause(void **state)
{
	struct peer *f = *state;
	struct media_params params = peer_params(f);
	struct media_tape *held = media_tape_new(), *paused = media_tape_new();
	unsigned released = 0;
	struct tally t, p;

	tally_init(&t);
	tally_init(&p);
	params.send = false;
	media_leg_tape(f->leg, held, on_released, &released);
	media_leg_tape(f->leg, paused, on_released, &released);
	media_leg_pause_tape(f->leg, paused, true);
	media_leg_start(f->leg, &params);
	RUN_UNTIL(f, (take(&t, held), t.marks >= 5));
	take(&p, paused);
	assert_int_equal(p.now, 0);
	assert_int_equal(t.now, t.marks * FRAME);
	media_leg_pause_tape(f->leg, paused, false);
	RUN_UNTIL(f, (take(&p, paused), p.marks >= 2));
	media_leg_untape(f->leg, held);
	media_leg_untape(f->leg, paused);
	RUN_UNTIL(f, released == 2);
	media_tape_free(held);
	media_tape_free(paused);
	tally_release(&t);
	tally_release(&p);
}

/* A leg that goes away lets its tapes go. */
static void test_tape__is_released_with_the_leg(void **state)
{
	struct peer *f = *state;
	struct media_tape *tape = media_tape_new();
	unsigned released = 0;

	peer_start(f);
	media_leg_tape(f->leg, tape, on_released, &released);
	f->leg = media_leg_free(f->leg);
	RUN_UNTIL(f, released == 1);
	media_tape_free(tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_tape__has_what_was_sent, peer_setup, peer_teardown),
		cmocka_unit_test_setup_teardown(
			test_tape__has_what_was_heard, peer_setup, peer_teardown),
		cmocka_unit_test_setup_teardown(
			test_tape__hold_and_pause, peer_setup, peer_teardown),
		cmocka_unit_test_setup_teardown(
			test_tape__is_released_with_the_leg, peer_setup, peer_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
