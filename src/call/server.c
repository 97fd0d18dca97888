#include "call/server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "call/recording.h"
#include "call/room_recording.h"
#include "call/call_private.h"
#include "call/measures.h"
#include "call/transcript.h"
#include "speech/asr.h"

#define DECODE_WORKERS	     2
#define DELIVER_AT_END_US    (10 * USEC_PER_SEC)
#define RETRY_AFTER_MIN_S    5
#define SECRET_BYTES	     32
#define RETRY_AFTER_SPREAD_S 26

static const char user_agent[] = "nccod/" PACKAGE_VERSION;

/* --- SIP hands over --- */

static void on_invite(void *arg, struct sip_leg *leg)
{
	call_arrived(arg, leg);
}

/* 503 past max_concurrency and while draining; the wait is spread, so that callers who were
 * refused together do not come back together. */
static int admit(void *arg, unsigned *ret_retry_after)
{
	struct server *server = arg;

	if (!server->draining && server->call_count < server->config->proxy.max_concurrency)
		return 0;
	*ret_retry_after = RETRY_AFTER_MIN_S + id_random_u32() % RETRY_AFTER_SPREAD_S;
	return 503;
}

static const struct sip_handler sip_handler = {.on_invite = on_invite, .admit = admit};

/* --- building --- */

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static bool is_v6(const char *addr)
{
	return strchr(addr, ':') != NULL;
}

static bool is_any(const char *addr)
{
	return strcmp(addr, "0.0.0.0") == 0 || strcmp(addr, "::") == 0;
}

static int open_media(struct server *server, char **ret_error)
{
	const struct config *c = server->config;
	struct media_config media = {
		.threads = c->media_threads,
		.port_min = c->rtp_start_port,
		.port_max = c->rtp_end_port,
		.addr4 = is_v6(c->proxy.addr) ? NULL : c->proxy.addr,
		.addr6 = is_v6(c->proxy.addr) ? c->proxy.addr : NULL,
		.rtp_timeout_s = c->rtp_timeout,
	};

	server->media = media_engine_new(server->loop, &media);
	if (!server->media) {
		*ret_error = xasprintf("media on %s cannot be started", c->proxy.addr);
		return -1;
	}
	server->legs.media = server->media;
	return 0;
}

static int open_http(struct server *server, char **ret_error)
{
	const struct config *c = server->config;
	struct http_client_config trusted = {
		.allow_private = true, .ca_file = c->http.ca_file, .user_agent = user_agent};
	struct http_client_config guarded = trusted;

	guarded.allow_private = config_private_networks(c);
	server->trusted = http_client_new(server->loop, &trusted);
	server->guarded = http_client_new(server->loop, &guarded);
	if (!server->trusted || !server->guarded) {
		*ret_error = xstrdup("the HTTP client cannot be started");
		return -1;
	}
	server->cache =
		http_cache_new(server->guarded, c->media.cache_bytes, c->limits.max_media_bytes);
	return 0;
}

static int open_websockets(struct server *server, char **ret_error)
{
	const struct connector_config connector = {
		.allow_private = config_private_networks(server->config),
		.ca_file = server->config->http.ca_file,
	};
	char *error = NULL;

	server->connector = connector_new(server->loop, &connector, &error);
	if (!server->connector) {
		*ret_error = xasprintf("http.ca_file: %s", error);
		free(error);
		return -1;
	}
	server->websockets = websocket_client_new(server->loop, server->connector, user_agent);
	server->legs.websockets = server->websockets;
	return 0;
}

static int open_recordings(struct server *server, char **ret_error)
{
	const struct config *c = server->config;

	server->recording_directory =
		*c->recording.path == '/'
			? xstrdup(c->recording.path)
			: xasprintf("%s/%s", c->state_directory, c->recording.path);
	server->recordings = recording_store_new(server->loop, server->store,
		server->recording_directory, c->recording.keep_days, ret_error);
	return server->recordings ? 0 : -1;
}

/* "192.0.2.1,192.0.2.2", or NULL for those of the machine; malloc'd. */
static char *name_servers(const struct config *config)
{
	struct strbuf list = STRBUF_INIT;

	for (char **server = config->proxy.name_servers; *server; server++)
		strbuf_addf(&list, "%s%s", list.length ? "," : "", *server);
	return list.length ? strbuf_detach(&list) : NULL;
}

static int open_sip(struct server *server, char **ret_error)
{
	const struct config *c = server->config;
	char *servers = name_servers(c);
	struct sip_config sip = {
		.addr = c->proxy.addr,
		.udp_port = c->proxy.udp_port,
		.tcp_port = c->proxy.tcp_port,
		.udp = c->proxy.udp_port != 0,
		.tcp = c->proxy.tcp_port != 0,
		.external_ip = c->external_ip,
		.user_agent = user_agent,
		.outbound_proxy = c->proxy.outbound_proxy,
		.name_servers = servers,
		.keepalive_s = c->proxy.options_keepalive,
		.session_expires_s = c->proxy.session_expires,
	};

	server->agent = sip_agent_new(server->loop, &sip, &sip_handler, server, ret_error);
	free(servers);
	server->legs.agent = server->agent;
	if (!server->agent)
		return -1;
	server->trunks = trunks_new(server->agent, c);
	return 0;
}

static void take_limits(struct server *server)
{
	const struct config *c = server->config;

	log_set_level(c->log_level);
	server->webhooks.trusted = server->trusted;
	server->webhooks.guarded = server->guarded;
	server->webhooks.limits = (struct ncco_limits){
		.max_bytes = c->limits.max_ncco_bytes, .max_steps = c->limits.max_steps};
	for (size_t i = 0; i < c->application_count; i++) {
		const char *secret = c->applications[i].signature_secret;

		/* RFC 7518 section 3.2 */
		if (secret && strlen(secret) < SECRET_BYTES)
			log_warn(NULL,
				"signature_secret of %s has less than %d bytes: it can be guessed",
				c->applications[i].id, SECRET_BYTES);
	}
}

static int build(struct server *server, char **ret_error)
{
	const struct config *c = server->config;
	struct sound_config sounds;

	if (mkdir(c->state_directory, 0700) < 0 && access(c->state_directory, W_OK) < 0) {
		*ret_error = xasprintf("state directory %s cannot be written", c->state_directory);
		return -1;
	}
	server->workers = worker_pool_new(server->loop, "worker", DECODE_WORKERS);
	if (open_media(server, ret_error) < 0 || open_http(server, ret_error) < 0 ||
		open_websockets(server, ret_error) < 0 ||
		server_open_store(server, ret_error) < 0 || open_recordings(server, ret_error) < 0)
		return -1;
	server_open_speech(server);
	sounds = (struct sound_config){
		.cache = server->cache,
		.speech = server->speech,
		.workers = server->workers,
		.media_root = c->media.root,
		.max_bytes = c->media.cache_bytes,
		.max_file_bytes = c->limits.max_media_bytes,
	};
	server->sounds = sound_store_new(&sounds);
	server->legs.loop = server->loop;
	server->legs.media_address = c->external_ip	     ? c->external_ip
				     : is_any(c->proxy.addr) ? NULL
							     : c->proxy.addr;
	take_limits(server);
	server_open_spool(server);
	return open_sip(server, ret_error);
}

static void on_drain_timeout(void *arg)
{
	struct server *server = arg;

	log_warn(NULL, "drain_timeout has passed: %u calls are ended", server->call_count);
	server_hurry(server);
}

/* All is delivered, or the time for it is over. */
static void finish_drain(void *arg)
{
	struct server *server = arg;

	timer_stop(&server->drain_timer);
	timer_stop(&server->drained_timer);
	if (server->on_drained)
		server->on_drained(server->drained_arg);
	server->on_drained = NULL;
}

static void check_drained(struct server *server)
{
	if (!server->draining || server->call_count > 0)
		return;
	/* The timer of zero lets the callback we are in return before the end. */
	timer_start(&server->drained_timer, server->webhooks.lines == 0 ? 0 : DELIVER_AT_END_US);
}

static void on_webhooks_drained(void *arg)
{
	check_drained(arg);
}

struct server *server_new(struct loop *loop, struct config *config, char **ret_error)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->loop = loop;
	server->config = config;
	TAILQ_INIT(&server->calls);
	TAILQ_INIT(&server->conversations);
	TAILQ_INIT(&server->queues);
	LIST_INIT(&server->room_recordings);
	server->measures = measures_new();
	webhook_env_init(&server->webhooks);
	server->webhooks.measures = server->measures;
	server->webhooks.on_drained = on_webhooks_drained;
	server->webhooks.arg = server;
	timer_init(&server->drain_timer, loop, on_drain_timeout, server);
	timer_init(&server->drained_timer, loop, finish_drain, server);
	raise_descriptor_limit();
	if (build(server, ret_error) < 0)
		return server_free(server);
	return server;
}

/* Frees all but the first `kept`. */
static void free_retired(struct server *server, size_t kept)
{
	while (server->retired_count > kept)
		config_free(server->retired[--server->retired_count]);
}

struct server *server_free(struct server *server)
{
	struct call *call;

	if (!server)
		return NULL;
	timer_stop(&server->drain_timer);
	timer_stop(&server->drained_timer);
	server->draining = false;
	while ((call = TAILQ_FIRST(&server->calls)))
		call_free(call);
	room_recordings_abandon(server);
	transcripts_free(server->transcripts);
	webhook_env_release(&server->webhooks);
	spool_free(server->webhooks.spool);
	trunks_free(server->trunks);
	sip_agent_free(server->agent);
	http_client_free(server->trusted);
	speech_free(server->speech);
	asr_free(server->asr);
	worker_pool_free(server->workers);
	sound_store_free(server->sounds);
	tones_release(&server->tones);
	http_cache_free(server->cache);
	http_client_free(server->guarded);
	websocket_client_free(server->websockets);
	connector_free(server->connector);
	media_engine_free(server->media);
	recording_store_free(server->recordings);
	store_free(server->store);
	measures_free(server->measures);
	free(server->recording_directory);
	free(server->public_url);
	free_retired(server, 0);
	free(server->retired);
	config_free(server->config);
	free(server);
	return NULL;
}

/* --- running --- */

void server_call_gone(struct server *server)
{
	server->call_count--;
	/* Webhooks on their way still point into the applications of a retired configuration, and
	 * what build() made into the first one, always. */
	if (server->call_count == 0 && server->webhooks.lines == 0)
		free_retired(server, 1);
	check_drained(server);
}

void server_reload(struct server *server, struct config *config)
{
	config_name_restarts(server->config, config);
	server->retired =
		xrealloc(server->retired, (server->retired_count + 1) * sizeof(*server->retired));
	server->retired[server->retired_count++] = server->config;
	server->config = config;
	recording_store_keep(server->recordings, config->recording.keep_days);
	server_take_speech(server);
	take_limits(server);
	server_take_spool_limits(server);
	trunks_reload(server->trunks, config);
	log_info(NULL, "configuration reloaded: %zu applications", config->application_count);
}

void server_drain(struct server *server, void (*on_drained)(void *arg), void *arg)
{
	server->draining = true;
	server->on_drained = on_drained;
	server->drained_arg = arg;
	log_info(NULL, "draining: %u calls go on for at most %u s", server->call_count,
		server->config->drain_timeout);
	timer_start(&server->drain_timer, server->config->drain_timeout * USEC_PER_SEC);
	check_drained(server);
}

void server_hurry(struct server *server)
{
	struct call *call;

	if (server->hurried) {
		finish_drain(server);
		return;
	}
	server->hurried = true;
	TAILQ_FOREACH (call, &server->calls, link)
		call_hangup(call, "the server is stopping", NULL);
	/* Peers that do not answer a BYE are not waited for beyond this. */
	timer_start(&server->drained_timer, DELIVER_AT_END_US);
	check_drained(server);
}

const char *server_public_url(const struct server *server)
{
	return server->public_url ? server->public_url : "";
}

void server_set_public_url(struct server *server, const char *url)
{
	xstrset(&server->public_url, url);
}

const char *server_recording_directory(const struct server *server)
{
	return server->recording_directory;
}

const struct config *server_config(const struct server *server)
{
	return server->config;
}

bool server_accepts_calls(const struct server *server)
{
	return !server->draining;
}

bool server_disk_fails(const struct server *server)
{
	return recording_store_fails(server->recordings) || store_fails(server->store);
}

struct worker_pool *server_workers(struct server *server)
{
	return server->workers;
}

void server_counts(const struct server *server, struct server_counts *ret_counts)
{
	*ret_counts = (struct server_counts){.active = server->call_count,
		.total = server->calls_total,
		.failed = server->calls_failed,
		.webhook_lines = server->webhooks.lines,
		.webhooks_waiting = webhook_waiting(&server->webhooks)};
}

unsigned server_call_count(const struct server *server)
{
	return server->call_count;
}

uint16_t server_sip_port(const struct server *server, bool tcp)
{
	return sip_agent_port(server->agent, tcp);
}
