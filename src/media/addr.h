/* addr.h - an IPv4 or IPv6 address with port, small enough to keep several in a leg. */
#ifndef MEDIA_ADDR_H
#define MEDIA_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

union media_addr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Family AF_UNSPEC for anything that is neither IPv4 nor IPv6. */
void media_addr_set(union media_addr *addr, const struct sockaddr_storage *storage);
socklen_t media_addr_length(const union media_addr *addr);
bool media_addr_same_host(const union media_addr *a, const union media_addr *b);
bool media_addr_equal(const union media_addr *a, const union media_addr *b);

/* The same host, `offset` ports further (RTCP is RTP's port + 1). */
union media_addr media_addr_shift(const union media_addr *addr, int offset);

/* Loopback, link-local, RFC 1918, RFC 6598 and RFC 4193: an address that a peer behind a
 * NAT writes into its SDP without being reachable there. */
bool media_addr_private(const union media_addr *addr);

#endif
