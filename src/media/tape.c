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

/* The tape's time may be so far from real time: it is the leg's packets that count it. */
#define DRIFT (40 * PER_MS)

/* How a stream of packets lies on the tape. */
struct stream_place {
	bool known; /* the others are set */
	uint32_t ssrc, timestamp;
	int64_t at; /* where `timestamp` is */
	uint64_t late_since;
};

/* A ring as base/ring.h, but written in place: of a block only what it holds is copied, as most
 * of the cost of a tape is the memory that it touches. */
struct media_tape {
	/* media thread */
	_Atomic size_t tail; /* blocks written, for ever */
	size_t head_seen;
	_Atomic uint32_t lost;
	uint64_t at;
	bool paused, stepped_over; /* stepped_over: this packet time's sound is there already */
	bool relaying;		   /* what is sent was last passed on from somebody else */
	struct stream_place heard, relayed;
	_Atomic uint64_t began;	       /* us; 0: not yet */
	uint64_t paused_at, paused_us; /* us, in all */

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

const struct tape_block *media_tape_peek(struct media_tape *tape)
{
	size_t head = atomic_load_explicit(&tape->head, memory_order_relaxed);

	if (head == atomic_load_explicit(&tape->tail, memory_order_acquire))
		return NULL;
	return &tape->blocks[head % TAPE_BLOCKS];
}

void media_tape_skip(struct media_tape *tape)
{
	size_t head = atomic_load_explicit(&tape->head, memory_order_relaxed);

	atomic_store_explicit(&tape->head, head + 1, memory_order_release);
}

bool media_tape_pop(struct media_tape *tape, struct tape_block *ret_block)
{
	const struct tape_block *block = media_tape_peek(tape);

	if (!block)
		return false;
	memcpy(ret_block, block, offsetof(struct tape_block, data) + block->bytes);
	media_tape_skip(tape);
	return true;
}

uint32_t media_tape_lost(const struct media_tape *tape)
{
	return atomic_load_explicit(&tape->lost, memory_order_relaxed);
}

/* At most TAPE_BLOCK_BYTES. */
static void push_block(struct media_tape *tape, enum tape_track track, bool placed,
	const struct codec *codec, uint64_t at, const uint8_t *data, size_t bytes)
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
	block->placed = placed;
	block->bytes = (uint16_t)bytes;
	if (bytes)
		memcpy(block->data, data, bytes);
	atomic_store_explicit(&tape->tail, tail + 1, memory_order_release);
}

static void push(struct media_tape *tape, enum tape_track track, bool placed,
	const struct codec *codec, uint64_t at, const uint8_t *data, size_t bytes)
{
	while (bytes > TAPE_BLOCK_BYTES) {
		push_block(tape, track, placed, codec, at, data, TAPE_BLOCK_BYTES);
		at += TAPE_BLOCK_BYTES * PER_MS / codec->bytes_per_ms;
		data += TAPE_BLOCK_BYTES;
		bytes -= TAPE_BLOCK_BYTES;
	}
	push_block(tape, track, placed, codec, at, data, bytes);
}

/* Whether the place that the timestamps give is believed. */
static bool plausible(const struct media_tape *tape, struct stream_place *place, int64_t at)
{
	int64_t now = (int64_t)tape->at;

	if (at > now + EARLY)
		return false;
	if (at >= now - LATE) {
		place->late_since = tape->at;
		return true;
	}
	return tape->at - place->late_since < LATE_FOR;
}

static void put(struct media_tape *tape, enum tape_track track, struct stream_place *place,
	const struct codec *codec, const struct rtp_packet *packet)
{
	int64_t scale = TAPE_RATE / codec->rtp_rate;
	int64_t at = place->at + (int64_t)(int32_t)(packet->timestamp - place->timestamp) * scale;

	if (tape->paused)
		return;
	if (!place->known || packet->ssrc != place->ssrc || !plausible(tape, place, at)) {
		place->known = true;
		place->ssrc = packet->ssrc;
		place->late_since = tape->at;
		at = (int64_t)tape->at;
	}
	place->at = at;
	place->timestamp = packet->timestamp;
	if (at >= 0 && packet->length > 0)
		push(tape, track, true, codec, (uint64_t)at, packet->payload, packet->length);
}

/* How far real time is ahead of the tape's. */
static int64_t drift(const struct media_tape *tape, uint64_t now)
{
	uint64_t began = atomic_load_explicit(&tape->began, memory_order_relaxed);

	if (began == 0)
		return 0;
	return (int64_t)((now - began - tape->paused_us) * PER_MS / 1000) - (int64_t)tape->at;
}

/* Before anything is placed, so that it does not land where time was when the thread fell behind.
 */
static void catch_up(struct media_tape *tape, uint64_t now)
{
	int64_t ahead = tape->paused ? 0 : drift(tape, now);

	if (ahead > DRIFT)
		tape->at += (uint64_t)ahead;
}

void tape_heard(struct media_tape *tape, const struct codec *codec, const struct rtp_packet *packet,
	uint64_t now)
{
	catch_up(tape, now);
	put(tape, TAPE_HEARD, &tape->heard, codec, packet);
}

void tape_relayed(struct media_tape *tape, const struct codec *codec,
	const struct rtp_packet *packet, uint64_t now)
{
	if (!tape->relaying)
		tape->relayed.known = false;
	tape->relaying = true;
	catch_up(tape, now);
	put(tape, TAPE_SENT, &tape->relayed, codec, packet);
}

void tape_sent(
	struct media_tape *tape, const struct codec *codec, const uint8_t *data, size_t bytes)
{
	tape->relaying = false;
	if (tape->paused || bytes == 0)
		return;
	push(tape, TAPE_SENT, false, codec, tape->at, data, bytes);
	tape->stepped_over = true;
}

void tape_step(struct media_tape *tape, unsigned ms, uint64_t now)
{
	uint64_t step = (uint64_t)ms * PER_MS;

	if (tape->paused)
		return;
	if (atomic_load_explicit(&tape->began, memory_order_relaxed) == 0) {
		tape->paused_us = 0;
		atomic_store_explicit(&tape->began, now, memory_order_release);
	}
	if (!tape->stepped_over)
		push(tape, TAPE_SENT, tape->relaying, NULL, tape->at, NULL, 0);
	tape->stepped_over = false;
	/* Ahead of time: half a step, until time has come. */
	tape->at += drift(tape, now) < -DRIFT ? step / 2 : step;
	catch_up(tape, now);
}

void tape_pause(struct media_tape *tape, bool paused, uint64_t now)
{
	if (paused && !tape->paused)
		tape->paused_at = now;
	else if (!paused && tape->paused)
		tape->paused_us += now - tape->paused_at;
	tape->paused = paused;
	tape->heard.known = tape->relayed.known = false;
	tape->stepped_over = false;
}

uint64_t media_tape_began(const struct media_tape *tape)
{
	return atomic_load_explicit(&tape->began, memory_order_acquire);
}
