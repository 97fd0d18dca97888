#include "media/dtmf_rx.h"

#include "media/rtp.h"

/* Older timestamps are packets that were overtaken, unless they are so old (in clock units,
 * 4 s at 8 kHz) that the sender must have begun anew. */
#define OVERTAKEN_UNITS 32000
#define END_BIT		0x80

void dtmf_rx_restart(struct dtmf_rx *rx)
{
	rx->started = false;
}

static bool is_new_press(const struct dtmf_rx *rx, uint32_t timestamp, uint8_t event)
{
	int32_t step = (int32_t)(timestamp - rx->timestamp);

	if (!rx->started)
		return true;
	if (step == 0)
		return event != rx->event;
	/* RFC 4733 2.5.1.3: a press longer than the duration field goes on in a new segment. */
	if (rx->duration == 0xffff && step == 0xffff && event == rx->event)
		return false;
	return step > 0 || step < -OVERTAKEN_UNITS;
}

char dtmf_rx_event(struct dtmf_rx *rx, uint32_t timestamp, const uint8_t *payload, size_t length)
{
	uint8_t event;
	uint16_t duration;
	bool fresh;

	if (length < DTMF_EVENT_SIZE || payload[0] > 15)
		return 0;
	event = payload[0];
	duration = get16(payload + 2);
	fresh = is_new_press(rx, timestamp, event);
	if (!fresh && timestamp == rx->timestamp) {
		if (duration > rx->duration)
			rx->duration = duration;
		return 0;
	}
	if (fresh || timestamp == rx->timestamp + 0xffff) {
		rx->started = true;
		rx->timestamp = timestamp;
		rx->event = event;
		rx->duration = duration;
	}
	return fresh ? DTMF_DIGITS[event] : 0;
}

bool dtmf_rx_ends(const struct dtmf_rx *rx, uint32_t timestamp, const uint8_t *payload)
{
	return rx->pressed && timestamp == rx->timestamp && payload[0] == rx->event &&
	       payload[1] & END_BIT;
}

bool dtmf_rx_accept(struct dtmf_rx *rx, int source, char digit, uint64_t now)
{
	int other = !source;

	if (rx->last[other].digit == digit && now - rx->last[other].at < DTMF_SAME_PRESS_US) {
		rx->last[other].digit = 0;
		return false;
	}
	rx->last[source].digit = digit;
	rx->last[source].at = now;
	return true;
}
