/* relay.h - packets of one leg passed on to another. Media thread.
 *
 * What comes in goes out as it is, with the sequence numbers and time stamps of the stream that
 * the receiver knows: so losses, order and markers are what the sender made of them. When nothing
 * has come for RELAY_PATIENCE packet times, the leg sends silence of its own until more comes. */
#ifndef MEDIA_RELAY_H
#define MEDIA_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#define RELAY_PATIENCE 5

struct media_leg;
struct rtp_packet;

/* Of the stream into a leg. */
struct relay {
	struct media_leg *peer; /* whose packets it gets */
	bool flows, anchored;	/* anchored: what follows is known */
	uint8_t idle, skipped;	/* packet times since a packet was passed on, and not sent in */
	uint16_t sequence_shift, newest, oldest;
	uint32_t timestamp_shift;
};

/* From now on the leg gets the packets of the peer; for a moment they are waited for, so that there
 * is no silence between what it heard before and them. */
void media_relay_start(struct media_leg *to, struct media_leg *peer);

/* A packet that `from` was sent, for its peer. fresh: it begins a stream. */
void media_relay(struct media_leg *from, const struct rtp_packet *packet, bool fresh, uint64_t now);

/* Once in each packet time: whether the packets of somebody else are all that the leg sends. */
bool media_relay_flows(struct media_leg *to);
void media_relay_stop(struct media_leg *to);

#endif
