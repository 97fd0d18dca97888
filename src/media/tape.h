/* tape.h - what a leg hears and sends, for somebody who listens: a bounded queue from the media
 * thread to one reader on another thread (a recorder).
 *
 * The media thread only copies packets: they are decoded by the reader. Time is that of the
 * leg's own packets, in 1/48000 s since the tape began, so that both directions share one clock;
 * it jumps when it has come to be more than 40 ms behind real time. What comes in is placed by its
 * RTP timestamp: a packet that was lost leaves a hole, one that is late lands where it belongs. At
 * most about 2.5 s wait to be read; what comes after is dropped and counted, and is a hole too.
 *
 * media_leg_tape() and its like: core thread. media_tape_pop() and those after it: the reader. */
#ifndef MEDIA_TAPE_H
#define MEDIA_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/codec.h"
#include "media/rtp.h"

#define TAPE_RATE	 48000
#define TAPE_BLOCK_BYTES 240 /* of either G.711: 30 ms */

enum tape_track { TAPE_HEARD, TAPE_SENT, TAPE_TRACKS };

struct tape_block {
	uint64_t at;		   /* 1/48000 s */
	const struct codec *codec; /* of data */
	uint16_t bytes;		   /* 0 on TAPE_SENT: nothing, but time has come to `at` */
	uint8_t track;
	/* Lies where its time stamp says, and says nothing about how far time has come. Without
	 * bytes: time has come to `at`, but what was passed on may still land before. */
	bool placed;
	uint8_t data[TAPE_BLOCK_BYTES];
};

struct media_tape;
struct media_leg;

struct media_tape *media_tape_new(void);
struct media_tape *media_tape_free(struct media_tape *tape); /* NULL allowed; returns NULL */

bool media_tape_pop(struct media_tape *tape, struct tape_block *ret_block);
/* The same in two steps: the next block, or NULL; it is there until it is skipped. */
const struct tape_block *media_tape_peek(struct media_tape *tape);
void media_tape_skip(struct media_tape *tape);
uint32_t media_tape_lost(const struct media_tape *tape); /* blocks dropped so far */
/* The monotonic time, in us, of the tape's beginning, by which tapes of several legs are put side
 * by side; 0 when it has not begun: before the leg's media has. */
uint64_t media_tape_began(const struct media_tape *tape);

/* Puts the tape on; released(arg) is called on the core thread once the media thread has let it
 * go: after media_leg_untape(), or after media_leg_free(). The tape lives until then. */
void media_leg_tape(
	struct media_leg *leg, struct media_tape *tape, void (*released)(void *arg), void *arg);
void media_leg_untape(struct media_leg *leg, struct media_tape *tape);
/* While it is paused the tape's time stands still. */
void media_leg_pause_tape(struct media_leg *leg, struct media_tape *tape, bool paused);

/* The media thread's side. */

/* A packet that came in; its codec's RTP clock counts its timestamp. */
void tape_heard(struct media_tape *tape, const struct codec *codec, const struct rtp_packet *packet,
	uint64_t now);
/* The sound of the packet that goes out now; then, for every packet time, the step of time. */
void tape_sent(
	struct media_tape *tape, const struct codec *codec, const uint8_t *data, size_t bytes);
void tape_step(struct media_tape *tape, unsigned ms, uint64_t now);
/* In place of that: a packet of somebody else that is passed on, placed like one that came in. */
void tape_relayed(struct media_tape *tape, const struct codec *codec,
	const struct rtp_packet *packet, uint64_t now);
void tape_pause(struct media_tape *tape, bool paused, uint64_t now);

#endif
