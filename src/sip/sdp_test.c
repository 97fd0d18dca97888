/* Tests of the SDP reader, writer and of offer and answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sip/sdp.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static const struct sdp_local local = {
	.codecs = {{"PCMU", 8000, 0}, {"PCMA", 8000, 8}, {"G722", 8000, 9}, {"opus", 48000, 107}},
	.codec_count = 4,
	.dtmf_payload_type = 101,
	.ptime_ms = 20,
	.family = AF_INET,
	.address = "203.0.113.7",
	.rtp_port = 12000,
};

/* An offer, and what must stand in the answer or be said against it. */
static const struct {
	const char *offer;
	const char *answer; /* lines that must be in the answer, one string */
	const char *codec;
	int payload_type, dtmf;
	int ptime;
	enum sdp_direction direction;
	bool held;
} offers[] = {
	{HEAD "m=audio 4000 RTP/AVP 0\r\n",
		"m=audio 12000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n",
		"PCMU", 0, 0, 20, SDP_SENDRECV, false},
	/* their order wins */
	{HEAD "m=audio 4000 RTP/AVP 9 8 0\r\n", "m=audio 12000 RTP/AVP 9\r\n", "G722", 9, 0, 20,
		SDP_SENDRECV, false},
	{HEAD "m=audio 4000 RTP/AVP 18 8 0 97\r\na=rtpmap:97 telephone-event/8000\r\n",
		"m=audio 12000 RTP/AVP 8 97\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:97 "
		"telephone-event/8000\r\na=fmtp:97 0-15\r\n",
		"PCMA", 8, 97, 20, SDP_SENDRECV, false},
	/* a dynamic number for a static codec, names in other case */
	{HEAD "m=audio 4000 RTP/AVP 120\r\na=rtpmap:120 pcma/8000/1\r\n",
		"a=rtpmap:120 PCMA/8000\r\n", "PCMA", 120, 0, 20, SDP_SENDRECV, false},
	{HEAD "m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n",
		"a=rtpmap:111 opus/48000/2\r\n", "opus", 111, 0, 20, SDP_SENDRECV, false},
	/* 48000 Hz events are not for us */
	{HEAD "m=audio 4000 RTP/AVP 111 110 0\r\na=rtpmap:111 telephone-event/48000\r\n"
	      "a=rtpmap:110 telephone-event/8000\r\n",
		"m=audio 12000 RTP/AVP 0 110\r\n", "PCMU", 0, 110, 20, SDP_SENDRECV, false},
	{HEAD "m=audio 4000 RTP/AVP 0\r\na=ptime:30\r\n", "a=ptime:30\r\n", "PCMU", 0, 0, 30,
		SDP_SENDRECV, false},
	{HEAD "m=audio 4000 RTP/AVP 0\r\na=ptime:60\r\na=maxptime:40\r\n", "a=ptime:40\r\n", "PCMU",
		0, 0, 40, SDP_SENDRECV, false},
	{HEAD "m=audio 4000 RTP/AVP 0\r\na=ptime:25\r\n", "a=ptime:20\r\n", "PCMU", 0, 0, 20,
		SDP_SENDRECV, false},
	{HEAD "m=audio 4000 RTP/AVP 0\r\na=ptime:1\r\n", "a=ptime:10\r\n", "PCMU", 0, 0, 10,
		SDP_SENDRECV, false},
	{HEAD "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", "a=recvonly\r\n", "PCMU", 0, 0, 20,
		SDP_RECVONLY, true},
	{HEAD "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", "a=sendonly\r\n", "PCMU", 0, 0, 20,
		SDP_SENDONLY, false},
	{HEAD "a=inactive\r\nm=audio 4000 RTP/AVP 0\r\n", "a=inactive\r\n", "PCMU", 0, 0, 20,
		SDP_INACTIVE, true},
	/* media level overrides */
	{HEAD "a=inactive\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n", "a=sendrecv\r\n", "PCMU", 0,
		0, 20, SDP_SENDRECV, false},
	{HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", "a=recvonly\r\n", "PCMU", 0, 0, 20,
		SDP_RECVONLY, true},
	/* the first acceptable audio; the others keep their places */
	{HEAD "m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/SAVP 0\r\nm=audio 4002 RTP/AVP 8\r\n"
	      "m=audio 4004 RTP/AVP 0\r\n",
		"m=video 0 RTP/AVP 31\r\nm=audio 0 RTP/SAVP 0\r\nm=audio 12000 RTP/AVP "
		"8\r\na=rtpmap:"
		"8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\nm=audio 0 RTP/AVP 0\r\n",
		"PCMA", 8, 0, 20, SDP_SENDRECV, false},
	{HEAD "m=video 6024 RT@/AVP 107\r\nm=audio 4000 RTP/AVP 0\r\n",
		"m=video 0 RT@/AVP 107\r\nm=audio 12000 RTP/AVP 0\r\n", "PCMU", 0, 0, 20,
		SDP_SENDRECV, false},
	/* bare line feeds, and no end of the last line */
	{"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0",
		"m=audio 12000 RTP/AVP 0\r\n", "PCMU", 0, 0, 20, SDP_SENDRECV, false},
	{HEAD "m=audio 4000/2 RTP/AVP 0\r\nc=IN IP4 192.0.2.9/127\r\n", "m=audio 12000 ", "PCMU", 0,
		0, 20, SDP_SENDRECV, false},
};

/* What is refused, and why. */
static const struct {
	const char *offer;
	int error;
	const char *message;
} bad_offers[] = {
	{HEAD "m=audio 0 RTP/AVP 0\r\n", -ENOTSUP, "no RTP/AVP audio with a port"},
	{HEAD "m=audio 4000 RTP/AVP 18\r\n", -ENOTSUP, "no codec in common"},
	{HEAD "m=audio 4000 RTP/AVPF 0\r\n", -ENOTSUP, "no RTP/AVP audio with a port"},
	{HEAD "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n", -ENOTSUP, "no RTP/AVP audio with a port"},
	{HEAD "m=video 4000 RTP/AVP 31\r\n", -ENOTSUP, "no RTP/AVP audio with a port"},
	{HEAD "m=video 6024 RT@/AVP 107\r\n", -ENOTSUP, "no RTP/AVP audio with a port"},
	{HEAD, -ENOTSUP, "no RTP/AVP audio with a port"},
	{HEAD "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMU/16000\r\n", -ENOTSUP,
		"no codec in common"},
	{HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n", -ENOTSUP,
		"the audio is of another address family"},
	{"", -EBADMSG, "empty description"},
	{"\r\n", -EBADMSG, "the first line is not v=0"},
	{"m=audio 4000 RTP/AVP 0\r\n", -EBADMSG, "the first line is not v=0"},
	{"v=1\r\n", -EBADMSG, "the first line is not v=0"},
	{HEAD "hello\r\n", -EBADMSG, "a line is not of the form x=value"},
	{HEAD "m=audio x RTP/AVP 0\r\n", -EBADMSG, "m-line with a bad port"},
	{HEAD "m=audio 65536 RTP/AVP 0\r\n", -EBADMSG, "m-line with a bad port"},
	{HEAD "m=audio 4000\r\n", -EBADMSG, "m-line is incomplete"},
	{HEAD "m=audio 4000 RTP/AVP\r\n", -EBADMSG, "m-line is incomplete"},
	{HEAD "m=audio 4000 RTP/AVP 128\r\n", -EBADMSG, "a payload type is not a number below 128"},
	{HEAD "m=audio\t4000 RTP/AVP 0\r\n", -EBADMSG, "m-line with control characters"},
	{HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 host.example.com\r\n", -EBADMSG,
		"c= without a numeric address"},
	{"v=0\r\nm=audio 4000 RTP/AVP 0\r\n", -EBADMSG, "no c= line for the audio"},
};

static void check_offer(size_t i)
{
	struct sdp_session session;
	struct sdp_result result;
	struct strbuf answer = STRBUF_INIT;
	const char *error = "";

	sdp_session_init(&session, &local);
	if (sdp_accept(
		    &session, offers[i].offer, strlen(offers[i].offer), &answer, &result, &error))
		fail_msg("offer %zu: %s", i, error);
	if (!strstr(answer.data, offers[i].answer))
		fail_msg("offer %zu is answered by\n%s", i, answer.data);
	assert_string_equal(local.codecs[result.codec].name, offers[i].codec);
	assert_int_equal(result.payload_type_tx, offers[i].payload_type);
	assert_int_equal(result.payload_type_rx, offers[i].payload_type);
	assert_int_equal(result.dtmf_payload_type_tx, offers[i].dtmf);
	assert_int_equal(result.dtmf_payload_type_rx, offers[i].dtmf);
	assert_int_equal(result.ptime_ms, offers[i].ptime);
	assert_int_equal(result.direction, offers[i].direction);
	assert_int_equal(result.held, offers[i].held);
	strbuf_release(&answer);
	sdp_session_release(&session);
}

static void test_sdp_accept__answers_each_offer_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offers); i++)
		check_offer(i);
}

static void test_sdp_accept__refuses_each_bad_offer_and_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_offers); i++) {
		const char *offer = bad_offers[i].offer, *error = "";
		struct strbuf answer = STRBUF_INIT;
		struct sdp_session session;
		struct sdp_result result;

		sdp_session_init(&session, &local);
		assert_int_equal(
			sdp_accept(&session, offer, strlen(offer), &answer, &result, &error),
			bad_offers[i].error);
		assert_string_equal(error, bad_offers[i].message);
		assert_int_equal(answer.length, 0);
		sdp_session_release(&session);
	}
}

static void accept_text(struct sdp_session *session, const char *offer, struct strbuf *answer,
	struct sdp_result *result)
{
	const char *error = "";

	strbuf_reset(answer);
	if (sdp_accept(session, offer, strlen(offer), answer, result, &error))
		fail_msg("%s", error);
}

static char *where(const struct sockaddr_storage *address, uint16_t *ret_port)
{
	static char text[64];
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	bool v6 = address->ss_family == AF_INET6;

	*ret_port = ntohs(v6 ? in6->sin6_port : in->sin_port);
	inet_ntop(address->ss_family,
		v6 ? (const void *)&in6->sin6_addr : (const void *)&in->sin_addr, text,
		sizeof(text));
	return text;
}

static void test_sdp_accept__reads_addresses_of_rtp_and_rtcp(void **state)
{
	struct sdp_session session;
	struct sdp_result result;
	struct strbuf answer = STRBUF_INIT;
	uint16_t port;

	(void)state;
	sdp_session_init(&session, &local);
	accept_text(&session, HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.4\r\n", &answer,
		&result);
	assert_string_equal(where(&result.rtp, &port), "198.51.100.4");
	assert_int_equal(port, 4000);
	assert_string_equal(where(&result.rtcp, &port), "198.51.100.4");
	assert_int_equal(port, 4001);
	accept_text(&session, HEAD "m=audio 4000 RTP/AVP 0\r\na=rtcp:5555 IN IP4 192.0.2.77\r\n",
		&answer, &result);
	assert_string_equal(where(&result.rtcp, &port), "192.0.2.77");
	assert_int_equal(port, 5555);
	assert_string_equal(where(&result.rtp, &port), "192.0.2.1");
	strbuf_release(&answer);
	sdp_session_release(&session);
}

static void test_sdp_accept__works_over_ipv6(void **state)
{
	struct sdp_local here = local;
	struct sdp_session session;
	struct sdp_result result;
	struct strbuf answer = STRBUF_INIT;
	uint16_t port;

	(void)state;
	here.family = AF_INET6;
	strcpy(here.address, "2001:db8::7");
	sdp_session_init(&session, &here);
	accept_text(&session,
		"v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
		"m=audio 4000 RTP/AVP 0\r\n",
		&answer, &result);
	assert_non_null(strstr(answer.data, "c=IN IP6 2001:db8::7\r\n"));
	assert_string_equal(where(&result.rtp, &port), "2001:db8::1");
	strbuf_release(&answer);
	sdp_session_release(&session);
}

/* The version number of the o= line. */
static unsigned long long version_of(const struct strbuf *text)
{
	unsigned long long id, version = 0;

	assert_int_equal(sscanf(text->data, "v=0\r\no=- %llu %llu ", &id, &version), 2);
	return version;
}

static void test_sdp_accept__raises_the_version_only_on_change(void **state)
{
	static const char same[] = HEAD "m=audio 4000 RTP/AVP 0\r\n";
	struct sdp_session session;
	struct sdp_result result;
	struct strbuf answer = STRBUF_INIT;
	unsigned long long first;

	(void)state;
	sdp_session_init(&session, &local);
	accept_text(&session, same, &answer, &result);
	first = version_of(&answer);
	accept_text(&session, same, &answer, &result);
	assert_int_equal(version_of(&answer), first);
	accept_text(&session, HEAD "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", &answer, &result);
	assert_int_equal(version_of(&answer), first + 1);
	assert_true(result.held);
	accept_text(&session, same, &answer, &result);
	assert_int_equal(version_of(&answer), first + 2);
	assert_false(result.held);
	strbuf_release(&answer);
	sdp_session_release(&session);
}

static void test_sdp_accept__follows_reordered_m_lines_and_refuses_fewer(void **state)
{
	struct sdp_session session;
	struct sdp_result result;
	struct strbuf answer = STRBUF_INIT;
	const char *error = "", *fewer = HEAD "m=audio 4000 RTP/AVP 0\r\n";

	(void)state;
	sdp_session_init(&session, &local);
	accept_text(&session, HEAD "m=audio 4000 RTP/AVP 0\r\nm=video 5000 RTP/AVP 31\r\n", &answer,
		&result);
	accept_text(&session, HEAD "m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0\r\n", &answer,
		&result);
	assert_non_null(strstr(answer.data, "m=video 0 RTP/AVP 31\r\nm=audio 12000 RTP/AVP 0\r\n"));
	strbuf_reset(&answer);
	sdp_offer(&session, SDP_SENDONLY, &answer);
	assert_non_null(strstr(answer.data, "t=0 0\r\nm=video 0 RTP/AVP 31\r\nm=audio 12000 "));
	assert_non_null(strstr(answer.data, "a=sendonly\r\n"));
	assert_int_equal(
		sdp_accept(&session, fewer, strlen(fewer), &answer, &result, &error), -EBADMSG);
	strbuf_release(&answer);
	sdp_session_release(&session);
}

static int complete_text(struct sdp_session *session, const char *answer, struct sdp_result *result)
{
	const char *error = "";

	return sdp_complete(session, answer, strlen(answer), result, &error);
}

static void test_sdp_complete__maps_payload_types_in_both_directions(void **state)
{
	struct sdp_session session;
	struct sdp_result result;
	struct strbuf offer = STRBUF_INIT;

	(void)state;
	sdp_session_init(&session, &local);
	sdp_offer(&session, SDP_SENDRECV, &offer);
	assert_non_null(strstr(offer.data, "m=audio 12000 RTP/AVP 0 8 9 107 101\r\n"));
	assert_non_null(strstr(offer.data, "a=rtpmap:107 opus/48000/2\r\n"));
	assert_int_equal(complete_text(&session,
				 HEAD "m=audio 4000 RTP/AVP 96 97\r\na=rtpmap:96 opus/48000/2\r\n"
				      "a=rtpmap:97 telephone-event/8000\r\na=ptime:40\r\n",
				 &result),
		0);
	assert_string_equal(local.codecs[result.codec].name, "opus");
	assert_int_equal(result.payload_type_tx, 96);
	assert_int_equal(result.payload_type_rx, 107);
	assert_int_equal(result.dtmf_payload_type_tx, 97);
	assert_int_equal(result.dtmf_payload_type_rx, 101);
	assert_int_equal(result.ptime_ms, 40);
	assert_int_equal(complete_text(&session, HEAD "m=audio 4000 RTP/AVP 8\r\n", &result), 0);
	assert_int_equal(result.dtmf_payload_type_tx, 0);
	assert_int_equal(result.dtmf_payload_type_rx, 0);
	assert_int_equal(
		complete_text(&session, HEAD "m=audio 0 RTP/AVP 8\r\n", &result), -ENOTSUP);
	assert_int_equal(
		complete_text(&session, HEAD "m=audio 4000 RTP/AVP 3\r\n", &result), -ENOTSUP);
	assert_int_equal(complete_text(&session, HEAD, &result), -ENOTSUP);
	assert_int_equal(complete_text(&session, "nonsense", &result), -EBADMSG);
	strbuf_release(&offer);
	sdp_session_release(&session);
}

/* Repeats text, offers it, and wants -EBADMSG with that message, soon. */
static void refuse_repeated(const char *text, size_t count, const char *wanted)
{
	struct sdp_session session;
	struct sdp_result result;
	struct strbuf offer = STRBUF_INIT, answer = STRBUF_INIT;
	const char *error = "";
	uint64_t start = clock_mono();

	strbuf_adds(&offer, HEAD);
	while (count--)
		strbuf_adds(&offer, text);
	sdp_session_init(&session, &local);
	assert_int_equal(
		sdp_accept(&session, offer.data, offer.length, &answer, &result, &error), -EBADMSG);
	assert_string_equal(error, wanted);
	assert_true(clock_mono() - start < 200000);
	strbuf_release(&offer);
	strbuf_release(&answer);
	sdp_session_release(&session);
}

static void test_sdp_accept__is_bounded(void **state)
{
	struct strbuf formats = STRBUF_INIT;

	(void)state;
	refuse_repeated("a=x\r\n", 10000, "more than 2048 lines");
	refuse_repeated("a=0123456789012345678901234567890123456789\r\n", 2000,
		"description longer than 64 KiB");
	refuse_repeated("m=video 1 RTP/AVP 1\r\n", 65, "more than 64 m-lines");
	strbuf_adds(&formats, "m=audio 4000 RTP/AVP");
	for (int i = 0; i < 129; i++)
		strbuf_adds(&formats, " 1");
	strbuf_adds(&formats, "\r\n");
	refuse_repeated(formats.data, 1, "more than 128 formats in an m-line");
	strbuf_release(&formats);
}

static void test_sdp_accept__ours_to_ours_agrees(void **state)
{
	struct sdp_session caller, callee;
	struct sdp_result there, here;
	struct strbuf offer = STRBUF_INIT, answer = STRBUF_INIT;

	(void)state;
	sdp_session_init(&caller, &local);
	sdp_session_init(&callee, &local);
	sdp_offer(&caller, SDP_SENDONLY, &offer);
	accept_text(&callee, offer.data, &answer, &there);
	assert_int_equal(complete_text(&caller, answer.data, &here), 0);
	assert_int_equal(there.direction, SDP_RECVONLY);
	assert_int_equal(here.direction, SDP_SENDONLY);
	assert_int_equal(here.codec, there.codec);
	assert_int_equal(here.dtmf_payload_type_tx, 101);
	sdp_session_release(&caller);
	sdp_session_release(&callee);
	strbuf_release(&offer);
	strbuf_release(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sdp_accept__answers_each_offer_of_the_table),
		cmocka_unit_test(test_sdp_accept__refuses_each_bad_offer_and_says_why),
		cmocka_unit_test(test_sdp_accept__reads_addresses_of_rtp_and_rtcp),
		cmocka_unit_test(test_sdp_accept__works_over_ipv6),
		cmocka_unit_test(test_sdp_accept__raises_the_version_only_on_change),
		cmocka_unit_test(test_sdp_accept__follows_reordered_m_lines_and_refuses_fewer),
		cmocka_unit_test(test_sdp_complete__maps_payload_types_in_both_directions),
		cmocka_unit_test(test_sdp_accept__is_bounded),
		cmocka_unit_test(test_sdp_accept__ours_to_ours_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
