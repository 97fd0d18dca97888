/* Tests of what happens inside a call: re-INVITE, UPDATE, INFO, session timers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sip/peer_fake.h"

static void test_dialog__reinvite_and_update_are_answered_by_the_owner(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "re", NULL);
	peer_request(peer, "INVITE", "re", 2, peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_skip(peer, "SIP/2.0 200");
	assert_true(peer_has(peer, "m=audio 42000"));
	peer_request(peer, "ACK", "re", 2, peer->to_tag, NULL, NULL, NULL);
	peer_request(peer, "UPDATE", "re", 3, peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 200");
	assert_string_equal(peer->words.data, "invite,ack,reinvite sdp,update sdp");
	peer->answer_at_once = false;
	peer_request(peer, "UPDATE", "re", 4, peer->to_tag, NULL, NULL, NULL); /* a refresh */
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "INVITE", "re", 5, peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_wait(peer, "reinvite sdp");
	sip_leg_reoffer_answer(peer->leg, 488, NULL);
	peer_skip(peer, "SIP/2.0 488");
	peer_free(peer);
}

static void test_dialog__glare_is_refused_with_491(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "glare", NULL);
	sip_leg_reinvite(peer->leg, OUR_SDP);
	peer_expect(peer, "INVITE ");
	peer_request(peer, "INVITE", "glare", 2, peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_skip(peer, "SIP/2.0 491");
	peer_free(peer);
}

static void test_dialog__reinvite_of_ours(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "ours", NULL);
	sip_leg_reinvite(peer->leg, OUR_SDP);
	peer_expect(peer, "INVITE sip:alice@127.0.0.1:");
	assert_true(peer_has(peer, "m=audio 42000"));
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "answered sdp");
	peer_free(peer);
}

#define HOLD_SDP                                     \
	"v=0\r\no=- 2 3 IN IP4 127.0.0.1\r\ns=-\r\n" \
	"c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 42000 RTP/AVP 0\r\na=sendonly\r\n"

static void test_dialog__newest_of_our_offers_waits_for_the_one_under_way(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "queue", NULL);
	sip_leg_reinvite(peer->leg, OUR_SDP);
	peer_expect(peer, "INVITE ");
	sip_leg_reinvite(peer->leg, PEER_SDP); /* overtaken by the next */
	sip_leg_reinvite(peer->leg, HOLD_SDP);
	peer_expect_nothing(peer, 20);
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	peer_expect(peer, "INVITE ");
	assert_true(peer_has(peer, "a=sendonly"));
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "answered sdp,answered sdp");
	peer_expect_nothing(peer, 20);
	peer_free(peer);
}

static void test_dialog__our_offer_waits_for_theirs(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "theirs", NULL);
	peer->answer_at_once = false;
	peer_request(peer, "INVITE", "theirs", 2, peer->to_tag, NULL, "application/sdp", PEER_SDP);
	peer_wait(peer, "reinvite sdp");
	sip_leg_reinvite(peer->leg, HOLD_SDP);
	sip_leg_reoffer_answer(peer->leg, 200, OUR_SDP);
	peer_skip(peer, "SIP/2.0 200");
	peer_request(peer, "ACK", "theirs", 2, peer->to_tag, NULL, NULL, NULL);
	peer_expect(peer, "INVITE ");
	assert_true(peer_has(peer, "a=sendonly"));
	peer_free(peer);
}

static void test_dialog__refused_offer_is_forgotten(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->agent->second_us = 1000;
	peer_establish(peer, "refused", "Supported: timer\r\nSession-Expires: 90\r\n");
	sip_leg_reinvite(peer->leg, HOLD_SDP);
	peer_skip(peer, "INVITE ");
	peer_answer(peer, "488 Not Acceptable Here", NULL, NULL);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "reinvite failed 488");
	assert_int_equal(sip_leg_state(peer->leg), SIP_LEG_CONFIRMED);
	assert_string_equal(peer->leg->local_sdp, OUR_SDP); /* what a refresh repeats */
	peer_free(peer);
}

static void test_dialog__info_gives_digits(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "info", NULL);
	peer_request(peer, "INFO", "info", 2, peer->to_tag, NULL, "application/dtmf-relay",
		"Signal=5\r\nDuration=200\r\n");
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "INFO", "info", 3, peer->to_tag, NULL, "application/dtmf", "#");
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "INFO", "info", 4, peer->to_tag, NULL, "application/media_control+xml",
		"<x/>");
	peer_expect(peer, "SIP/2.0 415");
	peer_request(
		peer, "INFO", "info", 5, peer->to_tag, NULL, "application/dtmf-relay", "Signal=%%");
	peer_expect(peer, "SIP/2.0 400");
	peer_request(peer, "INFO", "info", 6, peer->to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200");
	assert_string_equal(peer->words.data, "invite,ack,digit 5 200,digit # 160");
	sip_leg_info_digit(peer->leg, '9', 100);
	peer_expect(peer, "INFO ");
	assert_true(peer_has(peer, "Signal=9\r\nDuration=100\r\n"));
	peer_free(peer);
}

static void test_dialog__wrong_tag_is_481(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "tag", NULL);
	peer_request(peer, "BYE", "tag", 2, "guessed", NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 481");
	assert_int_equal(sip_leg_state(peer->leg), SIP_LEG_CONFIRMED);
	peer_request(peer, "OPTIONS", "tag", 3, peer->to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "FROBNICATE", "tag", 4, peer->to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 405");
	peer_request(peer, "INFO", "tag", 3, peer->to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 500"); /* CSeq goes backwards */
	peer_free(peer);
}

static void test_session_timer__peer_that_does_not_refresh_is_hung_up(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->agent->second_us = 1000;
	peer_establish(peer, "st", "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n");
	peer_expect(peer, "BYE ");
	assert_non_null(strstr(peer_header(peer, "Reason"), "expired"));
	peer_wait(peer, "ended 408 us");
	peer_free(peer);
}

static void test_session_timer__we_refresh_by_update_or_reinvite(void **state)
{
	struct sip_config config = {.udp = true, .session_expires_s = 100};
	struct peer *peer = peer_new(&config);

	(void)state;
	peer->agent->second_us = 1000;
	peer_establish(peer, "st2", "Supported: timer\r\nAllow: INVITE, UPDATE\r\n");
	peer_expect(peer, "UPDATE ");
	assert_string_equal(peer_header(peer, "Session-Expires"), "100;refresher=uac");
	peer_answer(peer, "200 OK", "Session-Expires: 100;refresher=uac\r\n", NULL);
	peer_expect(peer, "UPDATE ");
	peer_answer(peer, "481 Gone", NULL, NULL);
	peer_wait(peer, "ended 481 us");
	peer_establish(peer, "st3", NULL);
	peer_expect(peer, "INVITE ");
	assert_true(peer_has(peer, "m=audio 42000"));
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	peer_free(peer);
}

static void test_session_timer__422_raises_ours(void **state)
{
	struct sip_config config = {.udp = true, .session_expires_s = 100};
	struct peer *peer = peer_new(&config);

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	assert_string_equal(peer_header(peer, "Session-Expires"), "100");
	peer_answer(peer, "422 Session Interval Too Small", "Min-SE: 300\r\n", NULL);
	peer_expect(peer, "ACK ");
	peer_expect(peer, "INVITE ");
	assert_string_equal(peer_header(peer, "Session-Expires"), "300");
	assert_string_equal(peer_header(peer, "Min-SE"), "300");
	peer_free(peer);
}

static void test_keepalive__dialog_unknown_to_the_peer_ends(void **state)
{
	struct sip_config config = {.udp = true, .keepalive_s = 20};
	struct peer *peer = peer_new(&config);

	(void)state;
	peer->agent->second_us = 1000;
	peer_establish(peer, "ka", NULL);
	peer_expect(peer, "OPTIONS ");
	peer_answer(peer, "200 OK", NULL, NULL);
	peer_expect(peer, "OPTIONS ");
	peer_answer(peer, "481 Call/Transaction Does Not Exist", NULL, NULL);
	peer_wait(peer, "ended 481 us");
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialog__reinvite_and_update_are_answered_by_the_owner),
		cmocka_unit_test(test_dialog__glare_is_refused_with_491),
		cmocka_unit_test(test_dialog__reinvite_of_ours),
		cmocka_unit_test(test_dialog__newest_of_our_offers_waits_for_the_one_under_way),
		cmocka_unit_test(test_dialog__our_offer_waits_for_theirs),
		cmocka_unit_test(test_dialog__refused_offer_is_forgotten),
		cmocka_unit_test(test_dialog__info_gives_digits),
		cmocka_unit_test(test_dialog__wrong_tag_is_481),
		cmocka_unit_test(test_session_timer__peer_that_does_not_refresh_is_hung_up),
		cmocka_unit_test(test_session_timer__we_refresh_by_update_or_reinvite),
		cmocka_unit_test(test_session_timer__422_raises_ours),
		cmocka_unit_test(test_keepalive__dialog_unknown_to_the_peer_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
