#include "media/tape.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/ring.h"

#define TAPE_BLOCKS 256
#define PER_MS	    (TAPE_RATE / 1000)

/* A stream that is this much ahead of our clock has jumped: it goes on from now. */
#define EARLY (200 * PER_MS)
/* One that stays this much behind for so long has jumped, too. A burst that the network held up
 * is over before. */
#define LATE	 (250 * PER_MS)
#define LATE_FOR (3000 * PER_MS)

struct media_tape {
	struct ring *ring;
	_Atomic uint32_t lost;

	/* media thread */
	uint64_t at;
	bool paused, stepped_over; /* stepped_over: this packet time's sound is there already */
	bool hearing;		   /* the three below are set */
	uint32_t ssrc, heard_timestamp;
	int64_t heard_at; /* where heard_timestamp is on the tape */
	uint64_t late_since;
};

struct media_tape *media_tape_new(void)
{
	struct media_tape *tape = xcalloc(1, sizeof(*tape));

	tape->ring = ring_new(sizeof(struct tape_block), TAPE_BLOCKS);
	return tape;
}

struct media_tape *media_tape_free(struct media_tape *tape)
{
	if (tape)
		ring_free(tape->ring);
	free(tape);
	return NULL;
}

bool media_tape_pop(struct media_tape *tape, struct tape_block *ret_block)
{
	return ring_pop(tape->ring, ret_block);
}

uint32_t media_tape_lost(const struct media_tape *tape)
{
	return atomic_load_explicit(&tape->lost, memory_order_relaxed);
}

static void push(struct media_tape *tape, enum tape_track track, const struct codec *codec,
	uint64_t at, const uint8_t *data, size_t bytes)
{
	struct tape_block block = {.codec = codec, .track = (uint8_t)track};
	size_t done = 0;

	do {
		size_t part = bytes - done < TAPE_BLOCK_BYTES ? bytes - done : TAPE_BLOCK_BYTES;

		block.at = at;
		block.bytes = (uint16_t)part;
		if (part)
			memcpy(block.data, data + done, part);
		if (!ring_push(tape->ring, &block))
			atomic_fetch_add_explicit(&tape->lost, 1, memory_order_relaxed);
		done += part;
		if (part)
			at += part * PER_MS / codec->bytes_per_ms;
	} while (done < bytes);
}

/* Whether the place that the timestamps give is believed. */
static bool plausible(struct media_tape *tape, int64_t at)
{
	int64_t now = (int64_t)tape->at;

	if (at > now + EARLY)
		return false;
	if (at >= now - LATE) {
		tape->late_since = tape->at;
		return true;
	}
	return tape->at - tape->late_since < LATE_FOR;
}

void tape_heard(struct media_tape *tape, const struct codec *codec, const struct rtp_packet *packet)
{
	int64_t scale = TAPE_RATE / codec->rtp_rate;
	int64_t at = tape->heard_at +
		     (int64_t)(int32_t)(packet->timestamp - tape->heard_timestamp) * scale;

	if (tape->paused)
		return;
	if (!tape->hearing || packet->ssrc != tape->ssrc || !plausible(tape, at)) {
		tape->hearing = true;
		tape->ssrc = packet->ssrc;
		tape->late_since = tape->at;
		at = (int64_t)tape->at;
	}
	tape->heard_at = at;
	tape->heard_timestamp = packet->timestamp;
	if (at >= 0 && packet->length > 0)
		push(tape, TAPE_HEARD, codec, (uint64_t)at, packet->payload, packet->length);
}

void tape_sent(
	struct media_tape *tape, const struct codec *codec, const uint8_t *data, size_t bytes)
{
	if (tape->paused || bytes == 0)
		return;
	push(tape, TAPE_SENT, codec, tape->at, data, bytes);
	tape->stepped_over = true;
}

void tape_step(struct media_tape *tape, unsigned ms)
{
	if (tape->paused)
		return;
	if (!tape->stepped_over)
		push(tape, TAPE_SENT, NULL, tape->at, NULL, 0);
	tape->stepped_over = false;
	tape->at += (uint64_t)ms * PER_MS;
}

void tape_pause(struct media_tape *tape, bool paused)
{
	tape->paused = paused;
	tape->hearing = false;
	tape->stepped_over = false;
}
