/* Two legs of one codec: packets are passed on as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "media/ear.h"
#include "media/relay.h"
#include "media/g711.h"
#include "media/room_peer.h"

#define SETTLE_MS 100

static struct parties *two_started(void)
{
	struct parties *all = parties_new(1, 2);

	parties_join(all);
	parties_start(all);
	return all;
}

/* The packets that a party heard from `at` on that are not silence of ours. */
static size_t next_sound(const struct party *party, size_t at)
{
	while (at < party->packets && party->packet[at].payload[0] == 0xff &&
		party->packet[at].payload[1] == 0xff)
		at++;
	return at;
}

static void say(struct party *party, uint16_t sequence, bool marker)
{
	uint8_t data[160];

	memset(data, (uint8_t)sequence, sizeof(data));
	party->sequence = sequence;
	party_send(party, 0, marker, 5000 + sequence * 160u, data, sizeof(data));
	parties_run(party->all, 15);
}

/* Lost, overtaken, doubled and marked packets are what they were. */
static void test_relay__passes_packets_as_they_are(void **state)
{
	static const uint16_t said[] = {1, 2, 3, 6, 5, 7, 8, 8, 9, 10};
	struct parties *all = two_started();
	struct party *from = &all->party[0], *to = &all->party[1];
	size_t at, last;

	(void)state;
	from->hz = to->hz = -1;
	parties_run(all, SETTLE_MS);
	last = to->packets - 1;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		say(from, said[i], said[i] == 7);
	RUN_PARTIES_UNTIL(all, to->packets && to->packet[to->packets - 1].payload[0] == 10);
	at = next_sound(to, 0);
	assert_int_equal(to->packet[at].payload[0], 1);
	assert_int_equal(to->packet[at].sequence, (uint16_t)(to->packet[at - 1].sequence + 1));
	assert_int_equal(to->packet[at].timestamp - to->packet[at - 1].timestamp, 160);
	assert_int_equal(to->packet[at].ssrc, to->packet[last].ssrc);
	assert_int_not_equal(to->packet[at].ssrc, from->ssrc);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		const struct party_packet *packet = &to->packet[at + i];

		assert_int_equal(packet->payload[0], said[i]);
		assert_int_equal(packet->length, 160);
		assert_int_equal(packet->marker, said[i] == 7);
		assert_int_equal(
			(uint16_t)(packet->sequence - to->packet[at].sequence), said[i] - 1);
		assert_int_equal(packet->timestamp - to->packet[at].timestamp, (said[i] - 1) * 160);
	}
	parties_free(all);
}

/* Comfort noise is not for the other side: it misses nothing. */
static void test_relay__leaves_out_what_is_not_agreed_on(void **state)
{
	struct parties *all = two_started();
	struct party *from = &all->party[0], *to = &all->party[1];
	size_t at;

	(void)state;
	from->hz = to->hz = -1;
	parties_run(all, SETTLE_MS);
	say(from, 1, false);
	say(from, 2, false);
	party_send(from, 13, false, 5000 + 3 * 160, "\x40", 1);
	say(from, 4, false);
	RUN_PARTIES_UNTIL(all, to->packets && to->packet[to->packets - 1].payload[0] == 4);
	at = next_sound(to, 0);
	assert_int_equal(to->packets, at + 3);
	assert_int_equal((uint16_t)(to->packet[at + 2].sequence - to->packet[at].sequence), 2);
	assert_int_equal(to->packet[at + 2].timestamp - to->packet[at].timestamp, 3 * 160);
	parties_free(all);
}

/* Who has stopped is followed by silence of ours, without a jump of the sequence numbers. */
static void test_relay__fills_up_what_does_not_come(void **state)
{
	struct parties *all = two_started();
	struct party *from = &all->party[0], *to = &all->party[1];
	size_t at, silent;

	(void)state;
	from->hz = to->hz = -1;
	parties_run(all, SETTLE_MS);
	for (uint16_t i = 1; i < 5; i++)
		say(from, i, false);
	parties_run(all, 200);
	at = next_sound(to, 0);
	assert_int_equal(to->packet[at + 3].payload[0], 4);
	silent = at + 4;
	assert_true(to->packets > silent + 3);
	assert_true(to->packet[silent].at - to->packet[silent - 1].at > 70000);
	assert_true(to->packet[silent].marker);
	assert_int_equal(
		(uint16_t)(to->packet[silent].sequence - to->packet[silent - 1].sequence), 1);
	assert_int_equal(to->packet[silent].timestamp - to->packet[silent - 1].timestamp,
		160 + RELAY_PATIENCE * 160);
	for (uint16_t i = 100; i < 103; i++) /* another stream: its numbers are others */
		say(from, i, false);
	parties_run(all, 30);
	at = next_sound(to, silent);
	assert_int_equal(to->packet[at].payload[0], 100);
	for (size_t i = silent; i < at + 2; i++) {
		assert_int_equal(
			(uint16_t)(to->packet[i + 1].sequence - to->packet[i].sequence), 1);
		assert_int_equal(to->packet[i + 1].timestamp - to->packet[i].timestamp, 160);
	}
	parties_free(all);
}

static void test_relay__is_not_late(void **state)
{
	struct parties *all = two_started();
	uint64_t gap = 0;

	(void)state;
	parties_run(all, SETTLE_MS);
	parties_listen(all, 1000);
	for (unsigned i = 0; i < 2; i++) {
		struct party *party = &all->party[i];

		assert_true(hears(party, &all->party[!i]));
		party_check_continuous(party);
		assert_in_range(party->packets, 40, 60);
		for (size_t j = 1; j < party->packets; j++)
			gap += party->packet[j].at - party->packet[j - 1].at > 32000;
	}
	assert_in_range(gap, 0, 20); /* a machine with other work may be late at some */
	parties_free(all);
}

static void test_relay__mute_and_hold_are_silence(void **state)
{
	struct parties *all = two_started();
	struct party *from = &all->party[0], *to = &all->party[1];

	(void)state;
	parties_run(all, SETTLE_MS);
	media_leg_mute(from->leg, true);
	parties_run(all, SETTLE_MS);
	LISTEN_UNTIL(all, hears_not(to, from) && hears(from, to));
	assert_in_range(to->packets, 3, 10);
	media_leg_mute(from->leg, false);
	parties_run(all, SETTLE_MS);
	from->params.send = from->params.receive = false;
	party_start(from);
	parties_run(all, SETTLE_MS);
	LISTEN_UNTIL(all, hears_not(to, from));
	assert_int_equal(from->packets, 0);
	assert_in_range(to->packets, 3, 10);
	party_check_continuous(to);
	parties_free(all);
}

/* --- from one to the other --- */

static size_t count_silent(const struct party *party)
{
	size_t count = 0;

	for (size_t i = 0; i < party->packets; i++)
		count += next_sound(party, i) != i;
	return count;
}

/* To mixing and back, again and again: streams go on without a hole. */
static void test_relay__changes_to_mixing_and_back(void **state)
{
	struct parties *all = two_started();
	struct prompt *prompt = prompt_tone(&codec_pcmu, 3400, 0, -12, 200, 0);
	struct party *third = parties_add(all, 0);

	(void)state;
	party_start(third);
	parties_run(all, SETTLE_MS);
	parties_listen(all, 100);
	media_room_play(all->room, prompt, 1);
	RUN_PARTIES_UNTIL(all, all->room_ends == 1);
	parties_run(all, 100);
	media_leg_play(all->party[0].leg, prompt, 1);
	RUN_PARTIES_UNTIL(all, all->party[0].ends == 1);
	parties_run(all, 100);
	media_room_join(all->room, third->leg);
	parties_run(all, 200);
	media_room_leave(third->leg);
	parties_run(all, 100);
	for (unsigned i = 0; i < 3; i++)
		party_check_continuous(&all->party[i]);
	/* A machine with other work makes a few of its own. */
	assert_in_range(count_silent(&all->party[0]) + count_silent(&all->party[1]), 0, 4);
	LISTEN_UNTIL(all, hears(&all->party[0], &all->party[1]) &&
				  hears(&all->party[1], &all->party[0]) &&
				  hears_not(third, &all->party[0]));
	prompt_unref(prompt);
	parties_free(all);
}

/* One side changes its codec, and later the other: mixed between, passed on again after. */
static void test_relay__codecs_may_change(void **state)
{
	struct parties *all = two_started();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct party *party = &all->party[i];

		parties_run(all, SETTLE_MS);
		party->params.codec = &codec_pcma;
		party->params.payload_type = 8;
		party_start(party);
		parties_run(all, SETTLE_MS);
		LISTEN_UNTIL(all, hears(&all->party[0], &all->party[1]) &&
					  hears(&all->party[1], &all->party[0]));
		for (unsigned j = 0; j < 2; j++)
			party_check_continuous(&all->party[j]);
	}
	assert_int_equal(all->party[1].packet[0].type, 8);
	parties_free(all);
}

/* Mixing goes on with what was passed on last, and not with what was heard long before. */
static void test_relay__mixing_goes_on_where_it_was(void **state)
{
	struct parties *all = two_started();
	struct party *from = &all->party[0], *to = &all->party[1];
	struct prompt *silence = prompt_silence(&codec_pcmu, 1000);
	uint8_t newest = 0;

	(void)state;
	from->hz = to->hz = -1;
	parties_run(all, SETTLE_MS);
	for (uint16_t i = 1; i < 60; i++) {
		if (i == 30)
			media_room_play(all->room, silence, 1);
		say(from, i, false);
		parties_run(all, 5);
	}
	assert_int_equal(all->room_ends, 0);
	for (size_t i = 0; i < to->packets; i++) {
		uint8_t said = to->packet[i].payload[0];

		/* Sound that was lost is made up for: not a number that was said. */
		if (said == 0xff || said != to->packet[i].payload[159])
			continue;
		assert_in_range(said, newest, 59);
		newest = said;
	}
	assert_true(newest > 50);
	prompt_unref(silence);
	parties_free(all);
}

/* --- who listens in --- */

struct ear_notes {
	struct party heard, sent; /* only sound */
};

static void on_frame(void *arg, const int16_t *heard, const int16_t *sent, size_t samples)
{
	struct ear_notes *notes = arg;

	if (notes->heard.samples + samples > PARTY_SOUND)
		return;
	memcpy(notes->heard.sound + notes->heard.samples, heard, samples * sizeof(*heard));
	memcpy(notes->sent.sound + notes->sent.samples, sent, samples * sizeof(*sent));
	notes->heard.samples += samples;
	notes->sent.samples += samples;
}

/* An ear hears both directions of packets that are passed on, and of a mix. */
static void test_ear__hears_what_is_passed_on(void **state)
{
	static int16_t sound[2][PARTY_SOUND];
	struct parties *all = two_started();
	struct ear_notes notes = {.heard = {.params = all->party[0].params, .sound = sound[0]},
		.sent = {.params = all->party[0].params, .sound = sound[1]}};
	struct media_ear *ear;

	(void)state;
	parties_run(all, SETTLE_MS);
	ear = media_ear_new(all->loop, all->party[0].leg, 8000, on_frame, &notes);
	for (int round = 0; round < 2; round++) {
		parties_run(all, 200);
		notes.heard.samples = notes.sent.samples = 0;
		parties_run(all, 300);
		assert_in_range(notes.sent.samples, 200 * 8, 400 * 8);
		assert_true(party_hears(&notes.heard, all->party[0].hz) > 0.8);
		assert_true(party_hears(&notes.sent, all->party[1].hz) > 0.8);
		assert_true(party_hears(&notes.sent, all->party[0].hz) < 0.1);
		if (round == 0) {
			party_start(parties_add(all, 0));
			media_room_join(all->room, all->party[2].leg);
		}
	}
	media_ear_free(ear);
	parties_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relay__passes_packets_as_they_are),
		cmocka_unit_test(test_relay__leaves_out_what_is_not_agreed_on),
		cmocka_unit_test(test_relay__fills_up_what_does_not_come),
		cmocka_unit_test(test_relay__is_not_late),
		cmocka_unit_test(test_relay__mute_and_hold_are_silence),
		cmocka_unit_test(test_relay__changes_to_mixing_and_back),
		cmocka_unit_test(test_relay__codecs_may_change),
		cmocka_unit_test(test_relay__mixing_goes_on_where_it_was),
		cmocka_unit_test(test_ear__hears_what_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
