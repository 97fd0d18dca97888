/* Tests of REGISTER. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sip/peer_fake.h"

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

/* Turns of about 1 ms until the next REGISTER, when a second is that long. */
static unsigned turns_until_register(struct peer *peer)
{
	unsigned turns = 0;
	char buffer[4096];

	while (recv(peer->fd, buffer, sizeof(buffer), MSG_PEEK | MSG_DONTWAIT) <= 0) {
		peer_turn(peer);
		turns++;
	}
	peer_expect(peer, "REGISTER ");
	return turns;
}

static void test_register__tries_again_more_and_more_seldom(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct sip_account account = {.aor = "sip:me@example.com"};
	char *registrar = xasprintf("sip:127.0.0.1:%u", peer->port);
	struct sip_registration *registration;
	static const unsigned least[] = {15, 30, 60};

	(void)state;
	peer->agent->second_us = 1000;
	account.registrar = registrar;
	registration = sip_register(peer->agent, &account, on_status, peer);
	peer_expect(peer, "REGISTER ");
	for (size_t i = 0; i < ARRAY_SIZE(least); i++) {
		peer_answer(peer, "503 Service Unavailable", NULL, NULL);
		assert_true(turns_until_register(peer) >= least[i] / 2);
		assert_non_null(strstr(peer->words.data, "registered 503 0"));
	}
	sip_unregister(registration);
	free(registrar);
	peer_free(peer);
}

static void test_register__name_that_does_not_resolve_is_tried_again(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct sip_account account = {
		.aor = "sip:me@example.com", .registrar = "sip:[::1]:5060"}; /* we are IPv4 */
	struct sip_registration *registration;

	(void)state;
	peer->agent->second_us = 1000;
	registration = sip_register(peer->agent, &account, on_status, peer);
	peer_wait(peer, "registered 0 0,registered 0 0");
	sip_unregister(registration);
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_register__answers_challenge_refreshes_and_leaves),
		cmocka_unit_test(test_register__tries_again_more_and_more_seldom),
		cmocka_unit_test(test_register__name_that_does_not_resolve_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
