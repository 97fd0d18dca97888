#include "media/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/mem.h"
#include "media/addr.h"

/* A flood may fill this much of a socket's queue between two looks, no more. */
#define RECEIVE_BUFFER 65536

struct port_pool {
	union media_addr address;
	bool enabled;
	uint16_t first; /* even */
	unsigned pairs;
	bool *used; /* by us; a port that others hold is found out by bind() */
};

static int parse_address(union media_addr *out, int family, const char *text)
{
	memset(out, 0, sizeof(*out));
	out->sa.sa_family = (sa_family_t)family;
	if (!text)
		return -EAFNOSUPPORT;
	if (family == AF_INET)
		return inet_pton(AF_INET, text, &out->v4.sin_addr) == 1 ? 0 : -EAFNOSUPPORT;
	return inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1 ? 0 : -EAFNOSUPPORT;
}

struct port_pool *port_pool_new(
	int family, const char *address, uint16_t port_min, uint16_t port_max)
{
	struct port_pool *pool = xcalloc(1, sizeof(*pool));
	unsigned first = (port_min + 1u) & ~1u;

	pool->enabled = parse_address(&pool->address, family, address) == 0;
	pool->first = (uint16_t)first;
	pool->pairs = port_max > first ? (port_max - first + 1u) / 2 : 0;
	pool->used = xcalloc(pool->pairs, sizeof(*pool->used));
	return pool;
}

struct port_pool *port_pool_free(struct port_pool *pool)
{
	if (pool)
		free(pool->used);
	free(pool);
	return NULL;
}

static int bind_one(const struct port_pool *pool, unsigned port, int *ret_fd)
{
	union media_addr address = pool->address;
	int fd = socket(address.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int buffer = RECEIVE_BUFFER, only6 = 1, error;

	if (fd < 0)
		return -errno;
	if (address.sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof(only6));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	address.v4.sin_port = htons((uint16_t)port);
	if (bind(fd, &address.sa, media_addr_length(&address)) < 0) {
		error = -errno;
		close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

static int bind_pair(const struct port_pool *pool, unsigned port, int *ret_rtp, int *ret_rtcp)
{
	int rtp, error = bind_one(pool, port, &rtp);

	if (error < 0)
		return error;
	error = bind_one(pool, port + 1, ret_rtcp);
	if (error < 0) {
		close(rtp);
		return error;
	}
	*ret_rtp = rtp;
	return 0;
}

int port_pool_bind(struct port_pool *pool, int *ret_rtp_fd, int *ret_rtcp_fd, uint16_t *ret_port)
{
	unsigned start;
	int error = -EADDRINUSE;

	if (!pool->enabled)
		return -EAFNOSUPPORT;
	start = pool->pairs ? id_random_u32() % pool->pairs : 0;
	for (unsigned i = 0; i < pool->pairs; i++) {
		unsigned pair = (start + i) % pool->pairs;
		unsigned port = pool->first + 2 * pair;

		if (pool->used[pair])
			continue;
		error = bind_pair(pool, port, ret_rtp_fd, ret_rtcp_fd);
		if (error == 0) {
			pool->used[pair] = true;
			*ret_port = (uint16_t)port;
			return 0;
		}
		if (error != -EADDRINUSE)
			return error;
	}
	return -EADDRINUSE;
}

void port_pool_release(struct port_pool *pool, int rtp_fd, int rtcp_fd, uint16_t port)
{
	close(rtp_fd);
	close(rtcp_fd);
	pool->used[(port - pool->first) / 2] = false;
}
