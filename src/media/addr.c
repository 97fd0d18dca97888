#include "media/addr.h"

#include <arpa/inet.h>
#include <string.h>

void media_addr_set(union media_addr *addr, const struct sockaddr_storage *storage)
{
	memset(addr, 0, sizeof(*addr));
	if (storage->ss_family == AF_INET)
		memcpy(&addr->v4, storage, sizeof(addr->v4));
	else if (storage->ss_family == AF_INET6)
		memcpy(&addr->v6, storage, sizeof(addr->v6));
}

socklen_t media_addr_length(const union media_addr *addr)
{
	return addr->sa.sa_family == AF_INET6 ? sizeof(addr->v6) : sizeof(addr->v4);
}

bool media_addr_same_host(const union media_addr *a, const union media_addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return a->sa.sa_family == AF_INET6 &&
	       memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

/* sin_port and sin6_port share their place. */
bool media_addr_equal(const union media_addr *a, const union media_addr *b)
{
	return a->v4.sin_port == b->v4.sin_port && media_addr_same_host(a, b);
}

union media_addr media_addr_shift(const union media_addr *addr, int offset)
{
	union media_addr shifted = *addr;

	shifted.v4.sin_port = htons((uint16_t)(ntohs(addr->v4.sin_port) + offset));
	return shifted;
}

static bool private4(uint32_t host)
{
	return host >> 24 == 10 || host >> 24 == 127 || host >> 20 == 0xac1 ||
	       host >> 16 == 0xc0a8 || host >> 16 == 0xa9fe || host >> 22 == 0x191;
}

bool media_addr_private(const union media_addr *addr)
{
	const struct in6_addr *v6 = &addr->v6.sin6_addr;

	if (addr->sa.sa_family == AF_INET)
		return private4(ntohl(addr->v4.sin_addr.s_addr));
	if (addr->sa.sa_family != AF_INET6)
		return false;
	return IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_LINKLOCAL(v6) ||
	       (v6->s6_addr[0] & 0xfe) == 0xfc;
}
