/* Tests of the digest client, with the vectors of RFC 7616 section 3.9 and RFC 2617 3.5. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sip/digest.h"

#define RFC7616                                                                   \
	"realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=%s, " \
	"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "                \
	"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""

static struct digest_challenge parse(const char *text)
{
	struct digest_challenge challenge;

	if (digest_parse(text, strlen(text), &challenge))
		fail_msg("%s", text);
	return challenge;
}

static void check_vector(const char *algorithm, const char *response)
{
	struct strbuf text = STRBUF_INIT, answer = STRBUF_INIT;
	struct digest_challenge challenge;

	strbuf_addf(&text, "Digest " RFC7616, algorithm);
	challenge = parse(text.data);
	digest_answer(&answer, &challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html", 1,
		"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
	assert_non_null(strstr(answer.data, response));
	assert_non_null(strstr(answer.data, "qop=auth, nc=00000001, cnonce=\"f2/wE4q74E6z"));
	assert_non_null(
		strstr(answer.data, "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""));
	strbuf_release(&text);
	strbuf_release(&answer);
	digest_challenge_release(&challenge);
}

static void test_digest_answer__gives_the_vectors_of_rfc7616(void **state)
{
	(void)state;
	check_vector("MD5", "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5");
	check_vector("SHA-256", "response=\"753927fa0e85d155564e2e272a28d1802ca10daf449"
				"6794697cf8db5856cb6c1\", algorithm=SHA-256");
}

static void test_digest_answer__works_without_qop(void **state)
{
	struct digest_challenge challenge = parse("Digest realm=\"testrealm@host.com\", "
						  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"");
	struct strbuf answer = STRBUF_INIT;

	(void)state;
	digest_answer(&answer, &challenge, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", 1,
		"unused");
	assert_non_null(strstr(answer.data, "response=\"670fd8c2df070c60b045671b8b24ff02\""));
	assert_null(strstr(answer.data, "qop"));
	strbuf_release(&answer);
	digest_challenge_release(&challenge);
}

static void test_digest_parse__refuses_what_it_does_not_know(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{"Basic realm=\"x\"", -ENOTSUP},
		{"", -ENOTSUP},
		{"Digest", -EBADMSG},
		{"Digest realm=\"x\"", -EBADMSG},
		{"Digest realm=\"x\", nonce=\"unfinished", -EBADMSG},
		{"Digest realm=\"x\", nonce", -EBADMSG},
		{"Digest realm=\"x\", nonce=\"a\r\nEvil: 1\"", -EBADMSG},
		{"Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256", -ENOTSUP},
		{"Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\"", -ENOTSUP},
	};
	struct digest_challenge challenge;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(digest_parse(cases[i].text, strlen(cases[i].text), &challenge),
			cases[i].error);
}

static void test_digest_parse__reads_escapes_and_stale(void **state)
{
	struct digest_challenge challenge =
		parse("DIGEST Realm=\"a \\\"b\\\"\" , nonce=n1,stale=TRUE, algorithm=\"MD5\"");

	(void)state;
	assert_string_equal(challenge.realm, "a \"b\"");
	assert_string_equal(challenge.nonce, "n1");
	assert_true(challenge.stale);
	digest_challenge_release(&challenge);
}

static void test_digest_login__prefers_sha256_and_stops(void **state)
{
	static const char *const both[] = {"Digest realm=\"r\", nonce=\"n\", algorithm=MD5",
		"Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\""};
	static const char *const stale[] = {"Digest realm=\"r\", nonce=\"m\", stale=true"};
	struct digest_login login = {.user = xstrdup("u"), .password = xstrdup("p")};

	(void)state;
	assert_true(digest_login_challenge(&login, false, both, 2, "INVITE", "sip:x"));
	assert_string_equal(login.header_name, "Authorization");
	assert_non_null(strstr(login.header_value, "algorithm=SHA-256"));
	/* the same again means that the password is wrong, a stale nonce does not */
	assert_false(digest_login_challenge(&login, false, both, 2, "INVITE", "sip:x"));
	assert_true(digest_login_challenge(&login, false, stale, 1, "INVITE", "sip:x"));
	assert_false(digest_login_challenge(&login, false, stale, 1, "INVITE", "sip:x"));
	digest_login_release(&login);
	assert_false(digest_login_challenge(&login, false, both, 2, "INVITE", "sip:x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest_answer__gives_the_vectors_of_rfc7616),
		cmocka_unit_test(test_digest_answer__works_without_qop),
		cmocka_unit_test(test_digest_parse__refuses_what_it_does_not_know),
		cmocka_unit_test(test_digest_parse__reads_escapes_and_stale),
		cmocka_unit_test(test_digest_login__prefers_sha256_and_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
