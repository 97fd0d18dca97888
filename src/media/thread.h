/* thread.h - a media thread: a wheel of 5 ms slots, each a list of the legs whose packet is
 * due then. The core thread makes it, posts orders to it, and joins it. Threads post orders to each
 * other, too, when a leg moves. */
#ifndef MEDIA_THREAD_H
#define MEDIA_THREAD_H

#include "media/leg.h"

struct media_thread;

struct media_thread *media_thread_new(unsigned rtp_timeout_s);
/* After its last leg was freed, wherever it is. Joins. */
void media_thread_stop(struct media_thread *thread);
/* After all threads were stopped, as they write to each other. Returns NULL. */
struct media_thread *media_thread_free(struct media_thread *thread);

void media_thread_order(struct media_thread *thread, struct media_order *order);

/* Core thread's count, for spreading legs. */
unsigned *media_thread_legs(struct media_thread *thread);

#endif
