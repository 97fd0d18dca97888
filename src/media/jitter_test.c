/* The jitter buffer, packet by packet and frame by frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "media/g711.h"
#include "media/jitter.h"

#define FRAME 160

struct bench {
	struct jitter jitter;
	uint8_t ring[FRAME * JITTER_FRAMES];
	uint32_t base;
	uint64_t now; /* of the packets; frames are taken at the same time */
};

static int setup(void **state)
{
	static struct bench b;

	b.base = 0xfffffe00; /* wraps soon */
	b.now = 0;
	assert_int_equal(jitter_ring_bytes(&codec_pcmu), sizeof(b.ring));
	jitter_init(&b.jitter, &codec_pcmu, b.ring);
	*state = &b;
	return 0;
}

static void put_of(struct bench *b, unsigned number, size_t bytes)
{
	uint8_t data[FRAME * 3];
	struct rtp_packet packet = {.timestamp = b->base + (uint32_t)(number * bytes),
		.payload = data,
		.length = bytes};

	for (size_t i = 0; i < bytes; i++)
		data[i] = (uint8_t)((number * bytes + i) / FRAME + 1);
	jitter_put(&b->jitter, &packet, b->now);
}

static void put(struct bench *b, unsigned number)
{
	put_of(b, number, FRAME);
}

/* The frame that comes, 0: silence, -1: lost. */
static int get(struct bench *b)
{
	const uint8_t *data;

	switch (jitter_get(&b->jitter, b->now, &data)) {
	case JITTER_SILENCE:
		return 0;
	case JITTER_LOST:
		return -1;
	case JITTER_SOUND:
		break;
	}
	return data[0] == data[FRAME - 1] ? data[0] : 1000;
}

static void test_jitter__delays_by_a_frame(void **state)
{
	struct bench *b = *state;

	assert_int_equal(get(b), 0);
	put(b, 0);
	assert_int_equal(get(b), 0);
	for (int i = 1; i < 100; i++) {
		put(b, (unsigned)i);
		assert_int_equal(get(b), i);
	}
}

/* Who came early enough before the mixer's turn is heard at once. */
static void test_jitter__a_frame_that_has_aged_is_taken(void **state)
{
	struct bench *b = *state;

	put(b, 0);
	b->now = 10000;
	for (int i = 1; i < 100; i++) {
		assert_int_equal(get(b), i);
		put(b, (unsigned)i);
	}
	setup(state);
	put(b, 0);
	b->now = 9999;
	assert_int_equal(get(b), 0);
	b->now = 29999;
	assert_int_equal(get(b), 1);
}

/* Of packets that are no frames the next would come too late. */
static void test_jitter__only_a_whole_frame_ages(void **state)
{
	struct bench *b = *state;

	put_of(b, 0, FRAME / 2);
	put_of(b, 1, FRAME / 2);
	b->now = 15000;
	assert_int_equal(get(b), 0);
	setup(state);
	put_of(b, 0, FRAME * 3 / 2);
	b->now = 15000;
	assert_int_equal(get(b), 0);
}

static void test_jitter__loss_is_told_and_order_is_kept(void **state)
{
	struct bench *b = *state;

	put(b, 0);
	get(b);
	put(b, 2); /* overtakes */
	assert_int_equal(get(b), 1);
	put(b, 1);
	put(b, 3);
	assert_int_equal(get(b), 2);
	put(b, 5); /* 4 is lost */
	assert_int_equal(get(b), 3);
	put(b, 6);
	assert_int_equal(get(b), 4);
	put(b, 7);
	assert_int_equal(get(b), -1);
	put(b, 4); /* too late */
	put(b, 8);
	assert_int_equal(get(b), 6);
}

/* What comes late once is heard yet; the delay has grown. */
static void test_jitter__underrun_lets_the_delay_grow(void **state)
{
	struct bench *b = *state;

	put(b, 0);
	get(b);
	put(b, 1);
	assert_int_equal(get(b), 1);
	assert_int_equal(get(b), 2);
	assert_int_equal(get(b), -1);
	for (unsigned i = 2; i < 5; i++)
		put(b, i);
	for (int i = 3; i < 60; i++) {
		assert_int_equal(get(b), i);
		put(b, (unsigned)i + 2);
	}
}

/* With 40 ms to spare for three seconds, a frame is left out; with much more, at once. */
static void test_jitter__shrinks(void **state)
{
	struct bench *b = *state;
	int last = 0, left_out = 0;

	put(b, 0);
	for (unsigned i = 1; i < 250; i++) {
		int frame;

		put(b, i);
		frame = get(b);
		left_out += last > 0 && frame > 0 ? frame - last - 1 : 0;
		last = frame;
		assert_int_equal(left_out, i > 150);
	}
	assert_int_equal(last, 249);
	setup(state);
	for (unsigned i = 0; i < 3; i++)
		put(b, i);
	assert_int_equal(get(b), 0);
	for (unsigned i = 3; i < 12; i++)
		put(b, i);
	assert_in_range(get(b), 9, 10);
	for (unsigned i = 12; i < 33; i++)
		put(b, i); /* more than there is room for */
	assert_in_range(get(b), 30, 32);
}

static void test_jitter__who_stops_is_not_made_up_for(void **state)
{
	struct bench *b = *state;

	put(b, 0);
	get(b);
	assert_int_equal(get(b), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(get(b), -1);
	assert_int_equal(get(b), 0);
	put(b, 50);
	assert_int_equal(get(b), 0);
	put(b, 51);
	assert_int_equal(get(b), 51);
	jitter_stop(&b->jitter);
	assert_int_equal(get(b), 0);
}

static void test_jitter__takes_any_packet_time(void **state)
{
	struct bench *b = *state;

	put_of(b, 0, FRAME / 2);
	get(b);
	for (unsigned i = 1; i < 20; i++) {
		put_of(b, 2 * i - 1, FRAME / 2);
		put_of(b, 2 * i, FRAME / 2);
		assert_int_equal(get(b), i);
	}
	setup(state);
	put_of(b, 0, FRAME * 3);
	get(b);
	for (int i = 1; i < 30; i++) {
		assert_int_equal(get(b), i);
		if (i % 3 == 1)
			put_of(b, (unsigned)i / 3 + 1, FRAME * 3);
	}
}

/* A jump of the time stamps begins anew, and does not read what is not there. */
static void test_jitter__begins_anew_after_a_jump(void **state)
{
	struct bench *b = *state;

	put(b, 0);
	get(b);
	assert_int_equal(get(b), 1);
	b->base += 0x40000000;
	put(b, 1);
	assert_int_equal(get(b), 0);
	put(b, 2);
	assert_int_equal(get(b), 2);
}

/* Mixing takes over from packets that were passed on: it begins with the last of them. */
static void test_jitter__resumes_with_the_last_frame(void **state)
{
	struct bench *b = *state;

	for (unsigned i = 0; i < 70; i++)
		put(b, i);
	jitter_resume(&b->jitter);
	assert_int_equal(get(b), 70);
	put(b, 70);
	assert_int_equal(get(b), 71);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		CASE(test_jitter__delays_by_a_frame),
		CASE(test_jitter__a_frame_that_has_aged_is_taken),
		CASE(test_jitter__only_a_whole_frame_ages),
		CASE(test_jitter__loss_is_told_and_order_is_kept),
		CASE(test_jitter__underrun_lets_the_delay_grow),
		CASE(test_jitter__shrinks),
		CASE(test_jitter__who_stops_is_not_made_up_for),
		CASE(test_jitter__takes_any_packet_time),
		CASE(test_jitter__begins_anew_after_a_jump),
		CASE(test_jitter__resumes_with_the_last_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
