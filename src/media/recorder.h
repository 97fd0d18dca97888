/* recorder.h - makes a sound file of a tape: puts what was heard and sent into its place, mixes
 * or splits, doubles the sample rate, writes. Everything but recorder_new() and the getters is
 * for one worker thread at a time, and blocks on the disk. */
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
	/* 1: both directions mixed; else the caller in the first, what the caller hears in the
	 * second, silence in the rest. */
	unsigned channels;
};

struct recorder;

/* Reads from tape, which outlives it. No file is made yet. */
struct recorder *recorder_new(const struct recorder_config *config, struct media_tape *tape);
struct recorder *recorder_free(struct recorder *recorder); /* after a last drain; NULL allowed */

/* Takes what is on the tape and writes what is RECORDER_HOLD_MS old; `last`: all, and closes the
 * file. 0 or negative errno; after an error it only empties the tape. */
int recorder_drain(struct recorder *recorder, bool last);

/* As of the last drain. */
uint64_t recorder_size(const struct recorder *recorder);      /* bytes, after the last drain */
unsigned recorder_ms(const struct recorder *recorder);	      /* sound on the tape so far */
unsigned recorder_silent_ms(const struct recorder *recorder); /* since the caller last spoke */
unsigned recorder_lost_blocks(const struct recorder *recorder);

#endif
