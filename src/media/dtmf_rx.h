/* dtmf_rx.h - digits out of RFC 4733 telephone-event packets. Pure functions.
 *
 * A press is one (timestamp, event); all of its packets after the first that arrives are
 * silent, whichever were lost, doubled or overtaken. The same digit heard from the other
 * source (RFC 4733 and in-band) within DTMF_SAME_PRESS_US is the same press. */
#ifndef MEDIA_DTMF_RX_H
#define MEDIA_DTMF_RX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTMF_EVENT_SIZE	   4
#define DTMF_SAME_PRESS_US UINT64_C(500000)

/* RFC 4733 table 3: 0-9, *, #, A-D are events 0-15. */
#define DTMF_DIGITS "0123456789*#ABCD"

struct dtmf_rx {
	bool started;
	bool pressed;	   /* of the present press no end was seen */
	uint64_t heard_at; /* us: of its last packet; kept by the caller */
	uint8_t event;
	uint16_t duration; /* the longest seen of the press */
	uint32_t timestamp;
	struct {
		char digit;
		uint64_t at; /* us */
	} last[2];	     /* by enum media_dtmf_source */
};

/* Called for each telephone-event packet; the digit when it begins a press, else 0. */
char dtmf_rx_event(struct dtmf_rx *rx, uint32_t timestamp, const uint8_t *payload, size_t length);

/* After dtmf_rx_event() with the same packet: whether that ends the present press. */
bool dtmf_rx_ends(const struct dtmf_rx *rx, uint32_t timestamp, const uint8_t *payload);

/* Forgets the timestamps: the sender began a new stream. */
void dtmf_rx_restart(struct dtmf_rx *rx);

/* Whether a digit from source (0 RFC 4733, 1 in-band) at time now is a press of its own. */
bool dtmf_rx_accept(struct dtmf_rx *rx, int source, char digit, uint64_t now);

#endif
