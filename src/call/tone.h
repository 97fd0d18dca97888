/* tone.h - the sounds that nccod has of its own, made once for each codec. Core thread. */
#ifndef CALL_TONE_H
#define CALL_TONE_H

#include "media/prompt.h"

#define TONE_CODECS 8

/* Starts as {0}. */
struct tones {
	struct prompt *ringback[TONE_CODECS];
};

/* What a caller hears while it rings elsewhere (ITU-T E.180, North America); a reference of the
 * caller's own. */
struct prompt *tones_ringback(struct tones *tones, const struct codec *codec);
void tones_release(struct tones *tones);

#endif
