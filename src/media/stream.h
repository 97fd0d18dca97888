/* stream.h - a leg without a telephone: linear sound in and out, for WebSockets.
 *
 * media_stream_new() gives a media leg whose other side is the core thread. It is played to, joins
 * rooms, is taped and freed as any leg; media_leg_start(), media_leg_port() and digits are not for
 * it. Its codec, which prompts for it must have, is codec_l16(rate). What is written waits in order
 * and goes into the room 20 ms at a time by the media thread's own clock, however it comes. Core
 * thread only. */
#ifndef MEDIA_STREAM_H
#define MEDIA_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/engine.h"

#define MEDIA_STREAM_FRAME_MS 20
#define MEDIA_STREAM_MAX_MS   60000 /* that may wait */

struct media_stream_handler {
	struct media_leg_handler leg; /* first; on_digit and on_rtp_timeout never come */
	/* 20 ms of what the leg hears: the room and what is played to it. In order; a frame each
	 * 20 ms from media_stream_run() on, silence too. When the core thread is more than 1.2 s
	 * late, frames are dropped and counted in media_stats. */
	void (*on_frame)(void *arg, const int16_t *pcm, size_t samples);
	/* All that was written before the mark has been sent to the others, or was cleared. */
	void (*on_mark)(void *arg, uint32_t mark, bool cleared);
};

/* rate: 8000, 16000 or 24000 Hz. */
struct media_leg *media_stream_new(struct media_engine *engine, unsigned rate,
	const struct media_stream_handler *handler, void *arg);
void media_stream_run(struct media_leg *leg); /* the other side is there */

/* Queues sound: 0, or -ENOBUFS when more than MEDIA_STREAM_MAX_MS would wait (nothing is
 * taken then). */
int media_stream_write(struct media_leg *leg, const int16_t *pcm, size_t samples);
/* Queues a mark behind what was written; its number rises from 1. */
uint32_t media_stream_mark(struct media_leg *leg);
/* Drops all that waits; marks come back with `cleared`, in order. */
void media_stream_clear(struct media_leg *leg);

#endif
