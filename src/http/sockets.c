#include "http/sockets.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

struct watch {
	struct event event;
	struct sockets *owner;
	bool ours;	  /* opened by sockets_open() */
	bool wanted;	  /* by curl */
	short registered; /* EV_READ | EV_WRITE with libevent, 0 when not at all */
};

struct sockets {
	struct loop *loop;
	sockets_fn ready;
	void *arg;
	struct watch **by_fd; /* NULL where there is none */
	int count;
};

struct sockets *sockets_new(struct loop *loop, sockets_fn ready, void *arg)
{
	struct sockets *sockets = xcalloc(1, sizeof(*sockets));

	sockets->loop = loop;
	sockets->ready = ready;
	sockets->arg = arg;
	return sockets;
}

static struct watch *find(struct sockets *sockets, int fd)
{
	return fd < sockets->count ? sockets->by_fd[fd] : NULL;
}

static void unregister(struct watch *watch)
{
	if (watch->registered)
		event_del(&watch->event);
	watch->registered = 0;
}

static void forget(struct sockets *sockets, int fd)
{
	struct watch *watch = find(sockets, fd);

	if (!watch)
		return;
	unregister(watch);
	free(watch);
	sockets->by_fd[fd] = NULL;
}

struct sockets *sockets_free(struct sockets *sockets)
{
	if (!sockets)
		return NULL;
	for (int fd = 0; fd < sockets->count; fd++)
		forget(sockets, fd);
	free(sockets->by_fd);
	free(sockets);
	return NULL;
}

static struct watch *add(struct sockets *sockets, int fd, bool ours)
{
	struct watch *watch = xcalloc(1, sizeof(*watch));
	int count = sockets->count;

	if (fd >= count) {
		sockets->count = fd + 64;
		sockets->by_fd =
			xrealloc(sockets->by_fd, (size_t)sockets->count * sizeof(*sockets->by_fd));
		for (; count < sockets->count; count++)
			sockets->by_fd[count] = NULL;
	}
	watch->owner = sockets;
	watch->ours = ours;
	sockets->by_fd[fd] = watch;
	return watch;
}

int sockets_open(struct sockets *sockets, int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -1;
	forget(sockets, fd);
	add(sockets, fd, true);
	return fd;
}

void sockets_close(struct sockets *sockets, int fd)
{
	forget(sockets, fd);
	close(fd);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct watch *watch = arg;
	struct sockets *sockets = watch->owner;

	if (watch->wanted)
		sockets->ready(sockets->arg, fd, what & EV_READ, what & EV_WRITE);
	else
		unregister(watch);
}

void sockets_watch(struct sockets *sockets, int fd, bool readable, bool writable)
{
	struct watch *watch = find(sockets, fd);
	short what = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

	if (!what && (!watch || !watch->ours)) {
		forget(sockets, fd);
		return;
	}
	if (!watch)
		watch = add(sockets, fd, false);
	watch->wanted = what != 0;
	if (!what) /* an idle socket stays writable, so that watch must not stay */
		what = watch->registered & EV_WRITE ? 0 : watch->registered;
	if (what == watch->registered)
		return;
	unregister(watch);
	if (!what)
		return;
	event_assign(&watch->event, loop_base(sockets->loop), fd, (short)(what | EV_PERSIST),
		on_event, watch);
	event_add(&watch->event, NULL);
	watch->registered = what;
}
