/* tone.h - sounds that we make ourselves, by name, made once for each codec. Core thread only. */
#ifndef CALL_TONE_H
#define CALL_TONE_H

#include "media/prompt.h"

#define TONE_MAX_CODECS 16

struct tones {
	struct prompt *ringback[TONE_MAX_CODECS]; /* by the codec's place in codec_table[] */
};

void tones_release(struct tones *tones);

/* "ringback": what a caller hears while it rings. Borrowed; NULL: no such tone. */
struct prompt *tone_find(struct tones *tones, const char *name, const struct codec *codec);

#endif
