/* Unit tests of src/http/jwt.c, and of base64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/jwt.h"
#include "http/jwt_bench.h"

static void test_base64__follows_the_rfc(void **state)
{
	static const char *const pairs[][3] = {{"", "", ""}, {"f", "Zg==", "Zg"},
		{"fo", "Zm8=", "Zm8"}, {"foo", "Zm9v", "Zm9v"}, {"foob", "Zm9vYg==", "Zm9vYg"},
		{"foobar", "Zm9vYmFy", "Zm9vYmFy"}, {"\xfb\xff\xfe", "+//+", "-__-"}};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const char *text = pairs[i][1];

		base64_encode(pairs[i][0], strlen(pairs[i][0]), &out);
		assert_string_equal(out.data, text);
		strbuf_reset(&out);
		base64url_encode(pairs[i][0], strlen(pairs[i][0]), &out);
		assert_string_equal(out.data, pairs[i][2]);
		strbuf_reset(&out);
		assert_true(base64_decode(text, strlen(text), &out));
		assert_string_equal(out.data, pairs[i][0]);
		strbuf_reset(&out);
	}
	strbuf_release(&out);
}

static void test_base64_decode__refuses_the_rest(void **state)
{
	static const char *const texts[] = {"Z", "Zg",
		"Zg=", "Zg==Zg==", "Z===", "====", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "-__-",
		"Zm9v=", "=Zm9", "Zm=v"};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (base64_decode(texts[i], strlen(texts[i]), &out))
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(out.length, 0);
	}
	strbuf_adds(&out, "before");
	assert_false(base64_decode("Zm9v=Zg=", 8, &out));
	assert_string_equal(out.data, "before");
	strbuf_release(&out);
}

static void test_jwt_sign__gives_what_others_give(void **state)
{
	struct json_object *claims = json_tokener_parse(
		"{\"sub\":\"1234567890\",\"name\":\"John Doe\",\"iat\":1516239022}");
	char *token = jwt_sign(claims, "your-256-bit-secret");

	(void)state;
	assert_string_equal(token,
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
		"eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
		"SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c");
	free(token);
	json_object_put(claims);
}

static void test_jwt_bearer__has_the_claims(void **state)
{
	char *with = jwt_bearer("secret", "main", "abc", 3);
	char *without = jwt_bearer("secret", "main", NULL, 0);
	struct json_object *a = jwt_bench_claims(with, "secret"),
			   *b = jwt_bench_claims(without, "secret");
	int64_t now = (int64_t)(clock_wall() / USEC_PER_SEC);

	(void)state;
	assert_int_equal(strncmp(with, "Bearer eyJ", 10), 0);
	assert_string_equal(json_text(a, "iss", ""), "Vonage");
	assert_string_equal(json_text(a, "application_id", ""), "main");
	assert_string_equal(json_text(a, "payload_hash", ""),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_null(json_member(b, "payload_hash"));
	assert_string_not_equal(json_text(a, "jti", ""), json_text(b, "jti", ""));
	assert_true(now - json_int(a, "iat", 0) <= 5);
	json_object_put(a);
	json_object_put(b);
	free(with);
	free(without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64__follows_the_rfc),
		cmocka_unit_test(test_base64_decode__refuses_the_rest),
		cmocka_unit_test(test_jwt_sign__gives_what_others_give),
		cmocka_unit_test(test_jwt_bearer__has_the_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
