#include "media/rtcp.h"

#include <errno.h>
#include <string.h>

#define NTP_EPOCH	   UINT64_C(2208988800) /* 1970 in NTP seconds */
#define SENDER_REPORT	   200
#define RECEIVER_REPORT	   201
#define SOURCE_DESCRIPTION 202
#define BLOCK_SIZE	   24
#define MAX_RTT_MS	   60000

static uint64_t ntp_of(uint64_t wall)
{
	uint64_t fraction = ((wall % 1000000) << 32) / 1000000;

	return (wall / 1000000 + NTP_EPOCH) << 32 | fraction;
}

static uint32_t ntp_middle(uint64_t wall)
{
	return (uint32_t)(ntp_of(wall) >> 16);
}

/* RFC 3550 A.3, and 6.4.1 for the fields. */
static void write_block(
	struct rtp_source *source, const struct rtcp_last_sr *last_sr, uint64_t wall, uint8_t *out)
{
	uint32_t expected = source->highest - source->base + 1;
	uint32_t expected_now = expected - source->expected_prior;
	uint32_t received_now = source->received - source->received_prior;
	uint32_t lost = rtp_source_lost(source);
	uint8_t fraction = 0;

	if (expected_now > 0 && expected_now > received_now)
		fraction =
			(uint8_t)(((uint64_t)(expected_now - received_now) * 255) / expected_now);
	source->expected_prior = expected;
	source->received_prior = source->received;
	put32(out, source->ssrc);
	put32(out + 4, (uint32_t)fraction << 24 | (lost > 0x7fffff ? 0x7fffff : lost));
	put32(out + 8, source->highest - 0x10000u);
	put32(out + 12, source->jitter >> 4);
	put32(out + 16, last_sr->wall ? last_sr->ntp_middle : 0);
	put32(out + 20, last_sr->wall && wall > last_sr->wall
				? (uint32_t)(((wall - last_sr->wall) << 16) / 1000000)
				: 0);
}

static void write_head(uint8_t *out, unsigned count, unsigned type, size_t size)
{
	out[0] = (uint8_t)(0x80 | count);
	out[1] = (uint8_t)type;
	put16(out + 2, (uint16_t)(size / 4 - 1));
}

static size_t write_cname(const struct rtcp_report *report, uint8_t *out)
{
	size_t length = strlen(report->cname);
	size_t size = (8 + 2 + length + 1 + 3) / 4 * 4;

	memset(out, 0, size);
	write_head(out, 1, SOURCE_DESCRIPTION, size);
	put32(out + 4, report->ssrc);
	out[8] = 1; /* CNAME */
	out[9] = (uint8_t)length;
	memcpy(out + 10, report->cname, length);
	return size;
}

size_t rtcp_write(const struct rtcp_report *report, struct rtp_source *source,
	const struct rtcp_last_sr *last_sr, uint8_t out[RTCP_MAX_SIZE])
{
	uint64_t ntp = ntp_of(report->wall);
	size_t size = 8;

	put32(out + 4, report->ssrc);
	if (report->sender) {
		put32(out + 8, (uint32_t)(ntp >> 32));
		put32(out + 12, (uint32_t)ntp);
		put32(out + 16, report->timestamp);
		put32(out + 20, report->packets);
		put32(out + 24, report->bytes);
		size = 28;
	}
	if (source->started) {
		write_block(source, last_sr, report->wall, out + size);
		size += BLOCK_SIZE;
	}
	write_head(out, source->started, report->sender ? SENDER_REPORT : RECEIVER_REPORT, size);
	return size + write_cname(report, out + size);
}

static void read_block(
	const uint8_t *block, uint32_t our_ssrc, uint64_t wall, struct rtcp_feedback *feedback)
{
	uint32_t last_sr = get32(block + 16);
	uint64_t rtt;

	if (get32(block) != our_ssrc)
		return;
	feedback->has_report = true;
	feedback->lost_fraction = block[4];
	if (last_sr == 0)
		return;
	rtt = (uint32_t)(ntp_middle(wall) - last_sr - get32(block + 20));
	rtt = rtt * 1000 >> 16;
	if (rtt <= MAX_RTT_MS) {
		feedback->has_rtt = true;
		feedback->rtt_ms = (uint32_t)rtt;
	}
}

static void read_packet(const uint8_t *packet, size_t size, uint32_t our_ssrc, uint64_t wall,
	struct rtcp_feedback *feedback)
{
	size_t at = packet[1] == SENDER_REPORT ? 28 : 8;

	if (packet[1] != SENDER_REPORT && packet[1] != RECEIVER_REPORT)
		return;
	if (size < at)
		return;
	if (packet[1] == SENDER_REPORT) {
		feedback->has_sr = true;
		feedback->sr_ntp_middle = get32(packet + 10);
	}
	for (unsigned i = 0; i < (packet[0] & 0x1fu) && at + BLOCK_SIZE <= size; i++) {
		read_block(packet + at, our_ssrc, wall, feedback);
		at += BLOCK_SIZE;
	}
}

int rtcp_parse(const uint8_t *data, size_t length, uint32_t our_ssrc, uint64_t wall,
	struct rtcp_feedback *ret_feedback)
{
	*ret_feedback = (struct rtcp_feedback){0};
	if (length < 8 || data[1] < SENDER_REPORT || data[1] > RECEIVER_REPORT)
		return -EINVAL;
	while (length >= 8 && data[0] >> 6 == 2) {
		size_t size = ((size_t)get16(data + 2) + 1) * 4;

		if (size > length || size < 8)
			break;
		read_packet(data, size, our_ssrc, wall, ret_feedback);
		data += size;
		length -= size;
	}
	return 0;
}
