/* server.h - the running daemon: its drivers, its configuration, its calls.
 *
 * server_new() builds everything in order, server_free() takes it down in reverse. Core
 * thread only; one per process. */
#ifndef CALL_SERVER_H
#define CALL_SERVER_H

#include <stdbool.h>

#include "call/config.h"
#include "loop/loop.h"

struct server;
struct spool;
struct store;
struct worker_pool;

/* Takes config. NULL with a malloc'd *ret_error that says what could not be opened. */
struct server *server_new(struct loop *loop, struct config *config, char **ret_error);
struct server *server_free(struct server *server); /* NULL allowed; returns NULL */

/* Takes a new configuration over: applications, router, limits, log level and drain time
 * work from the next call on; running calls keep what they began with. What needs a restart
 * (addresses, ports, directories, adapters) is named in the log and left as it is. */
void server_reload(struct server *server, struct config *config);

/* No new calls (503 with Retry-After); on_drained once the last has ended, or was ended
 * because drain_timeout had passed, and its events were delivered (for at most 10 s). */
void server_drain(struct server *server, void (*on_drained)(void *arg), void *arg);
/* Ends all calls now. To be called after server_drain(). */
void server_hurry(struct server *server);

/* Where the HTTP server can be reached, "http://127.0.0.1:8080", for URLs in webhooks; "" before it
 * is set. */
const char *server_public_url(const struct server *server);
void server_set_public_url(struct server *server, const char *url);

const char *server_recording_directory(const struct server *server);
const struct config *server_config(const struct server *server);
bool server_accepts_calls(const struct server *server); /* false while draining */
bool server_disk_fails(const struct server *server);	/* the last recording or commit did */
struct store *server_store(const struct server *server);
struct spool *server_spool(const struct server *server);
struct worker_pool *server_workers(struct server *server); /* for what may block */

struct server_counts {
	unsigned active;
	uint64_t total, failed;	 /* failed: ended without an answer, refused ones included */
	unsigned webhook_lines;	 /* calls, past ones too, that have webhooks to deliver */
	size_t webhooks_waiting; /* events behind others of their call */
};
struct measures;

void server_counts(const struct server *server, struct server_counts *ret_counts);

/* For each application, active calls as they are now. */
const struct measures *server_measures(struct server *server);
size_t server_callers_waiting(const struct server *server); /* in queues */

unsigned server_call_count(const struct server *server);
uint16_t server_sip_port(const struct server *server, bool tcp);

#endif
