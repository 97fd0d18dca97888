/* recorder.h - makes a sound file of tapes: puts what was heard and sent into its place, mixes
 * or splits, brings it to the file's sample rate, writes.
 *
 * Tapes of several legs lie side by side by the time of their beginning, come and go, and go to any
 * channel; what shares a channel is mixed. recorder_new(), recorder_add(), recorder_end() and the
 * getters are for the core thread; all else is for one worker thread at a time, and blocks on the
 * disk. */
#ifndef MEDIA_RECORDER_H
#define MEDIA_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "media/sound_file.h"
#include "media/tape.h"

/* How far the file lags behind, so that what the network held up still finds its place. */
#define RECORDER_HOLD_MS 300

struct recorder_config {
	const char *path;
	const struct sound_format *format;
	unsigned channels; /* of the file, 1..32 */
};

struct recorder;

/* No file is made yet. With a tape, which outlives the recorder: one channel has both directions
 * mixed; of more the first has the caller, the second what the caller hears, the rest silence. */
struct recorder *recorder_new(const struct recorder_config *config, struct media_tape *tape);
struct recorder *recorder_free(struct recorder *recorder); /* after a last drain; NULL allowed */

/* Reads another tape from the next drain on, and becomes its owner. What was heard and sent goes to
 * a channel each (past the last: into the last), or nowhere (RECORDER_NOWHERE). paused_us: how long
 * the recording has been paused until now, in all; its tapes are paused together. */
#define RECORDER_NOWHERE -1
void recorder_add(struct recorder *recorder, struct media_tape *tape, int heard_channel,
	int sent_channel, uint64_t paused_us);
/* A tape that was added and that the media thread has let go of: what is on it is still taken. */
void recorder_end(struct recorder *recorder, struct media_tape *tape);

/* Takes what is on the tapes and writes what is RECORDER_HOLD_MS old; `last`: all, and closes the
 * file. 0 or negative errno; after an error it only empties the tapes. */
int recorder_drain(struct recorder *recorder, bool last);

/* As of the last drain. */
uint64_t recorder_size(const struct recorder *recorder);      /* bytes, after the last drain */
unsigned recorder_ms(const struct recorder *recorder);	      /* sound on the tapes so far */
unsigned recorder_silent_ms(const struct recorder *recorder); /* since somebody last was heard */
unsigned recorder_lost_blocks(const struct recorder *recorder);

#endif
