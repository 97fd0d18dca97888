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

/* Up to the PRACK of a 183 with our SDP; offer NULL: the offer is ours, answer in the PRACK. */
static void progress(struct peer *peer, const char *call_id, const char *offer, const char *answer)
{
	char rack[64];

	peer_request(peer, "INVITE", call_id, 1, NULL, "Supported: 100rel\r\n",
		offer ? "application/sdp" : NULL, offer);
	peer_expect(peer, "SIP/2.0 100");
	peer_wait(peer, "invite");
	sip_leg_progress(peer->leg, OUR_SDP);
	peer_expect(peer, "SIP/2.0 183");
	peer_take_tag(peer);
	peer_request(peer, "UPDATE", call_id, 2, peer->to_tag, NULL, "application/sdp", PEER_SDP);
	snprintf(rack, sizeof(rack), "RAck: %s 1 INVITE\r\n", peer_header(peer, "RSeq"));
	peer_expect(peer, offer ? "SIP/2.0 500" : "SIP/2.0 491"); /* not before the PRACK */
	if (offer)
		assert_in_range(atoi(peer_header(peer, "Retry-After")), 0, 10);
	peer_request(peer, "PRACK", call_id, 3, peer->to_tag, rack,
		answer ? "application/sdp" : NULL, answer);
}

static void test_inbound__update_changes_an_early_session(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	progress(peer, "early", PEER_SDP, NULL);
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "UPDATE", "early", 4, peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_wait(peer, "update sdp");
	peer_request(peer, "UPDATE", "early", 5, peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 500"); /* the one before is not answered */
	assert_string_not_equal(peer_header(peer, "Retry-After"), "");
	sip_leg_reoffer_answer(peer->leg, 200, OUR_SDP);
	peer_expect(peer, "SIP/2.0 200");
	assert_string_equal(peer_header(peer, "CSeq"), "4 UPDATE");
	assert_true(peer_has(peer, "m=audio 42000"));
	sip_leg_answer(peer->leg, OUR_SDP, NULL);
	peer_expect(peer, "SIP/2.0 200");
	assert_string_equal(peer_header(peer, "CSeq"), "1 INVITE");
	assert_false(peer_has(peer, "m=audio")); /* it would undo the UPDATE */
	peer_request(peer, "ACK", "early", 1, peer->to_tag, NULL, NULL, NULL);
	peer_wait(peer, "ack");
	peer_free(peer);
}

static void test_inbound__early_update_without_answered_offer_waits(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_request(peer, "INVITE", "soon", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_wait(peer, "invite");
	sip_leg_ring(peer->leg, NULL);
	peer_expect(peer, "SIP/2.0 180");
	peer_take_tag(peer);
	peer_request(peer, "UPDATE", "soon", 2, peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 500");
	assert_string_not_equal(peer_header(peer, "Retry-After"), "");
	peer_request(peer, "UPDATE", "soon", 3, peer->to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200"); /* without an offer it is a refresh */
	assert_string_equal(peer->words.data, "invite");
	peer_free(peer);
}

static void test_inbound__answer_in_prack_completes_a_late_offer(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	progress(peer, "lateprack", NULL, PEER_SDP);
	peer_expect(peer, "SIP/2.0 200");
	sip_leg_answer(peer->leg, OUR_SDP, NULL);
	peer_expect(peer, "SIP/2.0 200");
	assert_false(peer_has(peer, "m=audio")); /* it would be a second offer */
	peer_request(peer, "ACK", "lateprack", 1, peer->to_tag, NULL, NULL, NULL);
	peer_wait(peer, "ack sdp");
	peer_free(peer);
}

static void test_inbound__offer_in_prack_is_488(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	progress(peer, "offerprack", PEER_SDP, PEER_SDP);
	peer_expect(peer, "SIP/2.0 488");
	peer_free(peer);
}

/* What a peer of RFC 2543 sends, and what makes nta read past its end. */
static void send_branch(struct peer *peer, const char *method, const char *branch, const char *tag)
{
	peer_send(peer,
		"%s sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u%s%s, "
		"SIP/2.0/UDP 192.0.2.1;branch=z\r\nMax-Forwards: 70\r\n"
		"From: <sip:a@b>;tag=x\r\nTo: <sip:100@b>%s%s\r\nCall-ID: branch\r\n"
		"CSeq: 1 %s\r\nContact: <sip:a@127.0.0.1:%u>\r\nContent-Length: 0\r\n\r\n",
		method, peer->port, branch ? ";branch=" : "", branch ? branch : "",
		tag ? ";tag=" : "", tag ? tag : "", method, peer->port);
}

static void test_inbound__short_branch_is_matched_without_it(void **state)
{
	static const char *const branches[] = {"z", "z9hG4b", "z9hG4bK"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(branches); i++) {
		struct peer *peer = peer_new(NULL);

		send_branch(peer, "INVITE", branches[i], NULL);
		peer_expect(peer, "SIP/2.0 100");
		peer_wait(peer, "invite");
		assert_null(sip_object(peer->leg->invite)->sip_via->v_branch);
		assert_null(sip_object(peer->leg->invite)->sip_via->v_next->v_branch);
		send_branch(peer, "INVITE", branches[i], NULL); /* again: the same call */
		peer_expect(peer, "SIP/2.0 100");
		send_branch(peer, "INVITE", "z9hG4bKmagic", NULL); /* another path */
		peer_expect(peer, "SIP/2.0 482");
		sip_leg_answer(peer->leg, OUR_SDP, NULL);
		peer_expect(peer, "SIP/2.0 200");
		assert_non_null(strstr(peer_header(peer, "Via"), branches[i]));
		send_branch(peer, "ACK", branches[i], peer_take_tag(peer));
		peer_wait(peer, "ack");
		assert_int_equal(peer->calls, 1);
		peer_free(peer);
	}
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
		cmocka_unit_test(test_inbound__update_changes_an_early_session),
		cmocka_unit_test(test_inbound__early_update_without_answered_offer_waits),
		cmocka_unit_test(test_inbound__answer_in_prack_completes_a_late_offer),
		cmocka_unit_test(test_inbound__offer_in_prack_is_488),
		cmocka_unit_test(test_inbound__short_branch_is_matched_without_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
