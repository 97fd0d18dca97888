/* leg_listen.c - what a leg hears: digits by event or tone, the tap, and silence for too
 * long. Media thread; the core thread fetches by the leg's note. */
#include "media/room_private.h"
#include "media/stream_private.h"

#include <string.h>

void media_leg_post_note(struct media_leg *leg)
{
	if (!atomic_exchange(&leg->note_posted, true))
		media_post_back(&leg->note);
}

static void heard_digit(
	struct media_leg *leg, char digit, enum media_dtmf_source source, uint64_t now)
{
	unsigned tail = atomic_load_explicit(&leg->heard_tail, memory_order_relaxed);
	unsigned head = atomic_load_explicit(&leg->heard_head, memory_order_acquire);

	if (!dtmf_rx_accept(&leg->dtmf_rx, source, digit, now))
		return;
	if (tail - head >= HEARD_DIGITS)
		return;
	leg->heard[tail % HEARD_DIGITS] =
		(struct heard_digit){.digit = digit, .source = (uint8_t)source};
	atomic_store_explicit(&leg->heard_tail, tail + 1, memory_order_release);
	media_leg_post_note(leg);
}

void media_leg_heard_event(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now)
{
	char digit =
		dtmf_rx_event(&leg->dtmf_rx, packet->timestamp, packet->payload, packet->length);

	if (digit)
		heard_digit(leg, digit, MEDIA_DTMF_RFC4733, now);
	if (leg->in)
		media_press_heard(leg, packet, now);
}

static void detect(struct media_leg *leg, const int16_t *pcm, size_t samples, uint64_t now)
{
	char digits[8];
	size_t count;

	dtmf_rx(leg->detector, pcm, (int)samples);
	count = dtmf_rx_get(leg->detector, digits, sizeof(digits) - 1);
	for (size_t i = 0; i < count; i++)
		heard_digit(leg, digits[i], MEDIA_DTMF_INBAND, now);
}

void media_leg_heard_audio(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now)
{
	const struct codec *codec = leg->agreed.codec;
	struct media_pcm_block block;
	size_t step = 10 * codec->bytes_per_ms;

	media_leg_tape_heard(leg, packet, now);
	if (!leg->detector && !leg->tap)
		return;
	for (size_t at = 0; at < packet->length; at += step) {
		size_t bytes = packet->length - at < step ? packet->length - at : step;

		block.samples = (uint16_t)codec->decode(packet->payload + at, bytes, block.pcm);
		if (leg->detector)
			detect(leg, block.pcm, block.samples, now);
		if (leg->tap)
			ring_push(leg->tap, &block);
	}
}

/* 20 ms of what was written to a stream. */
void media_leg_heard_stream(struct media_leg *leg, uint64_t now)
{
	bool mixed = leg->served != SERVED_ALONE;
	int16_t local[STREAM_FRAME_MAX], *pcm = mixed ? media_member_next(leg) : local;
	struct rtp_packet packet = {
		.timestamp = leg->stream->timestamp,
		.payload = (const uint8_t *)pcm,
		.length = leg->frame_bytes,
	};
	bool sound = media_stream_take(leg, pcm, leg->frame_units);

	leg->stream->timestamp += leg->frame_units;
	if (mixed)
		leg->member->fresh = sound;
	if (!sound)
		return;
	COUNT(leg->counters.rx_packets, 1);
	COUNT(leg->counters.rx_bytes, leg->frame_bytes);
	media_leg_tape_heard(leg, &packet, now);
}

void media_leg_timed_out(struct media_leg *leg)
{
	leg->timed_out = true;
	atomic_store(&leg->timeout_noted, true);
	media_leg_post_note(leg);
}
