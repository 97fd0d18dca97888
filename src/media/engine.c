/* engine.c - the engine itself, and what comes back from its media threads. */
#include "media/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/port.h"
#include "media/room_private.h"
#include "media/stream_private.h"
#include "media/thread.h"

struct media_engine {
	struct mailbox box; /* from the media threads */
	int eventfd;
	struct event *event;
	struct port_pool *ports4, *ports6;
	unsigned threads;
	struct media_thread **thread;
	struct ear_clock *ears;
	uint64_t last_id; /* of a leg */
};

struct port_pool *media_engine_ports(struct media_engine *engine, int family)
{
	return family == AF_INET6 ? engine->ports6 : engine->ports4;
}

static void report_play_end(struct media_order *order)
{
	struct media_leg *leg = order->leg;
	size_t per_ms = prompt_codec(order->play.prompt)->bytes_per_ms;

	if (!leg->freed && leg->handler->on_play_end)
		leg->handler->on_play_end(leg->arg, order->play.number, order->play.end,
			(uint32_t)(order->play.sent / per_ms));
	prompt_unref(order->play.prompt);
}

static void report_digits_sent(struct media_order *order)
{
	struct media_leg *leg = order->leg;

	if (!leg->freed && leg->handler->on_digits_sent)
		leg->handler->on_digits_sent(leg->arg);
	prompt_unref(order->digits.tones);
}

static void report_heard(struct media_leg *leg)
{
	unsigned head = atomic_load_explicit(&leg->heard_head, memory_order_relaxed);

	atomic_store(&leg->note_posted, false);
	while (head != atomic_load_explicit(&leg->heard_tail, memory_order_acquire)) {
		struct heard_digit heard = leg->heard[head++ % HEARD_DIGITS];

		atomic_store_explicit(&leg->heard_head, head, memory_order_release);
		if (leg->freed)
			continue;
		if (heard.held_ms && leg->handler->on_release)
			leg->handler->on_release(leg->arg, heard.digit, heard.held_ms);
		else if (!heard.held_ms && leg->handler->on_digit)
			leg->handler->on_digit(leg->arg, heard.digit, heard.source);
	}
	if (leg->stream)
		media_stream_fetch(leg);
	if (atomic_exchange(&leg->timeout_noted, false) && !leg->freed &&
		leg->handler->on_rtp_timeout)
		leg->handler->on_rtp_timeout(leg->arg);
}

static void detector_free(dtmf_rx_state_t *detector)
{
	if (detector)
		dtmf_rx_free(detector);
}

/* An order came back from a media thread. */
static void order_returned(struct media_order *order)
{
	media_member_free(order->member);
	switch (order->kind) {
	case MEDIA_ORDER_PLAY:
		report_play_end(order);
		break;
	case MEDIA_ORDER_DIGITS:
		report_digits_sent(order);
		break;
	case MEDIA_ORDER_INBAND:
		detector_free(order->detector);
		break;
	case MEDIA_ORDER_TAPE:
		order->tape.released(order->tape.arg);
		break;
	case MEDIA_ORDER_WRITE:
	case MEDIA_ORDER_MARK:
		media_stream_returned(order);
		break;
	case MEDIA_ORDER_FREE:
		detector_free(order->detector);
		media_leg_destroy(order->leg);
		break;
	case MEDIA_ORDER_CONVERTER:
	case MEDIA_ORDER_JOIN:
	case MEDIA_ORDER_LEAVE:
	case MEDIA_ORDER_ROOM_PLAY:
	case MEDIA_ORDER_ROOM_STOP:
	case MEDIA_ORDER_ROOM_PROVIDE:
	case MEDIA_ORDER_ROOM_FREE:
		media_room_returned(order);
		break;
	case MEDIA_ORDER_NOTE:
		report_heard(order->leg);
		return;
	default:
		break;
	}
	free(order);
}

static void take_returned(struct media_engine *engine)
{
	struct mail *mail = mailbox_take(&engine->box);

	while (mail) {
		struct media_order *order = (struct media_order *)mail;

		mail = mail->next;
		order_returned(order);
	}
}

static void on_eventfd(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	take_returned(arg);
}

void media_post_back(struct media_order *order)
{
	struct media_engine *engine = order->leg ? order->leg->engine : order->room->engine;
	const uint64_t one = 1;

	if (mailbox_post(&engine->box, &order->mail))
		(void)!write(engine->eventfd, &one, sizeof(one));
}

void media_queue_post_back(struct media_queue *queue)
{
	struct media_order *order;

	while ((order = media_queue_pop(queue)))
		media_post_back(order);
}

static unsigned default_threads(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores > 2 ? (unsigned)cores - 1 : 1;
}

struct media_engine *media_engine_new(struct loop *loop, const struct media_config *config)
{
	struct media_engine *engine = xcalloc(1, sizeof(*engine));

	engine->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (engine->eventfd < 0)
		abort();
	engine->event = event_new(
		loop_base(loop), engine->eventfd, EV_READ | EV_PERSIST, on_eventfd, engine);
	event_add(engine->event, NULL);
	engine->ports4 = port_pool_new(AF_INET, config->addr4, config->port_min, config->port_max);
	engine->ports6 = port_pool_new(AF_INET6, config->addr6, config->port_min, config->port_max);
	engine->threads = config->threads ? config->threads : default_threads();
	engine->thread = xcalloc(engine->threads, sizeof(*engine->thread));
	for (unsigned i = 0; i < engine->threads; i++)
		engine->thread[i] = media_thread_new(config->rtp_timeout_s);
	return engine;
}

struct media_engine *media_engine_free(struct media_engine *engine)
{
	if (!engine)
		return NULL;
	for (unsigned i = 0; i < engine->threads; i++)
		media_thread_stop(engine->thread[i]);
	for (unsigned i = 0; i < engine->threads; i++)
		media_thread_free(engine->thread[i]);
	take_returned(engine);
	ear_clock_free(engine->ears);
	event_free(engine->event);
	close(engine->eventfd);
	port_pool_free(engine->ports4);
	port_pool_free(engine->ports6);
	free(engine->thread);
	free(engine);
	return NULL;
}

uint64_t media_engine_next_id(struct media_engine *engine)
{
	return ++engine->last_id;
}

struct ear_clock **media_engine_ears(struct media_engine *engine)
{
	return &engine->ears;
}

struct media_thread *media_engine_thread(struct media_engine *engine)
{
	struct media_thread *best = engine->thread[0];

	for (unsigned i = 1; i < engine->threads; i++)
		if (*media_thread_legs(engine->thread[i]) < *media_thread_legs(best))
			best = engine->thread[i];
	return best;
}
