/* dtmf_tx.h - digits as RFC 4733 telephone-event packets. Pure functions.
 *
 * Once per packet time the sender is asked what to send. A press is an event that grows by
 * a packet time each; its end is sent three times (RFC 4733 section 2.5.1.4), the two
 * repetitions fall into the gap. */
#ifndef MEDIA_DTMF_TX_H
#define MEDIA_DTMF_TX_H

#include <stdbool.h>
#include <stdint.h>

#define DTMF_PAUSE_MS 500 /* of a 'p' */

struct dtmf_tx {
	const char *digits; /* what is left; NULL: idle. Borrowed */
	unsigned on_ms, gap_ms;
	unsigned pressed_ms; /* of the press that is being sent */
	unsigned wait_ms;    /* left of a gap or pause */
	unsigned repeats;    /* end packets still to be sent */
	unsigned last_event; /* which they repeat */
};

enum dtmf_tx_action { DTMF_TX_AUDIO, DTMF_TX_EVENT, DTMF_TX_FINISHED };

struct dtmf_tx_packet {
	bool first, end; /* first: the marker, and this packet's time is the event's timestamp */
	uint8_t event;
	unsigned duration_ms;
};

void dtmf_tx_start(struct dtmf_tx *tx, const char *digits, unsigned on_ms, unsigned gap_ms);

/* FINISHED: all digits and the last gap are over, the packet is free for something else. */
enum dtmf_tx_action dtmf_tx_step(
	struct dtmf_tx *tx, unsigned ptime_ms, struct dtmf_tx_packet *ret_packet);

void dtmf_tx_write(const struct dtmf_tx_packet *packet, unsigned units_per_ms, uint8_t out[4]);

#endif
