/* What of a new configuration needs a new start of the process (core thread). */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/config.h"

static bool differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static bool lists_differ(char *const *a, char *const *b)
{
	for (; *a && *b; a++, b++) {
		if (strcmp(*a, *b) != 0)
			return true;
	}
	return *a != *b;
}

static void name_restart(const char *section, const char *key)
{
	log_warn(NULL, "reload: %s%s has changed and takes effect after a restart", section, key);
}

static void name_speech(
	const char *section, const struct config_speech *old, const struct config_speech *new)
{
	const struct {
		const char *key;
		bool changed;
	} rows[] = {
		{"default", differs(old->default_adapter, new->default_adapter)},
		{"fallback", lists_differ(old->fallback, new->fallback)},
		{"adapters", differs(old->adapters, new->adapters)},
		{"concurrency", old->concurrency != new->concurrency},
		{"timeout_ms", old->timeout_ms != new->timeout_ms},
		{"breaker_failures", old->breaker_failures != new->breaker_failures},
		{"breaker_seconds", old->breaker_seconds != new->breaker_seconds},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].changed)
			name_restart(section, rows[i].key);
	}
}

void config_name_restarts(const struct config *old, const struct config *new)
{
	const struct {
		const char *key;
		bool changed;
	} rows[] = {
		{"external_ip", differs(old->external_ip, new->external_ip)},
		{"rtp_start_port, rtp_end_port", old->rtp_start_port != new->rtp_start_port ||
							 old->rtp_end_port != new->rtp_end_port},
		{"rtp_timeout", old->rtp_timeout != new->rtp_timeout},
		{"media_threads", old->media_threads != new->media_threads},
		{"proxy.addr", differs(old->proxy.addr, new->proxy.addr)},
		{"proxy.udp_port", old->proxy.udp_port != new->proxy.udp_port},
		{"proxy.tcp_port", old->proxy.tcp_port != new->proxy.tcp_port},
		{"proxy.outbound_proxy",
			differs(old->proxy.outbound_proxy, new->proxy.outbound_proxy)},
		{"proxy.name_servers",
			lists_differ(old->proxy.name_servers, new->proxy.name_servers)},
		{"proxy.session_expires", old->proxy.session_expires != new->proxy.session_expires},
		{"proxy.options_keepalive",
			old->proxy.options_keepalive != new->proxy.options_keepalive},
		{"media.root", differs(old->media.root, new->media.root)},
		{"media.cache_bytes", old->media.cache_bytes != new->media.cache_bytes},
		{"limits.max_media_bytes",
			old->limits.max_media_bytes != new->limits.max_media_bytes},
		{"http_addr", differs(old->http_addr, new->http_addr)},
		{"https_addr", differs(old->https_addr, new->https_addr)},
		{"http.max_connections, http.max_source_connections",
			old->http.max_connections != new->http.max_connections ||
				old->http.max_source_connections !=
					new->http.max_source_connections},
		{"http.ca_file", differs(old->http.ca_file, new->http.ca_file)},
		{"recording.path", differs(old->recording.path, new->recording.path)},
		{"database_url", differs(old->database_url, new->database_url)},
		{"state_directory", differs(old->state_directory, new->state_directory)},
		{"limits.fetch_private_networks",
			config_private_networks(old) != config_private_networks(new)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].changed)
			name_restart("", rows[i].key);
	}
	name_speech("tts.", &old->tts, &new->tts);
	name_speech("asr.", &old->asr, &new->asr);
}
