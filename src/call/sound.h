/* sound.h - from what a script names to a prompt that can be played.
 *
 * A sound is a URL, a file below the media root, or text. It becomes a prompt of one codec
 * and level once and is shared by every call that plays it: fetched through the HTTP cache,
 * decoded on a worker thread, or spoken by an adapter. Prompts are kept, least recently used
 * out first. A prompt is handed out while it still grows, so playing begins with the first
 * bytes. Core thread only. */
#ifndef CALL_SOUND_H
#define CALL_SOUND_H

#include <stddef.h>

#include "http/cache.h"
#include "loop/worker.h"
#include "media/prompt.h"
#include "speech/speech.h"

struct sound_store;
struct sound_load;

struct sound_config {
	struct http_cache *cache;
	struct speech *speech;	     /* NULL: text cannot be spoken */
	struct worker_pool *workers; /* decode here */
	const char *media_root;	     /* NULL: no files */
	size_t max_bytes;	     /* of prompts kept */
	size_t max_file_bytes;	     /* of one file below the root */
};

struct sound_store *sound_store_new(const struct sound_config *config);
/* To be called after speech and workers were freed, which ends what is being made. Cancels
 * loads. NULL allowed; returns NULL. */
struct sound_store *sound_store_free(struct sound_store *store);

struct sound_spec {
	const char *url;  /* absolute http(s), or a path below the media root; or NULL */
	const char *text; /* text or SSML when url is NULL */
	const char *language, *voice, *adapter;
	struct json_object *options; /* for the adapter, as the script has them; NULL: none */
	bool premium;
	unsigned style;
	double level; /* -1..1 */
	const struct codec *codec;
};

/* prompt is borrowed for the call (take a reference), NULL on failure with a text. */
typedef void (*sound_fn)(void *arg, struct prompt *prompt, const char *error);

enum sound_outcome {
	SOUND_READY,   /* *ret_prompt is a reference of the caller's */
	SOUND_PENDING, /* *ret_load is set; done comes later */
	SOUND_FAILED   /* *ret_error is a constant text */
};

struct sound_result {
	struct prompt *prompt;
	struct sound_load *load;
	const char *error;
};

/* done is only ever called after SOUND_PENDING. */
enum sound_outcome sound_get(struct sound_store *store, const struct sound_spec *spec,
	struct sound_result *ret_result, sound_fn done, void *arg);
void sound_cancel(struct sound_load *load); /* NULL allowed */

/* Begins to load what will be wanted soon; nothing is told. */
void sound_prepare(struct sound_store *store, const struct sound_spec *spec);

/* Why a prompt that was handed out broke off; a text for people, valid until the next call
 * into the store. NULL: the worker has not handed in its reason yet, ask again a little later. */
const char *sound_failure(struct sound_store *store, const struct prompt *prompt);

#endif
