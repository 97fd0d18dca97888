/* latch.h - whose RTP we take, and where ours goes (symmetric RTP). Pure functions.
 *
 * Until something plausible comes, RTP goes to the address in SDP. Sources have ranks:
 *
 *   3  the very address and port in SDP: taken with its first packet
 *   2  the same host, another port: taken with its first packet
 *   1  another host (a NAT): taken after LATCH_PROBATION packets in sequence of one SSRC
 *
 * Once taken, only a source of higher rank takes over; everybody else is dropped, until a
 * new offer relatches. Packets are sent to a source of rank 1 only if SDP holds a private
 * address (which nobody could reach): with a public one an attacker never gets a packet. */
#ifndef MEDIA_LATCH_H
#define MEDIA_LATCH_H

#include "media/addr.h"
#include "media/rtp.h"

#define LATCH_PROBATION 4

struct latch {
	union media_addr signalled; /* from SDP */
	union media_addr source;    /* whose packets are taken, when rank > 0 */
	union media_addr target;    /* where ours go */
	union media_addr candidate; /* of rank 1, on probation */
	uint32_t candidate_ssrc;
	uint16_t candidate_sequence;
	uint8_t candidate_packets;
	uint8_t rank;
};

/* relatch forgets the source; without it a latched source survives the same SDP address. */
void latch_start(struct latch *latch, const union media_addr *signalled, bool relatch);

/* Whether a valid packet from `from` is to be taken. */
bool latch_admit(
	struct latch *latch, const union media_addr *from, const struct rtp_packet *packet);

#endif
