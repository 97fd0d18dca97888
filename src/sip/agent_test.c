/* Tests of the agent and its legs against a scripted peer on loopback. */
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

static void test_outbound__answers_sha256_before_md5(void **state)
{
	struct peer *peer = peer_new(NULL);
	char call_id[128];
	unsigned cseq, again;

	(void)state;
	dial(peer, "secret");
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
	dial(peer, "wrong");
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
	dial(peer, NULL);
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
	dial(peer, NULL);
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
	dial(peer, NULL);
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
	dial(peer, NULL);
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

static void dial_uri(struct peer *peer, const char *uri)
{
	struct sip_dial how = {.to_uri = uri, .from_uri = "sip:me@example.com", .sdp = OUR_SDP};
	char *error = NULL;

	peer->leg = sip_leg_dial(peer->agent, &how, &peer_leg_handler, peer, &error);
	if (!peer->leg)
		fail_msg("%s", error);
}

static void test_proxy__loose_goes_into_route_as_written(void **state)
{
	struct peer *peer = peer_with_proxy(";transport=udp;lr=on");
	char *route = xasprintf("<sip:localhost:%u;transport=udp;lr=on>", peer->port);

	(void)state;
	dial_uri(peer, "sip:bob@faraway.example");
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
	dial_uri(peer, "sip:bob@faraway.example");
	peer_expect(peer, line);
	assert_string_equal(peer_header(peer, "Route"), "<sip:bob@faraway.example>");
	free(line);
	peer_free(peer);
}

static void test_dialog__follows_record_route(void **state)
{
	struct peer *peer = peer_new(NULL);
	char *record;

	(void)state;
	dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	record = xasprintf("Record-Route: <sip:127.0.0.1:%u;lr>\r\n", peer->port);
	peer_answer(peer, "200 OK", record, PEER_SDP);
	peer_expect(peer, "ACK sip:bob@127.0.0.1:");
	assert_non_null(strstr(peer_header(peer, "Route"), ";lr>"));
	free(record);
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
	peer_request(peer, "ACK", "late", 1, take_tag(peer), NULL, "application/sdp", PEER_SDP);
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
	take_tag(peer);
	peer_expect(peer, "SIP/2.0 183"); /* again, as nothing acknowledged it */
	peer_request(peer, "PRACK", "rel", 2, to_tag, rack, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200");
	assert_non_null(strstr(peer_header(peer, "CSeq"), "PRACK"));
	sip_leg_answer(peer->leg, OUR_SDP, NULL);
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "ACK", "rel", 1, to_tag, NULL, NULL, NULL);
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
	peer_request(peer, "ACK", "noack", 1, take_tag(peer), NULL, NULL, NULL);
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

static void test_dialog__reinvite_and_update_are_answered_by_the_owner(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	establish(peer, "re", NULL);
	peer_request(peer, "INVITE", "re", 2, to_tag, NULL, "application/sdp", PEER_SDP);
	peer_skip(peer, "SIP/2.0 200");
	assert_true(peer_has(peer, "m=audio 42000"));
	peer_request(peer, "ACK", "re", 2, to_tag, NULL, NULL, NULL);
	peer_request(peer, "UPDATE", "re", 3, to_tag, NULL, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 200");
	assert_string_equal(peer->words.data, "invite,ack,reinvite sdp,update sdp");
	peer->answer_at_once = false;
	peer_request(peer, "UPDATE", "re", 4, to_tag, NULL, NULL, NULL); /* a refresh */
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "INVITE", "re", 5, to_tag, NULL, "application/sdp", PEER_SDP);
	peer_wait(peer, "reinvite sdp");
	sip_leg_reoffer_answer(peer->leg, 488, NULL);
	peer_skip(peer, "SIP/2.0 488");
	peer_free(peer);
}

static void test_dialog__glare_is_refused_with_491(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	establish(peer, "glare", NULL);
	sip_leg_reinvite(peer->leg, OUR_SDP);
	peer_expect(peer, "INVITE ");
	peer_request(peer, "INVITE", "glare", 2, to_tag, NULL, "application/sdp", PEER_SDP);
	peer_skip(peer, "SIP/2.0 491");
	peer_free(peer);
}

static void test_dialog__reinvite_of_ours(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	establish(peer, "ours", NULL);
	sip_leg_reinvite(peer->leg, OUR_SDP);
	peer_expect(peer, "INVITE sip:alice@127.0.0.1:");
	assert_true(peer_has(peer, "m=audio 42000"));
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "answered sdp");
	peer_free(peer);
}

static void test_dialog__info_gives_digits(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	establish(peer, "info", NULL);
	peer_request(peer, "INFO", "info", 2, to_tag, NULL, "application/dtmf-relay",
		"Signal=5\r\nDuration=200\r\n");
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "INFO", "info", 3, to_tag, NULL, "application/dtmf", "#");
	peer_expect(peer, "SIP/2.0 200");
	peer_request(
		peer, "INFO", "info", 4, to_tag, NULL, "application/media_control+xml", "<x/>");
	peer_expect(peer, "SIP/2.0 415");
	peer_request(peer, "INFO", "info", 5, to_tag, NULL, "application/dtmf-relay", "Signal=%%");
	peer_expect(peer, "SIP/2.0 400");
	peer_request(peer, "INFO", "info", 6, to_tag, NULL, NULL, NULL);
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
	establish(peer, "tag", NULL);
	peer_request(peer, "BYE", "tag", 2, "guessed", NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 481");
	assert_int_equal(sip_leg_state(peer->leg), SIP_LEG_CONFIRMED);
	peer_request(peer, "OPTIONS", "tag", 3, to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "FROBNICATE", "tag", 4, to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 405");
	peer_request(peer, "INFO", "tag", 3, to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 500"); /* CSeq goes backwards */
	peer_free(peer);
}

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
		{"REFER", NULL, "Refer-To: <sip:x@y>\r\n", NULL, NULL, "SIP/2.0 405"},
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

static void test_session_timer__peer_that_does_not_refresh_is_hung_up(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->agent->second_us = 1000;
	establish(peer, "st", "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n");
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
	establish(peer, "st2", "Supported: timer\r\nAllow: INVITE, UPDATE\r\n");
	peer_expect(peer, "UPDATE ");
	assert_string_equal(peer_header(peer, "Session-Expires"), "100;refresher=uac");
	peer_answer(peer, "200 OK", "Session-Expires: 100;refresher=uac\r\n", NULL);
	peer_expect(peer, "UPDATE ");
	peer_answer(peer, "481 Gone", NULL, NULL);
	peer_wait(peer, "ended 481 us");
	establish(peer, "st3", NULL);
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
	dial(peer, NULL);
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
	establish(peer, "ka", NULL);
	peer_expect(peer, "OPTIONS ");
	peer_answer(peer, "200 OK", NULL, NULL);
	peer_expect(peer, "OPTIONS ");
	peer_answer(peer, "481 Call/Transaction Does Not Exist", NULL, NULL);
	peer_wait(peer, "ended 481 us");
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

static void test_agent__does_not_spin(void **state)
{
	struct peer *peer = peer_new(NULL);
	uint64_t steps, until;

	(void)state;
	establish(peer, "idle", NULL);
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
		establish(peer, call_id, NULL);
		peer_request(peer, "BYE", call_id, 2, to_tag, NULL, NULL, NULL);
		peer_expect(peer, "SIP/2.0 200");
		peer_wait(peer, "ended 200 peer");
		assert_null(peer->leg);
	}
	agent_clock_skew_us += 60 * (int64_t)USEC_PER_SEC;
	peer_turns(peer, 50);
	usize_t incoming = 1, outgoing = 1, legs = 9;
	nta_agent_get_stats(peer->agent->nta, NTATAG_S_IRQ_HASH_USED_REF(incoming),
		NTATAG_S_ORQ_HASH_USED_REF(outgoing), NTATAG_S_LEG_HASH_USED_REF(legs), TAG_END());
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
	dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	assert_non_null(strstr(peer_header(peer, "Contact"), "@203.0.113.7:"));
	assert_non_null(strstr(peer_header(peer, "Via"), "203.0.113.7:"));
	peer_free(peer);
}

static void on_status(void *arg, int status, const char *phrase, unsigned expires_s)
{
	struct peer *peer = arg;

	(void)phrase;
	strbuf_addf(&peer->words, "%sregistered %d %u", peer->words.length ? "," : "", status,
		expires_s);
}

static void test_register__answers_challenge_refreshes_and_leaves(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct sip_account account = {.aor = "sip:me@example.com",
		.auth_user = "me",
		.password = "secret",
		.expires_s = 60};
	char *registrar = xasprintf("sip:127.0.0.1:%u", peer->port), *contact;
	struct sip_registration *registration;

	(void)state;
	peer->agent->second_us = 1000;
	account.registrar = registrar;
	registration = sip_register(peer->agent, &account, on_status, peer);
	peer_expect(peer, "REGISTER sip:127.0.0.1:");
	peer_answer(peer, "423 Interval Too Brief", "Min-Expires: 120\r\n", NULL);
	peer_expect(peer, "REGISTER ");
	assert_string_equal(peer_header(peer, "Expires"), "120");
	peer_answer(peer, "401 Unauthorized",
		"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256\r\n", NULL);
	peer_expect(peer, "REGISTER ");
	assert_non_null(strstr(peer_header(peer, "Authorization"), "SHA-256"));
	contact = xasprintf("Expires: 80\r\n");
	peer_answer(peer, "200 OK", contact, NULL);
	peer_wait(peer, "registered 200 80");
	peer_expect(peer, "REGISTER "); /* after 60 of our short seconds */
	peer_answer(peer, "403 Forbidden", NULL, NULL);
	peer_wait(peer, "registered 403 0");
	peer_expect(peer, "REGISTER ");
	peer_answer(peer, "200 OK", contact, NULL);
	peer_wait(peer, "registered 200 80");
	sip_unregister(registration);
	peer_expect(peer, "REGISTER ");
	assert_string_equal(peer_header(peer, "Expires"), "0");
	free(contact);
	free(registrar);
	peer_free(peer);
}

/* A TCP connection to the agent in place of the UDP socket. */
static void connect_tcp(struct peer *peer)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(sip_agent_port(peer->agent, true)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	close(peer->fd);
	peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(peer->fd, (struct sockaddr *)&address, length), 0);
	getsockname(peer->fd, (struct sockaddr *)&address, &length);
	peer->port = ntohs(address.sin_port);
}

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
	connect_tcp(peer);
	peer_send(peer, "\r\n\r\n"); /* keep-alive */
	send_tcp(peer, "INVITE", 1, NULL, PEER_SDP);
	peer_wait(peer, "invite");
	assert_memory_equal(sip_leg_source_addr(peer->leg), "TCP 127.0.0.1:", 14);
	sip_leg_ring(peer->leg, NULL);
	peer_turns(peer, 20);
	sip_leg_answer(peer->leg, OUR_SDP, NULL);
	peer_skip(peer, "SIP/2.0 200");
	assert_non_null(strstr(peer_header(peer, "Contact"), ";transport=tcp"));
	send_tcp(peer, "ACK", 1, take_tag(peer), NULL);
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
	connect_tcp(peer);
	send_tcp(peer, "INVITE", 1, NULL, PEER_SDP);
	peer_wait(peer, "invite");
	close(peer->fd);
	connect_tcp(peer);
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
	connect_tcp(peer);
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
	dial_uri(caller, uri);
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

static void test_agent__wildcard_address_is_named_as_the_peer_sees_it(void **state)
{
	struct sip_config config = {.addr = "0.0.0.0", .udp = true};
	struct peer *peer = peer_new(&config);

	(void)state;
	peer_request(peer, "INVITE", "any", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_wait(peer, "invite");
	sip_leg_ring(peer->leg, NULL);
	peer_skip(peer, "SIP/2.0 180");
	assert_memory_equal(peer_header(peer, "Contact"), "<sip:127.0.0.1:", 15);
	assert_null(strstr(nta_agent_via(peer->agent->nta)->v_host, "0.0.0.0"));
	peer_free(peer);
}

static void test_agent__unknown_host_ends_the_call(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	dial_uri(peer, "sip:bob@[::1]");
	peer_wait(peer, "ended 503 us");
	peer_free(peer);
}

static void test_leg__freed_while_dialling_tells_nobody(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	dial(peer, NULL);
	peer->leg = sip_leg_free(peer->leg);
	peer_expect_nothing(peer, 20);
	dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	peer_answer(peer, "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	peer->leg = sip_leg_free(peer->leg);
	peer_expect(peer, "CANCEL ");
	assert_string_equal(peer->words.data, "ringing 180");
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
		cmocka_unit_test(test_outbound__answers_sha256_before_md5),
		cmocka_unit_test(test_outbound__gives_up_on_a_wrong_password),
		cmocka_unit_test(test_outbound__reports_refusal),
		cmocka_unit_test(test_outbound__acknowledges_each_repeated_200),
		cmocka_unit_test(test_outbound__200_that_crosses_cancel_is_hung_up),
		cmocka_unit_test(test_outbound__early_media_is_pracked),
		cmocka_unit_test(test_proxy__loose_goes_into_route_as_written),
		cmocka_unit_test(test_proxy__strict_becomes_the_request_uri),
		cmocka_unit_test(test_dialog__follows_record_route),
		cmocka_unit_test(test_inbound__late_offer_gets_its_answer_in_ack),
		cmocka_unit_test(test_inbound__progress_is_reliable_for_who_supports_it),
		cmocka_unit_test(test_inbound__required_100rel_holds_for_180),
		cmocka_unit_test(test_inbound__200_is_repeated_until_ack),
		cmocka_unit_test(test_inbound__no_ack_ends_with_408),
		cmocka_unit_test(test_inbound__reject_carries_reason_and_headers),
		cmocka_unit_test(test_inbound__drop_is_silent),
		cmocka_unit_test(test_inbound__admission_refuses_with_retry_after),
		cmocka_unit_test(test_inbound__facts_and_headers),
		cmocka_unit_test(test_dialog__reinvite_and_update_are_answered_by_the_owner),
		cmocka_unit_test(test_dialog__glare_is_refused_with_491),
		cmocka_unit_test(test_dialog__reinvite_of_ours),
		cmocka_unit_test(test_dialog__info_gives_digits),
		cmocka_unit_test(test_dialog__wrong_tag_is_481),
		cmocka_unit_test(test_stray__each_method_gets_its_refusal),
		cmocka_unit_test(test_stray__420_names_what_is_unsupported),
		cmocka_unit_test(test_session_timer__peer_that_does_not_refresh_is_hung_up),
		cmocka_unit_test(test_session_timer__we_refresh_by_update_or_reinvite),
		cmocka_unit_test(test_session_timer__422_raises_ours),
		cmocka_unit_test(test_keepalive__dialog_unknown_to_the_peer_ends),
		cmocka_unit_test(test_agent__survives_malformed_datagrams),
		cmocka_unit_test(test_agent__sdp_that_kills_sofia_is_only_bytes),
		cmocka_unit_test(test_agent__does_not_spin),
		cmocka_unit_test(test_agent__sofia_runs_on_the_monotonic_clock),
		cmocka_unit_test(test_agent__leaves_nothing_after_1000_calls),
		cmocka_unit_test(test_agent__names_what_it_cannot_bind),
		cmocka_unit_test(test_agent__external_ip_stands_in_contact_and_via),
		cmocka_unit_test(test_register__answers_challenge_refreshes_and_leaves),
		cmocka_unit_test(test_tcp__call_over_one_connection),
		cmocka_unit_test(test_tcp__peer_that_vanishes_leaves_a_working_agent),
		cmocka_unit_test(test_tcp__drop_is_silent_too),
		cmocka_unit_test(test_two_agents__call_over_udp_tcp_and_ipv6),
		cmocka_unit_test(test_agent__wildcard_address_is_named_as_the_peer_sees_it),
		cmocka_unit_test(test_agent__unknown_host_ends_the_call),
		cmocka_unit_test(test_leg__freed_while_dialling_tells_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
