/* speech.h - text to speech through adapter programs, cached on disk.
 *
 * An adapter is any executable in the adapters' directory: text or SSML on stdin, language,
 * style, voice and rate in NCCO_LANGUAGE, NCCO_STYLE, NCCO_VOICE, NCCO_RATE, its options as
 * NCCO_OPT_*, WAV on stdout as it is made, diagnostics on stderr, exit 0; 2 when nothing is wrong
 * but the request (a language that it does not speak). `NAME --capabilities` may print "ssml" when
 * it takes SSML, else tags are stripped before it sees the text, and "option:KEY" for each option
 * that scripts may set.
 *
 * When no adapter is asked for, the default is followed by the fallbacks until one has spoken. They
 * are not told the voice and the script's options, which are meant for the default.
 *
 * Speech has worker threads of its own (their number bounds the adapters that run at once).
 * The sink runs on such a thread, everything else on the core thread. */
#ifndef SPEECH_SPEECH_H
#define SPEECH_SPEECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "loop/loop.h"

struct speech;
struct speech_job;

struct speech_config {
	const char *adapter_dir;     /* tts-adapters/ */
	const char *cache_dir;	     /* created; NULL: no cache */
	const char *adapter;	     /* default, "espeak-ng" */
	const char *const *fallback; /* NULL-terminated names, or NULL */
	unsigned breaker_failures;   /* in a row; then it is left out; 0: never */
	unsigned breaker_seconds;    /* so long */
	struct json_object *options; /* of each adapter, a table of texts; NULL: none */
	unsigned concurrency;	     /* 0: 4 */
	unsigned timeout_ms;	  /* of one adapter run, 0: 8000 to the first byte, then per gap */
	size_t max_output_bytes;  /* 0: 50 MiB */
	uint64_t max_cache_bytes; /* of cache_dir, least recently used out first; 0: 1 GiB */
};

/* NULL with a malloc'd *ret_error when the directory is missing, or none of the adapters is there.
 */
struct speech *speech_new(struct loop *loop, const struct speech_config *config, char **ret_error);
struct speech *speech_free(struct speech *speech); /* kills adapters; returns NULL */

/* What is asked for from now on is spoken with these options. */
void speech_set_options(struct speech *speech, struct json_object *options);

struct speech_request {
	const char *text;     /* plain, or SSML when it begins with <speak */
	const char *adapter;  /* NULL: the default, then the fallbacks */
	const char *language; /* BCP 47, NULL: en-US */
	const char *voice;    /* NULL: the adapter's choice */
	unsigned style;
	bool premium;
	unsigned rate;		     /* wished sample rate, Hz */
	struct json_object *options; /* as the script has them, or NULL; those that the adapter
				      * lets scripts set go before those of the configuration */
};

struct speech_sink {
	/* Speech thread: WAV bytes as they come; <0 stops the adapter. Not called after done. */
	int (*data)(void *arg, const void *data, size_t length);
	/* Core thread, once: 0, or negative errno and a text that names the adapter and what it
	 * said on stderr. After speech_cancel() `done` comes with -ECANCELED, when the speech
	 * thread has let go of arg. */
	void (*done)(void *arg, int error, const char *message);
};

struct speech_job *speech_start(struct speech *speech, const struct speech_request *request,
	const struct speech_sink *sink, void *arg);
void speech_cancel(struct speech_job *job); /* NULL allowed */

/* The text without SSML tags, entities decoded; malloc'd. Exposed for tests. */
char *speech_strip_ssml(const char *ssml);

#endif
