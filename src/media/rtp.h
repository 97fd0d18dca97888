/* rtp.h - RTP packets, RFC 3550 section 5.1, and what is counted of a stream that comes in
 * (A.1, A.3, A.8). Pure functions. */
#ifndef MEDIA_RTP_H
#define MEDIA_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER_SIZE 12

struct rtp_packet {
	bool marker;
	uint8_t payload_type;
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	const uint8_t *payload;
	size_t length; /* of the payload, without padding */
};

/* 0, or -EINVAL for what is not RTP. The payload points into data. */
int rtp_parse(const uint8_t *data, size_t length, struct rtp_packet *ret_packet);

void rtp_write_header(uint8_t out[RTP_HEADER_SIZE], bool marker, uint8_t payload_type,
	uint16_t sequence, uint32_t timestamp, uint32_t ssrc);

void put16(uint8_t *out, uint16_t value); /* network order */
void put32(uint8_t *out, uint32_t value);
uint16_t get16(const uint8_t *in);
uint32_t get32(const uint8_t *in);

struct rtp_source {
	bool started;
	uint32_t ssrc;
	uint32_t base, highest; /* extended sequence numbers */
	uint32_t received;
	uint32_t expected_prior, received_prior; /* at the last report */
	uint32_t transit;
	uint32_t jitter; /* RTP clock units, times 16 */
};

/* arrival in RTP clock units of any origin. True when the packet begins a new stream (first
 * packet, another SSRC, or a jump of the sequence number past hope). */
bool rtp_source_update(
	struct rtp_source *source, const struct rtp_packet *packet, uint32_t arrival);

/* Packets lost so far; late duplicates never make it negative. */
uint32_t rtp_source_lost(const struct rtp_source *source);

#endif
