#include "sip/peer_fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

#define PATIENCE_US (5 * USEC_PER_SEC)

static void word(struct peer *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void word(struct peer *peer, const char *format, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	strbuf_addf(&peer->words, "%s%s", peer->words.length ? "," : "", text);
}

static void on_ringing(void *arg, int status, const char *sdp, size_t length)
{
	(void)length;
	word(arg, "ringing %d%s", status, sdp ? " sdp" : "");
}

static void on_answered(void *arg, const char *sdp, size_t length)
{
	(void)length;
	word(arg, "answered%s", sdp ? " sdp" : "");
}

static void on_ack(void *arg, const char *sdp, size_t length)
{
	(void)length;
	word(arg, "ack%s", sdp ? " sdp" : "");
}

static void on_reoffer(void *arg, const char *sdp, size_t length, bool update)
{
	struct peer *peer = arg;

	(void)length;
	word(peer, "%s%s", update ? "update" : "reinvite", sdp ? " sdp" : "");
	if (peer->answer_at_once)
		sip_leg_reoffer_answer(peer->leg, 200, OUR_SDP);
}

static void on_digit(void *arg, char digit, unsigned duration_ms)
{
	word(arg, "digit %c %u", digit, duration_ms);
}

static void on_reinvite_failed(void *arg, int status)
{
	word(arg, "reinvite failed %d", status);
}

static void on_refer_status(void *arg, int status, const char *phrase, bool final)
{
	word(arg, "%s %d %s", final ? "referred" : "refer status", status, phrase);
}

static void on_refer(void *arg, const struct sip_refer *refer)
{
	const struct refer_replaces *replaces = refer->replaces;
	struct peer *peer = arg;

	word(peer, "refer %s%s%s%s%s", refer->to, refer->referred_by ? " by " : "",
		refer->referred_by ? refer->referred_by : "", replaces ? " replaces " : "",
		replaces ? replaces->call_id : "");
	if (peer->refer_at_once) {
		sip_leg_refer_answer(peer->leg, 202);
		sip_leg_refer_notify(peer->leg, 200, NULL);
	}
}

static void on_ended(void *arg, const struct sip_end *end)
{
	struct peer *peer = arg;

	word(peer, "ended %d %s", end->status, end->by_peer ? "peer" : "us");
	peer->leg = sip_leg_free(peer->leg);
}

const struct sip_leg_handler peer_leg_handler = {
	.on_ringing = on_ringing,
	.on_answered = on_answered,
	.on_ack = on_ack,
	.on_reoffer = on_reoffer,
	.on_digit = on_digit,
	.on_reinvite_failed = on_reinvite_failed,
	.on_refer_status = on_refer_status,
	.on_refer = on_refer,
	.on_ended = on_ended,
};

static void on_invite(void *arg, struct sip_leg *leg)
{
	struct peer *peer = arg;

	peer->calls++;
	if (peer->reject_at_once) {
		sip_leg_reject(leg, 486, NULL, NULL, 0, NULL);
		sip_leg_free(leg);
		return;
	}
	word(peer, "invite");
	peer->leg = leg;
	sip_leg_set_handler(leg, &peer_leg_handler, peer);
	if (peer->answer_at_once)
		sip_leg_answer(leg, OUR_SDP, NULL);
	if (peer->drop_at_once) {
		sip_leg_drop(leg);
		peer->leg = sip_leg_free(leg);
	}
}

static int admit(void *arg, unsigned *ret_retry_after)
{
	struct peer *peer = arg;

	*ret_retry_after = peer->admit_status ? 7 : 0;
	return peer->admit_status;
}

static const struct sip_handler handler = {.on_invite = on_invite, .admit = admit};

struct peer *peer_new(const struct sip_config *change)
{
	struct peer *peer = xcalloc(1, sizeof(*peer));
	struct sip_config config = {.udp = true, .tcp = true, .user_agent = "test-agent"};
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	char *error = NULL;

	if (change)
		config = *change;
	if (!config.addr)
		config.addr = "127.0.0.1";
	config.any_port = true;
	peer->got = peer->words = (struct strbuf)STRBUF_INIT;
	peer->loop = loop_new();
	peer->agent = sip_agent_new(peer->loop, &config, &handler, peer, &error);
	if (!peer->agent)
		fail_msg("%s", error);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(peer->fd, (struct sockaddr *)&address, length), 0);
	getsockname(peer->fd, (struct sockaddr *)&address, &length);
	peer->port = ntohs(address.sin_port);
	address.sin_port = htons(sip_agent_port(peer->agent, false));
	assert_int_equal(connect(peer->fd, (struct sockaddr *)&address, length), 0);
	return peer;
}

struct peer *peer_free(struct peer *peer)
{
	sip_leg_free(peer->leg);
	close(peer->fd);
	sip_agent_free(peer->agent);
	loop_free(peer->loop);
	strbuf_release(&peer->got);
	strbuf_release(&peer->words);
	free(peer);
	return NULL;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

void peer_turn(struct peer *peer)
{
	struct timeval tick = {0, 1000};

	event_base_once(loop_base(peer->loop), -1, EV_TIMEOUT, on_tick, NULL, &tick);
	event_base_loop(loop_base(peer->loop), EVLOOP_ONCE);
}

void peer_turns(struct peer *peer, unsigned count)
{
	while (count--)
		peer_turn(peer);
}

static bool words_end(const struct peer *peer, const char *words)
{
	size_t length = strlen(words);

	return peer->words.length >= length &&
	       strcmp(peer->words.data + peer->words.length - length, words) == 0;
}

void peer_wait(struct peer *peer, const char *words)
{
	uint64_t until = clock_mono() + PATIENCE_US;

	while (!words_end(peer, words)) {
		if (clock_mono() > until)
			fail_msg("wanted \"%s\", have \"%s\"", words, peer->words.data);
		peer_turn(peer);
	}
}

void peer_send_bytes(struct peer *peer, const void *data, size_t length)
{
	assert_int_equal(send(peer->fd, data, length, 0), (ssize_t)length);
}

void peer_send(struct peer *peer, const char *format, ...)
{
	char *text;
	va_list ap;
	int length;

	va_start(ap, format);
	length = vasprintf(&text, format, ap);
	va_end(ap);
	assert_true(length >= 0);
	peer_send_bytes(peer, text, (size_t)length);
	free(text);
}

static bool receive(struct peer *peer)
{
	char buffer[65536];
	ssize_t length = recv(peer->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (length <= 0)
		return false;
	strbuf_reset(&peer->got);
	strbuf_add(&peer->got, buffer, (size_t)length);
	return true;
}

static void await(struct peer *peer, const char *prefix)
{
	uint64_t until = clock_mono() + PATIENCE_US;

	while (!receive(peer)) {
		if (clock_mono() > until)
			fail_msg("wanted \"%s\", nothing came (%s)", prefix, peer->words.data);
		peer_turn(peer);
	}
}

void peer_expect(struct peer *peer, const char *prefix)
{
	await(peer, prefix);
	if (strncmp(peer->got.data, prefix, strlen(prefix)) != 0)
		fail_msg("wanted \"%s\", got:\n%s", prefix, peer->got.data);
}

void peer_skip(struct peer *peer, const char *prefix)
{
	do
		await(peer, prefix);
	while (strncmp(peer->got.data, prefix, strlen(prefix)) != 0);
}

void peer_expect_nothing(struct peer *peer, unsigned turns)
{
	while (turns--) {
		peer_turn(peer);
		if (receive(peer))
			fail_msg("wanted silence, got:\n%s", peer->got.data);
	}
}

bool peer_has(const struct peer *peer, const char *text)
{
	return strstr(peer->got.data, text) != NULL;
}

const char *peer_header(const struct peer *peer, const char *name)
{
	static char values[8][1024];
	static unsigned next;
	char *value = values[next++ % 8];
	size_t length = strlen(name);
	const char *line = peer->got.data;

	value[0] = '\0';
	for (; line; line = strstr(line, "\r\n") ? strstr(line, "\r\n") + 2 : NULL) {
		if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
			line += length + 1;
			line += strspn(line, " ");
			snprintf(value, 1024, "%.*s", (int)strcspn(line, "\r\n"), line);
			break;
		}
		if (line[0] == '\r')
			break;
	}
	return value;
}

/* In a static buffer. */
static const char *contact(const struct peer *peer, const char *user)
{
	static char uri[128];

	if (peer->contact)
		return peer->contact;
	snprintf(uri, sizeof(uri), "sip:%s@127.0.0.1:%u", user, peer->port);
	return uri;
}

void peer_request(struct peer *peer, const char *method, const char *call_id, unsigned cseq,
	const char *to_tag, const char *extra, const char *type, const char *body)
{
	static unsigned branch;
	unsigned number = strcmp(method, "CANCEL") == 0 ? branch : ++branch;

	peer_send(peer,
		"%s sip:100@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/%s 127.0.0.1:%u;rport;branch=z9hG4bKpeer%u\r\n"
		"Max-Forwards: 70\r\n"
		"From: \"Alice\" <sip:alice@example.com>;tag=peertag\r\n"
		"To: <sip:100@example.com>%s%s\r\n"
		"Call-ID: %s\r\nCSeq: %u %s\r\n"
		"Contact: <%s>\r\n"
		"User-Agent: fake\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
		method, peer->tcp ? "TCP" : "UDP", peer->port, number, to_tag ? ";tag=" : "",
		to_tag ? to_tag : "", call_id, cseq, method, contact(peer, "alice"),
		extra ? extra : "", type ? "Content-Type: " : "", type ? type : "",
		type ? "\r\n" : "", body ? strlen(body) : 0, body ? body : "");
}

void peer_answer(struct peer *peer, const char *status, const char *extra, const char *body)
{
	struct strbuf vias = STRBUF_INIT, tag = STRBUF_INIT;
	const char *to = peer_header(peer, "To");

	strbuf_addf(&vias, "Via: %s\r\n", peer_header(peer, "Via"));
	if (!strstr(to, ";tag="))
		strbuf_addf(&tag, ";tag=%s", peer->answer_tag ? peer->answer_tag : "answertag");
	peer_send(peer,
		"SIP/2.0 %s\r\n%sFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
		"Contact: <%s>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		status, vias.data, peer_header(peer, "From"), to, tag.data,
		peer_header(peer, "Call-ID"), peer_header(peer, "CSeq"), contact(peer, "bob"),
		extra ? extra : "", body ? "Content-Type: application/sdp\r\n" : "",
		body ? strlen(body) : 0, body ? body : "");
	strbuf_release(&vias);
	strbuf_release(&tag);
}

const char *peer_take_tag(struct peer *peer)
{
	const char *tag = strstr(peer_header(peer, "To"), ";tag=");

	assert_non_null(tag);
	snprintf(peer->to_tag, sizeof(peer->to_tag), "%s", tag + 5);
	return peer->to_tag;
}

void peer_establish(struct peer *peer, const char *call_id, const char *extra)
{
	peer->answer_at_once = true;
	peer_request(peer, "INVITE", call_id, 1, NULL, extra, "application/sdp", PEER_SDP);
	peer_expect(peer, "SIP/2.0 100");
	peer_expect(peer, "SIP/2.0 200");
	peer_request(peer, "ACK", call_id, 1, peer_take_tag(peer), NULL, NULL, NULL);
	peer_wait(peer, "ack");
}

static void call(struct peer *peer, const struct sip_dial *how)
{
	char *error = NULL;

	peer->leg = sip_leg_dial(peer->agent, how, &peer_leg_handler, peer, &error);
	if (!peer->leg)
		fail_msg("%s", error);
}

void peer_dial(struct peer *peer, const char *password)
{
	struct sip_dial how = {.from_uri = "sip:me@example.com",
		.from_name = "Me",
		.auth_user = "me",
		.password = password,
		.sdp = OUR_SDP};
	char *to = xasprintf("sip:bob@127.0.0.1:%u", peer->port);

	how.to_uri = to;
	call(peer, &how);
	free(to);
}

void peer_dial_uri(struct peer *peer, const char *uri)
{
	struct sip_dial how = {.to_uri = uri, .from_uri = "sip:me@example.com", .sdp = OUR_SDP};

	call(peer, &how);
}

void peer_connect_tcp(struct peer *peer)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(sip_agent_port(peer->agent, true)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	peer->tcp = true;
	close(peer->fd);
	peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(peer->fd, (struct sockaddr *)&address, length), 0);
	getsockname(peer->fd, (struct sockaddr *)&address, &length);
	peer->port = ntohs(address.sin_port);
}
