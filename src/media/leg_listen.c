/* leg_listen.c - what a leg hears: digits by event or tone, the tap, and silence for too
 * long. Media thread; the core thread fetches by the leg's note. */
#include <string.h>

#include "base/clock.h"
#include "media/room_private.h"
#include "media/stream_private.h"

#define RELEASE_LOST_US	       (200 * USEC_PER_MSEC)
#define RTP_EVENT_UNITS_PER_MS 8 /* of telephone-event/8000 */

void media_leg_post_note(struct media_leg *leg)
{
	if (!atomic_exchange(&leg->note_posted, true))
		media_post_back(&leg->note);
}

static void note_digit(struct media_leg *leg, struct heard_digit heard)
{
	unsigned tail = atomic_load_explicit(&leg->heard_tail, memory_order_relaxed);
	unsigned head = atomic_load_explicit(&leg->heard_head, memory_order_acquire);

	if (tail - head >= HEARD_DIGITS)
		return;
	leg->heard[tail % HEARD_DIGITS] = heard;
	atomic_store_explicit(&leg->heard_tail, tail + 1, memory_order_release);
	media_leg_post_note(leg);
}

/* False: it was heard in the other way, too. */
static bool heard_digit(
	struct media_leg *leg, char digit, enum media_dtmf_source source, uint64_t now)
{
	if (!dtmf_rx_accept(&leg->dtmf_rx, source, digit, now))
		return false;
	note_digit(leg, (struct heard_digit){.digit = digit, .source = (uint8_t)source});
	return true;
}

static void release(struct media_leg *leg, const struct dtmf_rx *press)
{
	unsigned held_ms = press->duration / RTP_EVENT_UNITS_PER_MS;

	leg->dtmf_rx.pressed = false;
	note_digit(leg, (struct heard_digit){
				.digit = DTMF_DIGITS[press->event],
				.source = MEDIA_DTMF_RFC4733,
				.held_ms = (uint16_t)(held_ms ? held_ms : 1),
			});
}

void media_leg_release_lost(struct media_leg *leg, uint64_t now)
{
	if (leg->dtmf_rx.pressed && now > leg->dtmf_rx.heard_at &&
		now - leg->dtmf_rx.heard_at >= RELEASE_LOST_US)
		release(leg, &leg->dtmf_rx);
}

void media_leg_heard_event(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now)
{
	struct dtmf_rx before = leg->dtmf_rx;
	char digit =
		dtmf_rx_event(&leg->dtmf_rx, packet->timestamp, packet->payload, packet->length);

	leg->dtmf_rx.heard_at = now;
	if (digit) {
		if (before.pressed)
			release(leg, &before);
		leg->dtmf_rx.pressed = heard_digit(leg, digit, MEDIA_DTMF_RFC4733, now);
	}
	if (packet->length >= DTMF_EVENT_SIZE &&
		dtmf_rx_ends(&leg->dtmf_rx, packet->timestamp, packet->payload))
		release(leg, &leg->dtmf_rx);
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
