/* Tests of a telephone's leg: hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "call/leg.h"
#include "sip/peer_fake.h"

struct bench {
	struct peer *peer;
	struct media_engine *media;
	struct leg_env env;
	struct leg *leg;
	struct strbuf words;
};

static void on_held(void *arg, bool held)
{
	struct bench *b = arg;

	strbuf_adds(&b->words, held ? "held " : "resumed ");
}

static void on_ended(void *arg, const struct leg_end *end)
{
	struct bench *b = arg;

	(void)end;
	strbuf_adds(&b->words, "ended ");
}

static const struct leg_handler handler = {.on_held = on_held, .on_ended = on_ended};

/* A call of theirs that has been answered. */
static struct bench *bench_new(void)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	const struct media_config media = {
		.threads = 1, .port_min = 21000, .port_max = 29000, .addr4 = "127.0.0.1"};
	const char *reason;

	b->words = (struct strbuf)STRBUF_INIT;
	b->peer = peer_new(NULL);
	b->media = media_engine_new(b->peer->loop, &media);
	b->env =
		(struct leg_env){.loop = b->peer->loop, .agent = b->peer->agent, .media = b->media};
	peer_request(b->peer, "INVITE", "hold", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_expect(b->peer, "SIP/2.0 100");
	peer_wait(b->peer, "invite");
	assert_int_equal(
		leg_accept(&b->env, b->peer->leg, "hold", &handler, b, &b->leg, &reason), 0);
	b->peer->leg = NULL;
	leg_answer(b->leg, NULL);
	peer_expect(b->peer, "SIP/2.0 200");
	peer_request(b->peer, "ACK", "hold", 1, peer_take_tag(b->peer), NULL, NULL, NULL);
	while (leg_state(b->leg) != LEG_CONFIRMED)
		peer_turn(b->peer);
	return b;
}

static void bench_free(struct bench *b)
{
	leg_free(b->leg);
	for (int i = 0; i < 50; i++)
		peer_turn(b->peer);
	media_engine_free(b->media);
	peer_free(b->peer);
	strbuf_release(&b->words);
	free(b);
}

/* The re-INVITE, answered with that direction. */
static void expect_offer(struct bench *b, const char *direction, const char *answered)
{
	char *line = xasprintf("a=%s\r\n", direction), *sdp;

	peer_expect(b->peer, "INVITE ");
	assert_true(peer_has(b->peer, line));
	sdp = xasprintf("%sa=%s\r\n", PEER_SDP, answered);
	peer_answer(b->peer, "200 OK", NULL, sdp);
	peer_expect(b->peer, "ACK ");
	free(sdp);
	free(line);
}

static void test_leg_hold__offers_what_we_still_do(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	leg_hold(b->leg, true, false);
	expect_offer(b, "sendonly", "recvonly");
	leg_hold(b->leg, true, false); /* it is */
	peer_expect_nothing(b->peer, 20);
	leg_hold(b->leg, true, true);
	expect_offer(b, "inactive", "inactive");
	leg_hold(b->leg, false, false);
	expect_offer(b, "sendrecv", "sendrecv");
	assert_string_equal(b->words.data, ""); /* they have not held us */
	bench_free(b);
}

static void test_leg_hold__outlasts_a_refresh_of_theirs(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	leg_hold(b->leg, true, false);
	expect_offer(b, "sendonly", "recvonly");
	peer_request(
		b->peer, "UPDATE", "hold", 2, b->peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_expect(b->peer, "SIP/2.0 200");
	assert_true(peer_has(b->peer, "a=sendonly\r\n"));
	peer_request(b->peer, "INVITE", "hold", 3, b->peer->to_tag, NULL, NULL, NULL);
	peer_skip(b->peer, "SIP/2.0 200");
	assert_true(peer_has(b->peer, "a=sendonly\r\n"));
	peer_request(b->peer, "ACK", "hold", 3, b->peer->to_tag, NULL, "application/sdp",
		PEER_SDP "a=recvonly\r\n");
	bench_free(b);
}

static void test_leg_hold__refused_it_is_none(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	leg_hold(b->leg, true, false);
	peer_expect(b->peer, "INVITE ");
	peer_answer(b->peer, "488 Not Acceptable Here", NULL, NULL);
	peer_expect(b->peer, "ACK ");
	peer_turns(b->peer, 5);
	peer_request(
		b->peer, "UPDATE", "hold", 2, b->peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_expect(b->peer, "SIP/2.0 200");
	assert_true(peer_has(b->peer, "a=sendrecv\r\n"));
	leg_hold(b->leg, true, false); /* another try */
	expect_offer(b, "sendonly", "recvonly");
	bench_free(b);
}

static void test_leg_hold__of_theirs_is_told(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	peer_request(b->peer, "UPDATE", "hold", 2, b->peer->to_tag, NULL, "application/sdp",
		PEER_SDP "a=sendonly\r\n");
	peer_expect(b->peer, "SIP/2.0 200");
	assert_true(peer_has(b->peer, "a=recvonly\r\n"));
	leg_hold(b->leg, true, false); /* both hold: nothing flows */
	expect_offer(b, "sendonly", "inactive");
	leg_hold(b->leg, false, false);
	expect_offer(b, "sendrecv", "sendrecv");
	assert_string_equal(b->words.data, "held resumed ");
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leg_hold__offers_what_we_still_do),
		cmocka_unit_test(test_leg_hold__outlasts_a_refresh_of_theirs),
		cmocka_unit_test(test_leg_hold__refused_it_is_none),
		cmocka_unit_test(test_leg_hold__of_theirs_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
