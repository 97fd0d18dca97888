#include "media/dtmf_tx.h"

#include <ctype.h>
#include <string.h>

#include "media/dtmf_rx.h"
#include "media/rtp.h"

#define END_REPEATS 2
#define VOLUME	    10 /* -10 dBm0 */

void dtmf_tx_start(struct dtmf_tx *tx, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	*tx = (struct dtmf_tx){.digits = digits, .on_ms = on_ms, .gap_ms = gap_ms};
}

static unsigned event_of(char digit)
{
	const char *at = strchr(DTMF_DIGITS, toupper((unsigned char)digit));

	return at ? (unsigned)(at - DTMF_DIGITS) : 0;
}

static void spend(struct dtmf_tx *tx, unsigned ptime_ms)
{
	tx->wait_ms -= ptime_ms < tx->wait_ms ? ptime_ms : tx->wait_ms;
}

static enum dtmf_tx_action press(
	struct dtmf_tx *tx, unsigned ptime_ms, struct dtmf_tx_packet *ret_packet)
{
	bool first = tx->pressed_ms == 0;

	tx->pressed_ms += ptime_ms;
	tx->last_event = event_of(*tx->digits);
	*ret_packet = (struct dtmf_tx_packet){
		.first = first,
		.event = (uint8_t)tx->last_event,
		.duration_ms = tx->pressed_ms,
	};
	if (tx->pressed_ms >= tx->on_ms) {
		ret_packet->end = true;
		ret_packet->duration_ms = tx->on_ms;
		tx->repeats = END_REPEATS;
		tx->wait_ms = tx->gap_ms;
		tx->pressed_ms = 0;
		tx->digits++;
	}
	return DTMF_TX_EVENT;
}

enum dtmf_tx_action dtmf_tx_step(
	struct dtmf_tx *tx, unsigned ptime_ms, struct dtmf_tx_packet *ret_packet)
{
	if (tx->repeats > 0) {
		tx->repeats--;
		spend(tx, ptime_ms);
		*ret_packet = (struct dtmf_tx_packet){
			.end = true,
			.event = (uint8_t)tx->last_event,
			.duration_ms = tx->on_ms,
		};
		return DTMF_TX_EVENT;
	}
	if (tx->wait_ms == 0 && *tx->digits == 'p') {
		tx->digits++;
		tx->wait_ms = DTMF_PAUSE_MS;
	}
	if (tx->wait_ms > 0) {
		spend(tx, ptime_ms);
		return DTMF_TX_AUDIO;
	}
	if (*tx->digits)
		return press(tx, ptime_ms, ret_packet);
	tx->digits = NULL;
	return DTMF_TX_FINISHED;
}

void dtmf_tx_write(const struct dtmf_tx_packet *packet, unsigned units_per_ms, uint8_t out[4])
{
	out[0] = packet->event;
	out[1] = (uint8_t)((packet->end ? 0x80 : 0) | VOLUME);
	put16(out + 2, (uint16_t)(packet->duration_ms * units_per_ms));
}
