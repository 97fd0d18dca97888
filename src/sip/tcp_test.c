/* Tests of SIP over TCP, and of two agents that call each other over everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sip/peer_fake.h"

static void send_tcp(
	struct peer *peer, const char *method, unsigned cseq, const char *tag, const char *body)
{
	peer_send(peer,
		"%s sip:100@127.0.0.1;transport=tcp SIP/2.0\r\n"
		"Via: SIP/2.0/TCP 127.0.0.1:%u;branch=z9hG4bKtcp%u%s\r\nMax-Forwards: 70\r\n"
		"From: <sip:a@b>;tag=x\r\nTo: <sip:100@b>%s%s\r\nCall-ID: tcp\r\nCSeq: %u %s\r\n"
		"Contact: <sip:a@127.0.0.1:%u;transport=tcp>\r\n%sContent-Length: %zu\r\n\r\n%s",
		method, peer->port, cseq, method, tag ? ";tag=" : "", tag ? tag : "", cseq, method,
		peer->port, body ? "Content-Type: application/sdp\r\n" : "",
		body ? strlen(body) : 0, body ? body : "");
}

static void test_tcp__call_over_one_connection(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_connect_tcp(peer);
	peer_send(peer, "\r\n\r\n"); /* keep-alive */
	send_tcp(peer, "INVITE", 1, NULL, PEER_SDP);
	peer_wait(peer, "invite");
	assert_memory_equal(sip_leg_source_addr(peer->leg), "TCP 127.0.0.1:", 14);
	sip_leg_ring(peer->leg, NULL);
	peer_turns(peer, 20);
	sip_leg_answer(peer->leg, OUR_SDP, NULL);
	peer_skip(peer, "SIP/2.0 200");
	assert_non_null(strstr(peer_header(peer, "Contact"), ";transport=tcp"));
	send_tcp(peer, "ACK", 1, peer_take_tag(peer), NULL);
	peer_wait(peer, "ack");
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE sip:a@127.0.0.1:");
	assert_non_null(strstr(peer_header(peer, "Via"), "SIP/2.0/TCP"));
	peer_wait(peer, "ended 200 us");
	peer_free(peer);
}

static void test_tcp__peer_that_vanishes_leaves_a_working_agent(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_connect_tcp(peer);
	send_tcp(peer, "INVITE", 1, NULL, PEER_SDP);
	peer_wait(peer, "invite");
	close(peer->fd);
	peer_connect_tcp(peer);
	sip_leg_reject(peer->leg, 480, NULL, NULL, 0, NULL);
	peer_wait(peer, "ended 480 us");
	send_tcp(peer, "OPTIONS", 9, NULL, NULL);
	peer_skip(peer, "SIP/2.0 200");
	peer_free(peer);
}

static void test_tcp__drop_is_silent_too(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_connect_tcp(peer);
	peer->drop_at_once = true;
	send_tcp(peer, "INVITE", 1, NULL, PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	assert_false(peer_has(peer, "SIP/2.0 5")); /* one read may carry two messages */
	for (int i = 0; i < 10; i++) {
		agent_clock_skew_us += 8 * (int64_t)USEC_PER_SEC;
		peer_expect_nothing(peer, 20);
	}
	peer_free(peer);
}

/* Two agents in one loop call each other; the words of both are kept apart. */
static void call_between(const struct sip_config *config, const char *host)
{
	struct peer *callee = peer_new(config);
	struct peer *caller = xcalloc(1, sizeof(*caller));
	struct sip_handler none = {0};
	struct sip_config own = *config;
	char *error = NULL, *uri;

	own.any_port = true;
	caller->words = (struct strbuf)STRBUF_INIT;
	caller->loop = callee->loop;
	caller->agent = sip_agent_new(callee->loop, &own, &none, NULL, &error);
	assert_non_null(caller->agent);
	callee->answer_at_once = true;
	uri = xasprintf("sip:bob@%s:%u%s", host, sip_agent_port(callee->agent, config->tcp),
		config->tcp ? ";transport=tcp" : "");
	peer_dial_uri(caller, uri);
	peer_wait(caller, "answered sdp");
	peer_wait(callee, "ack");
	assert_int_equal(sip_leg_family(callee->leg), config->addr[0] == ':' ? AF_INET6 : AF_INET);
	sip_leg_reinvite(caller->leg, OUR_SDP);
	peer_wait(caller, "answered sdp,answered sdp");
	sip_leg_info_digit(caller->leg, '4', 120);
	peer_wait(callee, "digit 4 120");
	sip_leg_hangup(callee->leg, NULL);
	peer_wait(caller, "ended 200 peer");
	peer_wait(callee, "ended 200 us");
	sip_agent_free(caller->agent);
	strbuf_release(&caller->words);
	free(caller);
	free(uri);
	peer_free(callee);
}

static void test_two_agents__call_over_udp_tcp_and_ipv6(void **state)
{
	(void)state;
	call_between(&(struct sip_config){.addr = "127.0.0.1", .udp = true}, "127.0.0.1");
	call_between(&(struct sip_config){.addr = "127.0.0.1", .tcp = true}, "localhost");
	call_between(&(struct sip_config){.addr = "::1", .udp = true}, "[::1]");
	call_between(&(struct sip_config){.addr = "::1", .tcp = true}, "[::1]");
}

static void test_two_agents__drop_is_silent_over_ipv6(void **state)
{
	struct sip_config config = {.addr = "::1", .udp = true, .any_port = true};
	struct peer *callee = peer_new(&config);
	struct peer caller = {.words = STRBUF_INIT, .loop = callee->loop};
	struct sip_handler none = {0};
	char *error = NULL, *uri;

	(void)state;
	caller.agent = sip_agent_new(callee->loop, &config, &none, NULL, &error);
	assert_non_null(caller.agent);
	callee->drop_at_once = true;
	uri = xasprintf("sip:bob@[::1]:%u", sip_agent_port(callee->agent, false));
	peer_dial_uri(&caller, uri);
	peer_wait(callee, "invite");
	peer_turns(callee, 100);
	assert_int_equal(caller.words.length, 0); /* neither 500 nor anything else */
	sip_leg_free(caller.leg);
	sip_agent_free(caller.agent);
	strbuf_release(&caller.words);
	free(uri);
	peer_free(callee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp__call_over_one_connection),
		cmocka_unit_test(test_tcp__peer_that_vanishes_leaves_a_working_agent),
		cmocka_unit_test(test_tcp__drop_is_silent_too),
		cmocka_unit_test(test_two_agents__call_over_udp_tcp_and_ipv6),
		cmocka_unit_test(test_two_agents__drop_is_silent_over_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
