/* sockets.h - the descriptors that libcurl wants watched, inside src/http/. Core thread only.
 *
 * curl says "watch" and "do not watch" for every request on a kept connection. A socket of
 * ours stays registered with the kernel in between, which saves two system calls each time;
 * when the idle socket becomes readable (the peer closed it) the watch ends for good. */
#ifndef HTTP_SOCKETS_H
#define HTTP_SOCKETS_H

#include <stdbool.h>

#include "loop/loop.h"

struct sockets;

typedef void (*sockets_fn)(void *arg, int fd, bool readable, bool writable);

struct sockets *sockets_new(struct loop *loop, sockets_fn ready, void *arg);
struct sockets *sockets_free(struct sockets *sockets); /* NULL allowed; returns NULL */

/* A socket closed on exec, or -1. */
int sockets_open(struct sockets *sockets, int family, int type, int protocol);
void sockets_close(struct sockets *sockets, int fd);

/* Also for descriptors that came from elsewhere; those must be unwatched before they close. */
void sockets_watch(struct sockets *sockets, int fd, bool readable, bool writable);

#endif
