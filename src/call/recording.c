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
#include "call/recording_row.h"
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
	struct store *rows;
	char *directory;
	unsigned keep_days;
	bool fails;
	struct timer sweep;
	struct timer tick; /* empties all tapes */
	LIST_HEAD(recording_list, recording) all;
};

/* A tape on a leg. The tape is the recorder's. */
struct strand {
	LIST_ENTRY(strand) link;
	struct recording *recording;
	struct media_leg *leg;
	struct media_tape *tape;
	bool untaped;
};

struct recording {
	LIST_ENTRY(recording) link;
	struct recording_store *store;
	LIST_HEAD(strand_list, strand) strands; /* that the media thread has */
	struct strand *own;			/* the caller's; NULL: let go */
	struct strand *alone; /* of many channels: what the caller hears while nobody is there */
	unsigned channels, next_channel, parties;
	uint64_t paused_at, paused_us; /* monotonic, 0: it is not; in all */
	struct recorder *recorder;
	unsigned silence_ms;
	char id[ID_SIZE];
	struct store_recording row;
	uint64_t start_wall, end_wall;
	bool stopping, released; /* untaped; the media thread has let all tapes go */
	bool busy, last;	 /* in a batch; for the last time */
	int error;		 /* of the last batch */
	void (*on_ended)(void *arg, const struct recording_result *result); /* NULL: abandoned */
	void (*on_begun)(void *arg); /* NULL: nobody waits for that */
	void *arg;
};

/* Recordings that one worker empties, one after the other: to be woken for each of them would cost
 * more than the work. */
struct batch {
	struct recording_store *store;
	size_t count;
	struct recording *items[];
};

/* --- one recording --- */

static void recording_free(struct recording *r)
{
	LIST_REMOVE(r, link);
	recording_row_end(r->store->rows, &r->row, r->end_wall ? r->end_wall : clock_wall(),
		recorder_size(r->recorder));
	recording_row_release(&r->row);
	recorder_free(r->recorder);
	free(r);
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

static void tell_begun(struct recording *r)
{
	void (*on_begun)(void *arg) = r->on_begun;

	r->on_begun = NULL;
	if (on_begun && !r->error)
		on_begun(r->arg);
}

static void drain(struct recording *r);

static void drained(struct recording *r)
{
	r->busy = false;
	r->store->fails = r->error < 0;
	if (r->last) {
		finish(r);
		return;
	}
	tell_begun(r);
	if (r->error || (r->silence_ms && recorder_silent_ms(r->recorder) >= r->silence_ms))
		recording_stop(r);
	if (r->released)
		drain(r);
}

/* --- batches --- */

static void run_batch(void *arg)
{
	struct batch *batch = arg;

	for (size_t i = 0; i < batch->count; i++) {
		struct recording *r = batch->items[i];

		r->error = recorder_drain(r->recorder, r->last);
	}
}

static void batch_done(void *arg)
{
	struct batch *batch = arg;

	for (size_t i = 0; i < batch->count; i++)
		drained(batch->items[i]);
	free(batch);
}

/* The store ends: what is on the tapes is still written, on this thread. */
static void batch_dropped(void *arg)
{
	struct batch *batch = arg;

	for (size_t i = 0; i < batch->count; i++) {
		recorder_drain(batch->items[i]->recorder, true);
		recording_free(batch->items[i]);
	}
	free(batch);
}

static const struct job_ops batch_ops = {
	.run = run_batch, .done = batch_done, .drop = batch_dropped};

static struct batch *batch_new(struct recording_store *store, size_t size)
{
	struct batch *batch = xcalloc(1, sizeof(*batch) + size * sizeof(batch->items[0]));

	batch->store = store;
	return batch;
}

static void batch_add(struct batch *batch, struct recording *r)
{
	r->busy = true;
	r->last = r->released;
	batch->items[batch->count++] = r;
}

static void batch_send(struct batch *batch)
{
	if (batch->count)
		worker_submit(batch->store->workers, &batch_ops, batch);
	else
		free(batch);
}

/* At once, by itself. */
static void drain(struct recording *r)
{
	struct batch *batch = batch_new(r->store, 1);

	batch_add(batch, r);
	batch_send(batch);
}

/* A batch for each thread. */
static void on_tick(void *arg)
{
	struct recording_store *store = arg;
	struct batch *batches[THREADS];
	struct recording *r;
	size_t count = 0, at = 0;

	LIST_FOREACH (r, &store->all, link)
		count++;
	for (size_t i = 0; i < THREADS; i++)
		batches[i] = batch_new(store, count / THREADS + 1);
	LIST_FOREACH (r, &store->all, link) {
		if (!r->busy)
			batch_add(batches[at++ % THREADS], r);
	}
	for (size_t i = 0; i < THREADS; i++)
		batch_send(batches[i]);
	if (count)
		timer_start(&store->tick, DRAIN_US);
}

/* --- beginning and ending --- */

static void untape(struct strand *strand)
{
	if (!strand->untaped)
		media_leg_untape(strand->leg, strand->tape);
	strand->untaped = true;
}

/* Those of a leg that is gone come back by themselves. */
static void untape_all(struct recording *r, const struct media_leg *gone)
{
	struct strand *strand;

	LIST_FOREACH (strand, &r->strands, link) {
		if (strand->leg != gone)
			untape(strand);
	}
}

static void on_released(void *arg)
{
	struct strand *strand = arg;
	struct recording *r = strand->recording;

	recorder_end(r->recorder, strand->tape);
	LIST_REMOVE(strand, link);
	r->alone = strand == r->alone ? NULL : r->alone;
	if (strand == r->own) { /* the caller has gone, or it was stopped */
		r->own = NULL;
		r->stopping = true;
		untape_all(r, strand->leg);
	}
	free(strand);
	if (!r->stopping || !LIST_EMPTY(&r->strands))
		return;
	r->released = true;
	if (!r->end_wall)
		r->end_wall = clock_wall();
	if (!r->busy)
		drain(r);
}

/* Puts a tape on a leg; channels as in recorder.h. */
static struct strand *tape(
	struct recording *r, struct media_leg *leg, int heard_channel, int sent_channel)
{
	struct strand *strand = xcalloc(1, sizeof(*strand));
	uint64_t pause = r->paused_at ? clock_mono() - r->paused_at : 0;

	strand->recording = r;
	strand->leg = leg;
	strand->tape = media_tape_new();
	LIST_INSERT_HEAD(&r->strands, strand, link);
	recorder_add(r->recorder, strand->tape, heard_channel, sent_channel, r->paused_us + pause);
	media_leg_tape(leg, strand->tape, on_released, strand);
	if (r->paused_at)
		media_leg_pause_tape(leg, strand->tape, true);
	return strand;
}

static void tape_caller(struct recording *r, struct media_leg *leg)
{
	bool many = r->channels > 2;

	r->own = tape(r, leg, 0, many ? RECORDER_NOWHERE : (int)r->channels - 1);
	if (many)
		r->alone = tape(r, leg, RECORDER_NOWHERE, 1);
}

void recording_add_party(struct recording *r, struct media_leg *leg)
{
	if (r->channels <= 2 || r->stopping)
		return;
	if (r->alone)
		untape(r->alone);
	r->alone = NULL;
	r->parties++;
	tape(r, leg, (int)r->next_channel++, RECORDER_NOWHERE);
}

void recording_drop_party(struct recording *r, struct media_leg *leg)
{
	struct strand *strand;

	LIST_FOREACH (strand, &r->strands, link) {
		if (strand->leg != leg || strand == r->own || strand->untaped)
			continue;
		untape(strand);
		r->parties--;
	}
	if (r->channels > 2 && !r->stopping && r->parties == 0 && !r->alone)
		r->alone = tape(r, r->own->leg, RECORDER_NOWHERE, 1);
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
	r->channels = spec->channels;
	r->next_channel = 1;
	LIST_INIT(&r->strands);
	r->silence_ms = spec->silence_ms;
	r->start_wall = clock_wall();
	r->on_ended = on_ended;
	r->arg = arg;
	r->recorder = recorder_new(
		&(struct recorder_config){
			.path = path, .format = spec->format, .channels = spec->channels},
		NULL);
	recording_row_begin(store->rows, &r->row, r->id, spec, r->start_wall);
	LIST_INSERT_HEAD(&store->all, r, link);
	tape_caller(r, leg);
	/* At once, so that a file that cannot be made is known soon. */
	drain(r);
	if (!timer_running(&store->tick))
		timer_start(&store->tick, DRAIN_US);
	free(path);
	return r;
}

void recording_watch(struct recording *r, void (*on_begun)(void *arg))
{
	r->on_begun = on_begun;
}

void recording_pause(struct recording *r, bool paused)
{
	struct strand *strand;

	if (r->stopping || paused == (r->paused_at != 0))
		return;
	if (!paused)
		r->paused_us += clock_mono() - r->paused_at;
	r->paused_at = paused ? clock_mono() : 0;
	LIST_FOREACH (strand, &r->strands, link) {
		if (!strand->untaped)
			media_leg_pause_tape(strand->leg, strand->tape, paused);
	}
}

void recording_stop(struct recording *r)
{
	if (r->stopping)
		return;
	r->stopping = true;
	r->end_wall = clock_wall();
	untape_all(r, NULL);
}

void recording_abandon(struct recording *r)
{
	r->on_ended = NULL;
	r->on_begun = NULL;
	recording_stop(r);
}

/* --- the store --- */

static void on_sweep(void *arg)
{
	struct recording_store *store = arg;

	if (store->keep_days) {
		recording_sweep(store->workers, store->directory, store->keep_days);
		recording_rows_forget(store->rows, store->keep_days);
	}
	timer_start(&store->sweep, SWEEP_EVERY);
}

struct recording_store *recording_store_new(struct loop *loop, struct store *rows,
	const char *directory, unsigned keep_days, char **ret_error)
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
	store->rows = rows;
	store->directory = xstrdup(directory);
	store->keep_days = keep_days;
	store->workers = worker_pool_new(loop, "recorder", THREADS);
	LIST_INIT(&store->all);
	timer_init(&store->tick, loop, on_tick, store);
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
	timer_stop(&store->tick);
	worker_pool_free(store->workers);
	free(store->directory);
	free(store);
	return NULL;
}
