/* address.h - which addresses a request made on behalf of a script may reach. Any thread, pure. */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* True for a unicast address of the public internet: not loopback, private, link-local,
 * shared (RFC 6598), unique-local, multicast, broadcast, reserved or unspecified, also not
 * when such an IPv4 address is wrapped into IPv6 (mapped, compatible, NAT64, 6to4). False
 * for other families. */
bool address_is_public(const struct sockaddr *address);

#endif
