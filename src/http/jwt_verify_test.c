/* Tokens of those who ask: which are believed, and all the ways not to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>

#include "base/base64.h"
#include "base/mem.h"
#include "http/jwt.h"
#include "http/jwt_verify.h"
#include "http/rsa_bench.h"

#define RS256  "{\"alg\":\"RS256\",\"typ\":\"JWT\"}"
#define CLAIMS "{\"application_id\":\"a\",\"iat\":1000,\"jti\":\"x\"}"

static EVP_PKEY *mine, *other;
static char *pem;
static struct jwt_key *key;

static int setup(void **state)
{
	const char *error;

	(void)state;
	mine = rsa_new(2048);
	other = rsa_new(2048);
	pem = rsa_public_pem(mine);
	key = jwt_key_new(pem, &error);
	assert_non_null(key);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	jwt_key_free(key);
	free(pem);
	EVP_PKEY_free(mine);
	EVP_PKEY_free(other);
	return 0;
}

/* Whether the token is read and is the key's. */
static bool believed(const char *text)
{
	const char *error = NULL;
	struct jwt token;
	bool good;

	if (jwt_read(text, &token, &error) < 0) {
		assert_non_null(error);
		return false;
	}
	good = jwt_verify(&token, key);
	jwt_release(&token);
	return good;
}

static bool signed_is_believed(
	EVP_PKEY *by, const EVP_MD *digest, const char *header, const char *claims)
{
	char *token = rsa_token(by, digest, header, claims);
	bool good = believed(token);

	free(token);
	return good;
}

static void test_verify__only_rs256_of_the_key(void **state)
{
	static const char *const headers[] = {"{\"alg\":\"none\"}", "{\"alg\":\"None\"}",
		"{\"alg\":\"HS256\"}", "{\"alg\":\"rs256\"}", "{\"alg\":\"RS384\"}",
		"{\"alg\":\"PS256\"}", "{\"alg\":\"RS256 \"}", "{\"alg\":[\"RS256\"]}",
		"{\"alg\":\"\"}", "{\"typ\":\"JWT\"}", "[]", "\"RS256\"", "", "RS256",
		"{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}",
		"{\"alg\":\"RS256\",\"alg\":\"none\"}"};

	(void)state;
	assert_true(signed_is_believed(mine, EVP_sha256(), RS256, CLAIMS));
	assert_true(signed_is_believed(mine, EVP_sha256(),
		"{\"kid\":\"../../etc/passwd\",\"jku\":\"http://127.0.0.1/\",\"alg\":\"RS256\"}",
		CLAIMS));
	assert_false(signed_is_believed(other, EVP_sha256(), RS256, CLAIMS));
	assert_false(signed_is_believed(mine, EVP_sha512(), RS256, CLAIMS));
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		if (signed_is_believed(mine, EVP_sha256(), headers[i], CLAIMS))
			fail_msg("believed: %s", headers[i]);
}

/* The public key as the secret of an HMAC: what a verifier falls for that asks the token. */
static void test_verify__public_key_as_secret(void **state)
{
	struct json_object *claims = json_tokener_parse(CLAIMS);
	char *token = jwt_sign(claims, pem);

	(void)state;
	assert_false(believed(token));
	free(token);
	json_object_put(claims);
}

static void test_verify__whatever_is_changed(void **state)
{
	char *token = rsa_token(mine, EVP_sha256(), RS256, CLAIMS), *copy, *dot;
	size_t length = strlen(token);

	(void)state;
	for (size_t i = 0; i < length; i += i < 120 ? 1 : 17) {
		copy = xstrdup(token);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		if (believed(copy))
			fail_msg("changed at %zu", i);
		free(copy);
	}
	dot = strrchr(token, '.');
	copy = xasprintf("%.*s.", (int)(dot - token), token);
	assert_false(believed(copy));
	free(copy);
	copy = xasprintf("%s=", token);
	assert_false(believed(copy));
	free(copy);
	copy = xasprintf("%s.%s", token, "AAAA");
	assert_false(believed(copy));
	free(copy);
	copy = xasprintf("%.*s", (int)(dot - token), token);
	assert_false(believed(copy));
	free(copy);
	free(token);
	assert_false(believed("") || believed("..") || believed("a.b.c") || believed("e30.e30."));
}

static void test_read__limits(void **state)
{
	struct strbuf claims = STRBUF_INIT;

	(void)state;
	strbuf_adds(&claims, "{\"x\":\"");
	for (int i = 0; i < JWT_MAX_BYTES; i++)
		strbuf_addc(&claims, 'x');
	strbuf_adds(&claims, "\"}");
	assert_false(signed_is_believed(mine, EVP_sha256(), RS256, claims.data));
	assert_false(signed_is_believed(mine, EVP_sha256(), RS256, "[]"));
	assert_false(signed_is_believed(mine, EVP_sha256(), RS256, "{\"a\":1"));
	strbuf_release(&claims);
}

static void test_key__what_is_taken(void **state)
{
	EVP_PKEY *small = rsa_new(1024), *curve = EVP_EC_gen("P-256");
	char *small_pem = rsa_public_pem(small), *curve_pem = rsa_public_pem(curve);
	const char *error = NULL;

	(void)state;
	assert_null(jwt_key_new("", &error));
	assert_string_equal(error, "is no public key in PEM");
	assert_null(jwt_key_new(
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", &error));
	assert_null(jwt_key_new(small_pem, &error));
	assert_string_equal(error, "must have 2048 to 8192 bits");
	assert_null(jwt_key_new(curve_pem, &error));
	assert_string_equal(error, "is no RSA key");
	assert_null(jwt_key_new("-----BEGIN PRIVATE KEY-----\n", &error));
	assert_non_null(strstr(error, "private"));
	free(small_pem);
	free(curve_pem);
	EVP_PKEY_free(small);
	EVP_PKEY_free(curve);
}

/* What was written into it, malloc'd; frees it. */
static char *text_of(BIO *bio)
{
	char *data = NULL, *text;
	long length = BIO_get_mem_data(bio, &data);

	text = xstrndup(data, (size_t)length);
	BIO_free(bio);
	return text;
}

static char *pkcs1_pem(void)
{
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	int length = i2d_PublicKey(mine, &der);

	PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, length);
	OPENSSL_free(der);
	return text_of(bio);
}

static char *certificate_pem(void)
{
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *certificate = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 60);
	X509_set_pubkey(certificate, mine);
	X509_sign(certificate, mine, EVP_sha256());
	PEM_write_bio_X509(bio, certificate);
	X509_free(certificate);
	return text_of(bio);
}

static void test_key__other_forms(void **state)
{
	char *forms[] = {pkcs1_pem(), certificate_pem()};
	char *text = rsa_token(mine, EVP_sha256(), RS256, CLAIMS);
	const char *error = NULL;
	struct jwt token;

	(void)state;
	assert_int_equal(jwt_read(text, &token, &error), 0);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct jwt_key *again = jwt_key_new(forms[i], &error);

		assert_non_null(again);
		assert_true(jwt_verify(&token, again));
		jwt_key_free(again);
		free(forms[i]);
	}
	jwt_release(&token);
	free(text);
}

static void test_times__table(void **state)
{
	static const struct {
		const char *claims;
		int64_t expires; /* 0: refused */
	} rows[] = {
		{"{\"iat\":1000,\"exp\":1100}", 1100},
		{"{\"iat\":1000.5,\"exp\":1e3}", 1000},
		{"{\"iat\":1060,\"exp\":2000}", 2000},
		{"{\"iat\":1061,\"exp\":2000}", 0},
		{"{\"iat\":900,\"exp\":941}", 941},
		{"{\"iat\":900,\"exp\":940}", 0},
		{"{\"iat\":900,\"exp\":0}", 0},
		{"{\"iat\":100}", 1000},
		{"{\"iat\":40}", 0},
		{"{\"iat\":1000,\"exp\":1100,\"nbf\":1060}", 1100},
		{"{\"iat\":1000,\"exp\":1100,\"nbf\":1061}", 0},
		{"{\"exp\":1100}", 0},
		{"{\"iat\":\"1000\",\"exp\":1100}", 0},
		{"{\"iat\":1000,\"exp\":\"never\"}", 0},
		{"{\"iat\":1000,\"exp\":1e300}", 0},
		{"{\"iat\":-1,\"exp\":1100}", 0},
		{"{\"iat\":1000,\"exp\":[1100]}", 0},
		{"{\"iat\":1000,\"exp\":1100,\"nbf\":{}}", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json_object *claims = json_tokener_parse(rows[i].claims);
		const char *error = NULL;
		int64_t expires = 0;

		jwt_check_times(claims, 1000, &expires, &error);
		if (expires != rows[i].expires)
			fail_msg("%s: %lld", rows[i].claims, (long long)expires);
		json_object_put(claims);
	}
}

static void test_base64url__decodes_strictly(void **state)
{
	static const char *const bad[] = {
		"A", "AB=", "AB==", "AB", "ABC", "A+BC", "AB/C", "A B", "AAAA=", "=", "AAAA\n"};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_true(base64url_decode("-__-Zg", 6, &out));
	assert_string_equal(out.data, "\xfb\xff\xfe"
				      "f");
	strbuf_reset(&out);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (base64url_decode(bad[i], strlen(bad[i]), &out))
			fail_msg("taken: %s", bad[i]);
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify__only_rs256_of_the_key),
		cmocka_unit_test(test_verify__public_key_as_secret),
		cmocka_unit_test(test_verify__whatever_is_changed),
		cmocka_unit_test(test_read__limits),
		cmocka_unit_test(test_key__what_is_taken),
		cmocka_unit_test(test_key__other_forms),
		cmocka_unit_test(test_times__table),
		cmocka_unit_test(test_base64url__decodes_strictly),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
