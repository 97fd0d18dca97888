/* segmenter.h - cuts sound into what was said at a time, for a recogniser. Pure; one owner; any
 * thread.
 *
 * A segment begins with SEGMENT_LEAD_MS of what came before the speech, and ends with as much of
 * the silence after it: longer pauses are held back until speech goes on. Handlers are called from
 * within segmenter_frame() and segmenter_end(). */
#ifndef MEDIA_SEGMENTER_H
#define MEDIA_SEGMENTER_H

#include <stddef.h>
#include <stdint.h>

#include "media/vad.h"

#define SEGMENT_LEAD_MS 300

struct segmenter;

struct segmenter_config {
	unsigned rate;
	unsigned sensitivity; /* as in vad.h */
	unsigned end_ms;      /* of silence that end a segment */
	unsigned max_ms;      /* of speech that end it, too */
};

enum segment_end { SEGMENT_SILENCE, SEGMENT_TOO_LONG, SEGMENT_CUT };

struct segmenter_handler {
	/* at_ms: where it begins in the sound so far. */
	void (*on_begin)(void *arg, uint64_t at_ms);
	void (*on_sound)(void *arg, const int16_t *pcm, size_t samples);
	void (*on_end)(void *arg, enum segment_end why);
};

struct segmenter *segmenter_new(
	const struct segmenter_config *config, const struct segmenter_handler *handler, void *arg);
struct segmenter *segmenter_free(struct segmenter *segmenter); /* NULL allowed; returns NULL */

/* VAD_FRAME_MS of sound. */
void segmenter_frame(struct segmenter *segmenter, const int16_t *pcm);
/* Ends the segment that goes on, if there is one, with SEGMENT_CUT. */
void segmenter_end(struct segmenter *segmenter);

#endif
