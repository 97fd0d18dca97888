/* Keys and certificates in the configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "call/config.h"
#include "call/config_bench.h"
#include "http/rsa_bench.h"

static char *pem;

static int setup(void **state)
{
	EVP_PKEY *key = rsa_new(2048);

	pem = rsa_public_pem(key);
	EVP_PKEY_free(key);
	return config_setup(state);
}

static int teardown(void **state)
{
	free(pem);
	unlink("key.pub");
	return config_teardown(state);
}

static struct config *load(const char *text, char **ret_error)
{
	config_write("c.toml", text, strlen(text));
	return config_load("c.toml", NULL, 0, ret_error);
}

#define APP "[[applications]]\nid = \"main\"\n"
#define KEY "name = \"ops\", key = \"k1\", scopes = [\"admin\"]"

static void test_api_keys__are_read(void **state)
{
	char *error = NULL;
	struct config *config;
	const struct config_api_key *key;

	(void)state;
	setenv("CONFIG_TEST_KEY", "secret-2", 1);
	config =
		load("api.cors_origins = \"*\"\n" APP "[api]\nkeys = [ { " KEY " }, { name = \"b\","
		     " key = { env = \"CONFIG_TEST_KEY\" }, scopes = \"calls:read\","
		     " application = \"main\", max_requests_per_second = 5 } ]\n"
		     "cors_origins = []\n",
			&error);
	/* A key given twice is a fault of TOML. */
	assert_null(config);
	free(error);
	config = load(APP "[api]\nkeys = [ { " KEY " }, { name = \"b\","
			  " key = { env = \"CONFIG_TEST_KEY\" }, scopes = \"calls:read\","
			  " application = \"main\", max_requests_per_second = 5 } ]\n"
			  "cors_origins = [\"https://a.example\", \"http://b:81\"]\n",
		&error);
	if (!config)
		fail_msg("%s", error);
	assert_int_equal(config->api.key_count, 2);
	key = &config->api.keys[1];
	assert_string_equal(key->key, "secret-2");
	assert_string_equal(key->scopes[0], "calls:read");
	assert_null(key->scopes[1]);
	assert_string_equal(key->application, "main");
	assert_int_equal(key->max_requests_per_second, 5);
	assert_null(config->api.keys[0].application);
	assert_string_equal(config->api.cors_origins[1], "http://b:81");
	unsetenv("CONFIG_TEST_KEY");
	config_free(config);
}

static void test_public_keys__texts_and_files(void **state)
{
	char *text = xasprintf(APP "public_key_file = \"key.pub\"\npublic_key = \"\"\"%s\"\"\"\n"
				   "[[applications]]\nid = \"b\"\n"
				   "public_key_file = [\"key.pub\", \"key.pub\"]\n",
		pem);
	char *error = NULL;
	struct config *config;

	(void)state;
	config_write("key.pub", pem, strlen(pem));
	config = load(text, &error);
	if (!config)
		fail_msg("%s", error);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(config->applications[i].public_keys[0], pem);
		assert_string_equal(config->applications[i].public_keys[1], pem);
		assert_null(config->applications[i].public_keys[2]);
	}
	free(text);
	config_free(config);
}

static void test_secure__faults(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"[api]\nkeys = [ { name = \"a\", scopes = [\"admin\"] } ]",
			"c.toml:2:10: api.keys.0.key: is missing"},
		{"[api]\nkeys = [ { name = \"a\", key = \"k\" } ]",
			"c.toml:2:10: api.keys.0.scopes: is missing"},
		{"[api]\nkeys = [ { name = \"a\", key = \"the secret\", scopes = [] } ]",
			"c.toml:2:24: api.keys.0.key: must be of visible ASCII characters "
			"(the value itself is not shown)"},
		{"[api]\nkeys = [ { name = \"a\", key = \"k\", scopes = [\"root\"] } ]",
			"c.toml:2:45: api.keys.0.scopes.0: must be one of calls:read, calls:write, "
			"metrics:read, admin, not \"root\""},
		{"[api]\nkeys = [ { " KEY ", application = \"b\" } ]",
			"c.toml:2:58: api.keys.0.application: no application has the id \"b\""},
		{"[api]\ncors_origins = [\"https://a/\"]",
			"c.toml:2:17: api.cors_origins.0: must be * or an origin such as "
			"https://app.example.com, not \"https://a/\""},
		{"https_addr = \"127.0.0.1:0\"",
			"c.toml:1:1: https_addr: needs ssl_certificate and ssl_private_key"},
		{"https_addr = \"127.0.0.1:0\"\nssl_certificate = \"none.pem\"\n"
		 "ssl_private_key = \"none.key\"",
			"c.toml:2:1: ssl_certificate: none.pem: No such file or directory"},
		{APP "public_key_file = \"none.pub\"",
			"c.toml:3:1: applications.0.public_key_file: cannot read none.pub: "
			"No such file or directory"},
		{APP "public_key_file = \"c.toml\"",
			"c.toml:3:1: applications.0.public_key_file: c.toml is no public key in "
			"PEM"},
		{APP "public_key = \"-----BEGIN PRIVATE KEY-----\"",
			"c.toml:3:1: applications.0.public_key: is a private key; the public one "
			"is wanted (the value itself is not shown)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *error = NULL;

		assert_null(load(rows[i].text, &error));
		assert_string_equal(error, rows[i].error);
		free(error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_api_keys__are_read),
		cmocka_unit_test(test_public_keys__texts_and_files),
		cmocka_unit_test(test_secure__faults),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
