/* The store of the server: where it is, and who writes in it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/server_private.h"

#define SCHEME "sqlite://"

/* "sqlite:///var/lib/nccod.db" is absolute, "sqlite://nccod.db" below the state directory. */
static char *store_path(const struct config *config)
{
	const char *path =
		config->database_url ? config->database_url + strlen(SCHEME) : "nccod.db";

	return *path == '/' ? xstrdup(path) : xasprintf("%s/%s", config->state_directory, path);
}

static void on_ended(void *arg, int error, const struct store_page *page)
{
	(void)arg;
	if (error)
		log_error(NULL, "calls of the last run cannot be ended: %s", strerror(-error));
	else if (page->total)
		log_warn(NULL, "%llu calls were cut off when nccod ended",
			(unsigned long long)page->total);
}

int server_open_store(struct server *server, char **ret_error)
{
	char *path = store_path(server->config), node[HOST_NAME_MAX + 1] = "", *error;
	struct store_config config = {.path = path, .node = node};

	gethostname(node, sizeof(node) - 1);
	server->store = store_new(server->loop, &config, &error);
	if (!server->store) {
		*ret_error = xasprintf("database_url: %s", error);
		free(error);
	} else {
		store_end_lost_calls(server->store, on_ended, NULL);
	}
	free(path);
	return server->store ? 0 : -1;
}

static struct spool_limits spool_limits(const struct config *c)
{
	return (struct spool_limits){
		.retry_us = c->limits.spool_retry_ms * USEC_PER_MSEC,
		.keep_us = c->limits.spool_hours * 3600 * USEC_PER_SEC,
		.events = c->limits.spool_events,
	};
}

static const struct config_application *find_application(void *arg, const char *id)
{
	return config_application_by_id(((struct server *)arg)->config, id);
}

void server_open_spool(struct server *server)
{
	struct spool_config config = {
		.loop = server->loop,
		.store = server->store,
		.env = &server->webhooks,
		.find = find_application,
		.arg = server,
	};
	struct spool_limits limits = spool_limits(server->config);

	server->webhooks.spool = spool_new(&config, &limits);
}

void server_take_spool_limits(struct server *server)
{
	struct spool_limits limits = spool_limits(server->config);

	spool_set_limits(server->webhooks.spool, &limits);
}

struct store *server_store(const struct server *server)
{
	return server->store;
}

struct spool *server_spool(const struct server *server)
{
	return server->webhooks.spool;
}
