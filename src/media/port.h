/* port.h - RTP port pairs out of a configured range. Core thread. */
#ifndef MEDIA_PORT_H
#define MEDIA_PORT_H

#include <stdint.h>

struct port_pool;

/* address: where to bind, of the family; NULL: the family is off. */
struct port_pool *port_pool_new(
	int family, const char *address, uint16_t port_min, uint16_t port_max);
struct port_pool *port_pool_free(struct port_pool *pool); /* NULL allowed; returns NULL */

/* Binds an even port and the next, both non-blocking. -EADDRINUSE when the range is used up,
 * -EAFNOSUPPORT when the family is off, -EMFILE and the like from the kernel. */
int port_pool_bind(struct port_pool *pool, int *ret_rtp_fd, int *ret_rtcp_fd, uint16_t *ret_port);

/* Closes both and gives the pair back. */
void port_pool_release(struct port_pool *pool, int rtp_fd, int rtcp_fd, uint16_t port);

#endif
