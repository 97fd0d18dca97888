/* leg_stream.c - a stream leg on its media thread: the queue of what was written, and frames on
 * their way to the core thread. */
#include <string.h>

#include "base/clock.h"
#include "media/pcm.h"
#include "media/stream_private.h"

/* Sound that begins after silence is taken once it has been there for so long: a sender that writes
 * a frame each 20 ms, more or less, is then not torn at once. Less than a frame waits for more. */
#define BEGIN_US      (10 * USEC_PER_MSEC)
#define BEGIN_PART_US (30 * USEC_PER_MSEC)
#define SILENCE_LEVEL 50 /* mean amplitude, -56 dB */

static void post_all(struct media_queue *queue, bool cleared)
{
	struct media_order *order;

	while ((order = media_queue_pop(queue))) {
		if (order->kind == MEDIA_ORDER_MARK)
			order->mark.cleared = cleared;
		media_post_back(order);
	}
}

static void count_taken(struct media_stream *stream, size_t samples)
{
	stream->queued -= samples;
	COUNT(stream->taken, samples);
}

static void clear(struct media_leg *leg)
{
	struct media_stream *stream = leg->stream;

	/* What was taken before comes back before, as played. */
	post_all(&stream->played[0], false);
	post_all(&stream->played[1], false);
	for (struct media_order *order = stream->waiting.first; order; order = order->next)
		if (order->kind == MEDIA_ORDER_WRITE)
			count_taken(stream, order->write.samples - order->write.taken);
	post_all(&stream->waiting, true);
	stream->flowing = false;
}

static void note_written(struct media_stream *stream, size_t samples)
{
	if (stream->queued == 0)
		stream->begun_at = clock_mono();
	stream->queued += samples;
	stream->drift.arrived = true;
}

void media_stream_obey(struct media_leg *leg, struct media_order *order)
{
	struct media_stream *stream = leg->stream;

	if (order->kind != MEDIA_ORDER_CLEAR) {
		media_queue_add(&stream->waiting, order);
		if (order->kind == MEDIA_ORDER_WRITE)
			note_written(stream, order->write.samples);
		return;
	}
	clear(leg);
	media_post_back(order);
}

void media_stream_end(struct media_leg *leg)
{
	if (leg->stream)
		clear(leg);
}

static bool may_begin(const struct media_stream *stream, size_t frame)
{
	if (stream->flowing || stream->queued == 0) /* marks pass */
		return true;
	return clock_mono() - stream->begun_at >=
	       (stream->queued >= frame ? BEGIN_US : BEGIN_PART_US);
}

static size_t take_some(struct media_stream *stream, int16_t *pcm, size_t samples)
{
	struct media_order *order = stream->waiting.first;
	size_t left, some;

	if (order->kind == MEDIA_ORDER_MARK) {
		media_queue_add(&stream->played[0], media_queue_pop(&stream->waiting));
		return 0;
	}
	left = order->write.samples - order->write.taken;
	some = left < samples ? left : samples;
	memcpy(pcm, order->write.pcm + order->write.taken, some * sizeof(*pcm));
	order->write.taken += some;
	if (some == left)
		media_queue_add(&stream->played[0], media_queue_pop(&stream->waiting));
	return some;
}

static void hand_back(struct media_stream *stream)
{
	struct media_order *order;

	post_all(&stream->played[1], false);
	while ((order = media_queue_pop(&stream->played[0])))
		media_queue_add(&stream->played[1], order);
}

/* Marks right behind the last sample are played with it. */
static size_t take_frame(struct media_stream *stream, int16_t *pcm, size_t samples)
{
	size_t got = 0;

	while (stream->waiting.first &&
		(got < samples || stream->waiting.first->kind == MEDIA_ORDER_MARK))
		got += take_some(stream, pcm + got, samples - got);
	count_taken(stream, got);
	return got;
}

bool media_stream_take(struct media_leg *leg, int16_t *pcm, size_t samples)
{
	struct media_stream *stream = leg->stream;
	size_t got = 0;

	hand_back(stream);
	if (may_begin(stream, samples))
		got = take_frame(stream, pcm, samples);
	if (stream->drift.excess > 0 && got == samples && stream->queued >= samples &&
		pcm_level(pcm, samples) < SILENCE_LEVEL) {
		stream->drift.excess--;
		got = take_frame(stream, pcm, samples);
	}
	drift_watch(&stream->drift, stream->queued, samples);
	memset(pcm + got, 0, (samples - got) * sizeof(*pcm));
	stream->flowing = got > 0;
	return got > 0;
}

void media_stream_give(struct media_leg *leg, const uint8_t *data, size_t bytes)
{
	(void)bytes;
	if (!ring_push(leg->stream->out, data)) {
		COUNT(leg->stream->lost, 1);
		return;
	}
	COUNT(leg->counters.tx_packets, 1);
	media_leg_post_note(leg);
}
