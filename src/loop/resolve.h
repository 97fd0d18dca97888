/* resolve.h - host names to addresses without blocking, on c-ares. Core thread only.
 *
 * /etc/hosts is honoured, numbers need no question, "localhost" works without a server.
 * done() runs from the loop, never inside resolve_start() or after resolve_cancel(). */
#ifndef LOOP_RESOLVE_H
#define LOOP_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

/* SRV records (RFC 2782) of a name such as "_sip._udp.example.com", in the order to try them: by
 * priority, and within one at random by weight. done() gets count 0 when there are none; `absent`
 * says that the name declares that the service is not there ("."). */
#define RESOLVE_MAX_SERVICES 8
struct resolve_service {
	char host[256];
	uint16_t port;
};
struct resolve *resolve_services(struct resolver *resolver, const char *name,
	void (*done)(void *arg, const struct resolve_service *services, size_t count, bool absent),
	void *arg);

/* Whether /etc/hosts has the name, which then has no records but that one. */
bool resolver_knows(struct resolver *resolver, const char *host, int family);

/* Other name servers than those of the machine: "127.0.0.1:5353,192.0.2.1". 0 or -EINVAL. */
int resolver_use(struct resolver *resolver, const char *servers);

struct resolve *resolve_cancel(struct resolve *resolve); /* NULL allowed; returns NULL */

#endif
