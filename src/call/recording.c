#include "call/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/recording_sweep.h"
#include "loop/worker.h"
#include "media/recorder.h"

#define THREADS	    2
#define DRAIN_US    (500 * USEC_PER_MSEC)
#define SWEEP_FIRST (60 * USEC_PER_SEC)
#define SWEEP_EVERY (24 * 3600 * USEC_PER_SEC)
#define BLOCK_MS    10 /* of a tape: 20 ms of one of two directions */

struct recording_store {
	struct loop *loop;
	struct worker_pool *workers;
	char *directory;
	unsigned keep_days;
	bool fails;
	struct timer sweep;
};

struct recording {
	struct recording_store *store;
	struct media_leg *leg;
	struct media_tape *tape;
	struct recorder *recorder;
	unsigned silence_ms;
	char id[ID_SIZE];
	uint64_t start_wall, end_wall;
	struct timer drain;
	bool stopping, released; /* untaped; the media thread has let the tape go */
	bool busy, last;	 /* a job runs; it is the last one */
	int error;		 /* of the job */
	void (*on_ended)(void *arg, const struct recording_result *result); /* NULL: abandoned */
	void *arg;
};

/* --- one recording --- */

static void recording_free(struct recording *r)
{
	timer_stop(&r->drain);
	recorder_free(r->recorder);
	media_tape_free(r->tape);
	free(r);
}

static void run_drain(void *arg)
{
	struct recording *r = arg;

	r->error = recorder_drain(r->recorder, r->last);
}

static void finish(struct recording *r)
{
	struct recording_result result = {
		.id = r->id,
		.size = recorder_size(r->recorder),
		.start_wall = r->start_wall,
		.end_wall = r->end_wall,
		.lost_ms = recorder_lost_blocks(r->recorder) * BLOCK_MS,
		.error = r->error ? strerror(-r->error) : NULL,
	};

	if (r->on_ended)
		r->on_ended(r->arg, &result);
	recording_free(r);
}

static void drain(struct recording *r);

static void drain_done(void *arg)
{
	struct recording *r = arg;

	r->busy = false;
	r->store->fails = r->error < 0;
	if (r->last) {
		finish(r);
		return;
	}
	if (r->error || (r->silence_ms && recorder_silent_ms(r->recorder) >= r->silence_ms))
		recording_stop(r);
	if (r->released)
		drain(r);
	else
		timer_start(&r->drain, DRAIN_US);
}

/* The store ends: what is on the tape is still written, on this thread. */
static void drain_dropped(void *arg)
{
	struct recording *r = arg;

	recorder_drain(r->recorder, true);
	recording_free(r);
}

static const struct job_ops drain_ops = {
	.run = run_drain, .done = drain_done, .drop = drain_dropped};

static void drain(struct recording *r)
{
	timer_stop(&r->drain);
	r->busy = true;
	r->last = r->released;
	worker_submit(r->store->workers, &drain_ops, r);
}

static void on_drain(void *arg)
{
	drain(arg);
}

static void on_released(void *arg)
{
	struct recording *r = arg;

	r->released = true;
	r->leg = NULL;
	if (!r->end_wall)
		r->end_wall = clock_wall();
	if (!r->busy)
		drain(r);
}

struct recording *recording_start(struct recording_store *store, struct media_leg *leg,
	const struct recording_spec *spec,
	void (*on_ended)(void *arg, const struct recording_result *result), void *arg)
{
	struct recording *r = xcalloc(1, sizeof(*r));
	char id[ID_SIZE], *path;

	path = xasprintf("%s/%s.%s", store->directory, id_new(id), spec->format->name);
	memcpy(r->id, id, sizeof(id));
	r->store = store;
	r->leg = leg;
	r->silence_ms = spec->silence_ms;
	r->start_wall = clock_wall();
	r->on_ended = on_ended;
	r->arg = arg;
	r->tape = media_tape_new();
	r->recorder = recorder_new(
		&(struct recorder_config){
			.path = path, .format = spec->format, .channels = spec->channels},
		r->tape);
	timer_init(&r->drain, store->loop, on_drain, r);
	/* At once, so that a file that cannot be made is known soon. */
	timer_start(&r->drain, 0);
	media_leg_tape(leg, r->tape, on_released, r);
	free(path);
	return r;
}

void recording_pause(struct recording *r, bool paused)
{
	if (!r->stopping && r->leg)
		media_leg_pause_tape(r->leg, r->tape, paused);
}

void recording_stop(struct recording *r)
{
	if (r->stopping || r->released)
		return;
	r->stopping = true;
	r->end_wall = clock_wall();
	media_leg_untape(r->leg, r->tape);
}

void recording_abandon(struct recording *r)
{
	r->on_ended = NULL;
	recording_stop(r);
}

/* --- the store --- */

static void on_sweep(void *arg)
{
	struct recording_store *store = arg;

	if (store->keep_days)
		recording_sweep(store->workers, store->directory, store->keep_days);
	timer_start(&store->sweep, SWEEP_EVERY);
}

struct recording_store *recording_store_new(
	struct loop *loop, const char *directory, unsigned keep_days, char **ret_error)
{
	struct recording_store *store;

	if ((mkdir(directory, 0700) < 0 && errno != EEXIST) ||
		access(directory, R_OK | W_OK | X_OK) < 0) {
		*ret_error = xasprintf(
			"recording.path: %s cannot be written: %s", directory, strerror(errno));
		return NULL;
	}
	store = xcalloc(1, sizeof(*store));
	store->loop = loop;
	store->directory = xstrdup(directory);
	store->keep_days = keep_days;
	store->workers = worker_pool_new(loop, "recorder", THREADS);
	timer_init(&store->sweep, loop, on_sweep, store);
	timer_start(&store->sweep, SWEEP_FIRST);
	return store;
}

void recording_store_keep(struct recording_store *store, unsigned keep_days)
{
	store->keep_days = keep_days;
}

bool recording_store_fails(const struct recording_store *store)
{
	return store->fails;
}

struct recording_store *recording_store_free(struct recording_store *store)
{
	if (!store)
		return NULL;
	timer_stop(&store->sweep);
	worker_pool_free(store->workers);
	free(store->directory);
	free(store);
	return NULL;
}
