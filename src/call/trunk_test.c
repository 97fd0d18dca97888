/* Tests of trunk.h: which trunk takes a call, how many, and what it registers with. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "call/config_bench.h"
#include "call/trunk.h"
#include "sip/peer_fake.h"

static struct config *load(const char *text)
{
	struct config *config;
	char *error = NULL;

	config_write("c.toml", text, strlen(text));
	config = config_load("c.toml", NULL, 0, &error);
	if (!config)
		fail_msg("%s", error);
	return config;
}

static struct trunks *trunks_of(struct peer *peer, const char *text)
{
	struct config *config = load(text);
	struct trunks *trunks = trunks_new(peer->agent, config);

	config_free(config);
	return trunks;
}

static void reload(struct trunks *trunks, const char *text)
{
	struct config *config = load(text);

	trunks_reload(trunks, config);
	config_free(config);
}

/* The name of the trunk taken, or the reason; a trunk taken is put into *ret. */
static const char *take(
	struct trunks *trunks, const char *number, const char *name, struct trunk **ret)
{
	const char *reason = NULL;
	struct trunk *trunk = NULL;
	int error = trunk_take(trunks, number, name, &trunk, &reason);

	if (error)
		return reason;
	*ret = trunk;
	return trunk_name(trunk);
}

static const char *take_once(struct trunks *trunks, const char *number, const char *name)
{
	struct trunk *trunk = NULL;
	const char *found = take(trunks, number, name, &trunk);

	trunk_give_back(trunk);
	return found;
}

#define ALL "[[proxy.trunks]]\nname = \"all\"\ndest = \"sip:a.example\"\n"
#define UK                                                                                  \
	"[[proxy.trunks]]\nname = \"uk\"\ndest = \"sip:uk.example\"\nprefixes = [\"+44\", " \
	"\"49\"]\n"
#define LONDON \
	"[[proxy.trunks]]\nname = \"london\"\ndest = \"sip:l.example\"\nprefixes = [\"4420\"]\n"

static void test_trunk_take__longest_prefix_wins(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct trunks *trunks = trunks_of(peer, UK LONDON);

	(void)state;
	assert_string_equal(take_once(trunks, "442071234567", NULL), "london");
	assert_string_equal(take_once(trunks, "+442071234567", NULL), "london");
	assert_string_equal(take_once(trunks, "+441611234567", NULL), "uk");
	assert_string_equal(take_once(trunks, "4930123456", NULL), "uk");
	assert_string_equal(take_once(trunks, "33123456", NULL), "no trunk may call this number");
	assert_string_equal(take_once(trunks, "44", NULL), "uk");
	assert_string_equal(take_once(trunks, "4", NULL), "no trunk may call this number");
	reload(trunks, ALL UK LONDON);
	assert_string_equal(take_once(trunks, "33123456", NULL), "all");
	assert_string_equal(take_once(trunks, "442071234567", NULL), "london");
	trunks_free(trunks);
	peer_free(peer);
}

static void test_trunk_take__a_named_one_must_allow_the_number(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct trunks *trunks = trunks_of(peer, UK LONDON);

	(void)state;
	assert_string_equal(take_once(trunks, "442071234567", "uk"), "uk");
	assert_string_equal(
		take_once(trunks, "33123456", "uk"), "the trunk may not call this number");
	assert_string_equal(
		take_once(trunks, "442071234567", "us"), "there is no trunk of this name");
	reload(trunks, "");
	assert_string_equal(take_once(trunks, "442071234567", NULL), "there is no trunk");
	trunks_free(trunks);
	peer_free(peer);
}

static void test_trunk_take__only_numbers(void **state)
{
	static const char *const bad[] = {"", "+", "alice", "44 20", "44;phone-context=x",
		"44@evil.example", "1\r\nX: y", "++44", "123456789012345678901234567890123"};
	struct peer *peer = peer_new(NULL);
	struct trunks *trunks = trunks_of(peer, ALL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_string_equal(
			take_once(trunks, bad[i], NULL), "this is not a telephone number");
	assert_string_equal(take_once(trunks, "*21*49301234#", NULL), "all");
	trunks_free(trunks);
	peer_free(peer);
}

static void test_trunk_take__a_full_one_is_passed_over(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct trunks *trunks = trunks_of(peer, ALL LONDON "max_calls = 1\n" UK "max_calls = 1\n");
	struct trunk *first = NULL, *second = NULL, *third = NULL;

	(void)state;
	assert_string_equal(take(trunks, "4420", NULL, &first), "london");
	assert_string_equal(take(trunks, "4420", NULL, &second), "uk");
	assert_string_equal(take(trunks, "4420", NULL, &third), "all");
	assert_string_equal(
		take_once(trunks, "4420", "london"), "all trunks to this number are busy");
	trunk_give_back(first);
	assert_string_equal(take_once(trunks, "4420", "london"), "london");
	trunk_give_back(second);
	trunk_give_back(third);
	trunks_free(trunks);
	peer_free(peer);
}

static void test_trunk_take__counts_what_began_in_a_second(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct trunks *trunks = trunks_of(peer, ALL "max_cps = 2\n");

	(void)state;
	assert_string_equal(take_once(trunks, "44", NULL), "all");
	assert_string_equal(take_once(trunks, "44", NULL), "all");
	assert_string_equal(take_once(trunks, "44", NULL), "all trunks to this number are busy");
	trunks_free(trunks);
	peer_free(peer);
}

static void test_trunks_reload__a_trunk_that_is_gone_lives_until_its_calls_are_over(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct trunks *trunks = trunks_of(peer, ALL "max_calls = 2\n");
	struct trunk *first = NULL, *second = NULL;

	(void)state;
	take(trunks, "44", NULL, &first);
	reload(trunks, ALL "max_calls = 1\n"); /* the same trunk, and it is full now */
	assert_string_equal(take_once(trunks, "44", NULL), "all trunks to this number are busy");
	reload(trunks, UK);
	take(trunks, "44", NULL, &second);
	assert_string_equal(trunk_name(first), "all");
	trunks_free(trunks);
	trunk_give_back(first);
	trunk_give_back(second);
	peer_free(peer);
}

static void test_trunk__says_where_to_and_as_whom(void **state)
{
	struct peer *peer = peer_new(NULL);
	struct trunks *trunks = trunks_of(peer,
		"[[proxy.trunks]]\nname = \"c\"\ndest = "
		"\"sip:ignored@c.example:5070;transport=tcp\"\n"
		"username = \"u\"\npassword = \"p\"\noutbound_proxy = \"sip:edge.example;lr\"\n"
		"inbound_hosts = [\"198.51.100.0/24\", \"2001:db8::1\"]\n");
	struct sip_dial dial = {0};
	struct trunk *trunk = NULL;
	char *uri;

	(void)state;
	take(trunks, "+4420#", NULL, &trunk);
	uri = trunk_uri(trunk, "+4420#");
	assert_string_equal(uri, "sip:+4420%23@c.example:5070;transport=tcp");
	free(uri);
	uri = trunk_uri(trunk, "me@home;x");
	assert_string_equal(uri, "sip:me%40home%3Bx@c.example:5070;transport=tcp");
	free(uri);
	trunk_fill(trunk, &dial);
	assert_string_equal(dial.auth_user, "u");
	assert_string_equal(dial.password, "p");
	assert_string_equal(dial.outbound_proxy, "sip:edge.example;lr");
	assert_string_equal(trunk_name(trunk_of_source(trunks, "198.51.100.77")), "c");
	assert_string_equal(trunk_name(trunk_of_source(trunks, "2001:db8::1")), "c");
	assert_null(trunk_of_source(trunks, "198.51.101.1"));
	trunk_give_back(trunk);
	trunks_free(trunks);
	peer_free(peer);
}

static void test_trunk__registers_as_long_as_it_is_configured(void **state)
{
	struct peer *peer = peer_new(NULL);
	char *text = xasprintf("[[proxy.trunks]]\nname = \"c\"\ndest = \"sip:127.0.0.1:%u\"\n"
			       "username = \"me\"\npassword = \"secret\"\nregister = true\n",
		peer->port);
	struct trunks *trunks = trunks_of(peer, text);

	(void)state;
	peer_expect(peer, "REGISTER sip:127.0.0.1:");
	assert_non_null(strstr(peer_header(peer, "To"), "sip:me@127.0.0.1"));
	peer_answer(peer, "401 Unauthorized",
		"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256\r\n", NULL);
	peer_expect(peer, "REGISTER ");
	assert_non_null(strstr(peer_header(peer, "Authorization"), "username=\"me\""));
	peer_answer(peer, "200 OK", "Expires: 3600\r\n", NULL);
	peer_turns(peer, 20);
	reload(trunks, text); /* nothing changed: it is not registered anew */
	peer_expect_nothing(peer, 20);
	reload(trunks, ALL);
	peer_expect(peer, "REGISTER ");
	assert_string_equal(peer_header(peer, "Expires"), "0");
	trunks_free(trunks);
	free(text);
	peer_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trunk_take__longest_prefix_wins),
		cmocka_unit_test(test_trunk_take__a_named_one_must_allow_the_number),
		cmocka_unit_test(test_trunk_take__only_numbers),
		cmocka_unit_test(test_trunk_take__a_full_one_is_passed_over),
		cmocka_unit_test(test_trunk_take__counts_what_began_in_a_second),
		cmocka_unit_test(
			test_trunks_reload__a_trunk_that_is_gone_lives_until_its_calls_are_over),
		cmocka_unit_test(test_trunk__says_where_to_and_as_whom),
		cmocka_unit_test(test_trunk__registers_as_long_as_it_is_configured),
	};

	return cmocka_run_group_tests(tests, config_setup, config_teardown);
}
