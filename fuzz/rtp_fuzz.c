/* A datagram at a media port: RTP, its source, telephone-events and RTCP. Packets are cut
 * out of the input by a length byte, so that sequences of packets are tried as well. */
#include <stdlib.h>

#include "base/mem.h"
#include "media/dtmf_rx.h"
#include "media/latch.h"
#include "media/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	union media_addr from = {.v4.sin_family = AF_INET};
	struct latch latch = {.signalled = from};
	struct rtp_source source = {0};
	struct dtmf_rx dtmf = {0};
	struct rtcp_feedback feedback;
	struct rtp_packet packet;
	uint8_t out[RTCP_MAX_SIZE];

	while (size > 1) {
		size_t length = data[0] < size - 1 ? data[0] : size - 1;
		uint8_t *copy = xmemdup(data + 1, length); /* so that over-reads are seen */

		rtcp_parse(copy, length, 1, 1, &feedback);
		if (rtp_parse(copy, length, &packet) == 0 && latch_admit(&latch, &from, &packet)) {
			rtp_source_update(&source, &packet, packet.timestamp / 2);
			dtmf_rx_event(&dtmf, packet.timestamp, packet.payload, packet.length);
		}
		rtcp_write(&(struct rtcp_report){.cname = "c"}, &source, &(struct rtcp_last_sr){0},
			out);
		free(copy);
		data += 1 + length;
		size -= 1 + length;
	}
	return 0;
}
