/* Tests of where requests go: NAT, names, all addresses at once. */
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
#include "sip/peer_fake.h"

/* Addresses that a peer on loopback cannot be reached at: what is sent in the dialog must come
 * to the socket that the INVITE came from, with the Contact as its request URI. */
static void test_nat__private_contact_is_reached_at_the_source(void **state)
{
	static const char *const contacts[] = {"sip:alice@10.1.2.3:5070", "sip:alice@172.31.0.9",
		"sip:alice@192.168.1.2:5060", "sip:alice@100.64.0.1", "sip:alice@169.254.7.7",
		"sip:alice@phone.invalid", "sip:alice@kz8f2.invalid:5062;transport=udp"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(contacts); i++) {
		struct peer *peer = peer_new(NULL);
		char *line = xasprintf("INVITE %s SIP/2.0\r\n", contacts[i]);

		peer->contact = contacts[i];
		peer_establish(peer, "nat", NULL);
		sip_leg_reinvite(peer->leg, OUR_SDP);
		peer_expect(peer, line);
		peer_answer(peer, "200 OK", NULL, PEER_SDP);
		peer_expect(peer, "ACK sip:alice@");
		sip_leg_info_digit(peer->leg, '1', 100);
		peer_expect(peer, "INFO sip:alice@");
		sip_leg_hangup(peer->leg, NULL);
		peer_expect(peer, "BYE sip:alice@");
		free(line);
		peer_free(peer);
	}
}

static void test_nat__session_refresh_goes_to_the_source(void **state)
{
	struct sip_config config = {.udp = true, .session_expires_s = 100};
	struct peer *peer = peer_new(&config);

	(void)state;
	peer->agent->second_us = 1000;
	peer->contact = "sip:alice@10.1.2.3";
	peer_establish(peer, "natst", "Supported: timer\r\nAllow: INVITE, UPDATE\r\n");
	peer_expect(peer, "UPDATE sip:alice@10.1.2.3 ");
	peer_free(peer);
}

static void test_nat__private_contact_on_tcp_uses_the_connection(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer_connect_tcp(peer);
	peer->contact = "sip:alice@10.1.2.3:5070;transport=tcp";
	peer_establish(peer, "nattcp", NULL);
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE sip:alice@10.1.2.3:5070;transport=tcp ");
	peer_free(peer);
}

/* The Contact is on this machine, as the source is: another phone, no NAT. */
static void test_nat__loopback_contact_of_a_loopback_peer_is_used(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char *uri;

	(void)state;
	inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	getsockname(fd, (struct sockaddr *)&address, &length);
	uri = xasprintf("sip:alice@127.0.0.2:%u", ntohs(address.sin_port));
	peer->contact = uri;
	peer_establish(peer, "hop", NULL);
	close(peer->fd);
	peer->fd = fd;
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE sip:alice@127.0.0.2:");
	free(uri);
	peer_free(peer);
}

/* No packet is sent: the source is only written into the leg. */
static void test_nat__loopback_contact_from_afar(void **state)
{
	struct peer *peer = peer_new(NULL);

	(void)state;
	peer->contact = "sip:alice@127.0.0.1:9";
	peer_request(peer, "INVITE", "afar", 1, NULL, NULL, "application/sdp", PEER_SDP);
	peer_wait(peer, "invite");
	snprintf(peer->leg->first, sizeof(peer->leg->first), "sip:192.0.2.7:5060;transport=udp");
	assert_string_equal(leg_next_hop(peer->leg), "sip:192.0.2.7:5060;transport=udp");
	snprintf(peer->leg->first, sizeof(peer->leg->first), "sip:127.0.0.3:5060;transport=udp");
	assert_string_equal(leg_next_hop(peer->leg), "sip:127.0.0.1:9;transport=udp");
	peer_free(peer);
}

static void test_wildcard__address_is_named_as_the_peer_sees_it(void **state)
{
	struct sip_config config = {.addr = "0.0.0.0", .udp = true, .tcp = true};
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

static void test_wildcard__requests_name_the_interface_that_leads_to_the_peer(void **state)
{
	struct sip_config config = {.addr = "0.0.0.0", .udp = true};
	struct peer *peer = peer_new(&config);
	char *sent_by;

	(void)state;
	sent_by = xasprintf("SIP/2.0/UDP 127.0.0.1:%u;", sip_agent_port(peer->agent, false));
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	assert_memory_equal(peer_header(peer, "Via"), sent_by, strlen(sent_by));
	assert_non_null(strstr(peer_header(peer, "Via"), ";branch=z9hG4bK"));
	assert_non_null(strstr(peer_header(peer, "Contact"), "@127.0.0.1:"));
	peer_answer(peer, "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	peer_answer(peer, "200 OK", NULL, PEER_SDP);
	peer_expect(peer, "ACK ");
	assert_memory_equal(peer_header(peer, "Via"), sent_by, strlen(sent_by));
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "BYE ");
	assert_memory_equal(peer_header(peer, "Via"), sent_by, strlen(sent_by));
	free(sent_by);
	peer_free(peer);
}

static void test_wildcard__cancel_and_refusal_keep_the_branch(void **state)
{
	struct sip_config config = {.addr = "0.0.0.0", .udp = true};
	struct peer *peer = peer_new(&config);
	struct strbuf invite = STRBUF_INIT;
	char via[256];

	(void)state;
	peer_dial(peer, NULL);
	peer_expect(peer, "INVITE ");
	strbuf_add(&invite, peer->got.data, peer->got.length);
	snprintf(via, sizeof(via), "%s", peer_header(peer, "Via"));
	peer_answer(peer, "180 Ringing", NULL, NULL);
	peer_wait(peer, "ringing 180");
	sip_leg_hangup(peer->leg, NULL);
	peer_expect(peer, "CANCEL ");
	assert_string_equal(peer_header(peer, "Via"), via);
	peer_answer(peer, "200 OK", NULL, NULL);
	strbuf_reset(&peer->got);
	strbuf_add(&peer->got, invite.data, invite.length);
	peer_answer(peer, "487 Request Terminated", NULL, NULL);
	peer_expect(peer, "ACK ");
	assert_string_equal(peer_header(peer, "Via"), via);
	peer_wait(peer, "ended 487 us");
	strbuf_release(&invite);
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nat__private_contact_is_reached_at_the_source),
		cmocka_unit_test(test_nat__session_refresh_goes_to_the_source),
		cmocka_unit_test(test_nat__private_contact_on_tcp_uses_the_connection),
		cmocka_unit_test(test_nat__loopback_contact_of_a_loopback_peer_is_used),
		cmocka_unit_test(test_nat__loopback_contact_from_afar),
		cmocka_unit_test(test_wildcard__address_is_named_as_the_peer_sees_it),
		cmocka_unit_test(test_wildcard__requests_name_the_interface_that_leads_to_the_peer),
		cmocka_unit_test(test_wildcard__cancel_and_refusal_keep_the_branch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
