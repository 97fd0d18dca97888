#include "media/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/stream_private.h"

#define OUT_FRAMES 64  /* 1.3 s that the core thread may be late */
#define PIECE_MS   100 /* what is written at once is cut into */

struct media_leg *media_stream_new(struct media_engine *engine, unsigned rate,
	const struct media_stream_handler *handler, void *arg)
{
	struct media_leg *leg = media_leg_alloc(engine, &handler->leg, arg);
	struct media_stream *stream = xcalloc(1, sizeof(*stream));
	size_t frame = rate / 1000 * MEDIA_STREAM_FRAME_MS;

	media_queue_init(&stream->waiting);
	media_queue_init(&stream->played[0]);
	media_queue_init(&stream->played[1]);
	stream->out = ring_new(frame * sizeof(int16_t), OUT_FRAMES);
	stream->handler = handler;
	stream->rate = rate;
	leg->stream = stream;
	leg->codec = codec_l16(rate);
	return leg;
}

struct media_stream *media_stream_free(struct media_stream *stream)
{
	if (stream)
		ring_free(stream->out);
	free(stream);
	return NULL;
}

void media_stream_run(struct media_leg *leg)
{
	struct media_params params = {
		.codec = leg->codec,
		.ptime_ms = MEDIA_STREAM_FRAME_MS,
		.send = true,
		.receive = true,
	};

	media_leg_start(leg, &params);
}

static void write_piece(struct media_leg *leg, const int16_t *pcm, size_t samples)
{
	struct media_order *order =
		media_order_new_with(leg, MEDIA_ORDER_WRITE, samples * sizeof(*pcm));

	order->write.pcm = (int16_t *)(order + 1);
	order->write.samples = samples;
	memcpy(order->write.pcm, pcm, samples * sizeof(*pcm));
	media_order_send(order);
}

int media_stream_write(struct media_leg *leg, const int16_t *pcm, size_t samples)
{
	struct media_stream *stream = leg->stream;
	uint64_t taken = atomic_load_explicit(&stream->taken, memory_order_relaxed);
	uint64_t room = (uint64_t)stream->rate / 1000 * MEDIA_STREAM_MAX_MS;
	size_t piece = stream->rate / 1000 * PIECE_MS;

	if (stream->written - taken + samples > room)
		return -ENOBUFS;
	stream->written += samples;
	while (samples > 0) {
		size_t some = samples < piece ? samples : piece;

		write_piece(leg, pcm, some);
		pcm += some;
		samples -= some;
	}
	return 0;
}

uint32_t media_stream_mark(struct media_leg *leg)
{
	struct media_order *order = media_order_new(leg, MEDIA_ORDER_MARK);
	uint32_t number = ++leg->stream->last_mark;

	order->mark.number = number;
	media_order_send(order);
	return number;
}

void media_stream_clear(struct media_leg *leg)
{
	media_order_send(media_order_new(leg, MEDIA_ORDER_CLEAR));
}

void media_stream_returned(struct media_order *order)
{
	struct media_leg *leg = order->leg;
	const struct media_stream_handler *handler = leg->stream->handler;

	if (order->kind == MEDIA_ORDER_MARK && !leg->freed && handler->on_mark)
		handler->on_mark(leg->arg, order->mark.number, order->mark.cleared);
}

void media_stream_fetch(struct media_leg *leg)
{
	struct media_stream *stream = leg->stream;
	int16_t frame[STREAM_FRAME_MAX];

	while (!leg->freed && ring_pop(stream->out, frame))
		if (stream->handler->on_frame)
			stream->handler->on_frame(
				leg->arg, frame, stream->rate / 1000 * MEDIA_STREAM_FRAME_MS);
}
