/* The vectors that AWS has published for Signature Version 4: its test suite of 2015, and the
 * example of the General Reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "http/sigv4.h"

#define DATE "20150830T123600Z"
#define FORM "application/x-www-form-urlencoded"

static const struct sigv4_header plain[] = {
	{"host", "example.amazonaws.com"}, {"x-amz-date", DATE}};
static const struct sigv4_header blanks[] = {{"host", "example.amazonaws.com"},
	{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}, {"x-amz-date", DATE}};
static const struct sigv4_header form[] = {
	{"content-type", FORM}, {"host", "example.amazonaws.com"}, {"x-amz-date", DATE}};
static const struct sigv4_header iam[] = {{"content-type", FORM "; charset=utf-8"},
	{"host", "iam.amazonaws.com"}, {"x-amz-date", DATE}};

static const struct {
	const char *name, *service, *method, *path, *query;
	const struct sigv4_header *headers;
	size_t header_count;
	const char *body, *signature;
} vectors[] = {
	{"get-vanilla", "service", "GET", "/", "", plain, ARRAY_SIZE(plain), "",
		"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{"post-vanilla", "service", "POST", "/", "", plain, ARRAY_SIZE(plain), "",
		"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{"post-vanilla-query", "service", "POST", "/", "Param1=value1", plain, ARRAY_SIZE(plain),
		"", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
	{"get-header-value-trim", "service", "GET", "/", "", blanks, ARRAY_SIZE(blanks), "",
		"acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{"post-x-www-form-urlencoded", "service", "POST", "/", "", form, ARRAY_SIZE(form),
		"Param1=value1",
		"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	{"ListUsers", "iam", "GET", "/", "Action=ListUsers&Version=2010-05-08", iam,
		ARRAY_SIZE(iam), "",
		"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
};

static void test_sigv4__signs_as_published(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct sigv4_key key = {"AKIDEXAMPLE",
			"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1",
			vectors[i].service};
		const struct sigv4_request request = {.method = vectors[i].method,
			.path = vectors[i].path,
			.query = vectors[i].query,
			.headers = vectors[i].headers,
			.header_count = vectors[i].header_count,
			.body = vectors[i].body,
			.length = strlen(vectors[i].body)};
		char *signature = sigv4_sign(&key, &request, DATE);

		if (!strstr(signature, vectors[i].signature))
			fail_msg("%s: %s", vectors[i].name, signature);
		free(signature);
	}
}

static void test_sigv4__names_what_it_signed(void **state)
{
	const struct sigv4_key key = {"AKID", "secret", "eu-west-1", "polly"};
	const struct sigv4_request request = {
		"POST", "/v1/speech", "", form, ARRAY_SIZE(form), "{}", 2};
	char *signature = sigv4_sign(&key, &request, DATE);

	(void)state;
	assert_int_equal(strncmp(signature,
				 "AWS4-HMAC-SHA256 Credential=AKID/20150830/eu-west-1/polly/"
				 "aws4_request, SignedHeaders=content-type;host;x-amz-date, "
				 "Signature=",
				 125),
		0);
	free(signature);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sigv4__signs_as_published),
		cmocka_unit_test(test_sigv4__names_what_it_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
