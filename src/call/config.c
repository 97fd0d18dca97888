/* The keys of nccod.toml, and how they become a struct config. */
#include "call/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/option_table.h"
#include "base/rate.h"
#include "base/toml.h"
#include "call/config_check.h"

static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const methods[] = {"GET", "POST", NULL};

#define AT(member)	.offset = offsetof(struct config, member)
#define APP(member)	.offset = offsetof(struct config_application, member)
#define KEY(member)	.offset = offsetof(struct config_api_key, member)
#define CONTACT(member) .offset = offsetof(struct config_contact, member)
#define TRUNK(member)	.offset = offsetof(struct config_trunk, member)
#define RANGE(a, b)	.min = (a), .max = (b)
#define MIB		(UINT64_C(1) << 20)
#define DAY		86400
#define POLICY_RANGE	RANGE(1, 120000), .unit = "milliseconds"

static const char *const scopes[] = {"calls:read", "calls:write", "metrics:read", "admin", NULL};
static const char *const recording_formats[] = {"wav", "mp3", "ogg", NULL};

static const struct option config_keys[] = {
	{"http_addr", OPTION_TEXT, AT(http_addr), .text = "127.0.0.1:8080",
		.check = config_check_http_addr},
	{"https_addr", OPTION_TEXT, AT(https_addr), .check = config_check_http_addr},
	{"ssl_certificate", OPTION_TEXT, AT(ssl_certificate), .check = config_check_filled},
	{"ssl_private_key", OPTION_TEXT, AT(ssl_private_key), .check = config_check_filled},
	{"external_ip", OPTION_TEXT, AT(external_ip), .check = config_check_ip},
	{"rtp_start_port", OPTION_PORT, AT(rtp_start_port), .number = 12000, RANGE(1024, 65535)},
	{"rtp_end_port", OPTION_PORT, AT(rtp_end_port), .number = 42000, RANGE(1024, 65535)},
	{"rtp_timeout", OPTION_UNSIGNED, AT(rtp_timeout), .number = 60, RANGE(0, DAY),
		.unit = "seconds"},
	{"media_threads", OPTION_UNSIGNED, AT(media_threads), .number = 0, RANGE(0, 256)},
	{"log_level", OPTION_ENUM, AT(log_level), .number = LOG_LEVEL_INFO, .names = log_levels},
	{"drain_timeout", OPTION_UNSIGNED, AT(drain_timeout), .number = 60, RANGE(0, DAY),
		.unit = "seconds"},
	{"default_application", OPTION_TEXT, AT(default_application)},
	{"database_url", OPTION_TEXT, AT(database_url), .check = config_check_database},
	{"state_directory", OPTION_TEXT, AT(state_directory), .check = config_check_filled},

	{"applications[]", OPTION_TABLES, AT(applications),
		.count_offset = offsetof(struct config, application_count),
		.element_size = sizeof(struct config_application)},
	{"applications[].id", OPTION_TEXT, APP(id), .required = true, .check = config_check_filled},
	{"applications[].name", OPTION_TEXT, APP(name)},
	{"applications[].numbers", OPTION_TEXT_LIST, APP(numbers), .check = config_check_number},
	{"applications[].answer_url", OPTION_TEXT, APP(answer_url), .check = config_check_url},
	{"applications[].answer_method", OPTION_TEXT, APP(answer_method), .text = "GET",
		.names = methods},
	{"applications[].fallback_answer_url", OPTION_TEXT, APP(fallback_answer_url),
		.check = config_check_url},
	{"applications[].fallback_answer_method", OPTION_TEXT, APP(fallback_answer_method),
		.text = "GET", .names = methods},
	{"applications[].event_url", OPTION_TEXT, APP(event_url), .check = config_check_url},
	{"applications[].event_method", OPTION_TEXT, APP(event_method), .text = "POST",
		.names = methods},
	{"applications[].refer_targets", OPTION_TEXT_LIST, APP(refer_targets),
		.check = config_check_refer_target},
	{"applications[].fallback_ncco", OPTION_JSON_ARRAY, APP(fallback_ncco)},
	{"applications[].signature_secret", OPTION_TEXT, APP(signature_secret),
		.check = config_check_filled, .secret = true},
	{"applications[].public_key_file", OPTION_TEXT_LIST, APP(public_key_files),
		.check = config_check_filled},
	{"applications[].public_key", OPTION_TEXT_LIST, APP(public_keys),
		.check = config_check_public_key, .secret = true},
	{"applications[].webhook_policy.connect_timeout_ms", OPTION_UNSIGNED,
		APP(webhook_policy.connect_timeout_ms), .number = 1000, POLICY_RANGE},
	{"applications[].webhook_policy.answer_timeout_ms", OPTION_UNSIGNED,
		APP(webhook_policy.answer_timeout_ms), .number = 5000, POLICY_RANGE},
	{"applications[].webhook_policy.event_timeout_ms", OPTION_UNSIGNED,
		APP(webhook_policy.event_timeout_ms), .number = 10000, POLICY_RANGE},

	{"proxy.addr", OPTION_TEXT, AT(proxy.addr), .text = "127.0.0.1", .check = config_check_ip},
	{"proxy.udp_port", OPTION_PORT, AT(proxy.udp_port), .number = 5060, RANGE(0, 65535)},
	{"proxy.tcp_port", OPTION_PORT, AT(proxy.tcp_port), .number = 5060, RANGE(0, 65535)},
	{"proxy.outbound_proxy", OPTION_TEXT, AT(proxy.outbound_proxy),
		.check = config_check_filled},
	{"proxy.name_servers", OPTION_TEXT_LIST, AT(proxy.name_servers),
		.check = config_check_name_server},
	{"proxy.max_concurrency", OPTION_UNSIGNED, AT(proxy.max_concurrency), .number = 10000,
		RANGE(1, 1000000), .unit = "calls"},
	{"proxy.session_expires", OPTION_UNSIGNED, AT(proxy.session_expires), .number = 1800,
		RANGE(90, DAY), .unit = "seconds"},
	{"proxy.options_keepalive", OPTION_UNSIGNED, AT(proxy.options_keepalive), .number = 0,
		RANGE(0, DAY), .unit = "seconds"},
	{"proxy.http_router.url", OPTION_TEXT, AT(proxy.http_router.url),
		.check = config_check_url},
	{"proxy.http_router.fallback_to_static", OPTION_BOOL,
		AT(proxy.http_router.fallback_to_static)},
	{"proxy.http_router.timeout_ms", OPTION_UNSIGNED, AT(proxy.http_router.timeout_ms),
		.number = 5000, POLICY_RANGE},
	{"proxy.http_router.headers", OPTION_TEXT_MAP, AT(proxy.http_router.headers),
		.check = config_check_header},

	{"proxy.contacts[]", OPTION_TABLES, AT(proxy.contacts),
		.count_offset = offsetof(struct config, proxy.contact_count),
		.element_size = sizeof(struct config_contact)},
	{"proxy.contacts[].user", OPTION_TEXT, CONTACT(user), .required = true,
		.check = config_check_filled},
	{"proxy.contacts[].uri", OPTION_TEXT, CONTACT(uri), .required = true,
		.check = config_check_sip_uri},
	{"proxy.trunks[]", OPTION_TABLES, AT(proxy.trunks),
		.count_offset = offsetof(struct config, proxy.trunk_count),
		.element_size = sizeof(struct config_trunk)},
	{"proxy.trunks[].name", OPTION_TEXT, TRUNK(name), .required = true,
		.check = config_check_filled},
	{"proxy.trunks[].dest", OPTION_TEXT, TRUNK(dest), .required = true,
		.check = config_check_sip_uri},
	{"proxy.trunks[].username", OPTION_TEXT, TRUNK(username), .check = config_check_line},
	{"proxy.trunks[].password", OPTION_TEXT, TRUNK(password), .check = config_check_line},
	{"proxy.trunks[].register", OPTION_BOOL, TRUNK(registers)},
	{"proxy.trunks[].outbound_proxy", OPTION_TEXT, TRUNK(outbound_proxy),
		.check = config_check_sip_uri},
	{"proxy.trunks[].inbound_hosts", OPTION_TEXT_LIST, TRUNK(inbound_hosts),
		.check = config_check_network},
	{"proxy.trunks[].max_calls", OPTION_UNSIGNED, TRUNK(max_calls), .number = 0,
		RANGE(0, 1000000), .unit = "calls"},
	{"proxy.trunks[].max_cps", OPTION_UNSIGNED, TRUNK(max_cps), .number = 0, RANGE(0, RATE_MAX),
		.unit = "calls in a second"},
	{"proxy.trunks[].prefixes", OPTION_TEXT_LIST, TRUNK(prefixes),
		.check = config_check_prefix},

	{"http.ca_file", OPTION_TEXT, AT(http.ca_file), .check = config_check_filled},
	{"http.max_connections", OPTION_UNSIGNED, AT(http.max_connections), .number = 1024,
		RANGE(8, 65536)},
	{"http.max_source_connections", OPTION_UNSIGNED, AT(http.max_source_connections),
		.number = 256, RANGE(4, 65536)},

	{"api.keys[]", OPTION_TABLES, AT(api.keys),
		.count_offset = offsetof(struct config, api.key_count),
		.element_size = sizeof(struct config_api_key)},
	{"api.keys[].name", OPTION_TEXT, KEY(name), .required = true, .check = config_check_line},
	{"api.keys[].key", OPTION_TEXT, KEY(key), .required = true, .check = config_check_key,
		.secret = true},
	{"api.keys[].scopes", OPTION_TEXT_LIST, KEY(scopes), .required = true, .names = scopes},
	{"api.keys[].application", OPTION_TEXT, KEY(application)},
	{"api.keys[].max_requests_per_second", OPTION_UNSIGNED, KEY(max_requests_per_second),
		.number = 0, RANGE(0, RATE_MAX)},
	{"api.cors_origins", OPTION_TEXT_LIST, AT(api.cors_origins), .check = config_check_origin},

	{"media.root", OPTION_TEXT, AT(media.root), .check = config_check_filled},
	{"media.music_on_hold", OPTION_TEXT, AT(media.music_on_hold), .check = config_check_filled},
	{"media.cache_bytes", OPTION_SIZE, AT(media.cache_bytes), .number = 256 * MIB,
		RANGE(0, MIB *MIB)},

	{"recording.path", OPTION_TEXT, AT(recording.path), .text = "recordings",
		.check = config_check_filled},
	{"recording.keep_days", OPTION_UNSIGNED, AT(recording.keep_days), .number = 30,
		RANGE(0, 36500), .unit = "days"},
	{"recording.format", OPTION_TEXT, AT(recording.format), .names = recording_formats},

	{"tts.default", OPTION_TEXT, AT(tts.default_adapter), .text = "espeak-ng",
		.check = config_check_adapter},
	{"tts.fallback", OPTION_TEXT_LIST, AT(tts.fallback), .check = config_check_adapter},
	{"tts.adapters", OPTION_TEXT, AT(tts.adapters), .check = config_check_filled},
	{"tts.concurrency", OPTION_UNSIGNED, AT(tts.concurrency), .number = 4, RANGE(1, 256)},
	{"tts.timeout_ms", OPTION_UNSIGNED, AT(tts.timeout_ms), .number = 8000, POLICY_RANGE},
	{"tts.breaker_failures", OPTION_UNSIGNED, AT(tts.breaker_failures), .number = 5,
		RANGE(0, 1000)},
	{"tts.breaker_seconds", OPTION_UNSIGNED, AT(tts.breaker_seconds), .number = 30,
		RANGE(1, DAY), .unit = "seconds"},
	{"tts.options", OPTION_TEXT_MAPS, AT(tts.options)},

	{"asr.default", OPTION_TEXT, AT(asr.default_adapter), .text = "pocketsphinx",
		.check = config_check_adapter},
	{"asr.fallback", OPTION_TEXT_LIST, AT(asr.fallback), .check = config_check_adapter},
	{"asr.adapters", OPTION_TEXT, AT(asr.adapters), .check = config_check_filled},
	{"asr.concurrency", OPTION_UNSIGNED, AT(asr.concurrency), .number = 8, RANGE(1, 256)},
	{"asr.timeout_ms", OPTION_UNSIGNED, AT(asr.timeout_ms), .number = 20000, POLICY_RANGE},
	{"asr.breaker_failures", OPTION_UNSIGNED, AT(asr.breaker_failures), .number = 5,
		RANGE(0, 1000)},
	{"asr.breaker_seconds", OPTION_UNSIGNED, AT(asr.breaker_seconds), .number = 30,
		RANGE(1, DAY), .unit = "seconds"},
	{"asr.options", OPTION_TEXT_MAPS, AT(asr.options)},

	{"limits.fetch_private_networks", OPTION_TRISTATE, AT(limits.fetch_private_networks),
		.number = -1},
	{"limits.max_ncco_bytes", OPTION_SIZE, AT(limits.max_ncco_bytes), .number = 65536,
		RANGE(1024, 16 * MIB)},
	{"limits.max_steps", OPTION_UNSIGNED, AT(limits.max_steps), .number = 200,
		RANGE(1, 1000000)},
	{"limits.max_media_bytes", OPTION_SIZE, AT(limits.max_media_bytes), .number = 50 * MIB,
		RANGE(1024, 4096 * MIB)},
	{"limits.max_calls_per_second", OPTION_UNSIGNED, AT(limits.max_calls_per_second),
		.number = 50, RANGE(0, RATE_MAX), .unit = "calls"},
	{"limits.max_members", OPTION_UNSIGNED, AT(limits.max_members), .number = 200,
		RANGE(2, 10000), .unit = "calls"},
	{"limits.max_queued", OPTION_UNSIGNED, AT(limits.max_queued), .number = 1000,
		RANGE(1, 100000), .unit = "calls"},
	{"limits.spool_hours", OPTION_UNSIGNED, AT(limits.spool_hours), .number = 72,
		RANGE(1, 8760), .unit = "hours"},
	{"limits.spool_events", OPTION_UNSIGNED, AT(limits.spool_events), .number = 100000,
		RANGE(1, 10000000), .unit = "events"},
	{"limits.spool_retry_ms", OPTION_UNSIGNED, AT(limits.spool_retry_ms), .number = 5000,
		RANGE(100, 600000), .unit = "milliseconds"},
	{"limits.max_legs", OPTION_UNSIGNED, AT(limits.max_legs), .number = 50, RANGE(1, 1000),
		.unit = "calls"},
};

const char *config_key_name(size_t index)
{
	return index < ARRAY_SIZE(config_keys) ? config_keys[index].key : NULL;
}

/* 0 and *ret_root, or -EINVAL and what to tell the operator. */
static int read_document(const char *path, struct json_object **ret_root, char **ret_error)
{
	size_t length;
	char *text;
	int err;

	if (!path) {
		*ret_root = json_object_new_object();
		return 0;
	}
	err = option_read_file(path, TOML_MAX_BYTES, &text, &length);
	if (err < 0) {
		*ret_error = xasprintf("%s: cannot be read: %s", path,
			err == -EFBIG ? "larger than 1 MiB" : strerror(-err));
		return -EINVAL;
	}
	err = toml_parse(path, text, length, ret_root, ret_error);
	free(text);
	return err;
}

/* systemd gives a list with colons when the unit names several: the first is ours. */
static char *default_state_directory(void)
{
	const char *list = getenv("STATE_DIRECTORY");

	if (!list || !*list || *list == ':')
		return xstrdup("nccod-data");
	return xstrndup(list, strcspn(list, ":"));
}

/* Installed, else beside the running program (a build tree), else in the source tree. */
static char *default_adapters(const char *folder)
{
	char program[4096];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *path = xasprintf(PKGLIBEXECDIR "/%s", folder), *slash;

	if (access(path, X_OK) == 0)
		return path;
	free(path);
	program[length > 0 ? length : 0] = '\0';
	slash = strrchr(program, '/');
	path = xasprintf("%.*s/%s", slash ? (int)(slash - program) : 0, program, folder);
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return xasprintf(TOP_SRCDIR "/%s", folder);
}

static void fill_places(struct config *config)
{
	if (!config->state_directory)
		config->state_directory = default_state_directory();
	if (!config->tts.adapters)
		config->tts.adapters = default_adapters("tts-adapters");
	if (!config->asr.adapters)
		config->asr.adapters = default_adapters("asr-adapters");
}

struct config *config_load(
	const char *path, const char *const *overrides, size_t override_count, char **ret_error)
{
	struct option_load load = {.options = config_keys, .option_count = ARRAY_SIZE(config_keys)};
	struct config *config;
	struct json_object *root;
	char *error;

	if (read_document(path, &root, ret_error) < 0)
		return NULL;
	load.file = path;
	load.overrides = overrides;
	config = xcalloc(1, sizeof(*config));
	for (size_t i = 0; i < override_count; i++)
		option_merge(&load, root, i);
	option_read(&load, root, config);
	config_check(&load, root, config);
	config_check_secure(&load, root, config);
	fill_places(config);
	json_object_put(root);
	error = option_take_faults(&load);
	if (!error)
		return config;
	*ret_error = error;
	return config_free(config);
}

struct config *config_free(struct config *config)
{
	if (config)
		option_release(config_keys, ARRAY_SIZE(config_keys), config);
	free(config);
	return NULL;
}
