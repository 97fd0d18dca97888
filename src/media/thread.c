#include "media/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "media/room_private.h"
#include "media/thread_private.h"

/* After a stall longer than this the packets that were due are left out instead of being
 * sent in one burst; time stamps go on, so that what follows is not late for ever. Of a
 * suspended machine's hours only the last seconds count. */
#define MAX_CATCH_UP 12
#define MAX_LEFT_OUT 2000

#define MEDIA_NICE -10

#define RELAY_BATCH 64

static void wake(int eventfd)
{
	uint64_t one = 1;

	(void)!write(eventfd, &one, sizeof(one));
}

void media_thread_order(struct media_thread *thread, struct media_order *order)
{
	mailbox_post(&thread->inbox, &order->mail);
	if (atomic_load(&thread->asleep))
		wake(thread->eventfd);
}

unsigned *media_thread_legs(struct media_thread *thread)
{
	return &thread->core_legs;
}

void media_thread_listen(struct media_thread *thread, struct media_leg *leg, uint64_t now)
{
	if (!leg->polled)
		media_leg_receive(leg, thread->packets, now);
	if (leg->served > SERVED_RELAY && !leg->stream)
		media_thread_poll(thread, leg, jitter_begins(&leg->member->jitter));
	if (leg->dtmf_rx.pressed)
		media_leg_release_lost(leg, now);
	if (thread->timeout_us && !leg->stream && leg->agreed.receive && !leg->timed_out &&
		now > leg->heard_at && now - leg->heard_at >= thread->timeout_us)
		media_leg_timed_out(leg);
}

void media_thread_speak(struct media_thread *thread, struct media_leg *leg, uint64_t now)
{
	media_leg_transmit(leg, now);
	if (!leg->stream && (now >= leg->rtcp_read_at || now >= leg->rtcp_send_at))
		media_leg_rtcp(leg, thread->packets, now);
}

/* Hears what came in the last packet time, sends the next. Both in one visit, because what a visit
 * costs is mostly to bring leg and sockets into the cache. */
static void serve(struct media_thread *thread, struct media_leg *leg, uint64_t now)
{
	media_thread_listen(thread, leg, now);
	media_thread_speak(thread, leg, now);
	if (leg->served == SERVED_SPREAD)
		media_member_give(leg, now);
}

/* Where the kernel has no more room for it, packets wait for the leg's visits. */
void media_thread_poll(struct media_thread *thread, struct media_leg *leg, bool on)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = leg};

	if (on == leg->polled || epoll_ctl(thread->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
					 leg->rtp_fd, &event) < 0)
		return;
	leg->polled = on;
	thread->polled += on ? 1 : -1u;
}

/* What is passed on should not wait for a visit, and how long a mixer's first packet has waited
 * should be known. One packet of each leg in a tick is 200 in a
 * second: more than any packet time needs, and what came in a heap goes out one by one. */
static void relay(struct media_thread *thread, uint64_t now)
{
	struct epoll_event ready[RELAY_BATCH];
	int count;

	if (thread->polled == 0)
		return;
	do {
		count = epoll_wait(thread->epoll, ready, RELAY_BATCH, 0);
		for (int i = 0; i < count; i++)
			media_leg_receive_one(ready[i].data.ptr, thread->packets, now);
	} while (count == RELAY_BATCH);
}

/* Serves what is due. */
static void run_slot(struct media_thread *thread, uint64_t now)
{
	struct wheel_item *item, *next;

	for (item = wheel_turn(&thread->wheel); item; item = next) {
		next = item->next;
		__builtin_prefetch(next);
		if (item->is_room)
			media_room_visit(thread, (struct media_room *)item, now);
		else
			serve(thread, (struct media_leg *)item, now);
		wheel_put(&thread->wheel, item, item->slots);
	}
	media_room_settle_all(thread);
}

/* A tick that nothing is done in, but that time passes. */
static void leave_out_slot(struct media_thread *thread)
{
	struct wheel_item *item, *next;

	for (item = wheel_turn(&thread->wheel); item; item = next) {
		next = item->next;
		if (item->is_room)
			media_room_left_out((struct media_room *)item);
		else
			media_leg_left_out((struct media_leg *)item);
		wheel_put(&thread->wheel, item, item->slots);
	}
}

static void set_ticking(struct media_thread *thread, bool on)
{
	struct timespec tick = {.tv_nsec = TICK_MS * 1000000};
	struct itimerspec spec = {0};

	if (on) {
		clock_gettime(CLOCK_MONOTONIC, &spec.it_value);
		spec.it_interval = tick;
	}
	timerfd_settime(thread->timerfd, TFD_TIMER_ABSTIME, &spec, NULL);
	thread->ticking = on;
}

/* Without legs: waits for an order. Looks into the box once more after it has said that it
 * sleeps, so that no order falls between. */
static void sleep_until_order(struct media_thread *thread)
{
	uint64_t count;

	if (thread->ticking)
		set_ticking(thread, false);
	atomic_store(&thread->asleep, true);
	if (mailbox_empty(&thread->inbox))
		(void)!read(thread->eventfd, &count, sizeof(count));
	atomic_store(&thread->asleep, false);
}

/* Late ticks are made up for at the times that they were due. */
static void wait_for_tick(struct media_thread *thread)
{
	uint64_t ticks, now;

	if (!thread->ticking)
		set_ticking(thread, true);
	if (read(thread->timerfd, &ticks, sizeof(ticks)) < 0)
		return;
	if (ticks > MAX_LEFT_OUT)
		ticks = MAX_LEFT_OUT;
	media_thread_obey_all(thread);
	for (; ticks > MAX_CATCH_UP; ticks--)
		leave_out_slot(thread);
	now = clock_mono();
	relay(thread, now);
	for (; ticks > 0; ticks--)
		run_slot(thread, now - (ticks - 1) * TICK_MS * USEC_PER_MSEC);
}

static void *run(void *arg)
{
	struct media_thread *thread = arg;

	/* Before decoders and scripts where we may; without the right to, it is as it was. A
	 * process that was started before all others stays there. */
	if (getpriority(PRIO_PROCESS, (id_t)gettid()) > MEDIA_NICE)
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(), MEDIA_NICE);
	while (!thread->quit || thread->expected) {
		if (thread->wheel.items > 0)
			wait_for_tick(thread);
		else
			sleep_until_order(thread);
		media_thread_obey_all(thread);
	}
	return NULL;
}

struct media_thread *media_thread_new(unsigned rtp_timeout_s)
{
	struct media_thread *thread = xcalloc(1, sizeof(*thread));
	sigset_t all, old;

	thread->timeout_us = rtp_timeout_s * USEC_PER_SEC;
	thread->eventfd = eventfd(0, EFD_CLOEXEC);
	thread->timerfd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	thread->packets = media_packets_new();
	thread->epoll = epoll_create1(EPOLL_CLOEXEC);
	wheel_init(&thread->wheel);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (thread->eventfd < 0 || thread->timerfd < 0 || thread->epoll < 0 ||
		pthread_create(&thread->thread, NULL, run, thread) != 0)
		abort();
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_setname_np(thread->thread, "media");
	return thread;
}

void media_thread_stop(struct media_thread *thread)
{
	struct media_order quit = {.kind = MEDIA_ORDER_QUIT};

	media_thread_order(thread, &quit);
	pthread_join(thread->thread, NULL);
}

struct media_thread *media_thread_free(struct media_thread *thread)
{
	close(thread->eventfd);
	close(thread->timerfd);
	close(thread->epoll);
	media_packets_free(thread->packets);
	free(thread);
	return NULL;
}
