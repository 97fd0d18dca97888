/* jitter.h - evens out one speaker's packets for a mixer that takes 20 ms at a time. Pure
 * functions, no allocation.
 *
 * Packets wait at the places that their time stamps give. The first waits 10 to 30 ms for its turn,
 * by when it came within the 20 ms (a packet of another length: 20 to 40); an underrun repeats the
 * last sound and lets the delay grow, as much as the network was late, and it shrinks by a frame
 * when for three seconds there were always 40 ms to spare, at once when there are more than 100.
 * `now` in microseconds of the monotonic clock. */
#ifndef MEDIA_JITTER_H
#define MEDIA_JITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "media/codec.h"
#include "media/rtp.h"

#define JITTER_FRAME_MS 20
#define JITTER_FRAMES	12

struct jitter {
	uint8_t *ring; /* JITTER_FRAMES frames */
	const struct codec *codec;
	unsigned frame_bytes, frame_units;
	bool running;
	bool taken;	 /* the frame at the head was handed out, and is left with the next call */
	uint8_t waits;	 /* visits until the first frame is taken; one less if it has aged */
	uint8_t dry;	 /* frames repeated since there was one */
	uint8_t head;	 /* the frame that is next */
	uint8_t watched; /* frames since `spare` began */
	bool whole;	 /* the first packet was a frame */
	uint64_t began;	 /* when it came */
	uint32_t read, newest; /* time stamps: of the next frame, and where the last packet ends */
	int32_t spare;	       /* the least that waited, in units */
	uint8_t filled_ms[JITTER_FRAMES];
};

/* Bytes of the ring. */
size_t jitter_ring_bytes(const struct codec *codec);
/* Bytes of a codec that keeps JITTER_FRAME_MS in a whole number of them. */
void jitter_init(struct jitter *jitter, const struct codec *codec, uint8_t *ring);

void jitter_put(struct jitter *jitter, const struct rtp_packet *packet, uint64_t now);

/* The speaker has stopped: nothing is to be made up for what does not come. */
void jitter_stop(struct jitter *jitter);

/* Begins with the last frame that came, which was heard already: when mixing takes over. */
void jitter_resume(struct jitter *jitter);

enum jitter_answer {
	JITTER_SILENCE, /* nobody speaks */
	JITTER_SOUND,
	JITTER_LOST /* to be made up for by the sound before */
};

/* The next 20 ms. *ret_data is valid until the next call. */
enum jitter_answer jitter_get(struct jitter *jitter, uint64_t now, const uint8_t **ret_data);

/* When the next packet comes is worth knowing to some milliseconds: it is the first. */
static inline bool jitter_begins(const struct jitter *jitter)
{
	return !jitter->running || jitter->waits > 0;
}

#endif
