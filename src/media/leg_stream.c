/* leg_stream.c - a stream leg on its media thread: the queue of what was written, and frames on
 * their way to the core thread. */
#include <string.h>

#include "media/stream_private.h"

/* Sound that begins after silence waits for as much again, or for two visits: a sender that
 * writes a frame each 20 ms, more or less, is then not torn at once. */
#define START_FRAMES 2

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

void media_stream_obey(struct media_leg *leg, struct media_order *order)
{
	if (order->kind != MEDIA_ORDER_CLEAR) {
		media_queue_add(&leg->stream->waiting, order);
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

static size_t waiting_samples(const struct media_stream *stream, size_t enough)
{
	size_t samples = 0;

	for (struct media_order *order = stream->waiting.first; order && samples < enough;
		order = order->next)
		if (order->kind == MEDIA_ORDER_WRITE)
			samples += order->write.samples - order->write.taken;
	return samples;
}

static bool may_begin(struct media_stream *stream, size_t frame)
{
	size_t waiting;

	if (stream->flowing)
		return true;
	waiting = waiting_samples(stream, START_FRAMES * frame);
	if (waiting > 0)
		stream->held++;
	if (waiting < START_FRAMES * frame && stream->held < START_FRAMES)
		return waiting == 0; /* marks pass */
	stream->held = 0;
	return true;
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
bool media_stream_take(struct media_leg *leg, int16_t *pcm, size_t samples)
{
	struct media_stream *stream = leg->stream;
	size_t got = 0;

	hand_back(stream);
	if (may_begin(stream, samples))
		while (stream->waiting.first &&
			(got < samples || stream->waiting.first->kind == MEDIA_ORDER_MARK))
			got += take_some(stream, pcm + got, samples - got);
	memset(pcm + got, 0, (samples - got) * sizeof(*pcm));
	count_taken(stream, got);
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
