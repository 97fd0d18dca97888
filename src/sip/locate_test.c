/* Tests of where calls go: SRV, several addresses, hosts that are silent or refuse. */
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

#include "base/mem.h"
#include "loop/dns_fake.h"
#include "sip/peer_fake.h"

struct bench {
	struct loop *loop;
	struct resolver *resolver;
	struct dns_fake *dns;
	struct strbuf hops; /* "udp 192.0.2.1:5060 " */
	const char *error;
};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->loop = loop_new();
	b->resolver = resolver_new(b->loop);
	b->dns = dns_fake_new(b->loop);
	b->hops = (struct strbuf)STRBUF_INIT;
	*state = b;
	return resolver_use(b->resolver, dns_fake_address(b->dns));
}

static int teardown(void **state)
{
	struct bench *b = *state;

	resolver_free(b->resolver);
	dns_fake_free(b->dns);
	loop_free(b->loop);
	strbuf_release(&b->hops);
	free(b);
	return 0;
}

static void on_located(void *arg, const struct sip_hop *hops, size_t count, const char *error)
{
	struct bench *b = arg;

	b->error = error;
	strbuf_reset(&b->hops);
	for (size_t i = 0; i < count; i++) {
		const struct sockaddr_in *in = (const void *)&hops[i].address;

		strbuf_addf(&b->hops, "%s %s:%u ", hops[i].tcp ? "tcp" : "udp",
			inet_ntoa(in->sin_addr), hops[i].port);
	}
	loop_stop(b->loop);
}

static const char *locate(struct bench *b, const char *uri, bool udp, bool tcp)
{
	struct sip_target target;

	assert_true(target_parse(uri, &target));
	locate_start(b->resolver, &target, AF_INET, udp, tcp, on_located, b);
	loop_run(b->loop);
	return b->hops.data;
}

static void test_locate__address_or_port_needs_no_srv(void **state)
{
	struct bench *b = *state;

	dns_fake_a(b->dns, "host.test", "192.0.2.1");
	dns_fake_srv(b->dns, "_sip._udp.host.test", 1, 1, 5070, "host.test");
	assert_string_equal(locate(b, "sip:192.0.2.9", true, true), "udp 192.0.2.9:5060 ");
	assert_string_equal(
		locate(b, "sip:192.0.2.9:5099;transport=tcp", true, true), "tcp 192.0.2.9:5099 ");
	assert_string_equal(dns_fake_asked(b->dns), "");
	assert_string_equal(locate(b, "sip:host.test:5080", true, true), "udp 192.0.2.1:5080 ");
	assert_string_equal(dns_fake_asked(b->dns), "host.test ");
	assert_string_equal(locate(b, "sip:localhost", true, true), "udp 127.0.0.1:5060 ");
	assert_string_equal(dns_fake_asked(b->dns), "host.test ");
}

static void test_locate__srv_of_the_transports_we_have(void **state)
{
	struct bench *b = *state;

	dns_fake_a(b->dns, "one.test", "192.0.2.1");
	dns_fake_a(b->dns, "two.test", "192.0.2.2");
	dns_fake_srv(b->dns, "_sip._udp.both.test", 10, 1, 5070, "two.test");
	dns_fake_srv(b->dns, "_sip._udp.both.test", 5, 1, 5060, "one.test");
	dns_fake_srv(b->dns, "_sip._tcp.both.test", 1, 1, 5090, "two.test");
	assert_string_equal(
		locate(b, "sip:both.test", true, true), "udp 192.0.2.1:5060 udp 192.0.2.2:5070 ");
	assert_string_equal(locate(b, "sip:both.test", false, true), "tcp 192.0.2.2:5090 ");
	assert_string_equal(
		locate(b, "sip:both.test;transport=tcp", true, true), "tcp 192.0.2.2:5090 ");
	dns_fake_srv(b->dns, "_sip._tcp.only.test", 1, 1, 5090, "one.test");
	assert_string_equal(locate(b, "sip:only.test", true, true), "tcp 192.0.2.1:5090 ");
}

static void test_locate__without_srv_the_host_itself(void **state)
{
	struct bench *b = *state;

	dns_fake_a(b->dns, "plain.test", "192.0.2.1");
	dns_fake_a(b->dns, "plain.test", "192.0.2.2");
	assert_int_equal(strlen(locate(b, "sip:plain.test", true, true)),
		strlen("udp 192.0.2.1:5060 udp 192.0.2.2:5060 ")); /* in some order */
	assert_string_equal(
		dns_fake_asked(b->dns), "_sip._udp.plain.test _sip._tcp.plain.test plain.test ");
	assert_string_equal(locate(b, "sip:missing.test", true, true), "");
	assert_string_equal(b->error, "no address for the host name");
}

static void test_locate__service_that_is_declared_absent(void **state)
{
	struct bench *b = *state;

	dns_fake_a(b->dns, "no.test", "192.0.2.1");
	dns_fake_srv(b->dns, "_sip._udp.no.test", 0, 0, 0, ".");
	assert_string_equal(locate(b, "sip:no.test", true, true), "");
	assert_string_equal(b->error, "the domain says that it takes no calls");
}

static void test_locate__host_of_a_service_that_is_missing_is_passed_over(void **state)
{
	struct bench *b = *state;

	dns_fake_a(b->dns, "there.test", "192.0.2.3");
	dns_fake_srv(b->dns, "_sip._udp.gap.test", 1, 1, 5060, "gone.test");
	dns_fake_srv(b->dns, "_sip._udp.gap.test", 2, 1, 5061, "there.test");
	assert_string_equal(locate(b, "sip:gap.test", true, true), "udp 192.0.2.3:5061 ");
}

static void test_locate__cancelled(void **state)
{
	struct bench *b = *state;
	struct sip_target target;

	target_parse("sip:cancel.test", &target);
	assert_null(locate_cancel(
		locate_start(b->resolver, &target, AF_INET, true, true, on_located, b)));
	locate(b, "sip:192.0.2.9", true, true);
	assert_string_equal(b->hops.data, "udp 192.0.2.9:5060 ");
}

/* --- calls --- */

struct hosts {
	struct loop *loop; /* of the name server alone */
	struct dns_fake *dns;
	struct peer *peer;
	int silent_fd; /* a host that never answers */
	unsigned silent_port;
};

/* The name server must be known before the peer's loop exists, so it is moved between two. */
static struct hosts hosts_new(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	struct sip_config config = {.udp = true, .tcp = true};
	struct hosts h = {.loop = loop_new()};

	h.dns = dns_fake_new(h.loop);
	config.name_servers = dns_fake_address(h.dns);
	h.peer = peer_new(&config);
	dns_fake_move(h.dns, h.peer->loop);
	h.silent_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(h.silent_fd, (struct sockaddr *)&address, length), 0);
	getsockname(h.silent_fd, (struct sockaddr *)&address, &length);
	h.silent_port = ntohs(address.sin_port);
	dns_fake_a(h.dns, "loop.test", "127.0.0.1");
	return h;
}

static void hosts_free(struct hosts *h)
{
	close(h->silent_fd);
	dns_fake_free(h->dns);
	peer_free(h->peer);
	loop_free(h->loop);
}

static void test_dial__next_host_when_the_first_is_silent(void **state)
{
	struct hosts h = hosts_new();
	struct peer *peer = h.peer;

	(void)state;
	peer->agent->second_us = 10000;
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 1, 1, h.silent_port, "loop.test");
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 2, 1, peer->port, "loop.test");
	peer_dial_uri(peer, "sip:bob@pair.test");
	peer_expect(peer, "INVITE sip:bob@pair.test SIP/2.0\r\n");
	peer_answer(peer, "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_skip(peer, "ACK ");
	peer_wait(peer, "answered sdp");
	hosts_free(&h);
}

static void test_dial__next_host_when_the_first_is_not_there(void **state)
{
	struct hosts h = hosts_new();
	struct peer *peer = h.peer;

	(void)state;
	close(h.silent_fd); /* now its port is closed */
	dns_fake_srv(h.dns, "_sip._tcp.pair.test", 1, 1, h.silent_port, "loop.test");
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 1, 1, h.silent_port, "loop.test");
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 2, 1, peer->port, "loop.test");
	peer_dial_uri(peer, "sip:bob@pair.test");
	peer_expect(peer, "INVITE sip:bob@pair.test SIP/2.0\r\n");
	h.silent_fd = -1;
	hosts_free(&h);
}

static void test_dial__next_host_when_the_first_says_503(void **state)
{
	struct hosts h = hosts_new();
	struct peer *peer = h.peer;

	(void)state;
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 1, 1, peer->port, "loop.test");
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 2, 1, peer->port, "loop.test");
	peer_dial_uri(peer, "sip:bob@pair.test");
	peer_expect(peer, "INVITE ");
	peer_answer(peer, "503 Service Unavailable", NULL, NULL);
	peer_expect(peer, "ACK ");
	peer_expect(peer, "INVITE ");
	peer_answer(peer, "503 Service Unavailable", NULL, NULL);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "ended 503 peer");
	peer_expect_nothing(peer, 20);
	hosts_free(&h);
}

static void test_dial__a_host_that_has_spoken_is_the_one(void **state)
{
	static const char challenge[] = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n";
	struct hosts h = hosts_new();
	struct peer *peer = h.peer;
	struct sip_dial how = {.to_uri = "sip:bob@pair.test",
		.from_uri = "sip:me@example.com",
		.auth_user = "me",
		.password = "secret",
		.sdp = OUR_SDP};
	char *error = NULL;

	(void)state;
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 1, 1, peer->port, "loop.test");
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 2, 1, h.silent_port, "loop.test");
	peer->leg = sip_leg_dial(peer->agent, &how, &peer_leg_handler, peer, &error);
	peer_expect(peer, "INVITE ");
	peer_answer(peer, "401 Unauthorized", challenge, NULL);
	peer_expect(peer, "ACK ");
	peer_expect(peer, "INVITE ");
	peer_answer(peer, "503 Service Unavailable", NULL, NULL);
	peer_expect(peer, "ACK ");
	peer_wait(peer, "ended 503 peer");
	hosts_free(&h);
}

static void test_dial__domain_without_service_is_told(void **state)
{
	struct hosts h = hosts_new();

	(void)state;
	peer_dial_uri(h.peer, "sip:bob@nowhere.test");
	peer_wait(h.peer, "ended 503 us");
	hosts_free(&h);
}

static void on_status(void *arg, int status, const char *phrase, unsigned expires_s)
{
	(void)arg;
	(void)status;
	(void)phrase;
	(void)expires_s;
}

static void test_register__next_host(void **state)
{
	struct hosts h = hosts_new();
	struct sip_account account = {.registrar = "sip:pair.test", .aor = "sip:me@pair.test"};
	struct sip_registration *registration;

	(void)state;
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 1, 1, h.peer->port, "loop.test");
	dns_fake_srv(h.dns, "_sip._udp.pair.test", 2, 1, h.peer->port, "loop.test");
	registration = sip_register(h.peer->agent, &account, on_status, h.peer);
	peer_expect(h.peer, "REGISTER sip:pair.test SIP/2.0\r\n");
	peer_answer(h.peer, "503 Service Unavailable", NULL, NULL);
	peer_expect(h.peer, "REGISTER sip:pair.test SIP/2.0\r\n"); /* at once */
	sip_unregister(registration);
	hosts_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_locate__address_or_port_needs_no_srv, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_locate__srv_of_the_transports_we_have, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_locate__without_srv_the_host_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_locate__service_that_is_declared_absent, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_locate__host_of_a_service_that_is_missing_is_passed_over, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_locate__cancelled, setup, teardown),
		cmocka_unit_test(test_dial__next_host_when_the_first_is_silent),
		cmocka_unit_test(test_dial__next_host_when_the_first_is_not_there),
		cmocka_unit_test(test_dial__next_host_when_the_first_says_503),
		cmocka_unit_test(test_dial__a_host_that_has_spoken_is_the_one),
		cmocka_unit_test(test_dial__domain_without_service_is_told),
		cmocka_unit_test(test_register__next_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
