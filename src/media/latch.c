#include "media/latch.h"

#include <string.h>

enum { RANK_NONE, RANK_STRANGER, RANK_HOST, RANK_EXACT };

void latch_start(struct latch *latch, const union media_addr *signalled, bool relatch)
{
	bool moved = !media_addr_equal(&latch->signalled, signalled);

	latch->signalled = *signalled;
	if (relatch || moved || latch->rank == RANK_NONE) {
		latch->rank = RANK_NONE;
		latch->candidate_packets = 0;
		latch->target = *signalled;
	}
}

static uint8_t rank_of(const struct latch *latch, const union media_addr *from)
{
	if (!media_addr_same_host(from, &latch->signalled))
		return RANK_STRANGER;
	return from->v4.sin_port == latch->signalled.v4.sin_port ? RANK_EXACT : RANK_HOST;
}

static void take(struct latch *latch, const union media_addr *from, uint8_t rank)
{
	latch->source = *from;
	latch->rank = rank;
	if (rank > RANK_STRANGER || media_addr_private(&latch->signalled))
		latch->target = *from;
	else
		latch->target = latch->signalled;
}

static bool passed_probation(
	struct latch *latch, const union media_addr *from, const struct rtp_packet *packet)
{
	uint16_t step = (uint16_t)(packet->sequence - latch->candidate_sequence);

	if (latch->candidate_packets == 0 || !media_addr_equal(from, &latch->candidate) ||
		packet->ssrc != latch->candidate_ssrc || step == 0 || step > 2) {
		latch->candidate = *from;
		latch->candidate_ssrc = packet->ssrc;
		latch->candidate_packets = 0;
	}
	latch->candidate_sequence = packet->sequence;
	return ++latch->candidate_packets >= LATCH_PROBATION;
}

bool latch_admit(struct latch *latch, const union media_addr *from, const struct rtp_packet *packet)
{
	uint8_t rank;

	if (latch->rank > RANK_NONE && media_addr_equal(from, &latch->source))
		return true;
	rank = rank_of(latch, from);
	if (rank <= latch->rank)
		return false;
	if (rank == RANK_STRANGER && !passed_probation(latch, from, packet))
		return false;
	take(latch, from, rank);
	return true;
}
