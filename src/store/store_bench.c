#include "store/store_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

void bench_open(struct bench *b)
{
	struct store_config config = {
		.path = b->path, .node = "node-1", .max_waiting = b->max_waiting};
	char *error = NULL;

	b->store = store_new(b->loop, &config, &error);
	if (!b->store)
		fail_msg("%s", error);
}

void bench_close(struct bench *b)
{
	b->store = store_free(b->store);
}

void bench_reopen(struct bench *b)
{
	bench_close(b);
	bench_open(b);
}

struct bench *bench_new(void)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	snprintf(b->folder, sizeof(b->folder), "/tmp/nccod-store-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/nccod.db", b->folder);
	b->loop = loop_new();
	return b;
}

static void forget(struct bench *b)
{
	for (size_t i = 0; i < b->count && i < 128; i++) {
		free(b->uuids[i]);
		b->uuids[i] = NULL;
	}
	b->count = 0;
}

struct bench *bench_free(struct bench *b)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-lock"};

	bench_close(b);
	loop_free(b->loop);
	forget(b);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		char *path = xasprintf("%s%s", b->path, ends[i]);

		unlink(path);
		free(path);
	}
	rmdir(b->folder);
	free(b);
	return NULL;
}

int setup(void **state)
{
	struct bench *b = bench_new();

	bench_open(b);
	*state = b;
	return 0;
}

int teardown(void **state)
{
	*state = bench_free(*state);
	return 0;
}

void bench_wait(struct bench *b)
{
	uint64_t end = clock_mono() + BENCH_WAIT_US;

	while (!b->told) {
		assert_true(clock_mono() < end);
		event_base_loop(loop_base(b->loop), EVLOOP_ONCE);
	}
	b->told = false;
}

static void tell(struct bench *b, int error)
{
	b->told = true;
	b->error = error;
}

void on_done(void *arg, int error)
{
	tell(arg, error);
}

static char *keep(struct bench *b, size_t at, const char *text)
{
	if (!text)
		return NULL;
	snprintf(b->texts[at], sizeof(b->texts[at]), "%s", text);
	return b->texts[at];
}

void on_call(void *arg, int error, const struct store_call *call)
{
	struct bench *b = arg;

	tell(b, error);
	b->found = call != NULL;
	if (!call)
		return;
	b->call = *call;
	b->call.uuid = keep(b, 0, call->uuid);
	b->call.conversation_uuid = keep(b, 1, call->conversation_uuid);
	b->call.application = keep(b, 2, call->application);
	b->call.node = keep(b, 3, call->node);
	b->call.direction = keep(b, 4, call->direction);
	b->call.status = keep(b, 5, call->status);
	b->call.from_type = keep(b, 6, call->from_type);
	b->call.from = keep(b, 7, call->from);
	b->call.to_type = keep(b, 8, call->to_type);
	b->call.to = keep(b, 9, call->to);
	b->call.rate = keep(b, 10, call->rate);
	b->call.price = keep(b, 11, call->price);
	b->call.network = keep(b, 12, call->network);
	b->call.disconnected_by = keep(b, 13, call->disconnected_by);
	b->call.client_state = keep(b, 14, call->client_state);
	b->call.detail = keep(b, 15, call->detail);
}

void on_page(void *arg, int error, const struct store_page *page)
{
	struct bench *b = arg;

	tell(b, error);
	forget(b);
	b->total = page->total;
	b->count = page->count;
	for (size_t i = 0; i < page->count && i < 128; i++)
		b->uuids[i] = xstrdup(page->rows[i].uuid);
}

void on_claim(void *arg, int error, const struct store_claim *claim)
{
	struct bench *b = arg;

	tell(b, error);
	b->claim = *claim;
	snprintf(b->body, sizeof(b->body), "%s", claim->body ? claim->body : "");
	b->claim.body = b->body;
}

void on_events(void *arg, int error, const struct store_event_page *page)
{
	struct bench *b = arg;

	tell(b, error);
	forget(b);
	b->total = page->total;
	b->next = page->next;
	b->count = page->count;
	for (size_t i = 0; i < page->count && i < 128; i++) {
		b->events[i] = page->rows[i];
		snprintf(b->event_ids[i], sizeof(b->event_ids[i]), "%s", page->rows[i].event_id);
	}
}

void on_recording(void *arg, int error, const struct store_recording *recording)
{
	struct bench *b = arg;

	tell(b, error);
	b->found = recording != NULL;
	if (!recording)
		return;
	b->recording = *recording;
	b->recording.id = keep(b, 0, recording->id);
	b->recording.application = keep(b, 1, recording->application);
	b->recording.call_uuid = keep(b, 2, recording->call_uuid);
	b->recording.conversation_uuid = keep(b, 3, recording->conversation_uuid);
	b->recording.format = keep(b, 4, recording->format);
}

void on_recordings(void *arg, int error, const struct store_recording_page *page)
{
	struct bench *b = arg;

	tell(b, error);
	forget(b);
	b->total = page->total;
	b->count = page->count;
	for (size_t i = 0; i < page->count && i < 128; i++)
		b->uuids[i] = xstrdup(page->rows[i].id);
}

void bench_put(struct bench *b, const struct store_call *call)
{
	store_put_call(b->store, call, on_done, b);
	bench_wait(b);
	assert_int_equal(b->error, 0);
}
