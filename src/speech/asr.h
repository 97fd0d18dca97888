/* asr.h - speech to text through adapter programs.
 *
 * An adapter is any executable in the adapters' directory. Its stdin is sound while it is spoken:
 * 16 bit, little endian, mono, without a header. In its environment: NCCO_RATE, NCCO_LANGUAGE,
 * NCCO_HINTS (what is likely to be said, a line each), NCCO_PARTIAL=1 when results before the end
 * are wanted, NCCO_WORDS=1 when the times of words are, its options as NCCO_OPT_*. It writes one
 * JSON object in a line for each result (asr_result.h), diagnostics on stderr, and exits with 0;
 * with 2 when nothing is wrong but the request (a language that it does not know).
 *
 * An adapter runs on a thread of ours; handlers, and all functions, are for the core thread. When
 * no adapter is asked for, the default is followed by the fallbacks until one has a final result:
 * each is given the sound from its beginning. */
#ifndef SPEECH_ASR_H
#define SPEECH_ASR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"
#include "speech/asr_result.h"

/* What an utterance is cut off at: adapters are given no more. */
#define ASR_MAX_SECONDS 125

struct asr;
struct asr_job;

struct asr_config {
	const char *adapter_dir;     /* asr-adapters/ */
	const char *adapter;	     /* default, "pocketsphinx" */
	const char *const *fallback; /* NULL-terminated names, or NULL */
	unsigned breaker_failures, breaker_seconds;
	struct json_object *options; /* of each adapter, a table of texts; NULL: none */
	unsigned concurrency;	     /* adapters at once, 0: 8; four times as many may wait */
	unsigned timeout_ms;	     /* for a result after the end of the sound, 0: 20000 */
};

struct asr *asr_new(struct loop *loop, const struct asr_config *config, char **ret_error);
struct asr *asr_free(struct asr *asr); /* kills adapters; no handler is called; NULL allowed */
/* What is asked for from now on goes with these options. */
void asr_set_options(struct asr *asr, struct json_object *options);

struct asr_request {
	const char *adapter;	  /* NULL: the default, then the fallbacks */
	const char *language;	  /* BCP 47, NULL: en-US */
	const char *const *hints; /* NULL-terminated, or NULL */
	unsigned rate;		  /* Hz */
	bool partial, words;
	struct json_object *options; /* as the script has them, or NULL */
};

struct asr_handler {
	/* The result is borrowed. A final one ends the partial ones; more of them are other
	 * guesses, less likely. May be NULL. */
	void (*on_result)(void *arg, const struct asr_result *result);
	/* Once, last: 0, or negative errno and a text that names the adapter and what it said. */
	void (*on_done)(void *arg, int error, const char *message);
};

/* Never NULL; what is wrong is told by on_done. */
struct asr_job *asr_start(struct asr *asr, const struct asr_request *request,
	const struct asr_handler *handler, void *arg);
/* Copies the sound. What is said past ASR_MAX_SECONDS is not heard. */
void asr_feed(struct asr_job *job, const int16_t *pcm, size_t samples);
void asr_finish(struct asr_job *job); /* that was all of the sound; idempotent */
/* The handler is not called any more; NULL allowed. Not after on_done. */
void asr_cancel(struct asr_job *job);

#endif
