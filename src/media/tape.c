#include "media/tape.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TAPE_BLOCKS 256
#define PER_MS	    (TAPE_RATE / 1000)

/* A stream that is this much ahead of our clock has jumped: it goes on from now. */
#define EARLY (200 * PER_MS)
/* One that stays this much behind for so long has jumped, too. A burst that the network held up
 * is over before. */
#define LATE	 (250 * PER_MS)
#define LATE_FOR (3000 * PER_MS)

#define CACHE_LINE 64

/* A ring as base/ring.h, but written in place: of a block only what it holds is copied, as most
 * of the cost of a tape is the memory that it touches. */
struct media_tape {
	/* media thread */
	_Atomic size_t tail; /* blocks written, for ever */
	size_t head_seen;
	_Atomic uint32_t lost;
	uint64_t at;
	bool paused, stepped_over; /* stepped_over: this packet time's sound is there already */
	bool hearing;		   /* the three below are set */
	uint32_t ssrc, heard_timestamp;
	int64_t heard_at; /* where heard_timestamp is on the tape */
	uint64_t late_since;

	/* the reader */
	_Alignas(CACHE_LINE) _Atomic size_t head; /* blocks read */

	_Alignas(CACHE_LINE) struct tape_block blocks[TAPE_BLOCKS];
};

struct media_tape *media_tape_new(void)
{
	struct media_tape *tape = aligned_alloc(CACHE_LINE, sizeof(*tape));

	if (!tape)
		abort();
	memset(tape, 0, offsetof(struct media_tape, blocks));
	return tape;
}

struct media_tape *media_tape_free(struct media_tape *tape)
{
	free(tape);
	return NULL;
}

bool media_tape_pop(struct media_tape *tape, struct tape_block *ret_block)
{
	size_t head = atomic_load_explicit(&tape->head, memory_order_relaxed);
	const struct tape_block *block = &tape->blocks[head % TAPE_BLOCKS];

	if (head == atomic_load_explicit(&tape->tail, memory_order_acquire))
		return false;
	memcpy(ret_block, block, offsetof(struct tape_block, data) + block->bytes);
	atomic_store_explicit(&tape->head, head + 1, memory_order_release);
	return true;
}

uint32_t media_tape_lost(const struct media_tape *tape)
{
	return atomic_load_explicit(&tape->lost, memory_order_relaxed);
}

/* At most TAPE_BLOCK_BYTES. */
static void push_block(struct media_tape *tape, enum tape_track track, const struct codec *codec,
	uint64_t at, const uint8_t *data, size_t bytes)
{
	size_t tail = atomic_load_explicit(&tape->tail, memory_order_relaxed);
	struct tape_block *block = &tape->blocks[tail % TAPE_BLOCKS];

	if (tail - tape->head_seen >= TAPE_BLOCKS) {
		tape->head_seen = atomic_load_explicit(&tape->head, memory_order_acquire);
		if (tail - tape->head_seen >= TAPE_BLOCKS) {
			atomic_fetch_add_explicit(&tape->lost, 1, memory_order_relaxed);
			return;
		}
	}
	block->at = at;
	block->codec = codec;
	block->track = (uint8_t)track;
	block->placed = track == TAPE_HEARD;
	block->bytes = (uint16_t)bytes;
	if (bytes)
		memcpy(block->data, data, bytes);
	atomic_store_explicit(&tape->tail, tail + 1, memory_order_release);
}

static void push(struct media_tape *tape, enum tape_track track, const struct codec *codec,
	uint64_t at, const uint8_t *data, size_t bytes)
{
	while (bytes > TAPE_BLOCK_BYTES) {
		push_block(tape, track, codec, at, data, TAPE_BLOCK_BYTES);
		at += TAPE_BLOCK_BYTES * PER_MS / codec->bytes_per_ms;
		data += TAPE_BLOCK_BYTES;
		bytes -= TAPE_BLOCK_BYTES;
	}
	push_block(tape, track, codec, at, data, bytes);
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
