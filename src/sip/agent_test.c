/* Tests of the agent itself: requests outside dialogs, clock, addresses, leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sip/peer_fake.h"

static void test_stray__each_method_gets_its_refusal(void **state)
{
	static const struct {
		const char *method, *tag, *extra, *type, *body, *status;
	} cases[] = {
		{"OPTIONS", NULL, NULL, NULL, NULL, "SIP/2.0 200"},
		{"BYE", NULL, NULL, NULL, NULL, "SIP/2.0 481"},
		{"BYE", "x", NULL, NULL, NULL, "SIP/2.0 481"},
		{"INVITE", "x", NULL, "application/sdp", PEER_SDP, "SIP/2.0 481"},
		{"INFO", NULL, NULL, NULL, NULL, "SIP/2.0 481"},
		{"UPDATE", NULL, NULL, NULL, NULL, "SIP/2.0 481"},
		{"PRACK", NULL, "RAck: 1 1 INVITE\r\n", NULL, NULL, "SIP/2.0 481"},
		{"NOTIFY", NULL, "Event: x\r\nSubscription-State: active\r\n", NULL, NULL,
			"SIP/2.0 481"},
		{"MESSAGE", NULL, NULL, "text/plain", "hello", "SIP/2.0 405"},
		{"SUBSCRIBE", NULL, "Event: presence\r\n", NULL, NULL, "SIP/2.0 405"},
		{"PUBLISH", NULL, "Event: presence\r\n", NULL, NULL, "SIP/2.0 405"},
		{"REFER", NULL, "Refer-To: <sip:x@y>\r\n", NULL, NULL, "SIP/2.0 403"},
		{"REGISTER", NULL, NULL, NULL, NULL, "SIP/2.0 405"},
		{"FROBNICATE", NULL, NULL, NULL, NULL, "SIP/2.0 405"},
		{"INVITE", NULL, "Require: frobnication\r\n", "application/sdp", PEER_SDP,
			"SIP/2.0 420"},
		{"INVITE", NULL, NULL, "text/plain", "hello", "SIP/2.0 415"},
		{"INVITE", NULL, "Content-Encoding: gzip\r\n", "application/sdp", PEER_SDP,
			"SIP/2.0 415"},
		{"INVITE", NULL, "Supported: timer\r\nSession-Expires: 60\r\n", "application/sdp",
			PEER_SDP, "SIP/2.0 422"},
	};
	struct peer *peer = peer_new(NULL);
	char call_id[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(call_id, sizeof(call_id), "stray%zu", i);
		peer_request(peer, cases[i].method, call_id, 1, cases[i].tag, cases[i].extra,
			cases[i].type, cases[i].body);
		peer_expect(peer, cases[i].status);
		if (strstr(cases[i].status, "405") || strcmp(cases[i].method, "OPTIONS") == 0)
			assert_string_equal(peer_header(peer, "Allow"), SIP_ALLOW);
	}
	assert_int_equal(peer->calls, 0);
	peer_free(peer);
}

static void test_stray__420_names_what_is_unsupported(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_request(peer, "INVITE", "req", 1, NULL, "Require: 100rel, one, two\r\n",
		"application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 420");
	assert_string_equal(peer_header(peer, "Unsupported"), "one, two");
	peer_free(peer);
}

static void test_agent__survives_malformed_datagrams(void **state)
{
	static const char *const garbage[] = {"\r\n\r\n", "\r\n", "", "x", "INVITE",
		"SIP/2.0 200 OK\r\n\r\n", "INVITE sip:a SIP/2.0\r\n\r\n",
		"INVITE sip:a SIP/2.0\r\nVia: x\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z\r\nCSeq: 1\r\n\r\n",
		"\xff\xfe\x00\x01", "BYE sip:%% SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n"};
	struct peer *peer = peer_new(NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++)
		send(peer->fd, garbage[i], strlen(garbage[i]), 0);
	peer_turns(peer, 20);
	peer_request(peer, "OPTIONS", "alive", 1, NULL, NULL, NULL, NULL);
	peer_skip(peer, "SIP/2.0 200");
	peer_free(peer);
}

static void test_agent__sdp_that_kills_sofia_is_only_bytes(void **state)
{
	static const char killer[] =
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
		"t=0 0\r\nm=video 6024 RT@/AVP 107\r\n";
	struct peer *peer = peer_new(NULL);
	uint64_t start = clock_mono();

	(void)state;
	peer_request(peer, "INVITE", "killer", 1, NULL, NULL, "application/sdp", killer);
	peer_wait(peer, "invite");
	assert_string_equal(sip_leg_sdp(peer->leg, NULL), killer);
	sip_leg_reject(peer->leg, 488, NULL, NULL, 0, NULL);
	peer_skip(peer, "SIP/2.0 488");
	assert_true(clock_mono() - start < 200000);
	peer_free(peer);
}

static void test_agent__sleeps_without_calls(void **state)
{
	struct peer *peer = peer_new(NULL);
	uint64_t steps, until;

	(void)state;
	peer_turns(peer, 20);
	steps = peer->agent->steps;
	until = clock_mono() + USEC_PER_SEC;
	while (clock_mono() < until)
		peer_turn(peer);
	assert_true(peer->agent->steps - steps < 10);
	peer_free(peer);
}

static void test_agent__does_not_spin(void **state)
{
	struct peer *peer = peer_new(NULL);
	uint64_t steps, until;

	(void)state;
	peer_establish(peer, "idle", NULL);
	steps = peer->agent->steps;
	until = clock_mono() + USEC_PER_SEC;
	while (clock_mono() < until)
		peer_turn(peer);
	assert_true(peer->agent->steps - steps < 200);
	peer_free(peer);
}

static void test_agent__sofia_runs_on_the_monotonic_clock(void **state)
{
	struct peer *peer = peer_new(NULL);
	su_time_t now = su_now();
	unsigned long mono =
		(unsigned long)((clock_mono() + (uint64_t)agent_clock_skew_us) / USEC_PER_SEC);

	(void)state;
	assert_in_range(now.tv_sec - 2208988800UL, mono - 1, mono + 1);
	peer_free(peer);
}

static void test_agent__leaves_nothing_after_1000_calls(void **state)
{
	struct peer *peer = peer_new(NULL);
	char call_id[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(call_id, sizeof(call_id), "many%d", i);
		peer_establish(peer, call_id, NULL);
		peer_request(peer, "BYE", call_id, 2, peer->to_tag, NULL, NULL, NULL);
		peer_expect(peer, "SIP/2.0 200");
		peer_wait(peer, "ended 200 peer");
		assert_null(peer->leg);
	}
	agent_clock_skew_us += 60 * (int64_t)USEC_PER_SEC;
	usize_t incoming = 1, outgoing = 1;
	for (int i = 0; i < 2000 && incoming; i++) {
		agent_poke(peer->agent);
		peer_turn(peer);
		nta_agent_get_stats(peer->agent->nta, NTATAG_S_IRQ_HASH_USED_REF(incoming),
			NTATAG_S_ORQ_HASH_USED_REF(outgoing), TAG_END());
	}
	assert_int_equal(incoming, 0);
	assert_int_equal(outgoing, 0);
	assert_true(TAILQ_EMPTY(&peer->agent->legs));
	peer_free(peer);
}

static void test_agent__names_what_it_cannot_bind(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct sip_config config = {.addr = "127.0.0.1", .udp = true};
	char *error = NULL;

	(void)state;
	config.udp_port = sip_agent_port(peer->agent, false);
	assert_null(sip_agent_new(peer->loop, &config, NULL, NULL, &error));
	assert_non_null(strstr(error, "127.0.0.1"));
	assert_non_null(strstr(error, "in use"));
	free(error);
	config.addr = "localhost";
	assert_null(sip_agent_new(peer->loop, &config, NULL, NULL, &error));
	assert_non_null(strstr(error, "localhost"));
	free(error);
	peer_free(peer);
}

static void test_agent__external_ip_stands_in_contact_and_via(void **state)
{
	struct sip_config config = {.udp = true, .external_ip = "203.0.113.7"};
	struct peer *peer = peer_new(&config);

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	assert_non_null(strstr(peer_header(peer, "Contact"), "@203.0.113.7:"));
	assert_non_null(strstr(peer_header(peer, "Via"), "203.0.113.7:"));
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stray__each_method_gets_its_refusal),
		cmocka_unit_test(test_stray__420_names_what_is_unsupported),
		cmocka_unit_test(test_agent__survives_malformed_datagrams),
		cmocka_unit_test(test_agent__sdp_that_kills_sofia_is_only_bytes),
		cmocka_unit_test(test_agent__sleeps_without_calls),
		cmocka_unit_test(test_agent__does_not_spin),
		cmocka_unit_test(test_agent__sofia_runs_on_the_monotonic_clock),
		cmocka_unit_test(test_agent__leaves_nothing_after_1000_calls),
		cmocka_unit_test(test_agent__names_what_it_cannot_bind),
		cmocka_unit_test(test_agent__external_ip_stands_in_contact_and_via),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
