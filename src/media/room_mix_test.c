/* Rooms that mix: who hears whom, by tones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "media/g711.h"
#include "media/room_peer.h"

#define SETTLE_MS 150
#define HEAR_MS	  200

static struct parties *start_room(unsigned count)
{
	struct parties *all = parties_new(1, count);

	for (unsigned i = 0; i < count; i++) {
		media_room_join(all->room, all->party[i].leg);
		party_start(&all->party[i]);
	}
	return all;
}

#define MAX 4
static bool matches(struct parties *all, const bool deaf_to[MAX][MAX])
{
	bool right = true;

	for (unsigned i = 0; i < all->count; i++) {
		for (unsigned j = 0; j < all->count; j++) {
			const struct party *a = &all->party[i], *b = &all->party[j];
			bool deaf = i == j || (deaf_to && deaf_to[i][j]);

			right &= deaf ? hears_not(a, b) : hears(a, b);
		}
	}
	return right;
}

/* Everybody hears everybody else, but for the pairs that `deaf_to` says: [listener][speaker]. */
static void check(struct parties *all, const bool deaf_to[MAX][MAX])
{
	parties_run(all, SETTLE_MS);
	LISTEN_UNTIL(all, matches(all, deaf_to));
}

static void test_room__three_hear_each_other(void **state)
{
	struct parties *all = start_room(3);

	(void)state;
	check(all, NULL);
	for (unsigned i = 0; i < 3; i++) {
		party_check_continuous(&all->party[i]);
		assert_in_range(all->party[i].packets, 4, 12);
	}
	parties_free(all);
}

static void test_room__mute_and_deafen(void **state)
{
	struct parties *all = start_room(3);

	(void)state;
	media_leg_mute(all->party[0].leg, true);
	check(all, (const bool[MAX][MAX]){[1][0] = true, [2][0] = true});
	media_leg_mute(all->party[0].leg, false);
	media_leg_deafen(all->party[1].leg, true);
	check(all, (const bool[MAX][MAX]){[1] = {true, true, true}});
	media_leg_deafen(all->party[1].leg, false);
	check(all, NULL);
	parties_free(all);
}

/* A coach: 0 is heard by 1 alone, but hears both. */
static void test_room__matrix(void **state)
{
	struct parties *all = start_room(3);

	(void)state;
	media_room_hear(all->party[2].leg, all->party[0].leg, false);
	check(all, (const bool[MAX][MAX]){[2][0] = true});
	media_room_hear(all->party[0].leg, all->party[1].leg, false);
	media_room_hear(all->party[0].leg, all->party[1].leg, false);
	check(all, (const bool[MAX][MAX]){[2][0] = true, [0][1] = true});
	media_room_hear(all->party[2].leg, all->party[0].leg, true);
	check(all, (const bool[MAX][MAX]){[0][1] = true});
	/* Who leaves is heard again when it is back. */
	media_room_leave(all->party[1].leg);
	media_room_join(all->room, all->party[1].leg);
	check(all, NULL);
	parties_free(all);
}

/* mu-law, A-law and streams of two rates; then the same with somebody of another rate unheard. */
static void test_room__codecs_and_rates(void **state)
{
	struct parties *all = parties_new(1, 2);

	(void)state;
	parties_add(all, 16000);
	parties_add(all, 24000);
	all->party[1].params.codec = &codec_pcma;
	all->party[1].params.payload_type = 8;
	for (unsigned i = 0; i < 4; i++) {
		media_room_join(all->room, all->party[i].leg);
		party_start(&all->party[i]);
	}
	check(all, NULL);
	media_room_hear(all->party[0].leg, all->party[2].leg, false);
	media_room_hear(all->party[3].leg, all->party[1].leg, false);
	check(all, (const bool[MAX][MAX]){[0][2] = true, [3][1] = true});
	parties_free(all);
}

/* Two of different codecs are mixed, one of them in packets of another time. */
static void test_room__packet_times(void **state)
{
	static const uint8_t ptimes[] = {10, 30, 40, 60};

	(void)state;
	for (size_t i = 0; i < sizeof(ptimes); i++) {
		struct parties *all = parties_new(1, 2);

		all->party[1].params.ptime_ms = ptimes[i];
		for (unsigned j = 0; j < 2; j++) {
			media_room_join(all->room, all->party[j].leg);
			party_start(&all->party[j]);
		}
		check(all, NULL);
		assert_int_equal(all->party[1].packet[0].length, ptimes[i] * 8);
		party_check_continuous(&all->party[1]);
		parties_free(all);
	}
}

static void test_room__held_legs_neither_hear_nor_speak(void **state)
{
	struct parties *all = start_room(3);

	(void)state;
	check(all, NULL);
	all->party[0].params.send = all->party[0].params.receive = false;
	party_start(&all->party[0]);
	check(all, (const bool[MAX][MAX]){[0] = {true, true, true}, [1][0] = true, [2][0] = true});
	assert_int_equal(all->party[0].packets, 0);
	all->party[0].params.send = all->party[0].params.receive = true;
	party_start(&all->party[0]);
	check(all, NULL);
	parties_free(all);
}

static void test_room__codec_may_change(void **state)
{
	struct parties *all = start_room(3);

	(void)state;
	check(all, NULL);
	all->party[0].params.codec = &codec_pcma;
	all->party[0].params.payload_type = 8;
	party_start(&all->party[0]);
	check(all, NULL);
	assert_int_equal(all->party[0].packet[0].type, 8);
	all->party[0].params.ptime_ms = 40;
	party_start(&all->party[0]);
	check(all, NULL);
	parties_free(all);
}

static void test_room__members_come_and_go(void **state)
{
	struct parties *all = start_room(4);
	struct media_room *other = media_room_new(all->engine, NULL, NULL);

	(void)state;
	check(all, NULL);
	media_room_leave(all->party[0].leg);
	media_room_leave(all->party[0].leg);
	check(all, (const bool[MAX][MAX]){[0] = {true, true, true, true},
			   [1][0] = true,
			   [2][0] = true,
			   [3][0] = true});
	media_room_join(other, all->party[0].leg);
	media_room_join(other, all->party[1].leg);
	check(all, (const bool[MAX][MAX]){[0] = {false, false, true, true},
			   [1] = {false, false, true, true},
			   [2] = {true, true},
			   [3] = {true, true}});
	all->room = media_room_free(all->room);
	parties_run(all, SETTLE_MS);
	parties_listen(all, HEAR_MS);
	assert_false(hears(&all->party[2], &all->party[3]));
	party_free_leg(&all->party[0]);
	parties_run(all, SETTLE_MS);
	media_room_free(other);
	parties_free(all);
}

/* --- plays --- */

/* All hear what is played to the room, one what is played to it, and each other. */
static bool hear_plays(struct parties *all, struct party *one)
{
	bool right = matches(all, NULL);

	for (unsigned i = 0; i < all->count; i++)
		right &= party_hears(&all->party[i], 3000) > 0.5 &&
			 (party_hears(&all->party[i], 3400) > 0.5) == (&all->party[i] == one);
	return right;
}

static void test_play__room_and_leg(void **state)
{
	struct parties *all = start_room(3);
	struct prompt *to_all = prompt_tone(codec_l16(16000), 3000, 0, -12, 300, 0);
	struct prompt *to_one = prompt_tone(&codec_pcmu, 3400, 0, -12, 300, 0);

	(void)state;
	check(all, NULL);
	media_room_play(all->room, to_all, 0);
	media_leg_play(all->party[1].leg, to_one, 0);
	LISTEN_UNTIL(all, hear_plays(all, &all->party[1]));
	media_room_stop(all->room);
	media_leg_stop(all->party[1].leg);
	media_room_play(all->room, to_all, 1);
	media_leg_play(all->party[1].leg, to_one, 1);
	RUN_PARTIES_UNTIL(all, all->room_ends == 2 && all->party[1].ends == 2);
	assert_int_equal(all->room_played_ms, 300);
	assert_int_equal(all->party[1].played_ms, 300);
	check(all, NULL);
	prompt_unref(to_all);
	prompt_unref(to_one);
	parties_free(all);
}

/* What is played to a leg alone is heard as it is, also when what is played to its room is over. */
static void test_play__to_a_lone_leg(void **state)
{
	struct parties *all = start_room(1);
	struct party *party = &all->party[0];
	struct prompt *prompt = prompt_tone(&codec_pcma, 3000, 0, -12, 200, 0);
	struct prompt *alone = prompt_tone(&codec_pcmu, 3000, 0, -12, 200, 0);
	const uint8_t *data;
	size_t at;

	(void)state;
	parties_run(all, SETTLE_MS);
	media_room_play(all->room, prompt, 1);
	RUN_PARTIES_UNTIL(all, all->room_ends == 1);
	assert_true(party_hears(party, 3000) > 0.2);
	parties_run(all, 50);
	parties_listen(all, 0);
	media_leg_play(party->leg, alone, 1);
	RUN_PARTIES_UNTIL(all, party->ends == 1 && party->packets > 12);
	for (at = 0; party->packet[at].payload[9] == 0xff; at++)
		;
	for (size_t i = 0; i < 10; i++, at++) {
		assert_int_equal(prompt_peek(alone, i * 160, 160, &data), 160);
		assert_memory_equal(data, party->packet[at].payload, 160);
	}
	party_check_continuous(party);
	prompt_unref(prompt);
	prompt_unref(alone);
	parties_free(all);
}

/* A stream that says what it has to say, and a mark when it was sent. */
static void test_stream__in_a_room(void **state)
{
	struct parties *all = parties_new(1, 1);
	struct party *stream = parties_add(all, 16000);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		media_room_join(all->room, all->party[i].leg);
		party_start(&all->party[i]);
	}
	check(all, NULL);
	stream->hz = -1;
	media_stream_mark(stream->leg);
	RUN_PARTIES_UNTIL(all, stream->marks == 1);
	parties_run(all, SETTLE_MS);
	parties_listen(all, HEAR_MS);
	for (size_t i = 0; i < all->party[0].samples; i++)
		assert_int_equal(all->party[0].sound[i], 0);
	assert_in_range(stream->samples, 16 * HEAR_MS / 2, 16 * HEAR_MS * 2);
	parties_free(all);
}

/* --- many --- */

/* The test's own side of two hundred is too much for the thread sanitizer. */
#ifdef __SANITIZE_THREAD__
#define MANY 50
#else
#define MANY 200
#endif

static bool many_hear_three(const struct parties *all)
{
	bool right = true;

	for (unsigned i = 0; i < MANY; i++)
		for (unsigned j = 0; j < 3; j++)
			right &= i == j ? hears_not(&all->party[i], &all->party[j])
					: hears(&all->party[i], &all->party[j]);
	return right;
}

static void test_room__two_hundred(void **state)
{
	struct parties *all = start_room(MANY);

	(void)state;
	for (unsigned i = 3; i < MANY; i++)
		all->party[i].hz = 0;
	parties_run(all, 500);
	LISTEN_UNTIL(all, many_hear_three(all));
	for (unsigned i = 0; i < MANY; i++)
		party_check_continuous(&all->party[i]);
	parties_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room__three_hear_each_other),
		cmocka_unit_test(test_room__mute_and_deafen),
		cmocka_unit_test(test_room__matrix),
		cmocka_unit_test(test_room__codecs_and_rates),
		cmocka_unit_test(test_room__packet_times),
		cmocka_unit_test(test_room__held_legs_neither_hear_nor_speak),
		cmocka_unit_test(test_room__codec_may_change),
		cmocka_unit_test(test_room__members_come_and_go),
		cmocka_unit_test(test_play__room_and_leg),
		cmocka_unit_test(test_play__to_a_lone_leg),
		cmocka_unit_test(test_stream__in_a_room),
		cmocka_unit_test(test_room__two_hundred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
