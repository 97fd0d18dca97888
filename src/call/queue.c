#include "call/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"

struct queue {
	TAILQ_ENTRY(queue) link;
	struct server *server;
	const struct config_application *app;
	char *name;
	struct call_list callers, takers;
	unsigned count; /* callers */
	struct timer match;
};

/* --- the queue --- */

static void on_match(void *arg);

static struct queue *queue_find(struct call *call, const char *name)
{
	struct server *server = call->server;
	struct queue *queue;

	TAILQ_FOREACH (queue, &server->queues, link) {
		if (strcmp(queue->name, name) == 0 &&
			config_same_application(queue->app, call->app))
			return queue;
	}
	queue = xcalloc(1, sizeof(*queue));
	queue->server = server;
	queue->app = call->app;
	queue->name = xstrdup(name);
	TAILQ_INIT(&queue->callers);
	TAILQ_INIT(&queue->takers);
	timer_init(&queue->match, server->loop, on_match, queue);
	TAILQ_INSERT_TAIL(&server->queues, queue, link);
	return queue;
}

static void free_if_empty(struct queue *queue)
{
	if (!TAILQ_EMPTY(&queue->callers) || !TAILQ_EMPTY(&queue->takers))
		return;
	timer_stop(&queue->match);
	TAILQ_REMOVE(&queue->server->queues, queue, link);
	free(queue->name);
	free(queue);
}

/* Those whose position is another one now are told. */
static void renumber(struct queue *queue)
{
	struct call *call;
	unsigned position = 0;

	TAILQ_FOREACH (call, &queue->callers, place.link) {
		if (call->place.position == ++position)
			continue;
		call->place.position = position;
		timer_start(&call->place.timer, 0);
	}
}

static void take_out(struct call *call)
{
	struct queue_place *place = &call->place;
	struct queue *queue = place->queue;

	TAILQ_REMOVE(place->takes ? &queue->takers : &queue->callers, call, place.link);
	queue->count -= !place->takes;
	place->queue = NULL;
	place->position = 0;
	timer_stop(&place->timer);
	renumber(queue);
}

/* --- meeting --- */

static void meet(struct call *caller, struct call *taker)
{
	log_info(caller->uuid, "taken out of the queue by call %s", taker->uuid);
	call_answer(caller, NULL);
	call_answer(taker, NULL);
	conversation_move(caller->conversation, taker, NULL);
	interp_event(taker->interp, &(struct ncco_event){.type = NCCO_CONNECTED});
	interp_event(caller->interp, &(struct ncco_event){.type = NCCO_CONNECTED});
}

static void match(struct queue *queue)
{
	if (!TAILQ_EMPTY(&queue->callers) && !TAILQ_EMPTY(&queue->takers))
		timer_start(&queue->match, 0);
}

void queue_review(struct call *call)
{
	if (call->place.queue && call->place.takes)
		match(call->place.queue);
}

/* One that still talks to somebody takes nobody else meanwhile. */
static struct call *first_free(struct call_list *takers)
{
	struct call *taker;

	TAILQ_FOREACH (taker, takers, place.link) {
		if (!conversation_has_company(taker))
			return taker;
	}
	return NULL;
}

static void on_match(void *arg)
{
	struct queue *queue = arg;
	struct call *caller = TAILQ_FIRST(&queue->callers), *taker = first_free(&queue->takers);

	if (!caller || !taker)
		return;
	take_out(caller);
	take_out(taker);
	match(queue);
	free_if_empty(queue);
	meet(caller, taker);
}

/* --- for scripts --- */

static void enter(struct call *call, struct queue *queue, bool takes)
{
	call->place.queue = queue;
	call->place.takes = takes;
	if (takes)
		TAILQ_INSERT_TAIL(&queue->takers, call, place.link);
	match(queue);
}

/* Behind those of the same priority. */
static void insert(struct queue *queue, struct call *call)
{
	struct call *other;

	TAILQ_FOREACH (other, &queue->callers, place.link) {
		if (other->place.priority < call->place.priority)
			break;
	}
	if (other)
		TAILQ_INSERT_BEFORE(other, call, place.link);
	else
		TAILQ_INSERT_TAIL(&queue->callers, call, place.link);
	queue->count++;
}

void queue_enter(void *ctx, const struct ncco_queue *wanted)
{
	struct call *call = ctx;
	unsigned most = call->server->config->limits.max_queued;
	struct queue *queue = queue_find(call, wanted->name);

	if (wanted->max_size && wanted->max_size < most)
		most = wanted->max_size;
	if (queue->count >= most) {
		call->place.refused = "full";
		timer_start(&call->place.timer, 0);
		free_if_empty(queue);
		return;
	}
	call->place.priority = wanted->priority;
	insert(queue, call);
	enter(call, queue, false);
	renumber(queue);
}

void queue_take(void *ctx, const char *name)
{
	enter(ctx, queue_find(ctx, name), true);
}

void queue_leave(void *ctx)
{
	struct call *call = ctx;
	struct queue *queue = call->place.queue;

	timer_stop(&call->place.timer);
	call->place.refused = NULL;
	if (!queue)
		return;
	take_out(call);
	free_if_empty(queue);
}

static void tell(void *arg)
{
	struct call *call = arg;
	const char *refused = call->place.refused;

	call->place.refused = NULL;
	if (refused)
		interp_event(call->interp,
			&(struct ncco_event){
				.type = NCCO_CONNECTED, .failed = true, .reason = refused});
	else if (call->place.queue)
		interp_event(call->interp, &(struct ncco_event){.type = NCCO_QUEUE_POSITION,
						   .number = call->place.position});
}

void queue_place_init(struct call *call)
{
	timer_init(&call->place.timer, call->server->loop, tell, call);
}

void queue_place_release(struct call *call)
{
	queue_leave(call);
}
