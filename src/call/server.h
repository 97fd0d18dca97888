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

unsigned server_call_count(const struct server *server);
uint16_t server_sip_port(const struct server *server, bool tcp);

#endif
