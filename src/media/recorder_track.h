/* recorder_track.h - one tape of a recorder: its sound, decoded, in the places where the recorder
 * takes it from. One worker thread at a time.
 *
 * Time is the recorder's, in 1/8000 s. Each direction has a window of about two seconds from what
 * was taken last; what comes for an earlier place is too late. */
#ifndef MEDIA_RECORDER_TRACK_H
#define MEDIA_RECORDER_TRACK_H

#include <speex/speex_resampler.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/tape.h"

#define TRACK_RATE   8000
#define TRACK_WINDOW 16384
#define TRACK_CHUNK  4096 /* that is taken at once, at most */
#define TRACK_PER_MS (TRACK_RATE / 1000)

struct track_side {
	int channel;	 /* -1: nobody wants it */
	unsigned rate;	 /* of the window, a multiple of TRACK_RATE; 0: nothing came yet */
	int16_t *window; /* what has been taken is zero */
	SpeexResamplerState *resampler; /* to the file's rate, of others than it and TRACK_RATE */
};

struct track {
	struct track *next;
	struct media_tape *tape;
	bool owned, ended, placed; /* placed: `offset` is known */
	int64_t offset;		   /* where the tape began */
	uint64_t paused_us;
	uint64_t now;	/* how far its time has come */
	uint64_t voice; /* where somebody was last heard */
	struct track_side side[TAPE_TRACKS];
};

struct track *track_new(struct media_tape *tape, int heard_channel, int sent_channel);
struct track *track_free(struct track *track); /* NULL allowed; returns NULL */

/* Takes blocks off the tape until it is empty, or the next lies beyond the window. False: there is
 * more. */
bool track_read(struct track *track, uint64_t taken);

/* Whether what a side has is of more than TRACK_RATE, and nothing but silence. */
static inline bool track_is_wide(const struct track_side *side)
{
	return side->rate > TRACK_RATE;
}
static inline bool track_is_empty(const struct track_side *side)
{
	return side->rate == 0;
}

/* The next samples from `taken` on, which leave the window: `samples` of TRACK_RATE; if the side is
 * wide, as many as these are at the file's rate. */
void track_take(struct track_side *side, uint64_t taken, size_t samples, int16_t *out);

#endif
