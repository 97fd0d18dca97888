/* Unit tests of config.h: what is read, and what is said about what cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "call/config.h"

static char directory[] = "/tmp/config_test.XXXXXX";

/* All files of the test live in one directory, which is also the working directory. */
static int set_up(void **state)
{
	(void)state;
	unsetenv("STATE_DIRECTORY");
	return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"c.toml", "secret", "nul"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(files[i]);
	return rmdir(directory);
}

static void write_file(const char *name, const char *data, size_t length)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static struct config *load(const char *text)
{
	struct config *config;
	char *error = NULL;

	write_file("c.toml", text, strlen(text));
	config = config_load("c.toml", NULL, 0, &error);
	if (!config)
		fail_msg("%s", error);
	return config;
}

static struct config *load_overrides(const char *text, const char *const *overrides, size_t count)
{
	struct config *config;
	char *error = NULL;

	write_file("c.toml", text, strlen(text));
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
	assert_int_equal(config->limits.fetch_private_networks, -1);
	assert_int_equal(config->limits.max_ncco_bytes, 65536);
	assert_int_equal(config->limits.max_steps, 200);
	assert_int_equal(config->limits.max_media_bytes, 52428800);
	config_free(config);
}

static void test_config__reads_the_sections(void **state)
{
	struct config *config =
		load("external_ip = \"203.0.113.7\"\nlog_level = \"debug\"\n"
		     "default_application = \"main\"\nstate_directory = \"state\"\n"
		     "[[applications]]\nid = \"main\"\nname = \"L\u00edne\"\n"
		     "numbers = [\"15550100\", \"+44*\"]\nanswer_url = \"https://a.example/x\"\n"
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

static void test_config__overrides_beat_the_file(void **state)
{
	static const char *const overrides[] = {"proxy.udp_port=5070", "proxy.addr=127.0.0.2",
		"default_application=15550100", "applications.0.answer_url=http://h/a",
		"applications.second.numbers=[\"1\", \"2\"]", "applications.2.id=15550100",
		"applications.2.webhook_policy.answer_timeout_ms=9", "log_level=warn",
		"proxy.http_router.url=http://r/", "proxy.http_router.headers.X-Key=true",
		"applications.first.name={ env = \"CONFIG_TEST\" }", "media.root=a = b"};
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
	config_free(config);
}

#define APP "[[applications]]\nid = \"a\"\n"

static const struct {
	const char *text, *error;
} bad_files[] = {
	{"[proxy]\nudp_prot = 1",
		"c.toml:2:1: proxy.udp_prot: unknown key, did you mean proxy.udp_port?"},
	{"udp_port = 1", "c.toml:1:1: udp_port: unknown key, did you mean proxy.udp_port?"},
	{"http_addr = \"127.0.0.1:8080\"", "c.toml:1:1: http_addr: unknown key"},
	{"[callrecord]\ntype = \"http\"", "c.toml:1:2: callrecord: unknown key"},
	{"\"proxy.udp_port\" = 1", "c.toml:1:1: \"proxy.udp_port\": unknown key"},
	{"\"a\\nb\" = 1", "c.toml:1:1: \"a\\nb\": unknown key"},
	{"\"applications[]\" = []", "c.toml:1:1: \"applications[]\": unknown key"},
	{APP "anser_url = \"http://h\"", "c.toml:3:1: applications.0.anser_url: unknown key, did "
					 "you mean applications.0.answer_url?"},
	{"proxy = 5", "c.toml:1:1: proxy: must be a table"},
	{"applications = 5", "c.toml:1:1: applications: must be a list of tables, each under "
			     "[[applications]]"},
	{"[applications]\nid = \"a\"", "c.toml:1:2: applications: must be a list of tables, each "
				       "under [[applications]]"},
	{"applications = [ 5 ]", "c.toml:1:18: applications.0: must be a table"},
	{"proxy.udp_port = \"x\"", "c.toml:1:7: proxy.udp_port: must be a whole number from 0 to "
				   "65535, not \"x\""},
	{"proxy.udp_port = 65536", "c.toml:1:7: proxy.udp_port: must be a whole number from 0 to "
				   "65535, not 65536"},
	{"proxy.udp_port = -1", "c.toml:1:7: proxy.udp_port: must be a whole number from 0 to "
				"65535, not -1"},
	{"proxy.udp_port = 1.5", "c.toml:1:7: proxy.udp_port: must be a whole number from 0 to "
				 "65535, not 1.5"},
	{"drain_timeout = true", "c.toml:1:1: drain_timeout: must be a whole number of seconds "
				 "from 0 to 86400, not true"},
	{"drain_timeout = 07:32:00", "c.toml:1:1: drain_timeout: must be a whole number of "
				     "seconds from 0 to 86400, not a date or time"},
	{"media.cache_bytes = \"1 MB\"",
		"c.toml:1:7: media.cache_bytes: must be a whole number from 0 to 1099511627776 or "
		"such as \"64 MiB\", not \"1 MB\""},
	{"limits.max_ncco_bytes = \"1 GiB\"",
		"c.toml:1:8: limits.max_ncco_bytes: must be a whole number from 1024 to 16777216 "
		"or such as \"64 MiB\", not \"1 GiB\""},
	{"limits.fetch_private_networks = 1",
		"c.toml:1:8: limits.fetch_private_networks: must be true or false, not 1"},
	{"proxy.http_router = { url = \"http://h\", fallback_to_static = \"yes\" }",
		"c.toml:1:41: proxy.http_router.fallback_to_static: must be true or false, not "
		"\"yes\""},
	{"log_level = \"loud\"", "c.toml:1:1: log_level: must be one of error, warn, info, debug, "
				 "not \"loud\""},
	{"external_ip = 5", "c.toml:1:1: external_ip: must be text, { env = \"NAME\" } or { file = "
			    "\"PATH\" }, not 5"},
	{"external_ip = 1979-05-27", "c.toml:1:1: external_ip: must be text, { env = \"NAME\" } or "
				     "{ file = \"PATH\" }, not a date or time"},
	{"external_ip = \"host.example\"",
		"c.toml:1:1: external_ip: must be an IP address, not \"host.example\""},
	{"proxy.addr = \"\"", "c.toml:1:7: proxy.addr: must be an IP address, not \"\""},
	{"default_application = \"a\\u0000b\"", "c.toml:1:1: default_application: holds a NUL "
						"character, which no text may"},
	{"default_application = \"x\"",
		"c.toml:1:1: default_application: no application has the id \"x\""},
	{"rtp_start_port = 20000\nrtp_end_port = 10000",
		"c.toml:2:1: rtp_end_port: the ports from 20000 to 10000 are none: rtp_end_port "
		"is below rtp_start_port"},
	{"rtp_start_port = 50000", "c.toml:1:1: rtp_start_port: the ports from 50000 to 42000 are "
				   "none: rtp_end_port is below rtp_start_port"},
	{"[[applications]]\nname = \"n\"", "c.toml:1:1: applications.0.id: is missing"},
	{"[[applications]]\nid = \"\"",
		"c.toml:2:1: applications.0.id: must have at least one character, not \"\""},
	{APP APP, "c.toml:4:1: applications.1.id: \"a\" is taken by applications.0"},
	{APP "answer_method = \"PUT\"",
		"c.toml:3:1: applications.0.answer_method: must be one of GET, POST, not \"PUT\""},
	{APP "answer_url = \"ftp://h/\"",
		"c.toml:3:1: applications.0.answer_url: must be a URL that begins with http:// or "
		"https:// and a host, not \"ftp://h/\""},
	{APP "event_url = \"http:///x\"",
		"c.toml:3:1: applications.0.event_url: must be a URL that begins with http:// or "
		"https:// and a host, not \"http:///x\""},
	{APP "event_url = \"http://h/a b\"",
		"c.toml:3:1: applications.0.event_url: must be a URL without spaces and control "
		"characters, not \"http://h/a b\""},
	{APP "numbers = \"1\"", "c.toml:3:1: applications.0.numbers: must be a list of texts, not "
				"\"1\""},
	{APP "numbers = [\"1\", 2, \"1*2\"]",
		"c.toml:3:17: applications.0.numbers.1: must be text, { env = \"NAME\" } or { file "
		"= \"PATH\" }, not 2\n"
		"c.toml:3:20: applications.0.numbers.2: must be a number or user name, with * at "
		"its end for a prefix, not \"1*2\""},
	{APP "fallback_ncco = { action = \"talk\" }",
		"c.toml:3:1: applications.0.fallback_ncco: must be a list of tables, not a table"},
	{APP "fallback_ncco = [ { action = \"talk\", text = 1979-05-27 } ]",
		"c.toml:3:38: applications.0.fallback_ncco: must be JSON, not a date or time"},
	{"proxy.http_router.timeout_ms = 0",
		"c.toml:1:7: proxy.http_router.url: is missing\n"
		"c.toml:1:19: proxy.http_router.timeout_ms: must be a whole number of "
		"milliseconds from 1 to 120000, not 0"},
	{"proxy.http_router = { url = \"http://h\", headers = { X = \"a\\r\\nb\" } }",
		"c.toml:1:53: proxy.http_router.headers.X: must be a header value without control "
		"characters, not \"a\\r\\nb\""},
	{"tts.default = \"../sh\"",
		"c.toml:1:5: tts.default: must be the name of a program in tts.adapters, not "
		"\"../sh\""},
	{"media.root = { env = \"CONFIG_TEST_UNSET\" }",
		"c.toml:1:7: media.root: the environment variable CONFIG_TEST_UNSET is not set"},
	{"media.root = { file = \"missing\" }",
		"c.toml:1:7: media.root: cannot read missing: No such file or directory"},
	{"media.root = { file = \"nul\" }",
		"c.toml:1:7: media.root: nul holds a NUL byte, which no text may"},
	{"media.root = { env = \"A\", file = \"b\" }",
		"c.toml:1:7: media.root: must be text, { env = \"NAME\" } or { file = \"PATH\" }, "
		"not "
		"a table"},
	{"proxy.addr = { file = \"secret\" }",
		"c.toml:1:7: proxy.addr: must be an IP address (the value itself is not shown)"},
	{"log_levl = \"x\"\ndrain_timeout = \"y\"\n[[applications]]",
		"c.toml:1:1: log_levl: unknown key, did you mean log_level?\n"
		"c.toml:2:1: drain_timeout: must be a whole number of seconds from 0 to 86400, "
		"not \"y\"\n"
		"c.toml:3:1: applications.0.id: is missing"},
};

static void assert_refused(const char *const *overrides, size_t count, const char *expected)
{
	char *error = NULL;

	assert_null(config_load("c.toml", overrides, count, &error));
	assert_string_equal(error, expected);
	free(error);
}

static void test_config__says_exactly_what_is_wrong(void **state)
{
	(void)state;
	write_file("secret", "hunter2\n", 8);
	write_file("nul", "a\0b", 3);
	for (size_t i = 0; i < ARRAY_SIZE(bad_files); i++) {
		write_file("c.toml", bad_files[i].text, strlen(bad_files[i].text));
		assert_refused(NULL, 0, bad_files[i].error);
	}
}

static void test_config__counts_what_is_too_much_to_list(void **state)
{
	struct strbuf text = STRBUF_INIT;
	char *error = NULL;
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 300; i++)
		strbuf_addf(&text, "unknown_%d = 1\n", i);
	write_file("c.toml", text.data, text.length);
	strbuf_release(&text);
	assert_null(config_load("c.toml", NULL, 0, &error));
	for (const char *p = error; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 200);
	assert_string_equal(strrchr(error, '\n'), "\nand 100 more faults");
	free(error);
}

static const char *const bad_overrides[][2] = {
	{"proxy.udp_prot=1", "-o proxy.udp_prot: unknown key, did you mean proxy.udp_port?"},
	{"proxy.udp_port=x",
		"-o proxy.udp_port: must be a whole number from 0 to 65535, not \"x\""},
	{"proxy.udp_port.x=1",
		"-o proxy.udp_port: must be a whole number from 0 to 65535, not a table"},
	{"proxy.addr=nowhere", "-o proxy.addr: must be an IP address, not \"nowhere\""},
	{"nonsense", "-o nonsense: must be KEY=VALUE"},
	{"=1", "-o =1: must be KEY=VALUE"},
	{"applications.1.name=x", "-o applications.1.id: is missing"},
	{"applications.2.name=x", "-o applications.2.name: names no element: write its id or its "
				  "index (the index behind the last adds one)"},
	{"applications.b.name=x", "-o applications.b.name: names no element: write its id or its "
				  "index (the index behind the last adds one)"},
	{"applications.a.id.x=1", "-o applications.a.id.x: goes below what is not a table"},
	{"applications.1.id=a", "-o applications.1.id: \"a\" is taken by applications.0"},
	{"default_application=5", "-o default_application: no application has the id \"5\""},
	{"applications=x",
		"-o applications: must be a list of tables, each under [[applications]]"},
	{"log_level.=x", "-o log_level: must be text, { env = \"NAME\" } or { file = \"PATH\" }, "
			 "not a table"},
};

static void test_config__says_which_override_is_wrong(void **state)
{
	(void)state;
	write_file("c.toml", APP, strlen(APP));
	for (size_t i = 0; i < ARRAY_SIZE(bad_overrides); i++)
		assert_refused(&bad_overrides[i][0], 1, bad_overrides[i][1]);
}

static void test_config__files_that_are_none(void **state)
{
	static const char *const paths[][2] = {
		{"missing.toml", "missing.toml: cannot be read: No such file or directory"},
		{".", ".: cannot be read: Is a directory"},
		{"/dev/zero", "/dev/zero: cannot be read: larger than 1 MiB"},
	};
	char *error = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_null(config_load(paths[i][0], NULL, 0, &error));
		assert_string_equal(error, paths[i][1]);
		free(error);
	}
	write_file("c.toml", "\x7f\x45LF\0\0\xff\xfe", 8);
	assert_null(config_load("c.toml", NULL, 0, &error));
	assert_int_equal(strncmp(error, "c.toml:1:", 9), 0);
	free(error);
}

static void test_config__texts_come_from_variables_and_files(void **state)
{
	struct config *config;

	(void)state;
	write_file("secret", "hunter2\n", 8);
	setenv("CONFIG_TEST", "/sounds", 1);
	config = load("media.root = { env = \"CONFIG_TEST\" }\n[proxy.http_router]\n"
		      "url = \"http://h\"\nheaders.Key = { file = \"secret\" }\n");
	assert_string_equal(config->media.root, "/sounds");
	assert_string_equal(json_text(config->proxy.http_router.headers, "Key", ""), "hunter2");
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
		cmocka_unit_test(test_config__overrides_beat_the_file),
		cmocka_unit_test(test_config__says_exactly_what_is_wrong),
		cmocka_unit_test(test_config__counts_what_is_too_much_to_list),
		cmocka_unit_test(test_config__says_which_override_is_wrong),
		cmocka_unit_test(test_config__files_that_are_none),
		cmocka_unit_test(test_config__texts_come_from_variables_and_files),
		cmocka_unit_test(test_config__numbers_match_exactly_then_by_longest_prefix),
		cmocka_unit_test(test_config__private_networks_follow_the_listener),
		cmocka_unit_test(test_config__state_directory_is_the_first_of_systemd),
		cmocka_unit_test(test_config__the_example_is_accepted),
		cmocka_unit_test(test_config__table_and_man_page_know_the_same_keys),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
