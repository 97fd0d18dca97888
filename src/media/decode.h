/* decode.h - from a sound file or a stream of one to a prompt. Worker threads.
 *
 * A decoder takes bytes of WAV, MP3, Ogg or FLAC at any rate and channel count, mixes to
 * mono, resamples to the codec's rate, applies the level and appends to a prompt. */
#ifndef MEDIA_DECODE_H
#define MEDIA_DECODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "media/prompt.h"

/* Level: -1..1 as scripts give it, 0 unchanged, a linear step in dB: +-1 is +-20 dB. */

/* Decodes a whole file held in memory into prompt, publishing as it goes so that playing
 * can begin after the first block; finishes the prompt. `cancelled` (may be NULL) is looked
 * at between blocks. 0; -EINVAL not a sound we know, -EFBIG longer than limits allow,
 * -ECANCELED. On failure *ret_error is a constant text for the error event. */
int decode_file(const void *data, size_t length, double level, const atomic_bool *cancelled,
	struct prompt *prompt, const char **ret_error);

/* A WAV stream of unknown length (a TTS adapter's stdout), 16-bit PCM, fed in pieces of any
 * size as they arrive. Header sizes of 0 or 0x7fffffff.. mean "until the end". */
struct decode_stream;
struct decode_stream *decode_stream_new(struct prompt *prompt, double level); /* borrows prompt */
int decode_stream_feed(struct decode_stream *stream, const void *data, size_t length);
/* Flushes the resampler and finishes the prompt; failed is passed on. Frees; returns NULL. */
struct decode_stream *decode_stream_close(struct decode_stream *stream, bool failed);

#endif
