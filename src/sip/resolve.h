/* resolve.h - host names to addresses without blocking, on c-ares. Core thread only.
 *
 * /etc/hosts is honoured, numbers need no question, "localhost" works without a server.
 * done() runs from the loop, never inside resolve_start() or after resolve_cancel(). */
#ifndef SIP_RESOLVE_H
#define SIP_RESOLVE_H

#include <sys/socket.h>

#include "loop/loop.h"

struct resolver;
struct resolve;

struct resolver *resolver_new(struct loop *loop);
struct resolver *resolver_free(struct resolver *resolver); /* NULL allowed; drops questions */

/* family AF_INET or AF_INET6. done() gets NULL and a constant text when there is no address;
 * the handle is over when done() begins. */
struct resolve *resolve_start(struct resolver *resolver, const char *host, int family,
	void (*done)(void *arg, const struct sockaddr_storage *address, const char *error),
	void *arg);
struct resolve *resolve_cancel(struct resolve *resolve); /* NULL allowed; returns NULL */

#endif
