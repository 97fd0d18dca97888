#include "media/rtp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* RFC 3550 A.1: a jump forward of more is taken for a restart of the sender. */
#define MAX_DROPOUT  3000
#define MAX_MISORDER 100

void put16(uint8_t *out, uint16_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

void put32(uint8_t *out, uint32_t value)
{
	put16(out, (uint16_t)(value >> 16));
	put16(out + 2, (uint16_t)value);
}

uint16_t get16(const uint8_t *in)
{
	return (uint16_t)(in[0] << 8 | in[1]);
}

uint32_t get32(const uint8_t *in)
{
	return (uint32_t)get16(in) << 16 | get16(in + 2);
}

int rtp_parse(const uint8_t *data, size_t length, struct rtp_packet *ret_packet)
{
	size_t start = RTP_HEADER_SIZE, padding = 0;

	if (length < RTP_HEADER_SIZE || data[0] >> 6 != 2)
		return -EINVAL;
	start += (data[0] & 0x0fu) * 4u;
	if (data[0] & 0x10) {
		if (length < start + 4)
			return -EINVAL;
		start += 4 + get16(data + start + 2) * 4u;
	}
	if (data[0] & 0x20)
		padding = data[length - 1] ? data[length - 1] : SIZE_MAX / 2;
	if (start + padding > length)
		return -EINVAL;
	*ret_packet = (struct rtp_packet){
		.marker = data[1] >> 7,
		.payload_type = data[1] & 0x7f,
		.sequence = get16(data + 2),
		.timestamp = get32(data + 4),
		.ssrc = get32(data + 8),
		.payload = data + start,
		.length = length - start - padding,
	};
	return 0;
}

void rtp_write_header(uint8_t out[RTP_HEADER_SIZE], bool marker, uint8_t payload_type,
	uint16_t sequence, uint32_t timestamp, uint32_t ssrc)
{
	out[0] = 0x80;
	out[1] = (uint8_t)((marker ? 0x80 : 0) | payload_type);
	put16(out + 2, sequence);
	put32(out + 4, timestamp);
	put32(out + 8, ssrc);
}

static void restart(struct rtp_source *source, const struct rtp_packet *packet, uint32_t arrival)
{
	memset(source, 0, sizeof(*source));
	source->started = true;
	source->ssrc = packet->ssrc;
	source->base = source->highest = 0x10000u + packet->sequence;
	source->received = 1;
	source->transit = arrival - packet->timestamp;
}

bool rtp_source_update(struct rtp_source *source, const struct rtp_packet *packet, uint32_t arrival)
{
	int16_t step = (int16_t)(packet->sequence - (uint16_t)source->highest);
	uint32_t transit = arrival - packet->timestamp;
	int32_t change;

	if (!source->started || source->ssrc != packet->ssrc || step > MAX_DROPOUT ||
		step < -MAX_MISORDER) {
		restart(source, packet, arrival);
		return true;
	}
	source->received++;
	if (step > 0)
		source->highest += (uint32_t)step;
	else if (source->highest + (uint32_t)step < source->base)
		source->base = source->highest + (uint32_t)step;
	change = (int32_t)(transit - source->transit);
	source->transit = transit;
	if (change > INT32_MIN)
		source->jitter += (uint32_t)abs(change) - ((source->jitter + 8) >> 4);
	return false;
}

uint32_t rtp_source_lost(const struct rtp_source *source)
{
	uint32_t expected = source->highest - source->base + 1;

	return source->started && expected > source->received ? expected - source->received : 0;
}
