/* press.h - keys that one party of two presses, sent to the other while they are held: as
 * RFC 4733 events where it knows them, else as tones. For rooms that mix; where packets are passed
 * on, events pass with them unless the other side has none. Media thread. */
#ifndef MEDIA_PRESS_H
#define MEDIA_PRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRESS_MAX 4 /* that wait; more than a hand can press */

struct press {
	struct {
		uint32_t timestamp; /* of the sender, by which its packets are known */
		uint64_t heard_at;  /* us, the last of them */
		uint16_t ms;	    /* so far */
		uint8_t event;
		bool over;
	} waiting[PRESS_MAX];
	uint8_t count, repeats; /* repeats: of the end, still to be sent */
	bool known;		/* `last` is the time stamp of the newest press */
	uint32_t last, began;	/* began: our time stamp of the one that is sent */
	unsigned sent_ms, pause_ms;
	double phase[2]; /* of a tone */
};

struct media_leg;
struct rtp_packet;

/* An event packet that `from` was sent. */
void media_press_heard(struct media_leg *from, const struct rtp_packet *packet, uint64_t now);

/* Puts what is to be sent of a key behind the room for the header; the length, 0: nothing.
 * *ret_event tells an event packet from sound. */
size_t media_press_fill(
	struct media_leg *leg, uint8_t *payload, uint64_t now, bool *ret_event, bool *ret_first);

#endif
