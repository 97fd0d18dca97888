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

/* Of the stream into a leg. */
struct relay {
	bool flows;
	uint8_t idle; /* packet times since a packet was passed on */
	uint16_t sequence_shift, newest, oldest;
	uint32_t timestamp_shift;
};

struct media_leg;
struct rtp_packet;

/* A packet that `from` was sent, for the one other leg of its room. fresh: it begins a stream. */
void media_relay(struct media_leg *from, const struct rtp_packet *packet, bool fresh);

/* Once in each packet time: whether the packets of somebody else are all that the leg sends. */
bool media_relay_flows(struct media_leg *to);
void media_relay_stop(struct media_leg *to);

#endif
