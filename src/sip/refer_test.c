/* Tests of REFER in both directions, and of what it carries. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sip/peer_fake.h"

/* --- ours --- */

static void notify(struct peer *peer, unsigned cseq, const char *state, const char *line)
{
	char extra[256], body[64];

	snprintf(extra, sizeof(extra), "Event: refer\r\nSubscription-State: %s\r\n", state);
	snprintf(body, sizeof(body), "SIP/2.0 %s\r\n", line);
	peer_request(peer, "NOTIFY", peer_header(peer, "Call-ID"), cseq, peer->to_tag, extra,
		"message/sipfrag;version=2.0", body);
}

static void refer(struct peer *peer, const char *to)
{
	assert_int_equal(sip_leg_refer(peer->leg, to, 30, NULL), 0);
	peer_expect(peer, "REFER sip:alice@127.0.0.1:");
}

static void test_refer__is_told_by_notify_until_the_outcome(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct json_object *headers = json_object_new_object();

	(void)state;
	json_add_text(headers, "X-Why", "sales");
	peer_establish(peer, "out", NULL);
	assert_int_equal(sip_leg_refer(peer->leg, "sip:bob@example.com", 30, headers), 0);
	json_object_put(headers);
	assert_int_equal(sip_leg_refer(peer->leg, "sip:bob@example.com", 30, NULL), -EBUSY);
	peer_expect(peer, "REFER sip:alice@127.0.0.1:");
	assert_string_equal(peer_header(peer, "Refer-To"), "<sip:bob@example.com>");
	assert_string_equal(peer_header(peer, "Referred-By"), "<sip:100@example.com>");
	assert_string_equal(peer_header(peer, "X-Why"), "sales");
	assert_string_not_equal(peer_header(peer, "Contact"), "");
	peer_answer(peer, "202 Accepted", NULL, NULL);
	notify(peer, 2, "active;expires=60", "100 Trying");
	peer_expect(peer, "SIP/2.0 200");
	notify(peer, 3, "active;expires=60", "180 Ringing");
	peer_expect(peer, "SIP/2.0 200");
	notify(peer, 4, "terminated;reason=noresource", "200 OK");
	peer_expect(peer, "SIP/2.0 200");
	assert_string_equal(peer->words.data,
		"invite,ack,refer status 100 Trying,refer status 180 Ringing,referred 200 OK");
	notify(peer, 5, "terminated;reason=noresource", "200 OK"); /* nobody waits for it */
	peer_expect(peer, "SIP/2.0 481");
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE ");
	peer_free(peer);
}

static void test_refer__takes_a_tel_uri_and_another_name(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct json_object *headers = json_object_new_object();

	(void)state;
	json_add_text(headers, "referred-by", "<sip:boss@example.com>");
	peer_establish(peer, "tel", NULL);
	assert_int_equal(sip_leg_refer(peer->leg, "tel:+15550100", 30, headers), 0);
	json_object_put(headers);
	peer_expect(peer, "REFER ");
	assert_string_equal(peer_header(peer, "Refer-To"), "<tel:+15550100>");
	assert_string_equal(peer_header(peer, "Referred-By"), "<sip:boss@example.com>");
	sip_leg_refer_forget(peer->leg);
	assert_int_equal(sip_leg_refer(peer->leg, "tel:", 30, NULL), -EINVAL);
	assert_int_equal(sip_leg_refer(peer->leg, "tel:1 2", 30, NULL), -EINVAL);
	peer_free(peer);
}

static void test_refer__refusals_are_outcomes(void **state)
{
	static const char *const refusals[] = {
		"403 Forbidden", "405 Method Not Allowed", "603 Decline", "401 Unauthorized"};
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "no", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		char words[64];

		refer(peer, "sip:bob@example.com");
		peer_answer(peer, refusals[i], NULL, NULL);
		snprintf(words, sizeof(words), "referred %s", refusals[i]);
		peer_wait(peer, words);
	}
	refer(peer, "sip:bob@example.com");
	peer_answer(peer, "202 Accepted", NULL, NULL);
	notify(peer, 2, "terminated;reason=noresource", "486 Busy Here");
	peer_wait(peer, "referred 486 Busy Here");
	assert_int_equal(sip_leg_state(peer->leg), SIP_LEG_CONFIRMED); /* the call goes on */
	peer_free(peer);
}

static void test_refer__subscription_that_ends_without_outcome(void **state)
{
	static const struct {
		const char *state;
		int status;
	} ends[] = {
		{"terminated;reason=timeout", 408},
		{"terminated;reason=rejected", 603},
		{"terminated", 500},
	};
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "end", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		char words[64];

		refer(peer, "sip:bob@example.com");
		peer_answer(peer, "202 Accepted", NULL, NULL);
		notify(peer, 2 + (unsigned)i, ends[i].state, "100 Trying");
		snprintf(words, sizeof(words), "referred %d it ended without an outcome",
			ends[i].status);
		peer_wait(peer, words);
		peer_expect(peer, "SIP/2.0 200");
	}
	peer_free(peer);
}

static void test_refer__without_subscription_acceptance_is_all(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "quiet", NULL);
	refer(peer, "sip:bob@example.com");
	peer_answer(peer, "200 OK", "Refer-Sub: false\r\n", NULL);
	peer_wait(peer, "referred 200 OK");
	peer_free(peer);
}

static void test_refer__silence_is_408(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->agent->second_us = 1000;
	peer_establish(peer, "silent", NULL);
	refer(peer, "sip:bob@example.com");
	peer_answer(peer, "202 Accepted", NULL, NULL);
	peer_wait(peer, "referred 408 nothing was heard of it in time");
	refer(peer, "sip:bob@example.com");
	sip_leg_refer_forget(peer->leg);
	peer_answer(peer, "202 Accepted", NULL, NULL);
	peer_expect_nothing(peer, 50);
	peer_wait(peer, "in time"); /* nothing more */
	peer_free(peer);
}

static void test_refer__481_ends_the_call(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "gone", NULL);
	refer(peer, "sip:bob@example.com");
	peer_answer(peer, "481 Call Does Not Exist", NULL, NULL);
	peer_wait(peer, "referred 481 Call Does Not Exist,ended 481 us");
	peer_free(peer);
}

static void test_refer__needs_a_call_and_a_uri(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_request(peer, "INVITE", "early", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_wait(peer, "invite");
	assert_int_equal(sip_leg_refer(peer->leg, "sip:bob@example.com", 30, NULL), -ENOTCONN);
	peer_free(peer);
	peer = peer_new(NULL);
	peer_establish(peer, "uri", NULL);
	assert_int_equal(sip_leg_refer(peer->leg, "bob", 30, NULL), -EINVAL);
	assert_int_equal(sip_leg_refer(peer->leg, "sip:b@c>\r\nEvil: 1", 30, NULL), -EINVAL);
	peer_expect_nothing(peer, 20);
	peer_free(peer);
}

static void test_notify__of_something_else_is_refused(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "odd", NULL);
	refer(peer, "sip:bob@example.com");
	peer_answer(peer, "202 Accepted", NULL, NULL);
	peer_request(peer, "NOTIFY", "odd", 2, peer->to_tag,
		"Event: presence\r\nSubscription-State: active\r\n", NULL, NULL);
	peer_expect(peer, "SIP/2.0 489");
	assert_string_equal(peer_header(peer, "Allow-Events"), "refer");
	peer_request(peer, "NOTIFY", "odd", 3, peer->to_tag,
		"Event: refer;id=4711\r\nSubscription-State: active\r\n", NULL, NULL);
	peer_expect(peer, "SIP/2.0 481");
	peer_request(peer, "NOTIFY", "odd", 4, peer->to_tag,
		"Event: refer\r\nSubscription-State: active\r\n", "text/plain", "hello");
	peer_expect(peer, "SIP/2.0 415");
	peer_request(peer, "NOTIFY", "odd", 5, peer->to_tag,
		"Event: refer\r\nSubscription-State: active\r\n", "message/sipfrag", "nonsense");
	peer_expect(peer, "SIP/2.0 200");
	peer_wait(peer, "ack"); /* none of it was news */
	peer_free(peer);
}

/* --- theirs --- */

static void send_refer(struct peer *peer, const char *call_id, unsigned cseq, const char *extra)
{
	peer_request(peer, "REFER", call_id, cseq, peer->to_tag, extra, NULL, NULL);
}

static void expect_notify(struct peer *peer, const char *state, const char *body)
{
	peer_expect(peer, "NOTIFY sip:alice@127.0.0.1:");
	assert_string_equal(peer_header(peer, "Subscription-State"), state);
	assert_string_equal(peer_header(peer, "Content-Type"), "message/sipfrag;version=2.0");
	assert_true(peer_has(peer, body));
}

static void test_referred__is_told_of_each_step(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "in", NULL);
	send_refer(peer, "in", 2,
		"Refer-To: \"Bob\" <sip:bob@example.com;user=phone>\r\n"
		"Referred-By: <sip:alice@example.com>\r\n");
	peer_wait(peer, "refer sip:bob@example.com;user=phone by <sip:alice@example.com>");
	sip_leg_refer_answer(peer->leg, 202);
	peer_expect(peer, "SIP/2.0 202");
	assert_string_equal(peer_header(peer, "Refer-Sub"), "");
	expect_notify(peer, "active;expires=180", "\r\n\r\nSIP/2.0 100 Trying\r\n");
	assert_string_equal(peer_header(peer, "Event"), "refer");
	/* One at a time: what comes while one is unanswered waits, and the newest wins. */
	sip_leg_refer_notify(peer->leg, 180, NULL);
	sip_leg_refer_notify(peer->leg, 183, "Session Progress");
	peer_expect_nothing(peer, 20);
	peer_answer(peer, "200 OK", NULL, NULL);
	expect_notify(peer, "active;expires=180", "\r\n\r\nSIP/2.0 183 Session Progress\r\n");
	peer_answer(peer, "200 OK", NULL, NULL);
	peer_turns(peer, 10);
	sip_leg_refer_notify(peer->leg, 200, NULL);
	expect_notify(peer, "terminated;reason=noresource", "\r\n\r\nSIP/2.0 200 OK\r\n");
	sip_leg_refer_notify(peer->leg, 200, NULL); /* it is over */
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE ");
	peer_free(peer);
}

static void test_referred__last_news_comes_before_the_bye(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "bye", NULL);
	send_refer(peer, "bye", 2, "Refer-To: sip:bob@example.com\r\n");
	peer_wait(peer, "refer sip:bob@example.com");
	sip_leg_refer_answer(peer->leg, 202);
	peer_expect(peer, "SIP/2.0 202");
	expect_notify(peer, "active;expires=180", "100 Trying");
	sip_leg_refer_notify(peer->leg, 486, "Busy Here");
	sip_leg_hangup(peer->leg, NULL);
	expect_notify(peer, "terminated;reason=noresource", "SIP/2.0 486 Busy Here\r\n");
	peer_expect(peer, "BYE ");
	peer_free(peer);
}

static void test_referred__second_one_is_numbered(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "two", NULL);
	send_refer(peer, "two", 2, "Refer-To: <sip:bob@example.com>\r\n");
	peer_wait(peer, "refer sip:bob@example.com");
	send_refer(peer, "two", 3, "Refer-To: <sip:carol@example.com>\r\n");
	peer_expect(peer, "SIP/2.0 491");
	sip_leg_refer_answer(peer->leg, 603);
	peer_expect(peer, "SIP/2.0 603");
	send_refer(peer, "two", 4, "Refer-To: <sip:carol@example.com>\r\n");
	peer_wait(peer, "refer sip:carol@example.com");
	sip_leg_refer_answer(peer->leg, 202);
	peer_expect(peer, "SIP/2.0 202");
	expect_notify(peer, "active;expires=180", "100 Trying");
	assert_string_equal(peer_header(peer, "Event"), "refer;id=4");
	peer_answer(peer, "481 Subscription Does Not Exist", NULL, NULL);
	peer_turns(peer, 10);
	sip_leg_refer_notify(peer->leg, 200, NULL); /* they do not want to know */
	peer_expect_nothing(peer, 20);
	peer_free(peer);
}

static void test_referred__refer_sub_false_wants_no_news(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "sub", NULL);
	send_refer(peer, "sub", 2,
		"Refer-To: <sip:bob@example.com>\r\nRefer-Sub: false\r\nRequire: norefersub\r\n");
	peer_wait(peer, "refer sip:bob@example.com");
	sip_leg_refer_answer(peer->leg, 202);
	peer_expect(peer, "SIP/2.0 202");
	assert_string_equal(peer_header(peer, "Refer-Sub"), "false");
	sip_leg_refer_notify(peer->leg, 180, NULL);
	sip_leg_refer_notify(peer->leg, 200, NULL);
	peer_expect_nothing(peer, 20);
	peer_free(peer);
}

static void test_referred__bad_ones_are_refused(void **state)
{
	static const struct {
		const char *extra, *status;
	} cases[] = {
		{NULL, "SIP/2.0 400"},
		{"Refer-To: <sip:a@b>\r\nRefer-To: <sip:c@d>\r\n", "SIP/2.0 400"},
		{"Refer-To: <http://example.com/>\r\n", "SIP/2.0 400"},
		{"Refer-To: <sip:a@b;method=BYE>\r\n", "SIP/2.0 400"},
		{"Refer-To: <sip:a@b?Replaces=x>\r\n", "SIP/2.0 400"},
		{"Refer-To: <sip:a@b?Replaces=x%0d%0aEvil:1%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n",
			"SIP/2.0 400"},
		{"Refer-To: <sip:a@b>\r\nRequire: tdialog\r\n", "SIP/2.0 420"},
	};
	struct peer *peer = peer_new(NULL);
	unsigned cseq = 2;

	(void)state;
	peer_establish(peer, "bad", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		send_refer(peer, "bad", cseq++, cases[i].extra);
		peer_expect(peer, cases[i].status);
	}
	assert_string_equal(peer->words.data, "invite,ack");
	sip_leg_set_handler(peer->leg, &(const struct sip_leg_handler){0}, peer);
	send_refer(peer, "bad", cseq, "Refer-To: <sip:a@b>\r\n");
	peer_expect(peer, "SIP/2.0 603"); /* nobody does such things here */
	sip_leg_set_handler(peer->leg, &peer_leg_handler, peer);
	peer_free(peer);
}

static void test_referred__bye_before_the_answer(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_establish(peer, "race", NULL);
	send_refer(peer, "race", 2, "Refer-To: <sip:bob@example.com>\r\n");
	peer_wait(peer, "refer sip:bob@example.com");
	peer_request(peer, "BYE", "race", 3, peer->to_tag, NULL, NULL, NULL);
	peer_expect(peer, "SIP/2.0 200");
	peer_expect(peer, "SIP/2.0 481");
	peer_wait(peer, "ended 200 peer");
	peer_free(peer);
}

static void test_referred__replaces_finds_the_leg(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct refer_replaces replaces = {.call_id = "other", .from_tag = "peertag"};
	struct sip_leg *first;
	char *extra;

	(void)state;
	peer_establish(peer, "other", NULL);
	first = peer->leg;
	snprintf(replaces.to_tag, sizeof(replaces.to_tag), "%s", peer->to_tag);
	extra = xasprintf("Refer-To: <sip:bob@example.com?Replaces=other%%3Bto-tag%%3D%s"
			  "%%3Bfrom-tag%%3Dpeertag&Require=replaces>\r\n",
		peer->to_tag);
	strbuf_reset(&peer->words);
	peer_establish(peer, "attended", NULL);
	send_refer(peer, "attended", 2, extra);
	peer_wait(peer, "refer sip:bob@example.com replaces other");
	assert_ptr_equal(sip_leg_find(peer->agent, &replaces), first);
	replaces.from_tag[0] = 'q';
	assert_null(sip_leg_find(peer->agent, &replaces));
	sip_leg_free(first);
	free(extra);
	peer_free(peer);
}

/* --- what is in them --- */

static void test_refer_replaces__parses_what_urls_carry(void **state)
{
	static const struct {
		const char *headers;
		int found;
		const char *call_id, *to_tag, *from_tag;
	} cases[] = {
		{NULL, 0, NULL, NULL, NULL},
		{"", 0, NULL, NULL, NULL},
		{"Subject=x&X=Replaces=1", 0, NULL, NULL, NULL},
		{"Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2", 1, "a@b", "1", "2"},
		{"x=1&rEPLACES=a;from-tag=2;to-tag=1;early-only&y", 1, "a", "1", "2"},
		{"Replaces=", -EBADMSG, NULL, NULL, NULL},
		{"Replaces=a%3Bto-tag%3D1", -EBADMSG, NULL, NULL, NULL},
		{"Replaces=a;to-tag=;from-tag=2", -EBADMSG, NULL, NULL, NULL},
		{"Replaces=a%0;to-tag=1;from-tag=2", -EBADMSG, NULL, NULL, NULL},
		{"Replaces=a%00;to-tag=1;from-tag=2", -EBADMSG, NULL, NULL, NULL},
		{"Replaces=a%20b;to-tag=1;from-tag=2", -EBADMSG, NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct refer_replaces r;

		assert_int_equal(refer_replaces_parse(cases[i].headers, &r), cases[i].found);
		if (cases[i].found != 1)
			continue;
		assert_string_equal(r.call_id, cases[i].call_id);
		assert_string_equal(r.to_tag, cases[i].to_tag);
		assert_string_equal(r.from_tag, cases[i].from_tag);
		assert_int_equal(r.early_only, strstr(cases[i].headers, "early") != NULL);
	}
}

static void test_sipfrag__has_a_status_or_none(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *phrase;
	} cases[] = {
		{"SIP/2.0 180 Ringing\r\n", 180, "Ringing"},
		{"sip/2.0 200 OK", 200, "OK"},
		{"SIP/2.0 603", 603, ""},
		{"SIP/2.0 603\r\nTo: x\r\n", 603, ""},
		{"SIP/2.0 20", 0, NULL},
		{"SIP/2.0 2000 OK", 0, NULL},
		{"SIP/2.0 700 No", 0, NULL},
		{"SIP/2.0 ", 0, NULL},
		{"INVITE sip:a SIP/2.0", 0, NULL},
		{"", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char phrase[REFER_MAX_TEXT];

		assert_int_equal(sipfrag_status(cases[i].body, strlen(cases[i].body), phrase),
			cases[i].status);
		if (cases[i].status)
			assert_string_equal(phrase, cases[i].phrase);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refer__is_told_by_notify_until_the_outcome),
		cmocka_unit_test(test_refer__takes_a_tel_uri_and_another_name),
		cmocka_unit_test(test_refer__refusals_are_outcomes),
		cmocka_unit_test(test_refer__subscription_that_ends_without_outcome),
		cmocka_unit_test(test_refer__without_subscription_acceptance_is_all),
		cmocka_unit_test(test_refer__silence_is_408),
		cmocka_unit_test(test_refer__481_ends_the_call),
		cmocka_unit_test(test_refer__needs_a_call_and_a_uri),
		cmocka_unit_test(test_notify__of_something_else_is_refused),
		cmocka_unit_test(test_referred__is_told_of_each_step),
		cmocka_unit_test(test_referred__last_news_comes_before_the_bye),
		cmocka_unit_test(test_referred__second_one_is_numbered),
		cmocka_unit_test(test_referred__refer_sub_false_wants_no_news),
		cmocka_unit_test(test_referred__bad_ones_are_refused),
		cmocka_unit_test(test_referred__bye_before_the_answer),
		cmocka_unit_test(test_referred__replaces_finds_the_leg),
		cmocka_unit_test(test_refer_replaces__parses_what_urls_carry),
		cmocka_unit_test(test_sipfrag__has_a_status_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
