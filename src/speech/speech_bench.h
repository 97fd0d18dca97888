/* speech_bench.h - for tests: speech in a temporary directory, with adapters that the tests
 * write there, and listeners that note what comes. */
#ifndef SPEECH_BENCH_H
#define SPEECH_BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "loop/loop.h"
#include "speech/speech.h"

struct speech_bench {
	struct loop *loop;
	struct speech *speech;
	char dir[64];
	struct timer timer;
	unsigned expected;
	/* For speech_open(). */
	const char *options; /* JSON; NULL: none */
	unsigned breaker_failures;
};

/* One request: data on a speech thread, the rest on the core thread after done. */
struct speech_listener {
	struct speech_bench *bench;
	struct strbuf wav;
	atomic_size_t received;
	int refuse; /* what data() returns */
	bool done;
	int error;
	char *message;
	uint64_t duration_us, start;
	struct speech_job *job;
};

/* For cmocka; the teardown also sees that no process is left. */
int speech_setup(void **state);
int speech_teardown(void **state);

/* Opens b->speech with the adapters "first", "second" and "third", two at a time. 0: default. */
void speech_open(struct speech_bench *b, unsigned timeout_ms, size_t max_output);
/* The script answers --capabilities with `capabilities` and counts its runs in "runs". */
void speech_add_adapter(
	struct speech_bench *b, const char *name, const char *capabilities, const char *script);
/* Lines of "runs" that hold text. */
unsigned speech_count_runs(struct speech_bench *b, const char *text);
unsigned speech_count_entries(const char *path);
unsigned speech_cached_files(struct speech_bench *b);
/* Of a file in the bench's directory; owned by the caller. */
char *speech_path(struct speech_bench *b, const char *name);

/* The loop stops when all that were begun are done. */
void speech_begin(struct speech_bench *b, struct speech_listener *l, struct speech_request request);
void speech_release(struct speech_listener *l);
/* Speaks and compares; `error` is how it must end, wav NULL compares no sound. */
void speech_say(struct speech_bench *b, struct speech_request request, const char *wav, int error);

#endif
