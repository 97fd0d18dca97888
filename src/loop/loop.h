/* loop.h - the core thread's event loop, its timers, and the way in from other threads.
 *
 * One struct loop per process, built on libevent; drivers take loop_base() for their own
 * descriptors. Everything here belongs to the core thread except loop_post(). A callback is
 * never run before the call that armed it has returned. Nothing run by the loop may block. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <sys/queue.h> /* before libevent, which undefines what it lacks */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

struct loop *loop_new(void);
struct loop *loop_free(struct loop *loop); /* NULL allowed; returns NULL; drops unrun posts */

struct event_base *loop_base(struct loop *loop);

/* Runs until loop_stop(); 0, or negative errno when the kernel's poll failed. */
int loop_run(struct loop *loop);

/* Makes loop_run() return after the callbacks now due. */
void loop_stop(struct loop *loop);

/* Any thread, lock held for a few instructions: fn(arg) runs on the core thread, in order
 * of posting. What arg points to belongs to fn from here on. */
void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg);

/* A one-shot timer living inside its owner's struct. */
struct timer {
	struct event event;
	void (*fn)(void *arg);
	void *arg;
};

void timer_init(struct timer *timer, struct loop *loop, void (*fn)(void *arg), void *arg);
void timer_start(struct timer *timer, uint64_t delay_us); /* rearms a running timer */
void timer_stop(struct timer *timer);			  /* fn will not run; idempotent */
bool timer_running(const struct timer *timer);

#endif
