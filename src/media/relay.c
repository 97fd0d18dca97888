#include "media/relay.h"

#include "media/room_private.h"

/* Packets that were overtaken by more than this are dropped: their numbers may have been used. */
#define REORDER_MAX 100

#define START_WAIT 2 /* packet times that are waited for the first packet */

static bool passes(const struct media_leg *from, const struct media_leg *to)
{
	return media_room_hears(to, from) && to->agreed.send && !to->digits.first && !to->pressing;
}

/* The payload type that a packet gets; -1: the other side cannot have it. */
static int type_for(
	const struct media_leg *from, const struct media_leg *to, const struct rtp_packet *packet)
{
	if (packet->payload_type == from->agreed.payload_type)
		return to->agreed.payload_type;
	if (packet->payload_type == from->agreed.dtmf_rx && to->agreed.dtmf_tx)
		return to->agreed.dtmf_tx;
	return -1;
}

/* The sender's numbers go on where the receiver's have come to. */
static void begin(struct relay *relay, const struct media_leg *to, const struct rtp_packet *packet)
{
	relay->flows = relay->anchored = true;
	relay->sequence_shift = (uint16_t)(to->sequence - packet->sequence);
	relay->timestamp_shift = to->timestamp - packet->timestamp;
	relay->oldest = packet->sequence;
	relay->newest = (uint16_t)(packet->sequence - 1);
}

static bool is_newer(const struct relay *relay, uint16_t sequence)
{
	return (int16_t)(sequence - relay->newest) > 0;
}

/* Where the receiver's numbers go on if the next packet is ours. */
static void note_newest(struct media_leg *to, const struct rtp_packet *packet, uint16_t sequence,
	uint32_t timestamp)
{
	struct relay *relay = &to->relay;
	const struct codec *codec = to->agreed.codec;
	uint32_t end;

	relay->newest = packet->sequence;
	if ((uint16_t)(relay->newest - relay->oldest) > REORDER_MAX)
		relay->oldest = (uint16_t)(relay->newest - REORDER_MAX);
	to->sequence = (uint16_t)(sequence + 1);
	if (packet->payload_type == to->agreed.payload_type) {
		to->timestamp = timestamp + (uint32_t)(packet->length * (codec->rtp_rate / 1000) /
						       codec->bytes_per_ms);
		return;
	}
	end = timestamp + (packet->length >= DTMF_EVENT_SIZE ? get16(packet->payload + 2) : 0);
	if ((int32_t)(end - to->timestamp) > 0)
		to->timestamp = end;
}

/* The header goes before the payload in the buffer that it was received in: there is always room
 * for it, since the packet came with a header of its own. */
static void pass_on(struct media_leg *to, const struct rtp_packet *packet, uint64_t now)
{
	struct relay *relay = &to->relay;
	uint16_t sequence = (uint16_t)(packet->sequence + relay->sequence_shift);
	uint32_t timestamp = packet->timestamp + relay->timestamp_shift;
	bool marker = packet->marker || !to->talking;
	struct rtp_packet sent = *packet;

	if (is_newer(relay, packet->sequence))
		note_newest(to, packet, sequence, timestamp);
	if (to->tapes.first && packet->payload_type == to->agreed.payload_type) {
		sent.timestamp = timestamp;
		sent.ssrc = to->ssrc;
		media_leg_tape_relayed(to, &sent, now);
	}
	to->talking = true;
	relay->idle = relay->skipped = 0;
	media_leg_send(to, marker, packet->payload_type, sequence, timestamp,
		(uint8_t *)packet->payload - RTP_HEADER_SIZE, packet->length);
}

/* The receiver is not to miss what it cannot have: no hole in the numbers. */
static void leave_out(struct relay *relay, const struct rtp_packet *packet)
{
	if (!relay->anchored || !is_newer(relay, packet->sequence))
		return;
	relay->newest = packet->sequence;
	relay->sequence_shift--;
}

void media_relay(struct media_leg *from, const struct rtp_packet *packet, bool fresh, uint64_t now)
{
	struct media_leg *to = from->relay.peer;
	struct relay *relay = &to->relay;
	struct rtp_packet sent = *packet;
	int type = type_for(from, to, packet);

	if (!passes(from, to)) {
		media_relay_stop(to);
		return;
	}
	if (type < 0) {
		leave_out(relay, packet);
		return;
	}
	if (!relay->anchored || fresh)
		begin(relay, to, packet);
	if ((int16_t)(packet->sequence - relay->oldest) < 0)
		return;
	sent.payload_type = (uint8_t)type;
	pass_on(to, &sent, now);
}

void media_relay_start(struct media_leg *to, struct media_leg *peer)
{
	to->relay =
		(struct relay){.peer = peer, .flows = true, .idle = RELAY_PATIENCE - START_WAIT};
}

void media_relay_stop(struct media_leg *to)
{
	if (to->relay.flows)
		to->talking = false;
	to->relay.flows = to->relay.anchored = false;
	to->relay.idle = to->relay.skipped = 0;
}

bool media_relay_flows(struct media_leg *to)
{
	struct relay *relay = &to->relay;

	if (!relay->flows)
		return false;
	if (++relay->idle <= RELAY_PATIENCE) {
		relay->skipped++;
		return true;
	}
	to->timestamp += relay->skipped * to->frame_units;
	media_relay_stop(to);
	return false;
}
