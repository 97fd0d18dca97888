/* Tests of the agent and its legs against a scripted peer on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sip/peer_fake.h"

static char to_tag[128];

static const char *take_tag(struct peer *peer)
{
	const char *tag = strstr(peer_header(peer, "To"), ";tag=");

	assert_non_null(tag);
	snprintf(to_tag, sizeof(to_tag), "%s", tag + 5);
	return to_tag;
}

/* An inbound call up to its ACK. */
static void establish(struct peer *peer, const char *call_id, const char *extra)
{
	peer->answer_at_once = true;
	peer_request(peer, "INVITE", call_id, 1, NULL, extra, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "ACK", call_id, 1, take_tag(peer), NULL, NULL, NULL);
	peer_wait(peer, "ack");
}

static void test_inbound__ring_answer_ack_bye(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_request(peer, "INVITE", "in1", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_wait(peer, "invite");
	assert_int_equal(sip_leg_state(peer->leg), SIP_LEG_INVITED);
	sip_leg_ring(peer->leg, NULL);
	peer_expect(peer, "SIP/2.0 180");
	sip_leg_answer(peer->leg, OUR_SDP, NULL);
	peer_expect(peer, "SIP/2.0 200");
	assert_true(peer_has(peer, "Content-Type: application/sdp\r\n"));
	assert_true(peer_has(peer, "m=audio 42000"));
	assert_int_equal(sip_leg_state(peer->leg), SIP_LEG_ANSWERED);
	peer_request(peer, "ACK", "in1", 1, take_tag(peer), NULL, NULL, NULL);
	peer_wait(peer, "ack");
	assert_int_equal(sip_leg_state(peer->leg), SIP_LEG_CONFIRMED);
	peer_request(peer, "BYE", "in1", 2, to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200");
	peer_wait(peer, "ended 200 peer");
	assert_string_equal(peer->words.data, "invite,ack,ended 200 peer");
	peer_free(peer);
}

static void test_inbound__hangup_sends_bye(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	establish(peer, "in2", NULL);
	sip_leg_hangup(peer->leg, NULL);
	assert_string_equal(peer->words.data, "invite,ack"); /* no callback inside the call */
	peer_expect(peer, "BYE sip:alice@127.0.0.1:");
	peer_answer(peer, "200 OK", NULL, NULL);
	peer_wait(peer, "ended 200 us");
	peer_free(peer);
}

static void test_inbound__cancel_ends_with_487(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_request(peer, "INVITE", "in3", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_request(peer, "CANCEL", "in3", 1, NULL, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200");
	peer_expect(peer, "SIP/2.0 487");
	peer_wait(peer, "ended 487 peer");
	peer_free(peer);
}

static struct sip_leg *dial(struct peer *peer, const char *password)
{
	struct sip_dial how = {.from_uri = "sip:me@example.com",
		.from_name = "Me",
		.auth_user = "me",
		.password = password,
		.sdp = OUR_SDP};
	char *error = NULL, *to = xasprintf("sip:bob@127.0.0.1:%u", peer->port);

	how.to_uri = to;
	peer->leg = sip_leg_dial(peer->agent, &how, &peer_leg_handler, peer, &error);
	if (!peer->leg)
		fail_msg("%s", error);
	free(to);
	return peer->leg;
}

static void test_outbound__ring_answer_ack_bye(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	dial(peer, NULL);
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

static void test_outbound__cancel_is_confirmed_by_487(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct strbuf invite = STRBUF_INIT;

	(void)state;
	dial(peer, NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inbound__ring_answer_ack_bye),
		cmocka_unit_test(test_inbound__hangup_sends_bye),
		cmocka_unit_test(test_inbound__cancel_ends_with_487),
		cmocka_unit_test(test_outbound__ring_answer_ack_bye),
		cmocka_unit_test(test_outbound__cancel_is_confirmed_by_487),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
