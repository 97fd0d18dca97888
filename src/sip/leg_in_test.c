/* Tests of inbound calls, from INVITE to the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sip/peer_fake.h"

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
	peer_request(peer, "ACK", "in1", 1, peer_take_tag(peer), NULL, NULL, NULL);
	peer_wait(peer, "ack");
	assert_int_equal(sip_leg_state(peer->leg), SIP_LEG_CONFIRMED);
	peer_request(peer, "BYE", "in1", 2, peer->to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200");
	peer_wait(peer, "ended 200 peer");
	assert_string_equal(peer->words.data, "invite,ack,ended 200 peer");
	peer_free(peer);
}

static void test_inbound__hangup_sends_bye(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "in2", NULL);
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

static void test_inbound__late_offer_gets_its_answer_in_ack(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->answer_at_once = true;
	peer_request(peer, "INVITE", "late", 1, NULL, NULL, NULL, NULL);
	peer_skip(peer, "SIP/2.0 200");
	assert_true(peer_has(peer, "m=audio 42000"));
	peer_request(
		peer, "ACK", "late", 1, peer_take_tag(peer), NULL, "application/sdp", PEER_SDP);
	peer_wait(peer, "ack sdp");
	peer_free(peer);
}

static void test_inbound__progress_is_reliable_for_who_supports_it(void **state)
{
	struct peer *peer = peer_new(NULL);
	char rack[64];

	(void)state;
	peer_request(peer, "INVITE", "rel", 1, NULL, "Supported: 100rel\r\n", "application/sdp",
		PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_wait(peer, "invite");
	sip_leg_ring(peer->leg, NULL);
	peer_expect(peer, "SIP/2.0 180");
	assert_string_equal(peer_header(peer, "RSeq"), "");
	sip_leg_progress(peer->leg, OUR_SDP);
	peer_expect(peer, "SIP/2.0 183");
	assert_string_equal(peer_header(peer, "Require"), "100rel");
	snprintf(rack, sizeof(rack), "RAck: %s 1 INVITE\r\n", peer_header(peer, "RSeq"));
	peer_take_tag(peer);
	peer_expect(peer, "SIP/2.0 183"); /* again, as nothing acknowledged it */
	peer_request(peer, "PRACK", "rel", 2, peer->to_tag, rack, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200");
	assert_non_null(strstr(peer_header(peer, "CSeq"), "PRACK"));
	sip_leg_answer(peer->leg, OUR_SDP, NULL);
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "ACK", "rel", 1, peer->to_tag, NULL, NULL, NULL);
	peer_wait(peer, "ack");
	peer_free(peer);
}

static void test_inbound__required_100rel_holds_for_180(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_request(peer, "INVITE", "must", 1, NULL, "Require: 100rel\r\n", "application/sdp",
		PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_wait(peer, "invite");
	sip_leg_ring(peer->leg, NULL);
	peer_expect(peer, "SIP/2.0 180");
	assert_string_equal(peer_header(peer, "Require"), "100rel");
	assert_string_not_equal(peer_header(peer, "RSeq"), "");
	peer_free(peer);
}

static void test_inbound__200_is_repeated_until_ack(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->answer_at_once = true;
	peer_request(peer, "INVITE", "noack", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_expect(peer, "SIP/2.0 200");
	peer_expect(peer, "SIP/2.0 200"); /* after T1, half a second */
	peer_request(peer, "ACK", "noack", 1, peer_take_tag(peer), NULL, NULL, NULL);
	peer_wait(peer, "ack");
	peer_free(peer);
}

static void test_inbound__no_ack_ends_with_408(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->answer_at_once = true;
	peer_request(peer, "INVITE", "never", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_expect(peer, "SIP/2.0 200");
	agent_clock_skew_us += 33 * (int64_t)USEC_PER_SEC;
	peer_wait(peer, "ended 408 us");
	peer_skip(peer, "BYE ");
	peer_free(peer);
}

static void test_inbound__reject_carries_reason_and_headers(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct json_object *headers = json_object_new_object();

	(void)state;
	json_add_text(headers, "X-Why", "because");
	json_add_text(headers, "X-Evil", "a\r\nInjected: 1");
	peer_request(peer, "INVITE", "rej", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_wait(peer, "invite");
	sip_leg_reject(peer->leg, 503, "Closed", "we are \"closed\"", 30, headers);
	peer_expect(peer, "SIP/2.0 503 Closed\r\n");
	assert_string_equal(peer_header(peer, "Retry-After"), "30");
	assert_string_equal(peer_header(peer, "X-Why"), "because");
	assert_string_equal(peer_header(peer, "Injected"), "");
	assert_non_null(strstr(peer_header(peer, "Reason"), "cause=503;text=\"we are \\\"closed"));
	peer_wait(peer, "ended 503 us");
	json_object_put(headers);
	peer_free(peer);
}

static void test_inbound__drop_is_silent(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->drop_at_once = true;
	peer_request(peer, "INVITE", "spam", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	for (int i = 0; i < 10; i++) {
		agent_clock_skew_us += 8 * (int64_t)USEC_PER_SEC;
		peer_expect_nothing(peer, 20);
	}
	peer_free(peer);
}

static void test_inbound__admission_refuses_with_retry_after(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->admit_status = 503;
	peer_request(peer, "INVITE", "full", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 503");
	assert_string_equal(peer_header(peer, "Retry-After"), "7");
	assert_int_equal(peer->calls, 0);
	peer_free(peer);
}

static void test_inbound__facts_and_headers(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct json_object *headers, *list;
	size_t length;

	(void)state;
	peer_request(peer, "INVITE", "facts", 1, NULL,
		"X-Custom: one\r\nX-Custom: two,  three\r\nDiversion: <sip:x@y>;reason=busy\r\n"
		"Subject: hello\r\n",
		"application/sdp", PEER_SDP);
	peer_wait(peer, "invite");
	assert_string_equal(sip_leg_call_id(peer->leg), "facts");
	assert_string_equal(sip_leg_from_user(peer->leg), "alice");
	assert_string_equal(sip_leg_to_user(peer->leg), "100");
	assert_string_equal(sip_leg_from_uri(peer->leg), "sip:alice@example.com");
	assert_string_equal(
		sip_leg_from(peer->leg), "\"Alice\" <sip:alice@example.com>;tag=peertag");
	assert_string_equal(sip_leg_request_uri(peer->leg), "sip:100@127.0.0.1");
	assert_string_equal(sip_leg_request_user(peer->leg), "100");
	assert_string_equal(sip_leg_source_ip(peer->leg), "127.0.0.1");
	assert_string_equal(sip_leg_user_agent(peer->leg), "fake");
	assert_memory_equal(sip_leg_source_addr(peer->leg), "UDP 127.0.0.1:", 14);
	assert_string_equal(sip_leg_sdp(peer->leg, &length), PEER_SDP);
	assert_int_equal(length, strlen(PEER_SDP));
	headers = sip_leg_headers(peer->leg);
	list = json_member(headers, "X-Custom");
	assert_int_equal(json_object_array_length(list), 2);
	assert_string_equal(
		json_object_get_string(json_object_array_get_idx(list, 1)), "two,  three");
	assert_non_null(json_member(headers, "Diversion"));
	list = json_member(headers, "From");
	assert_string_equal(json_object_get_string(json_object_array_get_idx(list, 0)),
		"\"Alice\" <sip:alice@example.com>;tag=peertag");
	assert_non_null(json_member(headers, "Via"));
	assert_non_null(json_member(headers, "Subject"));
	json_object_put(headers);
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inbound__ring_answer_ack_bye),
		cmocka_unit_test(test_inbound__hangup_sends_bye),
		cmocka_unit_test(test_inbound__cancel_ends_with_487),
		cmocka_unit_test(test_inbound__late_offer_gets_its_answer_in_ack),
		cmocka_unit_test(test_inbound__progress_is_reliable_for_who_supports_it),
		cmocka_unit_test(test_inbound__required_100rel_holds_for_180),
		cmocka_unit_test(test_inbound__200_is_repeated_until_ack),
		cmocka_unit_test(test_inbound__no_ack_ends_with_408),
		cmocka_unit_test(test_inbound__reject_carries_reason_and_headers),
		cmocka_unit_test(test_inbound__drop_is_silent),
		cmocka_unit_test(test_inbound__admission_refuses_with_retry_after),
		cmocka_unit_test(test_inbound__facts_and_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
