#include "media/press.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "media/dtmf_tx.h"
#include "media/room_private.h"

#define END_REPEATS 2
#define LOST_US	    (200 * USEC_PER_MSEC) /* without packets of it a key counts as let go */
#define MIN_MS	    40
#define TONE_MIN_MS 80 /* what every detector takes for a key */
#define TONE_GAP_MS 60
#define TONE_LEVEL  8000.0 /* of each of the two */

static bool is_relayed(const struct media_leg *from, const struct media_leg *to)
{
	return from->served == SERVED_RELAY && to->agreed.dtmf_tx;
}

static int find(const struct press *press, uint32_t timestamp)
{
	for (int i = 0; i < press->count; i++)
		if (press->waiting[i].timestamp == timestamp)
			return i;
	return -1;
}

/* -1: not one that has still to be sent. */
static int find_or_add(struct press *press, uint32_t timestamp, uint8_t event)
{
	int at = find(press, timestamp);

	if (at >= 0)
		return at;
	if (press->known && (int32_t)(timestamp - press->last) <= 0 &&
		(int32_t)(timestamp - press->last) > -32000)
		return -1; /* over: repeated or overtaken */
	if (press->count == PRESS_MAX)
		return -1;
	press->known = true;
	press->last = timestamp;
	at = press->count++;
	memset(&press->waiting[at], 0, sizeof(press->waiting[at]));
	press->waiting[at].timestamp = timestamp;
	press->waiting[at].event = event;
	return at;
}

void media_press_heard(struct media_leg *from, const struct rtp_packet *packet, uint64_t now)
{
	struct media_leg *to = media_room_other(from);
	unsigned units_per_ms = from->agreed.codec->rtp_rate / 1000;
	struct press *press;
	unsigned ms;
	int at;

	if (!to || !to->member || is_relayed(from, to) || !media_room_hears(to, from) ||
		packet->length < DTMF_EVENT_SIZE || packet->payload[0] > 15)
		return;
	press = &to->member->press;
	at = find_or_add(press, packet->timestamp, packet->payload[0]);
	if (at < 0)
		return;
	to->pressing = true;
	ms = get16(packet->payload + 2) / units_per_ms;
	if (ms > press->waiting[at].ms)
		press->waiting[at].ms = (uint16_t)ms;
	press->waiting[at].heard_at = now;
	press->waiting[at].over |= packet->payload[1] >> 7;
}

static void pop(struct media_leg *leg, struct press *press)
{
	press->count--;
	memmove(press->waiting, press->waiting + 1, press->count * sizeof(press->waiting[0]));
	press->sent_ms = 0;
	leg->pressing = press->count > 0;
}

/* How long the first key is held, or UINT_MAX while it is. */
static unsigned length_of(const struct press *press, unsigned min_ms, uint64_t now)
{
	unsigned ms = press->waiting[0].ms;

	if (!press->waiting[0].over && now < press->waiting[0].heard_at + LOST_US)
		return UINT32_MAX;
	return ms < min_ms ? min_ms : ms;
}

static size_t fill_event(
	struct media_leg *leg, struct press *press, uint8_t *payload, uint64_t now, bool *ret_first)
{
	unsigned length = length_of(press, MIN_MS, now);
	struct dtmf_tx_packet packet = {.event = press->waiting[0].event};

	packet.first = press->sent_ms == 0;
	if (packet.first)
		press->began = leg->timestamp;
	press->sent_ms += leg->agreed.ptime_ms;
	packet.end = press->repeats > 0 || press->sent_ms >= length;
	packet.duration_ms = packet.end ? length : press->sent_ms;
	dtmf_tx_write(&packet, leg->agreed.codec->rtp_rate / 1000, payload);
	*ret_first = packet.first;
	if (packet.end && press->repeats++ == END_REPEATS) {
		press->repeats = 0;
		pop(leg, press);
	}
	return DTMF_EVENT_SIZE;
}

/* ITU-T Q.23, by event. */
static size_t fill_tone(struct media_leg *leg, struct press *press, uint8_t *payload, uint64_t now)
{
	static const double rows[] = {697, 770, 852, 941}, columns[] = {1209, 1336, 1477, 1633};
	static const uint8_t keys[] = {13, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 14, 3, 7, 11, 15};
	const struct codec *codec = leg->agreed.codec;
	unsigned key = keys[press->waiting[0].event];
	size_t samples = leg->agreed.ptime_ms * codec->sample_rate / 1000;
	int16_t pcm[FRAME_MAX_MS * 48];

	for (size_t i = 0; i < samples; i++) {
		pcm[i] = (int16_t)(TONE_LEVEL * (sin(press->phase[0]) + sin(press->phase[1])));
		press->phase[0] += 2 * M_PI * rows[key / 4] / codec->sample_rate;
		press->phase[1] += 2 * M_PI * columns[key % 4] / codec->sample_rate;
	}
	codec->encode(pcm, samples, payload);
	press->sent_ms += leg->agreed.ptime_ms;
	if (press->sent_ms >= length_of(press, TONE_MIN_MS, now)) {
		press->phase[0] = press->phase[1] = 0;
		press->pause_ms = TONE_GAP_MS;
		pop(leg, press);
	}
	return leg->frame_bytes;
}

size_t media_press_fill(
	struct media_leg *leg, uint8_t *payload, uint64_t now, bool *ret_event, bool *ret_first)
{
	struct press *press = leg->member ? &leg->member->press : NULL;

	if (press && press->pause_ms > 0) {
		press->pause_ms -= press->pause_ms < leg->agreed.ptime_ms ? press->pause_ms
									  : leg->agreed.ptime_ms;
		return 0;
	}
	if (!press || press->count == 0)
		return 0;
	*ret_event = leg->agreed.dtmf_tx != 0;
	*ret_first = false;
	return *ret_event ? fill_event(leg, press, payload, now, ret_first)
			  : fill_tone(leg, press, payload, now);
}
