/* Unit tests of config.h: what is said about what cannot be read. */
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

#define APP	     "[[applications]]\nid = \"a\"\n"
#define TRUNK(lines) "[[proxy.trunks]]\n" lines "\n"

static const struct {
	const char *text, *error;
} bad_files[] = {
	{"[proxy]\nudp_prot = 1",
		"c.toml:2:1: proxy.udp_prot: unknown key, did you mean proxy.udp_port?"},
	{"udp_port = 1", "c.toml:1:1: udp_port: unknown key, did you mean proxy.udp_port?"},
	{"gibberish = \"a\"", "c.toml:1:1: gibberish: unknown key"},
	{"http_addr = \"8080\"",
		"c.toml:1:1: http_addr: must be an IP address and a port as 127.0.0.1:8080 or "
		"[::1]:8080, or empty, not \"8080\""},
	{"recording.format = \"flac\"",
		"c.toml:1:11: recording.format: must be one of wav, mp3, ogg, not \"flac\""},
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
	{"[[proxy.contacts]]\nuser = \"1001\"\nuri = \"1001@host\"",
		"c.toml:3:1: proxy.contacts.0.uri: must be a SIP URI as sip:host:5060, over "
		"UDP or ;transport=tcp, not \"1001@host\""},
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
	{APP "numbers = 1", "c.toml:3:1: applications.0.numbers: must be a list of texts, not 1"},
	{APP "numbers = \"1*2\"",
		"c.toml:3:1: applications.0.numbers: must be a number or user name, "
		"with * at its end for a prefix, not \"1*2\""},
	{APP "numbers = [\"1\", 2, \"1*2\"]",
		"c.toml:3:17: applications.0.numbers.1: must be text, { env = \"NAME\" } or { file "
		"= \"PATH\" }, not 2\n"
		"c.toml:3:20: applications.0.numbers.2: must be a number or user name, with * at "
		"its end for a prefix, not \"1*2\""},
	{APP "refer_targets = [\"1*2\", \"sip:host\"]",
		"c.toml:3:18: applications.0.refer_targets.0: must be a number or user name, with "
		"* at its end for a prefix, or a SIP URI as sip:*@host, not \"1*2\"\n"
		"c.toml:3:25: applications.0.refer_targets.1: must be a SIP URI as sip:user@host, "
		"with * for any user, not \"sip:host\""},
	{APP "fallback_ncco = { action = \"talk\" }",
		"c.toml:3:1: applications.0.fallback_ncco: must be a list of tables, not a table"},
	{APP "fallback_ncco = [ { action = \"talk\", text = 1979-05-27 } ]",
		"c.toml:3:38: applications.0.fallback_ncco: must be JSON, not a date or time"},
	{"tts.options = \"x\"",
		"c.toml:1:5: tts.options: must be a table of tables of texts, not \"x\""},
	{"[tts.options]\nopenai = \"x\"",
		"c.toml:2:1: tts.options.openai: must be a table of texts, not \"x\""},
	{"[tts.options.openai]\nspeed = 1.5", "c.toml:2:1: tts.options.openai.speed: must be text, "
					      "{ env = \"NAME\" } or { file = "
					      "\"PATH\" }, not 1.5"},
	{"[tts.options.openai]\nkey = { env = \"NOT_SET_HERE\" }",
		"c.toml:2:1: tts.options.openai.key: the environment variable NOT_SET_HERE is not "
		"set"},
	{"[tts.options.\"a/b\"]\nkey = \"x\"",
		"c.toml:1:14: tts.options.a/b: must be named as a program in tts.adapters"},
	{"[asr.options.\"a/b\"]\nkey = \"x\"",
		"c.toml:1:14: asr.options.a/b: must be named as a program in asr.adapters"},
	{"[tts.options.openai]\n\"a b\" = \"x\"",
		"c.toml:2:1: tts.options.openai: \"a b\" must be of letters, digits, _ and -"},
	{"proxy.http_router.timeout_ms = 0",
		"c.toml:1:7: proxy.http_router.url: is missing\n"
		"c.toml:1:19: proxy.http_router.timeout_ms: must be a whole number of "
		"milliseconds from 1 to 120000, not 0"},
	{"proxy.http_router = { url = \"http://h\", headers = { X = \"a\\r\\nb\" } }",
		"c.toml:1:53: proxy.http_router.headers.X: must be a header value without control "
		"characters, not \"a\\r\\nb\""},
	{"proxy.name_servers = [\"192.0.2.1:53\", \"dns.example\"]",
		"c.toml:1:39: proxy.name_servers.1: must be an IP address, or one and a port as "
		"192.0.2.1:53 or [2001:db8::1]:53, not \"dns.example\""},
	{TRUNK("dest = \"sip:h\""), "c.toml:1:1: proxy.trunks.0.name: is missing"},
	{TRUNK("name = \"a\"\ndest = \"h\""),
		"c.toml:3:1: proxy.trunks.0.dest: must be a SIP URI as sip:host:5060, over UDP or "
		";transport=tcp, not \"h\""},
	{TRUNK("name = \"a\"\ndest = \"sip:h;transport=tls\""),
		"c.toml:3:1: proxy.trunks.0.dest: must be a SIP URI as sip:host:5060, over UDP or "
		";transport=tcp, not \"sip:h;transport=tls\""},
	{TRUNK("name = \"a\"\ndest = \"sip:h\"\nprefixes = []"),
		"c.toml:4:1: proxy.trunks.0.prefixes: allows no number at all: leave it out, or "
		"name some"},
	{TRUNK("name = \"a\"\ndest = \"sip:h\"\nprefixes = [\"44*\"]"),
		"c.toml:4:13: proxy.trunks.0.prefixes.0: must be the first digits of a number, "
		"with "
		"or without + before them, not \"44*\""},
	{TRUNK("name = \"a\"\ndest = \"sip:h\"\nregister = true"),
		"c.toml:4:1: proxy.trunks.0.register: needs a username"},
	{TRUNK("name = \"a\"\ndest = \"sip:h\"\npassword = \"p\""),
		"c.toml:4:1: proxy.trunks.0.password: needs a username"},
	{TRUNK("name = \"a\"\ndest = \"sip:h\"\nusername = \"u\\r\\nX: y\""),
		"c.toml:4:1: proxy.trunks.0.username: must be text without control characters, not "
		"\"u\\r\\nX: y\""},
	{TRUNK("name = \"a\"\ndest = \"sip:h\"\ninbound_hosts = [\"carrier.example\"]"),
		"c.toml:4:18: proxy.trunks.0.inbound_hosts.0: must be an IP address or a network "
		"as 198.51.100.0/24, not \"carrier.example\""},
	{TRUNK("name = \"a\"\ndest = \"sip:h\"") TRUNK("name = \"a\"\ndest = \"sip:g\""),
		"c.toml:5:1: proxy.trunks.1.name: \"a\" is taken by proxy.trunks.0"},
	{"database_url = \"mysql://h/x\"",
		"c.toml:1:1: database_url: must be sqlite:// and a path, such as "
		"sqlite:///var/lib/nccod/nccod.db, not \"mysql://h/x\""},
	{"tts.default = \"../sh\"",
		"c.toml:1:5: tts.default: must be the name of a program among the adapters, not "
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
	config_write("secret", "hunter2\n", 8);
	config_write("nul", "a\0b", 3);
	for (size_t i = 0; i < ARRAY_SIZE(bad_files); i++) {
		config_write("c.toml", bad_files[i].text, strlen(bad_files[i].text));
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
	config_write("c.toml", text.data, text.length);
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
	config_write("c.toml", APP, strlen(APP));
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
	config_write("c.toml", "\x7f\x45LF\0\0\xff\xfe", 8);
	assert_null(config_load("c.toml", NULL, 0, &error));
	assert_int_equal(strncmp(error, "c.toml:1:", 9), 0);
	free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config__says_exactly_what_is_wrong),
		cmocka_unit_test(test_config__counts_what_is_too_much_to_list),
		cmocka_unit_test(test_config__says_which_override_is_wrong),
		cmocka_unit_test(test_config__files_that_are_none),
	};

	return cmocka_run_group_tests(tests, config_setup, config_teardown);
}
