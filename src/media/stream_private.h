/* stream_private.h - the inside of a stream leg (stream.h), shared by its two files.
 *
 * What is written travels as orders: the core thread allocates one for each piece, the media
 * thread takes sound from the first 20 ms at a time and posts an order back when what was taken
 * has been sent to those who hear it. So what comes back says exactly what was played. */
#ifndef MEDIA_STREAM_PRIVATE_H
#define MEDIA_STREAM_PRIVATE_H

#include "media/drift.h"
#include "media/leg.h"
#include "media/stream.h"

#define STREAM_FRAME_MAX (MEDIA_STREAM_FRAME_MS * 24) /* samples */

struct media_stream {
	/* media thread */
	struct media_queue waiting;
	struct media_queue played[2]; /* taken in this visit and the one before */
	size_t queued;		      /* samples in `waiting` */
	bool flowing;		      /* the frame before had sound */
	uint64_t begun_at;	      /* us: when the first of them came */
	struct drift drift;
	uint32_t timestamp; /* of what was written, for tapes */

	/* from the media thread to the core thread */
	struct ring *out;
	_Atomic uint64_t taken; /* samples, played or cleared */
	_Atomic uint32_t lost;	/* frames that found `out` full */

	/* core thread */
	const struct media_stream_handler *handler;
	unsigned rate;
	uint64_t written;
	uint32_t last_mark;
};

/* Media thread: leg_stream.c */
void media_stream_obey(struct media_leg *leg, struct media_order *order);
/* 20 ms of what was written, silence where there is none; false when all of it is silence. */
bool media_stream_take(struct media_leg *leg, int16_t *pcm, size_t samples);
/* A frame of what the leg hears. */
void media_stream_give(struct media_leg *leg, const uint8_t *data, size_t bytes);
void media_stream_end(struct media_leg *leg); /* all orders go back */

/* Core thread: stream.c */
void media_stream_returned(struct media_order *order);
void media_stream_fetch(struct media_leg *leg);
struct media_stream *media_stream_free(struct media_stream *stream); /* NULL allowed */

#endif
