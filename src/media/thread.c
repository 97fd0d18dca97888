#include "media/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "media/stream_private.h"

#define TICK_MS	    5
#define WHEEL_SLOTS 16 /* more than the longest packet time of 60 ms */

/* After a stall longer than this the packets that were due are left out instead of being
 * sent in one burst; time stamps go on, so that what follows is not late for ever. Of a
 * suspended machine's hours only the last seconds count. */
#define MAX_CATCH_UP 12
#define MAX_LEFT_OUT 2000

#define MEDIA_NICE -10

struct media_thread {
	struct mailbox inbox;
	atomic_bool asleep; /* waits on eventfd, not on the timer */
	int eventfd, timerfd;
	pthread_t thread;
	unsigned core_legs; /* core thread */

	struct slot {
		struct media_leg *first, **last;
		unsigned legs;
	} wheel[WHEEL_SLOTS];
	unsigned slot, running; /* running: legs on the wheel */
	bool ticking, quit;
	uint64_t timeout_us;
	struct media_packets *packets;
};

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

static void slot_init(struct slot *slot)
{
	slot->first = NULL;
	slot->last = &slot->first;
	slot->legs = 0;
}

/* At the end: legs keep their order within a slot, so each keeps its distance of packets. */
static void wheel_add(struct media_thread *thread, struct media_leg *leg, unsigned index)
{
	struct slot *slot = &thread->wheel[index];

	leg->wheel_slot = (uint8_t)index;
	leg->wheel_next = NULL;
	leg->wheel_prev = slot->last;
	*slot->last = leg;
	slot->last = &leg->wheel_next;
	slot->legs++;
}

static void wheel_remove(struct media_thread *thread, struct media_leg *leg)
{
	struct slot *slot = &thread->wheel[leg->wheel_slot];

	*leg->wheel_prev = leg->wheel_next;
	if (leg->wheel_next)
		leg->wheel_next->wheel_prev = leg->wheel_prev;
	else
		slot->last = leg->wheel_prev;
	leg->wheel_prev = NULL;
	slot->legs--;
}

/* The emptiest of the next slots, so that a second's packets are spread evenly. */
static unsigned best_slot(const struct media_thread *thread, unsigned slots)
{
	unsigned best = (thread->slot + 1) % WHEEL_SLOTS;

	for (unsigned i = 2; i <= slots; i++) {
		unsigned slot = (thread->slot + i) % WHEEL_SLOTS;

		if (thread->wheel[slot].legs < thread->wheel[best].legs)
			best = slot;
	}
	return best;
}

static void obey_start(
	struct media_thread *thread, struct media_leg *leg, const struct media_agreed *agreed)
{
	bool codec_changed = leg->agreed.codec != agreed->codec;

	leg->agreed = *agreed;
	leg->frame_bytes = (unsigned)(agreed->codec->bytes_per_ms * agreed->ptime_ms);
	leg->frame_units = agreed->codec->rtp_rate / 1000 * agreed->ptime_ms;
	leg->slots = agreed->ptime_ms / TICK_MS;
	latch_start(&leg->latch, &agreed->rtp, agreed->relatch);
	if (agreed->relatch && !leg->stream)
		media_leg_flush(leg);
	leg->heard_at = clock_mono();
	leg->timed_out = false;
	if (codec_changed) {
		media_player_recheck(leg);
		leg->source.started = false;
	}
	if (leg->wheel_prev)
		return;
	wheel_add(thread, leg, best_slot(thread, leg->slots));
	thread->running++;
}

static void give_back(struct media_leg *leg, struct media_queue *queue)
{
	struct media_order *order;

	while ((order = media_queue_pop(queue)))
		media_post_back(leg, order);
}

static void obey_free(struct media_thread *thread, struct media_leg *leg, struct media_order *order)
{
	if (leg->wheel_prev) {
		wheel_remove(thread, leg);
		thread->running--;
	}
	media_player_stop(leg, MEDIA_PLAY_STOPPED);
	give_back(leg, &leg->ended);
	give_back(leg, &leg->digits);
	give_back(leg, &leg->tapes);
	media_stream_end(leg);
	order->detector = leg->detector;
	leg->detector = NULL;
	media_post_back(leg, order);
}

static void obey_inband(struct media_leg *leg, struct media_order *order)
{
	dtmf_rx_state_t *old = leg->detector;

	leg->detector = order->detector;
	order->detector = old;
	media_post_back(leg, order);
}

static void obey(struct media_thread *thread, struct media_order *order)
{
	struct media_leg *leg = order->leg;

	switch (order->kind) {
	case MEDIA_ORDER_START:
		obey_start(thread, leg, &order->start);
		media_post_back(leg, order);
		break;
	case MEDIA_ORDER_PLAY:
		media_queue_add(&leg->plays, order);
		if (leg->agreed.codec)
			media_player_recheck(leg);
		break;
	case MEDIA_ORDER_STOP:
		media_player_stop(leg, MEDIA_PLAY_STOPPED);
		media_post_back(leg, order);
		break;
	case MEDIA_ORDER_DIGITS:
		media_queue_add(&leg->digits, order);
		break;
	case MEDIA_ORDER_INBAND:
		obey_inband(leg, order);
		break;
	case MEDIA_ORDER_TAPE:
	case MEDIA_ORDER_TAPE_PAUSE:
	case MEDIA_ORDER_UNTAPE:
		media_leg_tape_obey(leg, order);
		break;
	case MEDIA_ORDER_WRITE:
	case MEDIA_ORDER_MARK:
	case MEDIA_ORDER_CLEAR:
		media_stream_obey(leg, order);
		break;
	case MEDIA_ORDER_FREE:
		obey_free(thread, leg, order);
		return;
	case MEDIA_ORDER_QUIT:
		thread->quit = true;
		return;
	case MEDIA_ORDER_NOTE:
		return;
	}
	give_back(leg, &leg->ended);
}

static void obey_all(struct media_thread *thread)
{
	struct mail *mail = mailbox_take(&thread->inbox);

	while (mail) {
		struct media_order *order = (struct media_order *)mail;

		mail = mail->next;
		obey(thread, order);
	}
}

static void listen_to(struct media_thread *thread, struct media_leg *leg, uint64_t now)
{
	media_leg_receive(leg, thread->packets, now);
	if (thread->timeout_us && !leg->stream && leg->agreed.receive && !leg->timed_out &&
		now - leg->heard_at >= thread->timeout_us)
		media_leg_timed_out(leg);
}

/* Serves the legs that are due: hears what came in the last packet time, sends the next. Both
 * in one visit, because what a visit costs is mostly to bring leg and sockets into the cache. */
static void run_slot(struct media_thread *thread)
{
	uint64_t now = clock_mono();
	struct media_leg *leg, *next;

	thread->slot = (thread->slot + 1) % WHEEL_SLOTS;
	leg = thread->wheel[thread->slot].first;
	slot_init(&thread->wheel[thread->slot]);
	for (; leg; leg = next) {
		next = leg->wheel_next;
		__builtin_prefetch(next);
		listen_to(thread, leg, now);
		media_leg_transmit(leg);
		if (!leg->stream && (now >= leg->rtcp_read_at || now >= leg->rtcp_send_at))
			media_leg_rtcp(leg, thread->packets, now);
		wheel_add(thread, leg, (thread->slot + leg->slots) % WHEEL_SLOTS);
	}
}

/* A tick that nothing is done in, but that time passes. */
static void leave_out_slot(struct media_thread *thread)
{
	struct media_leg *leg, *next;

	thread->slot = (thread->slot + 1) % WHEEL_SLOTS;
	leg = thread->wheel[thread->slot].first;
	slot_init(&thread->wheel[thread->slot]);
	for (; leg; leg = next) {
		next = leg->wheel_next;
		leg->timestamp += leg->frame_units;
		wheel_add(thread, leg, (thread->slot + leg->slots) % WHEEL_SLOTS);
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

static void wait_for_tick(struct media_thread *thread)
{
	uint64_t ticks;

	if (!thread->ticking)
		set_ticking(thread, true);
	if (read(thread->timerfd, &ticks, sizeof(ticks)) < 0)
		return;
	if (ticks > MAX_LEFT_OUT)
		ticks = MAX_LEFT_OUT;
	obey_all(thread);
	for (; ticks > MAX_CATCH_UP; ticks--)
		leave_out_slot(thread);
	for (; ticks > 0; ticks--)
		run_slot(thread);
}

static void *run(void *arg)
{
	struct media_thread *thread = arg;

	/* Before decoders and scripts where we may; without the right to, it is as it was. A
	 * process that was started before all others stays there. */
	if (getpriority(PRIO_PROCESS, (id_t)gettid()) > MEDIA_NICE)
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(), MEDIA_NICE);
	while (!thread->quit) {
		if (thread->running > 0)
			wait_for_tick(thread);
		else
			sleep_until_order(thread);
		obey_all(thread);
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
	for (unsigned i = 0; i < WHEEL_SLOTS; i++)
		slot_init(&thread->wheel[i]);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (thread->eventfd < 0 || thread->timerfd < 0 ||
		pthread_create(&thread->thread, NULL, run, thread) != 0)
		abort();
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_setname_np(thread->thread, "media");
	return thread;
}

struct media_thread *media_thread_free(struct media_thread *thread)
{
	struct media_order quit = {.kind = MEDIA_ORDER_QUIT};

	media_thread_order(thread, &quit);
	pthread_join(thread->thread, NULL);
	close(thread->eventfd);
	close(thread->timerfd);
	media_packets_free(thread->packets);
	free(thread);
	return NULL;
}
