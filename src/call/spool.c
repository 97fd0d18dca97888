#include "call/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/queue.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/webhook_request.h"
#include "http/url.h"

#define PAGE	      256 /* events looked at, at a time */
#define PER_RECEIVER  4	  /* requests on their way to one that answers */
#define MAX_RECEIVERS 10000

struct lane {
	UT_hash_handle hh;
	char *key; /* the call and the URL */
	size_t count;
};

struct receiver {
	UT_hash_handle hh;
	char *url;
	unsigned failures; /* in a row */
	unsigned running;
	int64_t until; /* left alone; wall clock */
};

struct attempt {
	UT_hash_handle hh; /* by event */
	struct spool *spool;
	int64_t event;
	char *lane;
	struct receiver *receiver;
	struct http_request_handle *request;
};

struct dropping {
	LIST_ENTRY(dropping) link;
	struct spool *spool;
	struct store_request *request;
	store_done_fn *done;
	void *arg;
};

struct spool {
	struct spool_config config;
	struct spool_limits limits;
	struct lane *lanes;
	struct receiver *receivers;
	struct attempt *attempts;
	LIST_HEAD(droppings, dropping) droppings;
	struct store_request *looking;
	bool again; /* an attempt has ended since it was asked */
	struct timer timer;
	size_t size;
	bool sized; /* the store was asked */
};

static const struct config_application unknown_application = {.id = (char *)"",
	.webhook_policy = {.connect_timeout_ms = 1000, .event_timeout_ms = 10000}};

static void look(struct spool *spool);

uint64_t spool_delay(uint64_t retry_us, unsigned failures, uint32_t chance)
{
	uint64_t delay = retry_us;

	for (unsigned i = 1; i < failures && delay < SPOOL_MAX_DELAY_US; i++)
		delay *= 2;
	if (delay > SPOOL_MAX_DELAY_US)
		delay = SPOOL_MAX_DELAY_US;
	return delay - delay / 4 * (chance % 1024) / 1024;
}

/* --- lanes and receivers --- */

/* The name of what is in the order of a call and goes to one receiver. */
static char *lane_key(const char *lane, const char *url)
{
	return xasprintf("%s %s", lane, url);
}

static struct lane *lane_find(const struct spool *spool, const char *id, const char *url)
{
	struct lane *lane;
	char *key = lane_key(id, url);

	HASH_FIND_STR(spool->lanes, key, lane);
	free(key);
	return lane;
}

bool spool_holds(const struct spool *spool, const char *lane, const char *url)
{
	return spool && lane_find(spool, lane, url);
}

static void lane_add(struct spool *spool, const char *id, const char *url)
{
	struct lane *lane = lane_find(spool, id, url);

	if (!lane) {
		lane = xcalloc(1, sizeof(*lane));
		lane->key = lane_key(id, url);
		HASH_ADD_KEYPTR(hh, spool->lanes, lane->key, strlen(lane->key), lane);
	}
	lane->count++;
}

static void lane_free(struct spool *spool, struct lane *lane)
{
	HASH_DEL(spool->lanes, lane);
	free(lane->key);
	free(lane);
}

static void lane_remove(struct spool *spool, const char *id, const char *url)
{
	struct lane *lane = lane_find(spool, id, url);

	if (lane && --lane->count == 0)
		lane_free(spool, lane);
}

static void receiver_free(struct spool *spool, struct receiver *receiver)
{
	HASH_DEL(spool->receivers, receiver);
	free(receiver->url);
	free(receiver);
}

/* What is known of the idle ones is forgotten when there are too many. */
static void forget_receivers(struct spool *spool)
{
	struct receiver *receiver, *next;

	if (HASH_COUNT(spool->receivers) < MAX_RECEIVERS)
		return;
	HASH_ITER (hh, spool->receivers, receiver, next)
		if (receiver->running == 0)
			receiver_free(spool, receiver);
}

static struct receiver *receiver_of(struct spool *spool, const char *url)
{
	struct receiver *receiver;

	HASH_FIND_STR(spool->receivers, url, receiver);
	if (receiver)
		return receiver;
	forget_receivers(spool);
	receiver = xcalloc(1, sizeof(*receiver));
	receiver->url = xstrdup(url);
	HASH_ADD_KEYPTR(hh, spool->receivers, receiver->url, strlen(receiver->url), receiver);
	return receiver;
}

/* --- one attempt --- */

static void attempt_free(struct attempt *a)
{
	HASH_DEL(a->spool->attempts, a);
	a->receiver->running--;
	http_cancel(a->request);
	free(a->lane);
	free(a);
}

static void drop(struct spool *spool, int64_t event, const char *lane, const char *url)
{
	store_drop_event(spool->config.store, event);
	lane_remove(spool, lane, url);
	spool->size -= spool->size > 0;
}

static void on_delivered(struct attempt *a)
{
	struct spool *spool = a->spool;
	struct receiver *receiver = a->receiver;

	drop(spool, a->event, a->lane, receiver->url);
	if (receiver->failures > 0) {
		log_info(a->lane, "a receiver of events answers again");
		store_time_events(spool->config.store, receiver->url, (int64_t)clock_wall());
	}
	receiver->failures = 0;
	receiver->until = 0;
}

static void on_failed(struct attempt *a, const struct http_response *r)
{
	struct spool *spool = a->spool;
	struct receiver *receiver = a->receiver;
	uint64_t delay = spool_delay(spool->limits.retry_us, ++receiver->failures, id_random_u32());
	char *url = url_for_log(receiver->url);

	log_warn(a->lane, "webhook %s: %s (status %d); again in %llu ms", url, webhook_reason(r),
		r->status, (unsigned long long)(delay / USEC_PER_MSEC));
	free(url);
	receiver->until = (int64_t)(clock_wall() + delay);
	store_delay_event(spool->config.store, a->event, receiver->until, webhook_reason(r));
	store_time_events(spool->config.store, receiver->url, receiver->until);
}

static void on_refused(struct attempt *a, const struct http_response *r)
{
	char *url = url_for_log(a->receiver->url);

	log_warn(a->lane, "webhook %s: %s (status %d); the event is dropped", url,
		webhook_reason(r), r->status);
	free(url);
	on_delivered(a);
}

static void on_response(void *arg, const struct http_response *r)
{
	struct attempt *a = arg;
	struct spool *spool = a->spool;

	a->request = NULL;
	if (webhook_delivered(r))
		on_delivered(a);
	else if (webhook_may_come_through(r))
		on_failed(a, r);
	else
		on_refused(a, r);
	attempt_free(a);
	look(spool);
}

static void try_event(struct spool *spool, const struct store_event *e, struct receiver *receiver)
{
	const struct webhook_env *env = spool->config.env;
	const struct config_application *app =
		spool->config.find(spool->config.arg, e->application);
	char trace[WEBHOOK_TRACE_SIZE];
	struct json_object *body = NULL;
	struct attempt *a = xcalloc(1, sizeof(*a));
	struct webhook_request request = {.url = e->url,
		.method = e->method,
		.trace_id = trace,
		.max_bytes = env->limits.max_bytes};

	if (json_parse(e->body, strlen(e->body), &body, NULL, NULL) < 0)
		body = json_object_new_object();
	webhook_new_trace(trace);
	request.body = body;
	request.app = app ? app : &unknown_application;
	request.timeout_ms = request.app->webhook_policy.event_timeout_ms;
	request.client = webhook_configured(request.app, e->url) ? env->trusted : env->guarded;
	a->spool = spool;
	a->event = e->id;
	a->lane = xstrdup(e->lane);
	a->receiver = receiver;
	receiver->running++;
	HASH_ADD(hh, spool->attempts, event, sizeof(a->event), a);
	a->request = webhook_send(&request, on_response, a);
	json_object_put(body);
}

/* --- what is due --- */

static void consider(struct spool *spool, const struct store_event *e, int64_t now)
{
	struct receiver *receiver = receiver_of(spool, e->url);
	struct attempt *running;

	HASH_FIND(hh, spool->attempts, &e->id, sizeof(e->id), running);
	if (running)
		return;
	if (now - e->begun > (int64_t)spool->limits.keep_us) {
		log_error(
			e->lane, "event %s was not delivered in time and is dropped", e->event_id);
		drop(spool, e->id, e->lane, e->url);
		return;
	}
	/* What an earlier process has learned of it. */
	if (receiver->failures == 0 && receiver->running == 0 && e->tries > 1)
		receiver->failures = (unsigned)e->tries - 1;
	if (receiver->until > now || receiver->running >= (receiver->failures ? 1 : PER_RECEIVER))
		return;
	try_event(spool, e, receiver);
}

/* Wakes for the next; what is on its way is due too, so not at once. */
static void wait_for_next(struct spool *spool, int64_t next, int64_t now)
{
	int64_t least = (int64_t)spool->limits.retry_us / 2, wait = next - now;

	if (next == 0)
		return;
	if (least > (int64_t)USEC_PER_SEC)
		least = USEC_PER_SEC;
	timer_start(&spool->timer, (uint64_t)(wait > least ? wait : least));
}

static void on_due(void *arg, int error, const struct store_event_page *page)
{
	struct spool *spool = arg;
	int64_t now = (int64_t)clock_wall();

	spool->looking = NULL;
	if (error < 0) {
		timer_start(&spool->timer, USEC_PER_SEC);
		return;
	}
	if (!spool->sized)
		spool->size += page->total;
	if (!spool->sized && page->total > 0)
		log_info(NULL, "%llu events wait in the spool", (unsigned long long)page->total);
	spool->sized = true;
	if (spool->again) { /* what has been delivered meanwhile may be in the page */
		look(spool);
		return;
	}
	for (size_t i = 0; i < page->count; i++)
		consider(spool, &page->rows[i], now);
	wait_for_next(spool, page->next, now);
}

static void look(struct spool *spool)
{
	spool->again = spool->looking != NULL;
	if (spool->again)
		return;
	timer_stop(&spool->timer);
	spool->looking =
		store_due_events(spool->config.store, (int64_t)clock_wall(), PAGE, on_due, spool);
}

static void on_timer(void *arg)
{
	look(arg);
}

/* --- from outside --- */

void spool_add(struct spool *spool, const char *lane, const char *application, const char *url,
	const char *method, struct json_object *body, const char *error)
{
	struct store_event event = {.lane = (char *)lane,
		.application = (char *)(application ? application : ""),
		.event_id = (char *)json_text(body, "event_id", ""),
		.url = (char *)url,
		.method = (char *)method,
		.body = (char *)json_print(body),
		.begun = (int64_t)clock_wall(),
		.tries = 1,
		.error = (char *)error};
	struct receiver *receiver;

	if (!spool || spool->size >= spool->limits.events) {
		log_error(lane, "an event is lost: %s",
			spool ? "the spool is full" : "there is no spool");
		return;
	}
	receiver = receiver_of(spool, url);
	if (receiver->failures == 0) {
		receiver->failures = 1;
		receiver->until = event.begun +
				  (int64_t)spool_delay(spool->limits.retry_us, 1, id_random_u32());
	}
	event.next = receiver->until > event.begun ? receiver->until : event.begun;
	store_add_event(spool->config.store, &event, NULL, NULL);
	lane_add(spool, lane, url);
	spool->size++;
	if (!timer_running(&spool->timer))
		timer_start(&spool->timer, (uint64_t)(event.next - event.begun) + USEC_PER_MSEC);
}

void spool_retry(struct spool *spool)
{
	struct receiver *receiver, *next;

	HASH_ITER (hh, spool->receivers, receiver, next)
		receiver->until = 0;
	store_time_events(spool->config.store, NULL, (int64_t)clock_wall());
	look(spool);
}

static void dropping_end(struct dropping *dropping, int error)
{
	store_done_fn *done = dropping->done;
	void *arg = dropping->arg;

	LIST_REMOVE(dropping, link);
	free(dropping);
	done(arg, error);
}

static void on_taken(void *arg, int error, const struct store_event *event)
{
	struct dropping *dropping = arg;
	struct spool *spool = dropping->spool;

	if (event) {
		lane_remove(spool, event->lane, event->url);
		spool->size -= spool->size > 0;
	}
	dropping_end(dropping, error);
}

void spool_drop(struct spool *spool, int64_t id, store_done_fn *done, void *arg)
{
	struct dropping *dropping = xcalloc(1, sizeof(*dropping));
	struct attempt *running;

	HASH_FIND(hh, spool->attempts, &id, sizeof(id), running);
	if (running)
		attempt_free(running);
	dropping->spool = spool;
	dropping->done = done;
	dropping->arg = arg;
	LIST_INSERT_HEAD(&spool->droppings, dropping, link);
	dropping->request = store_take_event(spool->config.store, id, on_taken, dropping);
	look(spool); /* after it is gone */
}

size_t spool_size(const struct spool *spool)
{
	return spool ? spool->size : 0;
}

void spool_set_limits(struct spool *spool, const struct spool_limits *limits)
{
	spool->limits = *limits;
}

struct spool *spool_new(const struct spool_config *config, const struct spool_limits *limits)
{
	struct spool *spool = xcalloc(1, sizeof(*spool));

	spool->config = *config;
	spool->limits = *limits;
	LIST_INIT(&spool->droppings);
	timer_init(&spool->timer, config->loop, on_timer, spool);
	look(spool);
	return spool;
}

struct spool *spool_free(struct spool *spool)
{
	struct attempt *a, *next_attempt;
	struct receiver *receiver, *next_receiver;
	struct lane *lane, *next_lane;
	struct dropping *dropping;

	if (!spool)
		return NULL;
	timer_stop(&spool->timer);
	store_cancel(spool->looking);
	while ((dropping = LIST_FIRST(&spool->droppings))) {
		store_cancel(dropping->request);
		dropping_end(dropping, -ECANCELED);
	}
	HASH_ITER (hh, spool->attempts, a, next_attempt)
		attempt_free(a);
	HASH_ITER (hh, spool->receivers, receiver, next_receiver)
		receiver_free(spool, receiver);
	HASH_ITER (hh, spool->lanes, lane, next_lane) {
		lane_free(spool, lane);
	}
	free(spool);
	return NULL;
}
