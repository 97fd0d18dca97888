/* nccod - the daemon: options, signals, service manager; everything else is the server. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "api/api.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/server.h"
#include "sip/agent.h"

#define DEFAULT_CONFIG "/etc/nccod/nccod.toml"
#define MAX_OVERRIDES  64

enum { EXIT_RUNTIME = 1, EXIT_USAGE = 2 };

struct options {
	const char *path; /* NULL: embedded defaults */
	const char *overrides[MAX_OVERRIDES];
	size_t override_count;
	bool check_only;
};

struct daemon {
	struct options options;
	struct loop *loop;
	struct server *server;
	struct api *api; /* NULL: there is no HTTP server */
	struct event *signals[4];
	struct timer watchdog;
	uint64_t watchdog_us; /* 0: none */
	bool stopping;
};

static const char usage_text[] =
	"usage: nccod [-c FILE] [-o KEY=VALUE]... [-t] [-V] [-h]\n"
	"\n"
	"  -c FILE       configuration; default " DEFAULT_CONFIG ", else built-in defaults\n"
	"  -o KEY=VALUE  overrides one key, e.g. -o proxy.udp_port=5070; repeatable\n"
	"  -t            checks the configuration and exits\n"
	"  -V            prints the version\n"
	"  -h            prints this\n"
	"\n"
	"nccod stays in the foreground and logs to standard error. See nccod(8).\n";

/* Fills *options; returns -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct options *options)
{
	int c;

	if (access(DEFAULT_CONFIG, F_OK) == 0)
		options->path = DEFAULT_CONFIG;
	while ((c = getopt(argc, argv, "c:o:tVh")) != -1) {
		switch (c) {
		case 'c':
			options->path = optarg;
			break;
		case 'o':
			if (options->override_count == MAX_OVERRIDES) {
				fprintf(stderr, "nccod: more than %d -o options\n", MAX_OVERRIDES);
				return EXIT_USAGE;
			}
			options->overrides[options->override_count++] = optarg;
			break;
		case 't':
			options->check_only = true;
			break;
		case 'V':
			puts("nccod " PACKAGE_VERSION);
			return 0;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		default:
			fputs(usage_text, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "nccod: unexpected argument %s\n%s", argv[optind], usage_text);
		return EXIT_USAGE;
	}
	return -1;
}

static void notify(const char *state)
{
#ifdef HAVE_SYSTEMD
	sd_notify(0, state);
#else
	(void)state;
#endif
}

static void on_watchdog(void *arg)
{
	struct daemon *d = arg;

	notify("WATCHDOG=1");
	timer_start(&d->watchdog, d->watchdog_us);
}

static void start_watchdog(struct daemon *d)
{
	timer_init(&d->watchdog, d->loop, on_watchdog, d);
#ifdef HAVE_SYSTEMD
	uint64_t limit = 0;

	if (sd_watchdog_enabled(0, &limit) > 0) {
		d->watchdog_us = limit / 2;
		timer_start(&d->watchdog, d->watchdog_us);
	}
#endif
}

static void on_drained(void *arg)
{
	struct daemon *d = arg;

	loop_stop(d->loop);
}

static void on_stop(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *d = arg;

	(void)what;
	if (d->stopping) {
		log_info(NULL, "signal %d again: ending all calls", (int)sig);
		server_hurry(d->server);
		return;
	}
	d->stopping = true;
	notify("STOPPING=1");
	server_drain(d->server, on_drained, d);
}

/* The configuration, also what only the SIP stack can judge. NULL and *ret_error. */
static struct config *load(const struct options *options, char **ret_error)
{
	struct config *config =
		config_load(options->path, options->overrides, options->override_count, ret_error);
	const char *proxy = config ? config->proxy.outbound_proxy : NULL;
	char *error = NULL;

	if (proxy && sip_uri_check(proxy, &error) < 0) {
		*ret_error = xasprintf("proxy.outbound_proxy: %s", error);
		free(error);
		return config_free(config);
	}
	return config;
}

static void on_reload(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *d = arg;
	struct config *config;
	char *error = NULL;

	(void)sig;
	(void)what;
	notify("RELOADING=1");
	config = load(&d->options, &error);
	if (config) {
		server_reload(d->server, config);
		if (d->api)
			api_reload(d->api);
	} else {
		log_error(NULL, "reload refused, the old configuration stays: %s", error);
	}
	free(error);
	notify("READY=1");
}

static void on_reopen(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	log_info(NULL, "SIGUSR1: the log is standard error, which stays open");
}

/* libevent gives back what it found: a signal that comes while we tidy up is then ignored. */
static void catch_signals(struct daemon *d)
{
	static const int numbers[] = {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGUSR1};
	struct event_base *base = loop_base(d->loop);

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
	d->signals[0] = evsignal_new(base, SIGTERM, on_stop, d);
	d->signals[1] = evsignal_new(base, SIGINT, on_stop, d);
	d->signals[2] = evsignal_new(base, SIGHUP, on_reload, d);
	d->signals[3] = evsignal_new(base, SIGUSR1, on_reopen, d);
	for (size_t i = 0; i < ARRAY_SIZE(d->signals); i++)
		event_add(d->signals[i], NULL);
}

/* 0, or -1 and what could not be opened. */
static int open_server(struct daemon *d, struct config *config, char **ret_error)
{
	bool http = *config->http_addr || (config->https_addr && *config->https_addr);

	d->server = server_new(d->loop, config, ret_error);
	if (!d->server)
		return -1;
	d->api = http ? api_new(d->loop, d->server, ret_error) : NULL;
	return http && !d->api ? -1 : 0;
}

static int run(struct daemon *d, struct config *config)
{
	char *error = NULL;
	const char *path = d->options.path ? d->options.path : "the built-in defaults";
	int status = EXIT_RUNTIME;

	d->loop = loop_new();
	catch_signals(d);
	if (open_server(d, config, &error) == 0) {
		log_info(NULL, "nccod " PACKAGE_VERSION " with %s: SIP on %s udp %u tcp %u", path,
			config->proxy.addr, server_sip_port(d->server, false),
			server_sip_port(d->server, true));
		start_watchdog(d);
		notify("READY=1");
		status = loop_run(d->loop) < 0 ? EXIT_RUNTIME : 0;
		timer_stop(&d->watchdog);
		log_info(NULL, "stopped");
	} else {
		fprintf(stderr, "nccod: %s\n", error);
		free(error);
	}
	api_free(d->api);
	server_free(d->server);
	for (size_t i = 0; i < ARRAY_SIZE(d->signals); i++)
		event_free(d->signals[i]);
	loop_free(d->loop);
	return status;
}

int main(int argc, char **argv)
{
	struct daemon d = {0};
	struct config *config;
	char *error = NULL;
	int status = read_options(argc, argv, &d.options);

	if (status >= 0)
		return status;
	config = load(&d.options, &error);
	if (!config) {
		fprintf(stderr, "%s\n", error);
		free(error);
		return EXIT_USAGE;
	}
	if (d.options.check_only) {
		config_free(config);
		puts("the configuration is good");
		return 0;
	}
	return run(&d, config);
}
