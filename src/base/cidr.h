/* cidr.h - networks of addresses: "10.0.0.0/8", "2001:db8::/32", or one address. Any thread,
 * pure. */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include <stdbool.h>
#include <stdint.h>

struct cidr {
	uint8_t address[16];
	uint8_t size; /* bytes of the address: 4 or 16 */
	uint8_t bits; /* that count */
};

/* Bits of the address behind the prefix must be zero. False: not a network. */
bool cidr_parse(const char *text, struct cidr *ret_cidr);

/* Whether a numeric address lies in it; an IPv4 address mapped into IPv6 counts as IPv4. */
bool cidr_contains(const struct cidr *cidr, const char *address);

#endif
