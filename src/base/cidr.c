#include "base/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED_BYTES 12 /* ::ffff:0:0/96 */

static const uint8_t mapped[MAPPED_BYTES] = {[10] = 0xff, [11] = 0xff};

static bool parse_address(const char *text, struct cidr *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, out->address) == 1)
		out->size = 4;
	else if (inet_pton(AF_INET6, text, out->address) == 1)
		out->size = 16;
	out->bits = (uint8_t)(8 * out->size);
	return out->size != 0;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, bytes) != 0)
		return false;
	return rest == 0 || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0;
}

/* Nothing but zeros behind the prefix, else it names a host and not its network. */
static bool tail_is_zero(const struct cidr *cidr)
{
	for (unsigned bit = cidr->bits; bit < 8u * cidr->size; bit++)
		if (cidr->address[bit / 8] & 0x80 >> bit % 8)
			return false;
	return true;
}

bool cidr_parse(const char *text, struct cidr *ret_cidr)
{
	const char *slash = strchr(text, '/');
	char host[INET6_ADDRSTRLEN];
	struct cidr cidr;
	unsigned long bits;
	char *end;

	if (!slash)
		return parse_address(text, ret_cidr);
	if ((size_t)(slash - text) >= sizeof(host) || slash[1] < '0' || slash[1] > '9')
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(slash - text), text);
	bits = strtoul(slash + 1, &end, 10);
	if (*end || end > slash + 4 || !parse_address(host, &cidr) || bits > cidr.bits)
		return false;
	cidr.bits = (uint8_t)bits;
	if (!tail_is_zero(&cidr))
		return false;
	*ret_cidr = cidr;
	return true;
}

bool cidr_contains(const struct cidr *cidr, const char *address)
{
	struct cidr one;

	if (!parse_address(address, &one))
		return false;
	if (one.size == 16 && cidr->size == 4 && memcmp(one.address, mapped, MAPPED_BYTES) == 0)
		return same_bits(one.address + MAPPED_BYTES, cidr->address, cidr->bits);
	return one.size == cidr->size && same_bits(one.address, cidr->address, cidr->bits);
}
