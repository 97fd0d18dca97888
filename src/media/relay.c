#include "media/relay.h"

#include "media/room_private.h"

/* Packets that were overtaken by more than this are dropped: their numbers may have been used. */
#define REORDER_MAX 100

static bool passes(const struct media_leg *from, const struct media_leg *to)
{
	return media_room_hears(to, from) && to->agreed.send && !to->digits.first &&
	       !media_press_waits(to);
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
	relay->flows = true;
	relay->sequence_shift = (uint16_t)(to->sequence - packet->sequence);
	relay->timestamp_shift = to->timestamp - packet->timestamp;
	relay->oldest = packet->sequence;
	relay->newest = (uint16_t)(packet->sequence - 1);
}

static bool is_newer(const struct relay *relay, uint16_t sequence)
{
	return (int16_t)(sequence - relay->newest) > 0;
}

/* Where the receiver's numbers would go on if the next packet were ours. */
static void note_newest(struct media_leg *to, const struct rtp_packet *packet, uint16_t sequence,
	uint32_t timestamp)
{
	struct relay *relay = &to->relay;
	const struct codec *codec = to->agreed.codec;
	uint32_t units, end;

	relay->newest = packet->sequence;
	if ((uint16_t)(relay->newest - relay->oldest) > REORDER_MAX)
		relay->oldest = (uint16_t)(relay->newest - REORDER_MAX);
	to->sequence = (uint16_t)(sequence + 1);
	if (packet->payload_type == to->agreed.payload_type)
		units = (uint32_t)(packet->length * (codec->rtp_rate / 1000) / codec->bytes_per_ms);
	else
		units = packet->length >= DTMF_EVENT_SIZE ? get16(packet->payload + 2) : 0;
	end = timestamp + units;
	if ((int32_t)(end - to->timestamp) > 0)
		to->timestamp = end;
}

/* The header goes before the payload in the buffer that it was received in: there is always room
 * for it, since the packet came with a header of its own. */
static void pass_on(struct media_leg *to, const struct rtp_packet *packet)
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
		media_leg_tape_relayed(to, &sent);
	}
	to->talking = true;
	relay->idle = 0;
	media_leg_send(to, marker, packet->payload_type, sequence, timestamp,
		(uint8_t *)packet->payload - RTP_HEADER_SIZE, packet->length);
}

void media_relay(struct media_leg *from, const struct rtp_packet *packet, bool fresh)
{
	struct media_leg *to = media_room_other(from);
	struct relay *relay = &to->relay;
	struct rtp_packet sent = *packet;
	int type = type_for(from, to, packet);

	if (!passes(from, to)) {
		media_relay_stop(to);
		return;
	}
	if (type < 0) {
		/* No hole where the receiver has missed nothing. */
		if (relay->flows && is_newer(relay, packet->sequence)) {
			relay->newest = packet->sequence;
			relay->sequence_shift--;
		}
		return;
	}
	if (!relay->flows || fresh)
		begin(relay, to, packet);
	if ((int16_t)(packet->sequence - relay->oldest) < 0)
		return;
	sent.payload_type = (uint8_t)type;
	pass_on(to, &sent);
}

void media_relay_stop(struct media_leg *to)
{
	if (to->relay.flows)
		to->talking = false;
	to->relay.flows = false;
	to->relay.idle = 0;
}

bool media_relay_flows(struct media_leg *to)
{
	if (!to->relay.flows)
		return false;
	if (++to->relay.idle <= RELAY_PATIENCE)
		return true;
	to->timestamp += RELAY_PATIENCE * to->frame_units;
	media_relay_stop(to);
	return false;
}
