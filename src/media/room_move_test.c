/* Legs move between rooms and media threads: nothing is lost, nothing doubled, orders find them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "media/ear.h"
#include "media/room_peer.h"

#define ROOMS 3

/* Every packet is heard exactly once although the leg is sent around; so says its stream, and so
 * say the counters of what came in. */
static void test_move__loses_and_doubles_nothing(void **state)
{
	struct parties *all = parties_new(3, 3);
	struct media_room *rooms[ROOMS];
	struct media_stats stats;

	(void)state;
	for (unsigned i = 0; i < ROOMS; i++) {
		rooms[i] = media_room_new(all->engine, NULL, NULL);
		media_room_join(rooms[i], all->party[i].leg);
		party_start(&all->party[i]);
	}
	for (unsigned round = 0; round < 60; round++) {
		media_room_join(rooms[round % ROOMS], all->party[2].leg);
		if (round % 7 == 0)
			media_room_join(rooms[(round + 1) % ROOMS], all->party[2].leg);
		parties_run(all, 5 + round % 3 * 13);
	}
	parties_run(all, 100);
	for (unsigned i = 0; i < 3; i++) {
		party_check_continuous(&all->party[i]);
		media_leg_stats(all->party[i].leg, &stats);
		assert_int_equal(stats.rx_lost, 0);
		assert_in_range(
			stats.rx_packets, all->party[i].said / 160 - 3, all->party[i].said / 160);
	}
	for (unsigned i = 0; i < ROOMS; i++)
		media_room_free(rooms[i]);
	parties_free(all);
}

/* Orders for a leg that is on its way wait for it, in order: plays, tapes, digits, its end. */
static void test_move__orders_wait_for_the_leg(void **state)
{
	struct parties *all = parties_new(3, 2);
	struct media_room *rooms[ROOMS];
	struct prompt *prompt = prompt_tone(codec_find_static(0), 3000, 0, -12, 100, 0);
	struct party *party = &all->party[1];

	(void)state;
	for (unsigned i = 0; i < ROOMS; i++) {
		rooms[i] = media_room_new(all->engine, NULL, NULL);
		media_room_play(rooms[i], prompt, 1);
	}
	party_start(&all->party[0]);
	media_room_join(rooms[0], all->party[0].leg);
	for (unsigned i = 0; i < 30; i++) {
		media_room_join(rooms[i % ROOMS], party->leg);
		if (i == 0)
			party_start(party);
		media_leg_play(party->leg, prompt, 1);
		media_leg_mute(party->leg, i & 1);
		media_room_hear(party->leg, all->party[0].leg, i & 2);
	}
	RUN_PARTIES_UNTIL(all, party->ends == 30);
	media_room_join(rooms[0], party->leg);
	media_room_join(rooms[1], party->leg);
	media_leg_send_digits(party->leg, "1", 100, 60);
	media_room_join(rooms[2], party->leg);
	party_free_leg(party);
	for (unsigned i = 0; i < ROOMS; i++)
		media_room_free(rooms[i]);
	prompt_unref(prompt);
	parties_free(all);
}

static bool all_hear_but_one(const struct parties *all)
{
	bool right = true;

	for (unsigned i = 0; i < all->count; i++)
		for (unsigned j = 0; j < all->count; j++)
			right &= i == j || (i == 0 && j == 3)
					 ? hears_not(&all->party[i], &all->party[j])
					 : hears(&all->party[i], &all->party[j]);
	return right;
}

/* Legs of all threads meet in one room, and hear each other there. */
static void test_move__to_a_common_room(void **state)
{
	struct parties *all = parties_new(3, 4);

	(void)state;
	parties_add(all, 16000);
	for (unsigned i = 0; i < all->count; i++)
		party_start(&all->party[i]);
	parties_run(all, 50);
	for (unsigned i = 0; i < all->count; i++)
		media_room_join(all->room, all->party[i].leg);
	media_room_hear(all->party[0].leg, all->party[3].leg, false);
	parties_run(all, 200);
	LISTEN_UNTIL(all, all_hear_but_one(all));
	parties_free(all);
}

static void on_frame(void *arg, const int16_t *heard, const int16_t *sent, size_t samples)
{
	(void)heard;
	(void)sent;
	*(size_t *)arg += samples;
}

/* All at once, without a plan. */
static void test_move__in_disorder(void **state)
{
	struct parties *all = parties_new(3, 8);
	struct media_room *rooms[ROOMS] = {NULL};
	struct prompt *prompt = prompt_tone(codec_find_static(0), 3000, 0, -12, 50, 0);
	struct media_ear *ears[8] = {NULL};
	unsigned seed = 1;
	size_t samples = 0;

	(void)state;
	for (unsigned i = 0; i < 1500; i++) {
		unsigned draw = (seed = seed * 1103515245 + 12345) >> 12;
		struct party *party = &all->party[draw % 8];
		struct media_room **room = &rooms[draw / 8 % ROOMS];

		if (!*room)
			*room = media_room_new(all->engine, NULL, NULL);
		switch (draw / 32 % 11) {
		case 0:
			party->params.ptime_ms = draw & 1024 ? 20 : 30;
			party_start(party);
			break;
		case 1:
			media_room_leave(party->leg);
			break;
		case 2:
			media_leg_play(party->leg, prompt, draw / 1024 % 3);
			break;
		case 3:
			media_room_play(*room, prompt, 1 + draw / 1024 % 3);
			break;
		case 4:
			*room = media_room_free(*room);
			break;
		case 5:
			media_leg_stop(party->leg);
			break;
		case 6:
			media_room_hear(party->leg, all->party[draw / 1024 % 8].leg, draw & 8192);
			break;
		case 7:
			ears[draw % 8] = ears[draw % 8] ? media_ear_free(ears[draw % 8])
							: media_ear_new(all->loop, party->leg,
								  16000, on_frame, &samples);
			break;
		default:
			media_room_join(*room, party->leg);
		}
		if (i % 8 == 0)
			parties_run(all, 4);
	}
	for (unsigned i = 0; i < 8; i++)
		media_ear_free(ears[i]);
	for (unsigned i = 0; i < ROOMS; i++)
		media_room_free(rooms[i]);
	prompt_unref(prompt);
	parties_free(all);
}

static void check_pair(struct party *one, struct party *other, const struct party *gone)
{
	parties_run(one->all, 100);
	parties_listen(one->all, 200);
	assert_true(hears(one, other));
	assert_true(hears(other, one));
	assert_false(gone->leg && hears(gone, one));
	party_check_continuous(one);
}

/* One comes and another goes before the media thread looks at the room again: packets are passed
 * on to who is there now. */
static void test_move__one_comes_in_the_place_of_another(void **state)
{
	struct parties *all = parties_new(1, 2);
	struct party *third = parties_add(all, 0), *first = all->party, *second = first + 1;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		party_start(&all->party[i]);
	media_room_join(all->room, first->leg);
	media_room_join(all->room, second->leg);
	parties_run(all, 100);
	media_room_leave(second->leg);
	media_room_join(all->room, third->leg);
	check_pair(first, third, second);
	media_room_join(all->room, second->leg);
	media_room_leave(third->leg);
	check_pair(first, second, third);
	media_room_join(all->room, third->leg);
	party_free_leg(second);
	check_pair(first, third, second);
	parties_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_move__loses_and_doubles_nothing),
		cmocka_unit_test(test_move__orders_wait_for_the_leg),
		cmocka_unit_test(test_move__to_a_common_room),
		cmocka_unit_test(test_move__in_disorder),
		cmocka_unit_test(test_move__one_comes_in_the_place_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
