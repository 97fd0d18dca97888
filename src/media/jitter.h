/* jitter.h - evens out one speaker's packets for a mixer that takes 20 ms at a time. Pure
 * functions, no allocation.
 *
 * Packets wait at the places that their time stamps give. What waits after a frame was taken is
 * the delay: at first 20 ms; an underrun repeats the last sound and lets it grow, as much as the
 * network was late, and it shrinks by a frame when for a second there was always more than 40 ms
 * to spare, at once when there is more than 100. So a packet waits 20 to 60 ms for its turn. */
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
	uint8_t waits;	 /* visits until the first frame is taken */
	uint8_t dry;	 /* frames repeated since there was one */
	uint8_t head;	 /* the frame that is next */
	uint8_t watched; /* frames since `spare` began */
	uint32_t read, newest; /* time stamps: of the next frame, and where the last packet ends */
	int32_t spare;	       /* the least that waited, in units */
	uint8_t filled_ms[JITTER_FRAMES];
};

/* Bytes of the ring. */
size_t jitter_ring_bytes(const struct codec *codec);
/* Bytes of a codec that keeps JITTER_FRAME_MS in a whole number of them. */
void jitter_init(struct jitter *jitter, const struct codec *codec, uint8_t *ring);

void jitter_put(struct jitter *jitter, const struct rtp_packet *packet);

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
enum jitter_answer jitter_get(struct jitter *jitter, const uint8_t **ret_data);

#endif
