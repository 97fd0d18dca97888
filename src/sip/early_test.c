/* Tests of an outbound call before its answer: early media, forks, crossing requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sip/peer_fake.h"

#define RELIABLE "Require: 100rel\r\nRSeq: 7\r\n"
#define AGAIN	 "Require: 100rel\r\nRSeq: 8\r\n"
#define OTHER_SDP                                    \
	"v=0\r\no=- 3 3 IN IP4 127.0.0.1\r\ns=-\r\n" \
	"c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 44000 RTP/AVP 0\r\n"

/* A call whose INVITE is kept, so that each branch of it can be answered. */
struct dialled {
	struct peer *peer;
	struct strbuf invite;
};

static struct dialled dial(void)
{
	struct dialled call = {.peer = peer_new(NULL), .invite = STRBUF_INIT};

	peer_dial(call.peer, "secret");
	peer_expect(call.peer, "INVITE ");
	strbuf_add(&call.invite, call.peer->got.data, call.peer->got.length);
	return call;
}

static void hang_up(struct dialled *call)
{
	strbuf_release(&call->invite);
	peer_free(call->peer);
}

static void answer(struct dialled *call, const char *tag, const char *status, const char *extra,
	const char *sdp)
{
	struct peer *peer = call->peer;

	strbuf_reset(&peer->got);
	strbuf_add(&peer->got, call->invite.data, call->invite.length);
	peer->answer_tag = tag;
	peer_answer(peer, status, extra, sdp);
}

/* A request of theirs inside the dialog of a branch. */
static void request(
	struct dialled *call, const char *method, const char *tag, unsigned cseq, const char *sdp)
{
	static unsigned branch;
	struct peer *peer = call->peer;
	char from[256], call_id[128];

	strbuf_reset(&peer->got);
	strbuf_add(&peer->got, call->invite.data, call->invite.length);
	snprintf(from, sizeof(from), "%s", peer_header(peer, "From"));
	snprintf(call_id, sizeof(call_id), "%s", peer_header(peer, "Call-ID"));
	peer_send(peer,
		"%s sip:me@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:%u;rport;branch=z9hG4bKearly%u\r\n"
		"Max-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
		"Contact: <sip:bob@127.0.0.1:%u>\r\n%sContent-Length: %zu\r\n\r\n%s",
		method, peer->port, ++branch, peer_header(peer, "To"), tag, from, call_id, cseq,
		method, peer->port, sdp ? "Content-Type: application/sdp\r\n" : "",
		sdp ? strlen(sdp) : 0, sdp ? sdp : "");
}

static void test_early__ringing_after_early_media(void **state)
{
	struct dialled call = dial();
	struct peer *peer = call.peer;

	(void)state;
	answer(&call, "a", "183 Session Progress", NULL, PEER_SDP);
	answer(&call, "a", "180 Ringing", NULL, NULL);
	answer(&call, "a", "183 Session Progress", NULL, OTHER_SDP);
	answer(&call, "a", "200 OK", NULL, OTHER_SDP);
	peer_expect(peer, "ACK ");
	assert_string_equal(
		peer->words.data, "ringing 183 sdp,ringing 180,ringing 183 sdp,answered sdp");
	hang_up(&call);
}

static void test_early__reliable_answer_holds_against_the_200(void **state)
{
	struct dialled call = dial();
	struct peer *peer = call.peer;

	(void)state;
	answer(&call, "a", "183 Session Progress", RELIABLE, PEER_SDP);
	peer_expect(peer, "PRACK ");
	assert_memory_equal(peer_header(peer, "RAck"), "7 ", 2);
	peer_answer(peer, "200 OK", NULL, NULL);
	answer(&call, "a", "183 Session Progress", RELIABLE, PEER_SDP); /* sent again */
	peer_expect_nothing(peer, 20);
	answer(&call, "a", "180 Ringing", AGAIN, NULL);
	peer_expect(peer, "PRACK ");
	assert_memory_equal(peer_header(peer, "RAck"), "8 ", 2);
	peer_answer(peer, "200 OK", NULL, NULL);
	answer(&call, "a", "200 OK", NULL, OTHER_SDP); /* it may not change */
	peer_expect(peer, "ACK ");
	assert_string_equal(peer->words.data, "ringing 183 sdp,ringing 180,answered");
	hang_up(&call);
}

static void test_fork__each_branch_is_a_dialog(void **state)
{
	struct dialled call = dial();
	struct peer *peer = call.peer;

	(void)state;
	answer(&call, "a", "183 Session Progress", RELIABLE, PEER_SDP);
	peer_expect(peer, "PRACK ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=a"));
	peer_answer(peer, "200 OK", NULL, NULL);
	answer(&call, "b", "183 Session Progress", RELIABLE, OTHER_SDP); /* the same RSeq */
	peer_expect(peer, "PRACK ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=b"));
	assert_memory_equal(peer_header(peer, "RAck"), "7 ", 2);
	peer_answer(peer, "200 OK", NULL, NULL);
	answer(&call, "c", "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	answer(&call, "b", "200 OK", NULL, NULL);
	peer_expect(peer, "ACK ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=b"));
	/* The answer of b was heard in between; that of a came before. */
	assert_string_equal(
		peer->words.data, "ringing 183 sdp,ringing 183 sdp,ringing 180,answered sdp");
	assert_string_equal(peer->leg->remote_sdp, OTHER_SDP);
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=b"));
	hang_up(&call);
}

static void test_fork__answer_of_a_branch_that_never_rang(void **state)
{
	struct dialled call = dial();
	struct peer *peer = call.peer;
	unsigned prack;

	(void)state;
	answer(&call, "a", "183 Session Progress", RELIABLE, PEER_SDP);
	peer_expect(peer, "PRACK ");
	prack = (unsigned)strtoul(peer_header(peer, "CSeq"), NULL, 10);
	peer_answer(peer, "200 OK", NULL, NULL);
	answer(&call, "z", "200 OK", NULL, OTHER_SDP);
	peer_expect(peer, "ACK ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=z"));
	assert_int_equal(strtoul(peer_header(peer, "CSeq"), NULL, 10), prack - 1);
	peer_wait(peer, "answered sdp");
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=z"));
	hang_up(&call);
}

static void test_fork__no_more_branches_than_there_is_room_for(void **state)
{
	struct dialled call = dial();
	struct peer *peer = call.peer;

	(void)state;
	for (int i = 0; i < 20; i++) {
		char tag[16];

		snprintf(tag, sizeof(tag), "t%d", i);
		answer(&call, tag, "180 Ringing", NULL, NULL);
		peer_turns(peer, 2);
	}
	assert_int_equal(peer->leg->branch_count, 8);
	answer(&call, "t19", "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=t19"));
	peer_wait(peer, "answered sdp");
	hang_up(&call);
}

static void test_early__challenge_after_ringing_begins_from_the_start(void **state)
{
	struct dialled call = dial();
	struct peer *peer = call.peer;

	(void)state;
	answer(&call, "a", "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	answer(&call, "b", "407 Proxy Authentication Required",
		"Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", NULL);
	peer_expect(peer, "ACK ");
	peer_expect(peer, "INVITE ");
	assert_null(strstr(peer_header(peer, "To"), ";tag="));
	assert_string_not_equal(peer_header(peer, "Proxy-Authorization"), "");
	peer->answer_tag = "c";
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=c"));
	hang_up(&call);
}

static void test_early__update_changes_what_was_agreed(void **state)
{
	struct dialled call = dial();
	struct peer *peer = call.peer;

	(void)state;
	answer(&call, "a", "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	request(&call, "UPDATE", "a", 1, OTHER_SDP);
	peer_expect(peer, "SIP/2.0 491"); /* ours has no answer yet */
	answer(&call, "a", "183 Session Progress", RELIABLE, PEER_SDP);
	peer_expect(peer, "PRACK ");
	peer_answer(peer, "200 OK", NULL, NULL);
	peer_wait(peer, "ringing 183 sdp");
	request(&call, "UPDATE", "a", 2, OTHER_SDP);
	peer_wait(peer, "update sdp");
	sip_leg_reoffer_answer(peer->leg, 200, OUR_SDP);
	peer_expect(peer, "SIP/2.0 200");
	assert_true(peer_has(peer, "m=audio 42000"));
	answer(&call, "a", "200 OK", NULL, PEER_SDP); /* old news */
	peer_expect(peer, "ACK ");
	peer_wait(peer, "update sdp,answered");
	hang_up(&call);
}

static void test_early__redirection_is_not_followed(void **state)
{
	struct dialled call = dial();

	(void)state;
	answer(&call, "a", "302 Moved Temporarily", NULL, NULL);
	peer_expect(call.peer, "ACK ");
	peer_wait(call.peer, "ended 302 peer");
	peer_expect_nothing(call.peer, 30);
	hang_up(&call);
}

static void test_cancel__waits_for_the_first_answer(void **state)
{
	struct dialled call = dial();
	struct peer *peer = call.peer;

	(void)state;
	sip_leg_hangup(peer->leg, NULL);
	peer_expect_nothing(peer, 20); /* RFC 3261 section 9.1 */
	answer(&call, NULL, "100 Trying", NULL, NULL);
	peer_skip(peer, "CANCEL ");
	peer_answer(peer, "200 OK", NULL, NULL);
	answer(&call, "a", "487 Request Terminated", NULL, NULL);
	peer_skip(peer, "ACK ");
	peer_wait(peer, "ended 487 us");
	hang_up(&call);
}

static void test_cancel__200_of_a_branch_that_crosses_it_is_hung_up(void **state)
{
	struct dialled call = dial();
	struct peer *peer = call.peer;

	(void)state;
	answer(&call, "a", "183 Session Progress", RELIABLE, PEER_SDP);
	peer_expect(peer, "PRACK ");
	peer_answer(peer, "200 OK", NULL, NULL);
	peer_wait(peer, "ringing 183 sdp");
	sip_leg_hangup(peer->leg, NULL);
	answer(&call, "b", "200 OK", NULL, PEER_SDP);
	peer_skip(peer, "ACK ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=b"));
	peer_skip(peer, "BYE ");
	assert_non_null(strstr(peer_header(peer, "To"), ";tag=b"));
	peer_wait(peer, "ended 487 us");
	hang_up(&call);
}

static void test_glare__ours_is_tried_again(void **state)
{
	struct peer *peer = peer_new(NULL);
	uint64_t start;

	(void)state;
	peer_establish(peer, "glare", NULL);
	sip_leg_reinvite(peer->leg, OUR_SDP);
	peer_expect(peer, "INVITE ");
	start = clock_mono();
	peer_answer(peer, "491 Request Pending", NULL, NULL);
	peer_expect(peer, "ACK ");
	peer_expect(peer, "INVITE "); /* they own the Call-ID, so we wait for 0 to 2 s */
	assert_true(clock_mono() - start < 2500 * USEC_PER_MSEC);
	assert_true(peer_has(peer, "m=audio 42000"));
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "answered sdp");
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_early__ringing_after_early_media),
		cmocka_unit_test(test_early__reliable_answer_holds_against_the_200),
		cmocka_unit_test(test_fork__each_branch_is_a_dialog),
		cmocka_unit_test(test_fork__answer_of_a_branch_that_never_rang),
		cmocka_unit_test(test_fork__no_more_branches_than_there_is_room_for),
		cmocka_unit_test(test_early__challenge_after_ringing_begins_from_the_start),
		cmocka_unit_test(test_early__update_changes_what_was_agreed),
		cmocka_unit_test(test_early__redirection_is_not_followed),
		cmocka_unit_test(test_cancel__waits_for_the_first_answer),
		cmocka_unit_test(test_cancel__200_of_a_branch_that_crosses_it_is_hung_up),
		cmocka_unit_test(test_glare__ours_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
