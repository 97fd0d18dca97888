#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct block {
	uint8_t prefix[16];
	uint8_t bits;
};

static const struct block blocks4[] = {
	{{0}, 8},	   /* "this network", RFC 1122 */
	{{10}, 8},	   /* RFC 1918 */
	{{100, 64}, 10},   /* carrier-grade NAT, RFC 6598 */
	{{127}, 8},	   /* loopback */
	{{169, 254}, 16},  /* link-local, cloud metadata */
	{{172, 16}, 12},   /* RFC 1918 */
	{{192, 0, 0}, 24}, /* protocol assignments, RFC 6890 */
	{{192, 168}, 16},  /* RFC 1918 */
	{{198, 18}, 15},   /* benchmarks, RFC 2544 */
	{{224}, 4},	   /* multicast */
	{{240}, 4},	   /* reserved and broadcast */
};

static const struct block blocks6[] = {
	{{0xfc}, 7},			      /* unique-local, RFC 4193 */
	{{0xfe, 0x80}, 10},		      /* link-local */
	{{0xfe, 0xc0}, 10},		      /* site-local, RFC 3879 */
	{{0xff}, 8},			      /* multicast */
	{{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48}, /* local NAT64, RFC 8215 */
};

/* IPv6 prefixes that carry an IPv4 address, and at which byte. ::/96 also covers :: and ::1,
 * whose last four bytes are in 0.0.0.0/8. */
static const struct {
	struct block block;
	uint8_t offset;
} wrappers[] = {
	{{{0}, 96}, 12},
	{{{[10] = 0xff, [11] = 0xff}, 96}, 12},
	{{{0x00, 0x64, 0xff, 0x9b}, 96}, 12},
	{{{0x20, 0x02}, 16}, 2},
};

static bool in_block(const uint8_t *address, const struct block *block)
{
	unsigned bytes = block->bits / 8, rest = block->bits % 8;

	if (memcmp(address, block->prefix, bytes) != 0)
		return false;
	return rest == 0 || (address[bytes] ^ block->prefix[bytes]) >> (8 - rest) == 0;
}

static bool public4(const uint8_t *address)
{
	for (size_t i = 0; i < ARRAY_SIZE(blocks4); i++) {
		if (in_block(address, &blocks4[i]))
			return false;
	}
	return true;
}

static bool public6(const uint8_t *address)
{
	for (size_t i = 0; i < ARRAY_SIZE(blocks6); i++) {
		if (in_block(address, &blocks6[i]))
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++) {
		if (in_block(address, &wrappers[i].block))
			return public4(address + wrappers[i].offset);
	}
	return true;
}

bool address_is_public(const struct sockaddr *address)
{
	const struct sockaddr_in *in4 = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;

	if (address->sa_family == AF_INET)
		return public4((const uint8_t *)&in4->sin_addr);
	if (address->sa_family == AF_INET6)
		return public6(in6->sin6_addr.s6_addr);
	return false;
}
