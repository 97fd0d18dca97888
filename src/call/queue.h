/* queue.h - callers that wait for somebody who takes them. Core thread only.
 *
 * A queue has a name, each application its own. Callers wait in the order of their priority, then
 * of their arrival; those who take them (dequeue) in the order in which they asked, once they do
 * not talk to somebody any more. A pair is put into the caller's conversation, from a timer, and
 * both scripts are told NCCO_CONNECTED. A queue is there as long as somebody is in it. */
#ifndef CALL_QUEUE_H
#define CALL_QUEUE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "loop/loop.h"
#include "ncco/host.h"

struct call;
struct queue;
struct server;
TAILQ_HEAD(queue_list, queue);

/* Where a call is in a queue; inside struct call. */
struct queue_place {
	struct queue *queue; /* NULL: in none */
	TAILQ_ENTRY(call) link;
	bool takes; /* does not wait to be taken, but takes */
	int priority;
	unsigned position;   /* that the script was told of, from 1 */
	const char *refused; /* told by the timer */
	struct timer timer;
};

/* For struct ncco_host; ctx is the call. */
void queue_enter(void *ctx, const struct ncco_queue *wanted);
void queue_take(void *ctx, const char *name);
void queue_leave(void *ctx);

/* The call is alone now, so it may take somebody. */
void queue_review(struct call *call);

void queue_place_init(struct call *call);
void queue_place_release(struct call *call);

#endif
