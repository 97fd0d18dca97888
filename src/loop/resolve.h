/* resolve.h - host names to addresses without blocking, on c-ares. Core thread only.
 *
 * /etc/hosts is honoured, numbers need no question, "localhost" works without a server.
 * done() runs from the loop, never inside resolve_start() or after resolve_cancel(). */
#ifndef LOOP_RESOLVE_H
#define LOOP_RESOLVE_H

#include <sys/socket.h>

#include "loop/loop.h"

struct resolver;
struct resolve;

struct resolver *resolver_new(struct loop *loop);
struct resolver *resolver_free(struct resolver *resolver); /* NULL allowed; drops questions */

/* family AF_INET, AF_INET6, or AF_UNSPEC for both. done() gets the addresses in the order to try
 * them, behind the last one of family 0; or NULL and a constant text when there is none. The handle
 * is over when done() begins. */
#define RESOLVE_MAX_ADDRESSES 16
struct resolve *resolve_start(struct resolver *resolver, const char *host, int family,
	void (*done)(void *arg, const struct sockaddr_storage *addresses, const char *error),
	void *arg);
struct resolve *resolve_cancel(struct resolve *resolve); /* NULL allowed; returns NULL */

#endif
