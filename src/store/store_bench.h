/* store_bench.h - a store in a directory of its own, for tests, and waiting for its answers. */
#ifndef STORE_STORE_BENCH_H
#define STORE_STORE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"

#define BENCH_WAIT_US (20 * UINT64_C(1000000))

struct bench {
	struct loop *loop;
	struct store *store;
	char folder[32], path[64];
	size_t max_waiting;
	/* what came of the last request */
	bool told;
	int error;
	struct store_call call; /* texts are borrowed until the next */
	bool found;
	uint64_t total;
	size_t count;
	char *uuids[128];
	struct store_claim claim;
	char body[128];
	struct store_event events[128]; /* numbers only, and */
	char event_ids[128][40];
	int64_t next;
	struct store_recording recording;
	char texts[16][64];
};

struct bench *bench_new(void);
struct bench *bench_free(struct bench *b); /* removes the files; returns NULL */
void bench_open(struct bench *b);
void bench_close(struct bench *b);
void bench_reopen(struct bench *b);
int setup(void **state);
int teardown(void **state);

/* Until the callback has come. */
void bench_wait(struct bench *b);

/* Callbacks; arg is the bench. */
void on_done(void *arg, int error);
void on_call(void *arg, int error, const struct store_call *call);
void on_page(void *arg, int error, const struct store_page *page);
void on_claim(void *arg, int error, const struct store_claim *claim);
void on_events(void *arg, int error, const struct store_event_page *page);
void on_recording(void *arg, int error, const struct store_recording *recording);
void on_recordings(void *arg, int error, const struct store_recording_page *page);

/* Puts it and waits for it. */
void bench_put(struct bench *b, const struct store_call *call);

#endif
