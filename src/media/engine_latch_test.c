/* Whose packets a leg takes, and where it sends its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/engine_peer.h"

static void test_latch__a_stranger_is_dropped_and_counted(void **state)
{
	struct peer *f = *state;
	struct sockaddr_in address;
	int thief = peer_socket("127.0.0.2", &address);
	struct media_stats stats;

	peer_start(f);
	peer_say_audio(f, f->peer);
	RUN_UNTIL(f, peer_received(f) == 1);
	for (int i = 0; i < 20; i++) {
		peer_say_audio(f, thief);
		RUN_UNTIL(f, peer_received(f) == (uint64_t)i + 2);
	}
	media_leg_stats(f->leg, &stats);
	assert_int_equal(stats.rx_packets, 1);
	assert_int_equal(stats.rx_dropped_source, 20);
	assert_int_equal(recv(thief, &address, sizeof(address), MSG_DONTWAIT), -1);
	peer_hear_packets(f, 3);
	close(thief);
}

static void test_latch__follows_a_peer_behind_a_nat(void **state)
{
	struct peer *f = *state;
	struct sockaddr_in inside;
	int hidden = peer_socket("127.0.0.2", &inside);
	struct media_params params = peer_params_for(&inside);

	media_leg_start(f->leg, &params);
	for (int i = 0; i < 6; i++)
		peer_say_audio(f, f->peer);
	peer_hear_packets(f, 3);
	close(hidden);
}

static void test_garbage__moves_nothing(void **state)
{
	struct peer *f = *state;
	struct media_stats stats;
	char junk[1600];

	memset(junk, 0x11, sizeof(junk));
	peer_start(f);
	for (size_t size = 0; size <= sizeof(junk); size += 100)
		assert_true(sendto(f->peer, junk, size, 0, (struct sockaddr *)&f->leg_address,
				    sizeof(f->leg_address)) >= 0);
	RUN_UNTIL(f, peer_received(f) == 17);
	media_leg_stats(f->leg, &stats);
	assert_int_equal(stats.rx_dropped_other, 17);
	peer_hear_packets(f, 3);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_latch__a_stranger_is_dropped_and_counted),
		CASE(test_latch__follows_a_peer_behind_a_nat),
		CASE(test_garbage__moves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
