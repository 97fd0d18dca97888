/* recording.h - recordings of legs: files in one directory, written by threads of their own.
 * Core thread only.
 *
 * A recording puts a tape on a leg, has a worker empty it twice a second, and ends when it is
 * stopped, when the caller has been silent for long enough, or when the file cannot be written.
 * The file can be played at every moment; at most a second of it is lost when the process is
 * killed. */
#ifndef CALL_RECORDING_H
#define CALL_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "loop/loop.h"
#include "media/engine.h"
#include "media/sound_file.h"

struct recording_store;
struct recording;
struct store;

/* Makes the directory. keep_days: files that are older are deleted, once a day; 0: never. `rows`,
 * which outlives it, remembers whose they are; NULL: nobody does. NULL and a malloc'd *ret_error
 * when the directory cannot be had. */
struct recording_store *recording_store_new(struct loop *loop, struct store *rows,
	const char *directory, unsigned keep_days, char **ret_error);
/* After the media engine was freed; finishes files that are still open. NULL allowed. */
struct recording_store *recording_store_free(struct recording_store *store);
void recording_store_keep(struct recording_store *store, unsigned keep_days);

/* Whether the recording that was written to last could not be. */
bool recording_store_fails(const struct recording_store *store);

struct recording_spec {
	const struct sound_format *format;
	unsigned channels;   /* 1: all mixed; 2: the caller, what it hears; more: the caller, the
			      * parties, and what it hears in the second while there are none */
	unsigned silence_ms; /* of the caller, which end it; 0: never */
	/* Whose it is, for the store; NULL: nobody's. */
	const char *application, *call_uuid, *conversation_uuid;
};

struct recording_result {
	const char *id; /* UUID; the file's name is this and the format's ending */
	uint64_t size;	/* bytes */
	uint64_t start_wall, end_wall;
	unsigned lost_ms;  /* replaced by silence, since the disk was too slow */
	const char *error; /* NULL: all is written */
};

/* on_ended is called once, never from within a call of this module. */
struct recording *recording_start(struct recording_store *store, struct media_leg *leg,
	const struct recording_spec *spec,
	void (*on_ended)(void *arg, const struct recording_result *result), void *arg);
/* Of more than two channels: another party, which gets the next one from now on (those past the
 * last share that), until it is dropped or its leg is freed. */
void recording_add_party(struct recording *recording, struct media_leg *leg);
void recording_drop_party(struct recording *recording, struct media_leg *leg);
/* on_begun is called once, with the arg of on_ended, when the file is there; not if it never is. */
void recording_watch(struct recording *recording, void (*on_begun)(void *arg));
void recording_pause(struct recording *recording, bool paused);
void recording_stop(struct recording *recording); /* on_ended follows; idempotent */
/* Nobody waits for its end any more; on_ended is not called. */
void recording_abandon(struct recording *recording);

/* The path of a recording's or a transcript's file and its content type (constant): 0 and malloc'd
 * *ret_path, or -ENOENT when id is no UUID or has no file. Blocks on the disk: for a worker. */
int recording_find(
	const char *directory, const char *id, char **ret_path, const char **ret_content_type);
bool recording_is_id(const char *text);

#endif
