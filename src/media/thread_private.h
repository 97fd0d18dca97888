/* thread_private.h - the inside of a media thread, shared by its files. */
#ifndef MEDIA_THREAD_PRIVATE_H
#define MEDIA_THREAD_PRIVATE_H

#include <pthread.h>

#include "media/thread.h"
#include "media/wheel.h"

struct media_thread {
	struct mailbox inbox;
	atomic_bool asleep; /* waits on eventfd, not on the timer */
	int eventfd, timerfd;
	pthread_t thread;
	unsigned core_legs; /* core thread */

	struct wheel wheel; /* of legs and of rooms that mix */
	bool ticking, quit;
	uint64_t timeout_us;
	struct media_packets *packets;
	int epoll; /* legs whose packets are passed on, or are the first for the mixer */
	unsigned polled;
	struct media_order *expected; /* legs on their way here, with their orders */
	struct media_room *unsettled; /* what is done in them may have to change */
};

/* thread_obey.c */
void media_thread_obey_all(struct media_thread *thread);

/* thread.c: the two halves of serving a leg. */
void media_thread_listen(struct media_thread *thread, struct media_leg *leg, uint64_t now);
void media_thread_speak(struct media_thread *thread, struct media_leg *leg, uint64_t now);
/* Whether its packets are looked for at every tick. */
void media_thread_poll(struct media_thread *thread, struct media_leg *leg, bool on);

#endif
