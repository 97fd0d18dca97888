/* sink.h - the last part of decoding: interleaved 16-bit PCM of any rate and channel count
 * in, encoded bytes in a prompt out. One worker thread at a time. */
#ifndef MEDIA_SINK_H
#define MEDIA_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "media/prompt.h"

#define SINK_MAX_CHANNELS 8
#define SINK_MIN_RATE	  1000
#define SINK_MAX_RATE	  192000

struct sink;

struct sink *sink_new(struct prompt *prompt, double level); /* borrows prompt */

/* Before the first write, and again whenever the sound changes. -EINVAL out of bounds. */
int sink_format(struct sink *sink, unsigned rate, unsigned channels);

/* -EFBIG when the prompt is full. */
int sink_write(struct sink *sink, const int16_t *pcm, size_t frames);

/* What the resampler still holds. */
int sink_flush(struct sink *sink);
struct sink *sink_free(struct sink *sink); /* NULL allowed; returns NULL */

#endif
