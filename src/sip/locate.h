/* locate.h - from a SIP URI to the addresses to try in turn (RFC 3263). Core thread only.
 *
 * An address is taken as it is. A name with a port is looked up (A or AAAA), a name without one
 * has its SRV records asked for first: those of the URI's transport, or of UDP, then TCP. NAPTR
 * records are not asked for, nor SRV for a name without a dot or one of /etc/hosts. */
#ifndef SIP_LOCATE_H
#define SIP_LOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "loop/resolve.h"

#define LOCATE_MAX_HOPS 16

struct sip_hop {
	struct sockaddr_storage address; /* without port */
	uint16_t port;
	bool tcp;
};

/* Those that are left to be tried. Zeroed: none. */
struct sip_hops {
	struct sip_hop *list;
	size_t count, next;
};
void sip_hops_set(struct sip_hops *hops, const struct sip_hop *list, size_t count);
const struct sip_hop *sip_hops_take(struct sip_hops *hops); /* NULL: that was the last one */
bool sip_hops_left(const struct sip_hops *hops);
void sip_hops_release(struct sip_hops *hops);

struct sip_target;
struct locate;

/* family AF_INET or AF_INET6; udp, tcp: which transports we have. done() runs from the loop, with
 * count 0 and a constant text when there is nowhere to go; the handle is over when it begins. */
struct locate *locate_start(struct resolver *resolver, const struct sip_target *target, int family,
	bool udp, bool tcp,
	void (*done)(void *arg, const struct sip_hop *hops, size_t count, const char *error),
	void *arg);
struct locate *locate_cancel(struct locate *locate); /* NULL allowed; returns NULL */

#endif
