/* Who asks and what he may; queries and times. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/caller.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "http/rsa_bench.h"

#define NOW    (1000 * USEC_PER_SEC)
#define RS256  "{\"alg\":\"RS256\"}"
#define CLAIMS "{\"application_id\":\"%s\",\"iat\":1000,\"exp\":1100,\"jti\":\"x\"%s}"

struct bench {
	EVP_PKEY *old, *new, *other;
	struct config config;
	struct config_application applications[3];
	struct config_api_key keys[2];
	struct callers *callers;
	struct api_caller caller;
	const char *error;
};

static char *none[] = {NULL};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	static char *admin[] = {"admin", NULL}, *some[] = {"calls:read", "metrics:read", NULL};
	char **main_keys = xcalloc(3, sizeof(*main_keys));
	char **other_keys = xcalloc(2, sizeof(*other_keys));

	b->old = rsa_new(2048);
	b->new = rsa_new(2048);
	b->other = rsa_new(2048);
	main_keys[0] = rsa_public_pem(b->old);
	main_keys[1] = rsa_public_pem(b->new);
	other_keys[0] = rsa_public_pem(b->other);
	b->applications[0] = (struct config_application){.id = "main", .public_keys = main_keys};
	b->applications[1] = (struct config_application){.id = "other", .public_keys = other_keys};
	b->applications[2] = (struct config_application){.id = "third", .public_keys = none};
	b->keys[0] = (struct config_api_key){.name = "ops", .key = "key-of-ops", .scopes = admin};
	b->keys[1] = (struct config_api_key){.name = "shop",
		.key = "key-of-shop",
		.scopes = some,
		.application = "other",
		.max_requests_per_second = 3};
	b->config.applications = b->applications;
	b->config.application_count = 3;
	b->config.api.keys = b->keys;
	b->config.api.key_count = 2;
	b->callers = callers_new(&b->config);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	callers_free(b->callers);
	json_object_put(b->caller.acl);
	for (int i = 0; i < 2; i++) {
		for (char **key = b->applications[i].public_keys; *key; key++)
			free(*key);
		free(b->applications[i].public_keys);
	}
	EVP_PKEY_free(b->old);
	EVP_PKEY_free(b->new);
	EVP_PKEY_free(b->other);
	free(b);
	return 0;
}

static enum caller_outcome find(struct bench *b, const char *header, const char *peer)
{
	json_object_put(b->caller.acl);
	return callers_find(b->callers, header, peer, NOW, NOW, &b->caller, &b->error);
}

/* "Bearer TOKEN", malloc'd. */
static char *bearer(EVP_PKEY *key, const char *application, const char *more)
{
	char *claims = xasprintf(CLAIMS, application, more);
	char *token = rsa_token(key, EVP_sha256(), RS256, claims);
	char *header = xasprintf("Bearer %s", token);

	free(claims);
	free(token);
	return header;
}

static enum caller_outcome find_token(
	struct bench *b, EVP_PKEY *key, const char *application, const char *more)
{
	char *header = bearer(key, application, more);
	static unsigned count;
	char *peer = xasprintf("10.0.%u.%u", count / 250, count % 250);
	enum caller_outcome outcome = find(b, header, peer);

	count++;
	free(peer);
	free(header);
	return outcome;
}

static void test_key__as_bearer_or_password(void **state)
{
	struct bench *b = *state;
	struct strbuf basic = STRBUF_INIT;

	assert_int_equal(find(b, "Bearer key-of-ops", "p"), CALLER_KNOWN);
	assert_string_equal(b->caller.name, "ops");
	assert_null(b->caller.application);
	assert_int_equal(b->caller.scopes, API_ADMIN);
	strbuf_adds(&basic, "basic ");
	base64_encode("anybody:key-of-shop", 19, &basic);
	assert_int_equal(find(b, basic.data, "p"), CALLER_KNOWN);
	assert_string_equal(b->caller.application, "other");
	assert_int_equal(b->caller.scopes, API_CALLS_READ | API_METRICS_READ);
	strbuf_release(&basic);
}

static void test_key__what_is_none(void **state)
{
	static const char *const headers[] = {NULL, "", "Bearer", "Bearer ", "Bearer key-of-op",
		"Bearer key-of-opsx", "Bearer  ", "Basic", "Basic !!!",
		"Basic a2V5LW9mLW9wcw==", "Digest username=\"x\"", "key-of-ops", "Bearer ops",
		"Bearer Key-of-ops"};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		char peer[2] = {(char)('a' + (char)i), '\0'};

		if (find(b, headers[i], peer) != CALLER_UNKNOWN || !b->error)
			fail_msg("taken: %s", headers[i] ? headers[i] : "nothing");
	}
}

static void test_key__so_many_requests_in_a_second(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(find(b, "Bearer key-of-shop", "p"), CALLER_KNOWN);
	assert_int_equal(find(b, "Bearer key-of-shop", "q"), CALLER_TOO_FAST);
	assert_int_equal(find(b, "Bearer key-of-ops", "p"), CALLER_KNOWN);
	assert_int_equal(callers_find(b->callers, "Bearer key-of-shop", "p", NOW,
				 NOW + USEC_PER_SEC, &b->caller, &b->error),
		CALLER_KNOWN);
}

static void test_token__of_either_key(void **state)
{
	struct bench *b = *state;

	assert_int_equal(find_token(b, b->old, "main", ""), CALLER_KNOWN);
	assert_int_equal(find_token(b, b->new, "main", ""), CALLER_KNOWN);
	assert_string_equal(b->caller.application, "main");
	assert_int_equal(b->caller.scopes, API_CALLS_READ | API_CALLS_WRITE);
	assert_null(b->caller.acl);
}

static void test_token__what_is_none(void **state)
{
	struct bench *b = *state;
	char *again;

	assert_int_equal(find_token(b, b->other, "main", ""), CALLER_UNKNOWN);
	assert_int_equal(find_token(b, b->old, "other", ""), CALLER_UNKNOWN);
	assert_int_equal(find_token(b, b->old, "third", ""), CALLER_UNKNOWN);
	assert_int_equal(find_token(b, b->old, "main\\u0000", ""), CALLER_UNKNOWN);
	assert_int_equal(find_token(b, b->old, "none", ""), CALLER_UNKNOWN);
	assert_int_equal(find_token(b, b->old, "main", ",\"jti\":\"\""), CALLER_UNKNOWN);
	assert_int_equal(find_token(b, b->old, "main", ",\"jti\":7"), CALLER_UNKNOWN);
	assert_int_equal(find_token(b, b->old, "main", ",\"exp\":900"), CALLER_UNKNOWN);
	assert_int_equal(find_token(b, b->old, "main", ",\"nbf\":2000"), CALLER_UNKNOWN);
	again = bearer(b->old, "main", "");
	assert_int_equal(find(b, again, "p"), CALLER_KNOWN);
	again[strlen(again) - 5] ^= 1;
	assert_int_equal(find(b, again, "p"), CALLER_UNKNOWN);
	free(again);
}

/* What was verified once is not for ever. */
static void test_token__expires_although_known(void **state)
{
	struct bench *b = *state;
	char *header = bearer(b->old, "main", "");

	assert_int_equal(find(b, header, "p"), CALLER_KNOWN);
	assert_int_equal(find(b, header, "p"), CALLER_KNOWN);
	assert_int_equal(callers_find(b->callers, header, "p", 1159 * USEC_PER_SEC, NOW, &b->caller,
				 &b->error),
		CALLER_KNOWN);
	assert_int_equal(callers_find(b->callers, header, "p", 1160 * USEC_PER_SEC, NOW, &b->caller,
				 &b->error),
		CALLER_UNKNOWN);
	free(header);
}

/* Guessing is slowed down; who is known is not held up by it. */
static void test_failures__make_a_source_wait(void **state)
{
	struct bench *b = *state;
	char *fresh = bearer(b->old, "main", ",\"n\":1"), *known = bearer(b->old, "main", "");

	assert_int_equal(find(b, known, "p"), CALLER_KNOWN);
	for (int i = 0; i < 30; i++)
		assert_int_equal(find(b, "Bearer guess", "p"), CALLER_UNKNOWN);
	assert_int_equal(find(b, "Bearer guess", "p"), CALLER_TOO_FAST);
	assert_int_equal(find(b, fresh, "p"), CALLER_TOO_FAST);
	assert_int_equal(find(b, "Bearer guess", "another"), CALLER_UNKNOWN);
	assert_int_equal(find(b, known, "p"), CALLER_KNOWN);
	assert_int_equal(find(b, "Bearer key-of-ops", "p"), CALLER_KNOWN);
	assert_int_equal(callers_find(b->callers, fresh, "p", NOW, NOW + 11 * USEC_PER_SEC,
				 &b->caller, &b->error),
		CALLER_KNOWN);
	free(fresh);
	free(known);
}

static void test_none__without_any_key(void **state)
{
	struct bench *b = *state;
	struct config empty = {0};
	struct callers *callers = callers_new(&empty);

	assert_true(callers_none(callers));
	assert_false(callers_none(b->callers));
	callers_free(callers);
	empty.applications = &b->applications[2];
	empty.application_count = 1;
	callers = callers_new(&empty);
	assert_true(callers_none(callers));
	callers_free(callers);
}

static void test_acl__table(void **state)
{
	static const struct {
		const char *acl, *method, *path;
		bool allowed;
	} rows[] = {
		{"{\"paths\":{\"/*/calls/**\":{}}}", "GET", "/v1/calls", true},
		{"{\"paths\":{\"/*/calls/**\":{}}}", "PUT", "/v1/calls/u/talk", true},
		{"{\"paths\":{\"/*/calls/**\":{}}}", "GET", "/v1/files/u", false},
		{"{\"paths\":{\"/*/calls/**\":{}}}", "GET", "/calls/u", false},
		{"{\"paths\":{\"/v1/calls/*\":{}}}", "GET", "/v1/calls/u", true},
		{"{\"paths\":{\"/v1/calls/*\":{}}}", "GET", "/v1/calls/u/talk", false},
		{"{\"paths\":{\"/v1/calls/*\":{}}}", "GET", "/v1/calls", false},
		{"{\"paths\":{\"/**\":{}}}", "GET", "/v1/calls", true},
		{"{\"paths\":{\"/**/talk\":{}}}", "GET", "/v1/talk/u/talk", true},
		{"{\"paths\":{\"/**/talk\":{}}}", "GET", "/v1/calls/u/talks", false},
		{"{\"paths\":{\"/**/u/**/talk\":{}}}", "GET", "/v1/u/u/x/talk", true},
		{"{\"paths\":{\"/v1/files/**\":{\"methods\":[\"GET\"]}}}", "GET", "/v1/files/u",
			true},
		{"{\"paths\":{\"/v1/files/**\":{\"methods\":[\"GET\"]}}}", "PUT", "/v1/files/u",
			false},
		{"{\"paths\":{\"/v1/files/**\":{\"methods\":\"PUT\"}}}", "PUT", "/v1/files/u",
			false},
		{"{\"paths\":{\"v1/calls\":{}}}", "GET", "/v1/calls", false},
		{"{\"paths\":{\"\":{}}}", "GET", "/v1/calls", false},
		{"{\"paths\":{}}", "GET", "/v1/calls", false},
		{"{\"paths\":[\"/**\"]}", "GET", "/v1/calls", false},
		{"{}", "GET", "/v1/calls", false},
		{"\"/**\"", "GET", "/v1/calls", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json_object *acl = json_tokener_parse(rows[i].acl);

		if (acl_allows(acl, rows[i].method, rows[i].path) != rows[i].allowed)
			fail_msg("%s %s %s", rows[i].acl, rows[i].method, rows[i].path);
		json_object_put(acl);
	}
}

/* Patterns with many ** take no longer than others. */
static void test_acl__is_not_slow(void **state)
{
	struct json_object *acl = json_object_new_object(), *paths = json_object_new_object();
	struct strbuf pattern = STRBUF_INIT, path = STRBUF_INIT;
	uint64_t began = clock_mono();

	(void)state;
	for (int i = 0; i < 1000; i++)
		strbuf_adds(&pattern, "/**/a");
	strbuf_adds(&pattern, "/b");
	for (int i = 0; i < 4000; i++)
		strbuf_adds(&path, "/a");
	json_object_object_add(paths, pattern.data, json_object_new_object());
	json_object_object_add(acl, "paths", paths);
	assert_false(acl_allows(acl, "GET", path.data));
	assert_true(clock_mono() - began < 5 * USEC_PER_SEC);
	json_object_put(acl);
	strbuf_release(&pattern);
	strbuf_release(&path);
}

/* --- queries --- */

static void test_time__table(void **state)
{
	static const struct {
		const char *text;
		int64_t time; /* -1: refused */
	} rows[] = {
		{"2026-11-21T06:10:00Z", 1795241400000000},
		{"2026-11-21T06:10:00.123Z", 1795241400123000},
		{"2026-11-21T06:10:00.1234567Z", 1795241400123456},
		{"2026-11-21T07:10:00+01:00", 1795241400000000},
		{"2026-11-21T07:10:00 01:00", 1795241400000000},
		{"2026-11-21T05:40:00-00:30", 1795241400000000},
		{"2026-11-21 06:10:00", 1795241400000000},
		{"2026-11-21", 1795219200000000},
		{"2026-11-21T06:10", -1},
		{"2026-11-21T06:10:00ZZ", -1},
		{"2026-11-21T06:10:00+1", -1},
		{"2026-11-21x", -1},
		{"21.11.2026", -1},
		{" 2026-11-21", -1},
		{"now", -1},
		{"", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t time = -1;

		api_time_read(rows[i].text, &time);
		if (time != rows[i].time)
			fail_msg("%s: %lld", rows[i].text, (long long)time);
	}
}

static void test_query__values_and_faults(void **state)
{
	static const char *const orders[] = {"asc", "desc", NULL};
	static const struct api_field fields[] = {
		{.name = "page", .type = API_INTEGER, .fallback = 10, .min = 1, .max = 100},
		{.name = "order", .type = API_TEXT, .names = orders, .text = "asc"},
		{.name = "from", .type = API_TIME},
		{.name = "who", .type = API_TEXT},
		{.name = NULL},
	};
	struct json_object *values = NULL, *faults = NULL;

	(void)state;
	assert_int_equal(api_query_read("", fields, &values, &faults), 0);
	assert_string_equal(json_print(values), "{\"page\":10,\"order\":\"asc\"}");
	json_object_put(values);
	assert_int_equal(api_query_read("&x=1&page=20&who=a+b%26%zz&order=desc&from=2026-11-21&",
				 fields, &values, &faults),
		0);
	assert_string_equal(json_print(values), "{\"page\":20,\"order\":\"desc\","
						"\"who\":\"a b&%zz\",\"from\":1795219200000000}");
	json_object_put(values);
	assert_int_equal(
		api_query_read("page=0&order=up&from=x&page=1e2&page=", fields, &values, &faults),
		-EINVAL);
	assert_int_equal(json_object_array_length(faults), 5);
	assert_string_equal(json_print(json_object_array_get_idx(faults, 1)),
		"{\"name\":\"order\",\"reason\":\"must be one of asc, desc\"}");
	json_object_put(faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_key__as_bearer_or_password, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key__what_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_key__so_many_requests_in_a_second, setup, teardown),
		cmocka_unit_test_setup_teardown(test_token__of_either_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_token__what_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_token__expires_although_known, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures__make_a_source_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none__without_any_key, setup, teardown),
		cmocka_unit_test(test_acl__table),
		cmocka_unit_test(test_acl__is_not_slow),
		cmocka_unit_test(test_time__table),
		cmocka_unit_test(test_query__values_and_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
