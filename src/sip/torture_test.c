/* Broken and strange messages against the agent: it must answer what can be answered, stay
 * alive and keep nothing. NCCOD_TORTURE=1000000 sets the number of mutants. */
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
#include "sip/torture_fixture.h"

#define MUTANTS	    4000
#define BURST	    32 /* messages between two questions whether the agent is alive */
#define CONNECTIONS 4  /* of a burst, one message over TCP each */
#define PROBES	    20 /* a question may be lost behind a burst */
#define MAX_MUTANT  8192

static uint64_t seed = 0x9e3779b97f4a7c15;
static unsigned number;

static size_t random_below(size_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return limit ? (size_t)(seed % limit) : 0;
}

static void add_macro(struct strbuf *out, struct peer *peer, char macro, bool tcp)
{
	switch (macro) {
	case 'V':
		strbuf_addf(out, "Via: SIP/2.0/%s 127.0.0.1:%u;rport;branch=z9hG4bKt%u\r\n",
			tcp ? "TCP" : "UDP", peer->port, number);
		break;
	case 'B':
		strbuf_addf(out, "%u", number);
		break;
	case 'D':
		strbuf_addf(out,
			"Max-Forwards: 70\r\nFrom: \"T\" <sip:t@example.com>;tag=t%u\r\n"
			"To: sip:a@example.com\r\nCall-ID: torture%u\r\n",
			number, number);
		break;
	case 'T':
		strbuf_addf(out,
			"Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=peertag\r\n"
			"To: <sip:100@example.com>;tag=%s\r\nCall-ID: call%d\r\n",
			peer->to_tag, peer->calls);
		break;
	case 'C':
		strbuf_addf(out, "Contact: <sip:t@127.0.0.1:%u%s>\r\n", peer->port,
			tcp ? ";transport=tcp" : "");
		break;
	default:
		fail_msg("no macro $%c", macro);
	}
}

static void expand(struct strbuf *out, struct peer *peer, const char *text, bool tcp)
{
	strbuf_reset(out);
	number++;
	for (; *text; text++) {
		if (*text == '$')
			add_macro(out, peer, *++text, tcp);
		else
			strbuf_addc(out, *text);
	}
}

/* Waits for an answer of this Call-ID; false when none came in 100 turns. */
static bool answered(struct peer *peer, const char *call_id)
{
	char buffer[65536];
	ssize_t length;

	for (int i = 0; i < 100; i++) {
		while ((length = recv(peer->fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
			strbuf_reset(&peer->got);
			strbuf_add(&peer->got, buffer, (size_t)length);
			if (strcmp(peer_header(peer, "Call-ID"), call_id) == 0)
				return true;
		}
		peer_turn(peer);
	}
	return false;
}

static void check_alive(struct peer *peer, const char *after)
{
	char call_id[32];

	for (int i = 0; i < PROBES; i++) {
		snprintf(call_id, sizeof(call_id), "probe%u", ++number);
		peer_request(peer, "OPTIONS", call_id, 1, NULL, NULL, NULL, NULL);
		if (answered(peer, call_id))
			return;
	}
	fail_msg("no answer to OPTIONS after %s", after);
}

/* Past all of sofia's timers, so that nothing is kept but what leaks. */
static void pass_time(struct peer *peer)
{
	agent_clock_skew_us += 40 * (int64_t)USEC_PER_SEC;
	agent_step(peer->agent);
	agent_clock_skew_us += 40 * (int64_t)USEC_PER_SEC;
	agent_step(peer->agent);
}

static void check_nothing_left(struct peer *peer)
{
	usize_t incoming = 1, outgoing = 1;

	peer->leg = sip_leg_free(peer->leg);
	for (int i = 0; i < 4; i++) {
		pass_time(peer);
		peer_turns(peer, 5);
	}
	nta_agent_get_stats(peer->agent->nta, NTATAG_S_IRQ_HASH_USED_REF(incoming),
		NTATAG_S_ORQ_HASH_USED_REF(outgoing), TAG_END());
	assert_int_equal(incoming, 0);
	assert_int_equal(outgoing, 0);
	assert_true(TAILQ_EMPTY(&peer->agent->legs));
}

static int connect_to(struct peer *peer)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(sip_agent_port(peer->agent, true)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* The final answer to the message just sent, between those that are sent again. */
static void expect_answer(struct peer *peer, const struct torture *torture)
{
	char branch[32];

	strbuf_reset(&peer->words); /* for the complaint when nothing comes */
	strbuf_adds(&peer->words, torture->name);
	snprintf(branch, sizeof(branch), ";branch=z9hG4bKt%u", number);
	do
		peer_skip(peer, "SIP/2.0 ");
	while (!peer_has(peer, branch) || peer->got.data[8] == '1');
	if (strncmp(peer->got.data, torture->answer, strlen(torture->answer)) != 0)
		fail_msg("%s: wanted %s, got:\n%s", torture->name, torture->answer, peer->got.data);
}

static void test_torture__udp(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct strbuf message = STRBUF_INIT;

	(void)state;
	peer->reject_at_once = true;
	for (size_t i = 0; i < ARRAY_SIZE(torture_messages); i++) {
		const struct torture *torture = &torture_messages[i];

		expand(&message, peer, torture->text, false);
		peer_send_bytes(peer, message.data, message.length);
		if (torture->answer)
			expect_answer(peer, torture);
		check_alive(peer, torture->name);
		pass_time(peer);
	}
	check_nothing_left(peer);
	strbuf_release(&message);
	peer_free(peer);
}

/* On a stream a message may take its neighbours with it, but not the agent. */
static void test_torture__tcp(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct strbuf message = STRBUF_INIT;

	(void)state;
	peer->reject_at_once = true;
	for (size_t i = 0; i < ARRAY_SIZE(torture_messages); i++) {
		int fd = connect_to(peer);

		expand(&message, peer, torture_messages[i].text, true);
		for (size_t at = 0; at < message.length; at += 400) {
			size_t rest = message.length - at;

			send(fd, message.data + at, rest < 400 ? rest : 400, MSG_NOSIGNAL);
			peer_turn(peer);
		}
		check_alive(peer, torture_messages[i].name);
		close(fd);
	}
	check_nothing_left(peer);
	strbuf_release(&message);
	peer_free(peer);
}

static void mutate(struct strbuf *message, struct strbuf *scratch)
{
	size_t at = random_below(message->length), span = random_below(message->length - at) % 64;
	const char *word = torture_words[random_below(ARRAY_SIZE(torture_words))];

	strbuf_reset(scratch);
	strbuf_add(scratch, message->data, at);
	switch (random_below(6)) {
	case 0: /* another byte */
		strbuf_addc(scratch, (char)random_below(256));
		at += at < message->length;
		break;
	case 1: /* one bit */
		strbuf_addc(scratch, (char)(message->data[at] ^ (1 << random_below(8))));
		at += at < message->length;
		break;
	case 2: /* less */
		at += span;
		break;
	case 3: /* twice, or a hundred times */
		for (size_t n = random_below(8) ? 1 : 100; n; n--)
			strbuf_add(scratch, message->data + at, span);
		break;
	case 4:
		strbuf_adds(scratch, word);
		break;
	default:
		strbuf_adds(scratch, word);
		at += span;
		break;
	}
	strbuf_add(scratch, message->data + at, message->length - at);
	strbuf_reset(message);
	strbuf_add(message, scratch->data,
		scratch->length < MAX_MUTANT ? scratch->length : MAX_MUTANT);
}

static void make_mutant(struct peer *peer, struct strbuf *message, struct strbuf *scratch, bool tcp)
{
	size_t which = random_below(ARRAY_SIZE(torture_messages) + 2 * ARRAY_SIZE(torture_dialog));
	size_t inside = which - ARRAY_SIZE(torture_messages);
	bool dialog = which >= ARRAY_SIZE(torture_messages);

	expand(message, peer,
		dialog ? torture_dialog[inside % ARRAY_SIZE(torture_dialog)]
		       : torture_messages[which].text,
		tcp);
	for (size_t n = 1 + random_below(3); n && message->length; n--)
		mutate(message, scratch);
}

/* A call for the mutants to get into; the one before may have been ended by one of them. */
static void keep_call(struct peer *peer)
{
	char call_id[32];

	if (peer->leg)
		return;
	peer->reject_at_once = false;
	snprintf(call_id, sizeof(call_id), "call%d", peer->calls + 1);
	peer_request(peer, "INVITE", call_id, 1, NULL, NULL, "application/sdp", PEER_SDP);
	do
		peer_skip(peer, "SIP/2.0 200");
	while (strcmp(peer_header(peer, "Call-ID"), call_id) != 0);
	peer_request(peer, "ACK", call_id, 1, peer_take_tag(peer), NULL, NULL, NULL);
	peer->calls = atoi(call_id + 4);
	peer->reject_at_once = true;
	sip_leg_refer(peer->leg, "sip:b@127.0.0.1", 3600, NULL); /* so that a NOTIFY is awaited */
}

static void burst(struct peer *peer, struct strbuf *message, struct strbuf *scratch)
{
	int fds[CONNECTIONS];

	for (int i = 0; i < CONNECTIONS; i++) {
		make_mutant(peer, message, scratch, true);
		fds[i] = connect_to(peer);
		send(fds[i], message->data, message->length, MSG_NOSIGNAL);
	}
	for (int i = CONNECTIONS; i < BURST; i++) {
		make_mutant(peer, message, scratch, false);
		if (send(peer->fd, message->data, message->length, 0) < 0)
			peer_turn(peer);
	}
	check_alive(peer, message->data);
	for (int i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
}

static void test_torture__mutants(void **state)
{
	const char *wish = getenv("NCCOD_TORTURE");
	size_t count = wish ? strtoul(wish, NULL, 10) : MUTANTS, done = 0;
	struct peer *peer = peer_new(NULL);
	struct strbuf message = STRBUF_INIT, scratch = STRBUF_INIT;
	uint64_t start = clock_mono();

	(void)state;
	peer->answer_at_once = peer->refer_at_once = true;
	for (; done < count; done += BURST) {
		keep_call(peer);
		burst(peer, &message, &scratch);
		strbuf_reset(&peer->words);
		pass_time(peer);
	}
	print_message("%zu mutants, %.0f in a second\n", done,
		(double)done * 1e6 / (double)(clock_mono() - start + 1));
	check_nothing_left(peer);
	strbuf_release(&message);
	strbuf_release(&scratch);
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_torture__udp),
		cmocka_unit_test(test_torture__tcp),
		cmocka_unit_test(test_torture__mutants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
