/* Tests of outbound calls: dialling, digest, routes, early media. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sip/peer_fake.h"

static void test_outbound__ring_answer_ack_bye(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE sip:bob@127.0.0.1:");
	assert_true(peer_has(peer, "m=audio 42000"));
	peer_answer(peer, "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK sip:bob@127.0.0.1:");
	peer_wait(peer, "answered sdp");
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE sip:bob@127.0.0.1:");
	peer_answer(peer, "200 OK", NULL, NULL);
	peer_wait(peer, "ended 200 us");
	peer_free(peer);
}

static void on_sending(void *arg, const char *peer_ip)
{
	struct peer *peer = arg;

	assert_string_equal(peer_ip, "127.0.0.1");
	sip_leg_set_offer(peer->leg, "v=0\r\nm=audio 42002 RTP/AVP 8\r\n");
}

static void test_outbound__offer_may_wait_for_the_address(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct sip_leg_handler handler = peer_leg_handler;

	(void)state;
	handler.on_sending = on_sending;
	peer_dial(peer, NULL);
	sip_leg_set_handler(peer->leg, &handler, peer);
	peer_expect(peer, "INVITE sip:bob@127.0.0.1:");
	assert_true(peer_has(peer, "m=audio 42002"));
	peer_free(peer);
}

static void test_outbound__cancel_is_confirmed_by_487(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct strbuf invite = STRBUF_INIT;

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	strbuf_add(&invite, peer->got.data, peer->got.length);
	peer_answer(peer, "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "CANCEL ");
	peer_answer(peer, "200 OK", NULL, NULL);
	strbuf_reset(&peer->got);
	strbuf_add(&peer->got, invite.data, invite.length);
	peer_answer(peer, "487 Request Terminated", NULL, NULL);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "ended 487 us");
	strbuf_release(&invite);
	peer_free(peer);
}

static void test_outbound__answers_sha256_before_md5(void **state)
{
	struct peer *peer = peer_new(NULL);
	char call_id[128];
	unsigned cseq, again;

	(void)state;
	peer_dial(peer, "secret");
	peer_expect(peer, "INVITE ");
	snprintf(call_id, sizeof(call_id), "%s", peer_header(peer, "Call-ID"));
	cseq = (unsigned)strtoul(peer_header(peer, "CSeq"), NULL, 10);
	peer_answer(peer, "401 Unauthorized",
		"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n"
		"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, "
		"qop=\"auth\"\r\n",
		NULL);
	peer_expect(peer, "ACK ");
	peer_expect(peer, "INVITE ");
	assert_string_equal(peer_header(peer, "Call-ID"), call_id);
	again = (unsigned)strtoul(peer_header(peer, "CSeq"), NULL, 10);
	assert_int_equal(again, cseq + 1);
	assert_non_null(strstr(peer_header(peer, "Authorization"), "algorithm=SHA-256"));
	assert_non_null(strstr(peer_header(peer, "Authorization"), "username=\"me\""));
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	assert_non_null(strstr(peer_header(peer, "Authorization"), "algorithm=SHA-256"));
	peer_wait(peer, "answered sdp");
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE ");
	assert_string_equal(peer_header(peer, "Authorization"), "");
	peer_answer(peer, "401 Unauthorized",
		"WWW-Authenticate: Digest realm=\"evil\", nonce=\"n\", algorithm=MD5\r\n", NULL);
	peer_wait(peer, "ended 200 us");
	peer_expect_nothing(peer, 100);
	peer_free(peer);
}

static void test_outbound__gives_up_on_a_wrong_password(void **state)
{
	static const char challenge[] = "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n";
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_dial(peer, "wrong");
	peer_expect(peer, "INVITE ");
	peer_answer(peer, "407 Proxy Authentication Required", challenge, NULL);
	peer_expect(peer, "ACK ");
	peer_expect(peer, "INVITE ");
	assert_string_not_equal(peer_header(peer, "Proxy-Authorization"), "");
	peer_answer(peer, "407 Proxy Authentication Required", challenge, NULL);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "ended 407 peer");
	peer_expect_nothing(peer, 50);
	peer_free(peer);
}

static void test_outbound__reports_refusal(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	peer_answer(peer, "486 Busy Here", NULL, NULL);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "ended 486 peer");
	peer_free(peer);
}

static void test_outbound__acknowledges_each_repeated_200(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct strbuf invite = STRBUF_INIT;

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	strbuf_add(&invite, peer->got.data, peer->got.length);
	for (int i = 0; i < 3; i++) {
		strbuf_reset(&peer->got);
		strbuf_add(&peer->got, invite.data, invite.length);
		peer_answer(peer, "200 OK", NULL, PEER_SDP);
		peer_expect(peer, "ACK ");
	}
	assert_string_equal(peer->words.data, "answered sdp");
	strbuf_release(&invite);
	peer_free(peer);
}

static void test_outbound__200_that_crosses_cancel_is_hung_up(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct strbuf invite = STRBUF_INIT;

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	strbuf_add(&invite, peer->got.data, peer->got.length);
	peer_answer(peer, "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	sip_leg_hangup(peer->leg, NULL);
	strbuf_reset(&peer->got);
	strbuf_add(&peer->got, invite.data, invite.length);
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_skip(peer, "ACK ");
	peer_skip(peer, "BYE ");
	peer_wait(peer, "ended 487 us");
	strbuf_release(&invite);
	peer_free(peer);
}

static void test_outbound__early_media_is_pracked(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct strbuf invite = STRBUF_INIT;

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	assert_non_null(strstr(peer_header(peer, "Supported"), "100rel"));
	strbuf_add(&invite, peer->got.data, peer->got.length);
	peer_answer(peer, "183 Session Progress", "Require: 100rel\r\nRSeq: 7\r\n", PEER_SDP);
	peer_expect(peer, "PRACK ");
	assert_non_null(strstr(peer_header(peer, "RAck"), "7 "));
	peer_wait(peer, "ringing 183 sdp");
	peer_answer(peer, "200 OK", NULL, NULL);
	strbuf_reset(&peer->got);
	strbuf_add(&peer->got, invite.data, invite.length);
	peer_answer(peer, "200 OK", NULL, NULL);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "answered");
	strbuf_release(&invite);
	peer_free(peer);
}

static struct peer *peer_with_proxy(const char *format)
{
	struct sip_config config = {.udp = true};
	struct peer *first = peer_new(NULL), *peer;
	char *proxy;

	/* The proxy is the peer itself, whose port must be known before its agent exists. */
	proxy = xasprintf("sip:localhost:%u%s", first->port, format);
	config.outbound_proxy = proxy;
	peer = peer_new(&config);
	close(peer->fd);
	peer->fd = dup(first->fd);
	peer->port = first->port;
	assert_int_equal(connect(peer->fd,
				 (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_INET,
					 .sin_port = htons(sip_agent_port(peer->agent, false)),
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
				 sizeof(struct sockaddr_in)),
		0);
	peer_free(first);
	free(proxy);
	return peer;
}

static void test_proxy__loose_goes_into_route_as_written(void **state)
{
	struct peer *peer = peer_with_proxy(";transport=udp;lr=on");
	char *route = xasprintf("<sip:localhost:%u;transport=udp;lr=on>", peer->port);

	(void)state;
	peer_dial_uri(peer, "sip:bob@faraway.example");
	peer_expect(peer, "INVITE sip:bob@faraway.example SIP/2.0\r\n");
	assert_string_equal(peer_header(peer, "Route"), route);
	free(route);
	peer_free(peer);
}

static void test_proxy__strict_becomes_the_request_uri(void **state)
{
	struct peer *peer = peer_with_proxy("");
	char *line = xasprintf("INVITE sip:localhost:%u SIP/2.0\r\n", peer->port);

	(void)state;
	peer_dial_uri(peer, "sip:bob@faraway.example");
	peer_expect(peer, line);
	assert_string_equal(peer_header(peer, "Route"), "<sip:bob@faraway.example>");
	free(line);
	peer_free(peer);
}

static void test_proxy__of_one_call_beats_the_agents(void **state)
{
	struct peer *peer = peer_with_proxy("");
	char *proxy = xasprintf("sip:127.0.0.1:%u;lr", peer->port), *error = NULL;
	char *route = xasprintf("<%s>", proxy);
	struct sip_dial how = {.to_uri = "sip:bob@faraway.example",
		.from_uri = "sip:me@example.com",
		.outbound_proxy = proxy,
		.sdp = OUR_SDP};

	(void)state;
	peer->leg = sip_leg_dial(peer->agent, &how, &peer_leg_handler, peer, &error);
	peer_expect(peer, "INVITE sip:bob@faraway.example SIP/2.0\r\n");
	assert_string_equal(peer_header(peer, "Route"), route);
	how.outbound_proxy = "sip:";
	assert_null(sip_leg_dial(peer->agent, &how, &peer_leg_handler, peer, &error));
	free(error);
	free(route);
	free(proxy);
	peer_free(peer);
}

static void test_dialog__follows_record_route(void **state)
{
	struct peer *peer = peer_new(NULL);
	char *record;

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	record = xasprintf("Record-Route: <sip:127.0.0.1:%u;lr>\r\n", peer->port);
	peer_answer(peer, "200 OK", record, PEER_SDP);
	peer_expect(peer, "ACK sip:bob@127.0.0.1:");
	assert_non_null(strstr(peer_header(peer, "Route"), ";lr>"));
	free(record);
	peer_free(peer);
}

static void test_agent__unknown_host_ends_the_call(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_dial_uri(peer, "sip:bob@[::1]");
	peer_wait(peer, "ended 503 us");
	peer_free(peer);
}

static void test_leg__freed_while_dialling_tells_nobody(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_dial(peer, NULL);
	peer->leg = sip_leg_free(peer->leg);
	peer_expect_nothing(peer, 20);
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	peer_answer(peer, "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	peer->leg = sip_leg_free(peer->leg);
	peer_expect(peer, "CANCEL ");
	assert_string_equal(peer->words.data, "ringing 180");
	peer_free(peer);
}

static void test_outbound__second_branch_of_a_fork_is_hung_up(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct strbuf invite = STRBUF_INIT;

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	strbuf_add(&invite, peer->got.data, peer->got.length);
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	strbuf_reset(&peer->got);
	strbuf_add(&peer->got, invite.data, invite.length);
	peer->answer_tag = "other";
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=other"));
	peer_expect(peer, "BYE ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=other"));
	peer_answer(peer, "200 OK", NULL, NULL);
	assert_string_equal(peer->words.data, "answered sdp"); /* and the first goes on */
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=answertag"));
	strbuf_release(&invite);
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outbound__ring_answer_ack_bye),
		cmocka_unit_test(test_outbound__offer_may_wait_for_the_address),
		cmocka_unit_test(test_outbound__cancel_is_confirmed_by_487),
		cmocka_unit_test(test_outbound__answers_sha256_before_md5),
		cmocka_unit_test(test_outbound__gives_up_on_a_wrong_password),
		cmocka_unit_test(test_outbound__reports_refusal),
		cmocka_unit_test(test_outbound__acknowledges_each_repeated_200),
		cmocka_unit_test(test_outbound__200_that_crosses_cancel_is_hung_up),
		cmocka_unit_test(test_outbound__early_media_is_pracked),
		cmocka_unit_test(test_proxy__loose_goes_into_route_as_written),
		cmocka_unit_test(test_proxy__strict_becomes_the_request_uri),
		cmocka_unit_test(test_proxy__of_one_call_beats_the_agents),
		cmocka_unit_test(test_dialog__follows_record_route),
		cmocka_unit_test(test_agent__unknown_host_ends_the_call),
		cmocka_unit_test(test_leg__freed_while_dialling_tells_nobody),
		cmocka_unit_test(test_outbound__second_branch_of_a_fork_is_hung_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
