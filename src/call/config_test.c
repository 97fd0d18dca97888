/* Unit tests of config.h: what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "call/config.h"
#include "call/config_bench.h"

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

static struct config *load_overrides(const char *text, const char *const *overrides, size_t count)
{
	struct config *config;
	char *error = NULL;

	config_write("c.toml", text, strlen(text));
	config = config_load("c.toml", overrides, count, &error);
	if (!config)
		fail_msg("%s", error);
	return config;
}

static void test_config__defaults_need_no_file(void **state)
{
	char *error = NULL;
	struct config *config = config_load(NULL, NULL, 0, &error);

	(void)state;
	assert_non_null(config);
	assert_null(config->external_ip);
	assert_null(config->https_addr);
	assert_int_equal(config->http.max_connections, 1024);
	assert_int_equal(config->http.max_source_connections, 256);
	assert_int_equal(config->api.key_count, 0);
	assert_null(config->api.cors_origins[0]);
	assert_int_equal(config->rtp_start_port, 12000);
	assert_int_equal(config->rtp_end_port, 42000);
	assert_int_equal(config->rtp_timeout, 60);
	assert_int_equal(config->media_threads, 0);
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	assert_int_equal(config->drain_timeout, 60);
	assert_null(config->default_application);
	assert_string_equal(config->state_directory, "nccod-data");
	assert_int_equal(config->application_count, 0);
	assert_string_equal(config->proxy.addr, "127.0.0.1");
	assert_int_equal(config->proxy.udp_port, 5060);
	assert_int_equal(config->proxy.tcp_port, 5060);
	assert_null(config->proxy.outbound_proxy);
	assert_int_equal(config->proxy.max_concurrency, 10000);
	assert_int_equal(config->proxy.session_expires, 1800);
	assert_int_equal(config->proxy.options_keepalive, 0);
	assert_null(config->proxy.http_router.url);
	assert_false(config->proxy.http_router.fallback_to_static);
	assert_int_equal(config->proxy.http_router.timeout_ms, 5000);
	assert_null(config->media.root);
	assert_int_equal(config->media.cache_bytes, 256 << 20);
	assert_string_equal(config->tts.default_adapter, "espeak-ng");
	assert_null(config->tts.fallback[0]);
	assert_non_null(strstr(config->tts.adapters, "/tts-adapters"));
	assert_int_equal(config->tts.concurrency, 4);
	assert_int_equal(config->tts.timeout_ms, 8000);
	assert_null(config->tts.options);
	assert_int_equal(config->tts.breaker_failures, 5);
	assert_int_equal(config->tts.breaker_seconds, 30);
	assert_string_equal(config->asr.default_adapter, "pocketsphinx");
	assert_null(config->asr.fallback[0]);
	assert_non_null(strstr(config->asr.adapters, "/asr-adapters"));
	assert_int_equal(config->asr.concurrency, 8);
	assert_int_equal(config->asr.timeout_ms, 20000);
	assert_null(config->asr.options);
	assert_int_equal(config->asr.breaker_failures, 5);
	assert_int_equal(config->asr.breaker_seconds, 30);
	assert_int_equal(config->limits.fetch_private_networks, -1);
	assert_int_equal(config->limits.max_ncco_bytes, 65536);
	assert_int_equal(config->limits.max_calls_per_second, 50);
	assert_int_equal(config->limits.max_steps, 200);
	assert_int_equal(config->limits.max_media_bytes, 52428800);
	assert_int_equal(config->limits.max_legs, 50);
	assert_int_equal(config->proxy.contact_count, 0);
	config_free(config);
}

static void test_config__reads_the_sections(void **state)
{
	struct config *config =
		load("external_ip = \"203.0.113.7\"\nlog_level = \"debug\"\n"
		     "default_application = \"main\"\nstate_directory = \"state\"\n"
		     "[[applications]]\nid = \"main\"\nname = \"L\u00edne\"\n"
		     "numbers = [\"15550100\", \"+44*\"]\n"
		     "refer_targets = [\"+44*\", \"sip:*@friend.example\"]\nanswer_url = "
		     "\"https://a.example/x\"\n"
		     "answer_method = \"POST\"\nevent_url = \"http://[::1]:80/e\"\n"
		     "fallback_ncco = [ { action = \"talk\", text = \"Later.\", level = 0.5 } ]\n"
		     "webhook_policy = { connect_timeout_ms = 300 }\n"
		     "[[applications]]\n\"id\" = \"second\"\nwebhook_policy.event_timeout_ms = 7\n"
		     "[proxy]\naddr = \"::\"\nudp_port = 0\n"
		     "[proxy.http_router]\nurl = \"http://r/\"\nfallback_to_static = true\n"
		     "headers = { Authorization = \"Bearer x\", \"X.Y\" = \"z\" }\n"
		     "[media]\nroot = \"sounds\"\ncache_bytes = \"64 MiB\"\n"
		     "[tts]\ndefault = \"flite\"\nfallback = [\"espeak-ng\"]\n"
		     "[limits]\nfetch_private_networks = true\nmax_ncco_bytes = \"1MiB\"\n");
	const struct config_application *main_app = &config->applications[0];

	(void)state;
	assert_string_equal(config->external_ip, "203.0.113.7");
	assert_int_equal(config->log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(config->state_directory, "state");
	assert_int_equal(config->application_count, 2);
	assert_string_equal(main_app->name, "L\u00edne");
	assert_string_equal(main_app->numbers[1], "+44*");
	assert_null(main_app->numbers[2]);
	assert_string_equal(main_app->refer_targets[1], "sip:*@friend.example");
	assert_string_equal(main_app->answer_method, "POST");
	assert_string_equal(main_app->fallback_answer_method, "GET");
	assert_string_equal(main_app->event_method, "POST");
	assert_string_equal(json_print(main_app->fallback_ncco),
		"[{\"action\":\"talk\",\"level\":0.5,\"text\":\"Later.\"}]");
	assert_int_equal(main_app->webhook_policy.connect_timeout_ms, 300);
	assert_int_equal(main_app->webhook_policy.answer_timeout_ms, 5000);
	assert_string_equal(config->applications[1].id, "second");
	assert_int_equal(config->applications[1].webhook_policy.event_timeout_ms, 7);
	assert_non_null(config->applications[1].numbers);
	assert_string_equal(config->proxy.addr, "::");
	assert_int_equal(config->proxy.udp_port, 0);
	assert_true(config->proxy.http_router.fallback_to_static);
	assert_string_equal(json_text(config->proxy.http_router.headers, "X.Y", ""), "z");
	assert_string_equal(config->media.root, "sounds");
	assert_int_equal(config->media.cache_bytes, 64 << 20);
	assert_string_equal(config->tts.fallback[0], "espeak-ng");
	assert_int_equal(config->limits.fetch_private_networks, 1);
	assert_int_equal(config->limits.max_ncco_bytes, 1 << 20);
	config_free(config);
}

static void test_config__reads_trunks(void **state)
{
	struct config *config;
	const struct config_trunk *trunk;

	(void)state;
	setenv("CONFIG_TEST", "hunter2", 1);
	config = load("[[proxy.trunks]]\nname = \"carrier\"\n"
		      "dest = \"sip:sip.carrier.example:5060\"\n"
		      "username = \"u\"\npassword = { env = \"CONFIG_TEST\" }\nregister = true\n"
		      "outbound_proxy = \"sip:edge.carrier.example;lr\"\n"
		      "inbound_hosts = [\"198.51.100.0/24\"]\nmax_calls = 100\nmax_cps = 10\n"
		      "prefixes = [\"+44\", \"1\"]\n"
		      "[[proxy.trunks]]\nname = \"b\"\ndest = \"sip:b;transport=tcp\"\n");
	assert_int_equal(config->proxy.trunk_count, 2);
	trunk = &config->proxy.trunks[0];
	assert_string_equal(trunk->name, "carrier");
	assert_string_equal(trunk->dest, "sip:sip.carrier.example:5060");
	assert_string_equal(trunk->password, "hunter2");
	assert_true(trunk->registers);
	assert_string_equal(trunk->outbound_proxy, "sip:edge.carrier.example;lr");
	assert_string_equal(trunk->inbound_hosts[0], "198.51.100.0/24");
	assert_int_equal(trunk->max_calls, 100);
	assert_int_equal(trunk->max_cps, 10);
	assert_string_equal(trunk->prefixes[1], "1");
	trunk++;
	assert_false(trunk->registers);
	assert_null(trunk->username);
	assert_null(trunk->prefixes[0]);
	assert_int_equal(trunk->max_calls, 0);
	config_free(config);
}

static void test_config__overrides_beat_the_file(void **state)
{
	static const char *const overrides[] = {"proxy.udp_port=5070", "proxy.addr=127.0.0.2",
		"default_application=15550100", "applications.0.answer_url=http://h/a",
		"applications.second.numbers=[\"1\", \"2\"]", "applications.2.id=15550100",
		"applications.2.webhook_policy.answer_timeout_ms=9", "log_level=warn",
		"proxy.http_router.url=http://r/", "proxy.http_router.headers.X-Key=true",
		"applications.first.name={ env = \"CONFIG_TEST\" }", "media.root=a = b",
		"tts.options.openai.url=http://h"};
	struct config *config;

	(void)state;
	setenv("CONFIG_TEST", "by env", 1);
	config = load_overrides("log_level = \"debug\"\n[proxy]\nudp_port = 1\ntcp_port = 2\n"
				"[[applications]]\nid = \"first\"\n"
				"[[applications]]\nid = \"second\"\n",
		overrides, ARRAY_SIZE(overrides));
	assert_int_equal(config->proxy.udp_port, 5070);
	assert_int_equal(config->proxy.tcp_port, 2);
	assert_string_equal(config->proxy.addr, "127.0.0.2");
	assert_int_equal(config->log_level, LOG_LEVEL_WARN);
	assert_int_equal(config->application_count, 3);
	assert_string_equal(config->applications[0].answer_url, "http://h/a");
	assert_string_equal(config->applications[0].name, "by env");
	assert_string_equal(config->applications[1].numbers[1], "2");
	assert_string_equal(config->applications[2].id, "15550100");
	assert_int_equal(config->applications[2].webhook_policy.answer_timeout_ms, 9);
	assert_string_equal(json_text(config->proxy.http_router.headers, "X-Key", ""), "true");
	assert_string_equal(config->media.root, "a = b");
	assert_string_equal(json_print(config->tts.options), "{\"openai\":{\"url\":\"http://h\"}}");
	config_free(config);
}

static void test_config__texts_come_from_variables_and_files(void **state)
{
	struct config *config;

	(void)state;
	config_write("secret", "hunter2\n", 8);
	setenv("CONFIG_TEST", "/sounds", 1);
	config = load("media.root = { env = \"CONFIG_TEST\" }\n[proxy.http_router]\n"
		      "url = \"http://h\"\nheaders.Key = { file = \"secret\" }\n"
		      "[tts.options.openai]\napi_key = { file = \"secret\" }\nvoice = \"a\"\n"
		      "[tts.options.polly]\nregion = { env = \"CONFIG_TEST\" }\n");
	assert_string_equal(config->media.root, "/sounds");
	assert_string_equal(json_text(config->proxy.http_router.headers, "Key", ""), "hunter2");
	assert_string_equal(json_print(config->tts.options),
		"{\"openai\":{\"api_key\":\"hunter2\",\"voice\":"
		"\"a\"},\"polly\":{\"region\":\"/sounds\"}}");
	config_free(config);
}

static const char *app_of(const struct config *config, const char *called)
{
	const struct config_application *app = config_application_by_number(config, called);

	return app ? app->id : "none";
}

static void test_config__numbers_match_exactly_then_by_longest_prefix(void **state)
{
	struct config *config =
		load("[[applications]]\nid = \"uk\"\nnumbers = [\"+44*\"]\n"
		     "[[applications]]\nid = \"london\"\nnumbers = [\"4420*\"]\n"
		     "[[applications]]\nid = \"desk\"\nnumbers = [\"+442071\", \"help\"]\n");

	(void)state;
	assert_string_equal(app_of(config, "44161"), "uk");
	assert_string_equal(app_of(config, "+44161"), "uk");
	assert_string_equal(app_of(config, "+442072"), "london");
	assert_string_equal(app_of(config, "442071"), "desk");
	assert_string_equal(app_of(config, "4420712"), "london");
	assert_string_equal(app_of(config, "help"), "desk");
	assert_string_equal(app_of(config, "4"), "none");
	assert_string_equal(app_of(config, ""), "none");
	assert_string_equal(config_application_by_id(config, "uk")->id, "uk");
	assert_null(config_application_by_id(config, "us"));
	config_free(config);
}

static void test_config__private_networks_follow_the_listener(void **state)
{
	static const struct {
		const char *text;
		bool expected;
	} cases[] = {
		{"", true},
		{"proxy.addr = \"127.9.9.9\"", true},
		{"proxy.addr = \"::1\"", true},
		{"proxy.addr = \"0.0.0.0\"", false},
		{"proxy.addr = \"::\"", false},
		{"proxy.addr = \"192.168.0.1\"", false},
		{"proxy.addr = \"0.0.0.0\"\nlimits.fetch_private_networks = true", true},
		{"limits.fetch_private_networks = false", false},
		{"http_addr = \"0.0.0.0:8080\"", false},
		{"http_addr = \"[::1]:8080\"", true},
		{"http_addr = \"\"", true},
		{"https_addr = \"\"", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config *config = load(cases[i].text);

		assert_int_equal(config_private_networks(config), cases[i].expected);
		config_free(config);
	}
}

static void test_config__state_directory_is_the_first_of_systemd(void **state)
{
	struct config *config;

	(void)state;
	setenv("STATE_DIRECTORY", "/var/lib/nccod:/var/lib/other", 1);
	config = load("");
	unsetenv("STATE_DIRECTORY");
	assert_string_equal(config->state_directory, "/var/lib/nccod");
	config_free(config);
}

static void test_config__the_example_is_accepted(void **state)
{
	char *error = NULL;
	struct config *config = config_load(TOP_SRCDIR "/examples/nccod.toml", NULL, 0, &error);

	(void)state;
	if (!config)
		fail_msg("%s", error);
	assert_string_equal(config->applications[0].id, "main");
	config_free(config);
}

/* The keys of the .It Ic lines, one per line with a newline in front. */
static char *keys_of_man_page(void)
{
	FILE *page = fopen(TOP_SRCDIR "/man/nccod.conf.5", "r");
	struct strbuf keys = STRBUF_INIT;
	char line[512], key[512];

	assert_non_null(page);
	strbuf_addc(&keys, '\n');
	while (fgets(line, sizeof(line), page))
		if (sscanf(line, ".It Ic %511s", key) == 1)
			strbuf_addf(&keys, "%s\n", key);
	fclose(page);
	return strbuf_detach(&keys);
}

static void test_config__table_and_man_page_know_the_same_keys(void **state)
{
	char *documented = keys_of_man_page();
	size_t lines = 0, keys = 0;

	(void)state;
	for (const char *name; (name = config_key_name(keys)); keys++) {
		char *line = xasprintf("\n%s\n", name);

		if (!strstr(documented, line))
			fail_msg("nccod.conf(5) does not have %s", name);
		free(line);
	}
	for (const char *p = documented + 1; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, keys);
	free(documented);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config__defaults_need_no_file),
		cmocka_unit_test(test_config__reads_the_sections),
		cmocka_unit_test(test_config__reads_trunks),
		cmocka_unit_test(test_config__overrides_beat_the_file),
		cmocka_unit_test(test_config__texts_come_from_variables_and_files),
		cmocka_unit_test(test_config__numbers_match_exactly_then_by_longest_prefix),
		cmocka_unit_test(test_config__private_networks_follow_the_listener),
		cmocka_unit_test(test_config__state_directory_is_the_first_of_systemd),
		cmocka_unit_test(test_config__the_example_is_accepted),
		cmocka_unit_test(test_config__table_and_man_page_know_the_same_keys),
	};

	return cmocka_run_group_tests(tests, config_setup, config_teardown);
}
