/* room.h - conversations in the media engine: legs that hear each other.
 *
 * A room mixes for each leg what the others say: everybody hears all that there is at the sample
 * rate of its own codec. Sound waits 20 to 60 ms for what the network holds up; what is lost is
 * made up for by the sound before. With more than two telephones, who is below -56 dB counts as
 * silent.
 *
 * Two legs of one codec and packet time, with nothing else to be heard, are not mixed: their
 * packets are passed on as they are, events (RFC 4733) included, and one that sends nothing for
 * 100 ms is silence to the other. A leg that is alone in its room is served as if it had none.
 * Streams of packets go on without a jump through all of this.
 *
 * Of two telephones in a room, streams aside, keys that one presses by events reach the other: as
 * events if it has them, else as tones. With more than two they are only reported.
 *
 * What is played to a leg (media_leg_play()) is mixed to what that leg alone hears; what is
 * played to the room is heard by all in it. All legs of a room live on one media thread: a leg
 * that joins moves there without losing or doubling a packet. Core thread only; nothing here
 * waits. */
#ifndef MEDIA_ROOM_H
#define MEDIA_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "media/engine.h"

struct media_room;

/* on_play_end as in media_leg_handler, of media_room_play(); not after media_room_free(). */
struct media_room *media_room_new(struct media_engine *engine,
	void (*on_play_end)(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms),
	void *arg);
/* Legs that are still in it are taken out. NULL allowed; returns NULL. */
struct media_room *media_room_free(struct media_room *room);

/* A leg is in one room at most: joining another leaves the one before. Legs may join before
 * media_leg_start(). Nothing of what is played to the leg is interrupted. */
void media_room_join(struct media_room *room, struct media_leg *leg);
void media_room_leave(struct media_leg *leg); /* also when it is in none */

/* Of a leg in a room; forgotten when it leaves. */
void media_leg_mute(struct media_leg *leg, bool muted); /* the others do not hear it */
/* It hears neither the others nor what is played to the room, only what is played to itself. */
void media_leg_deafen(struct media_leg *leg, bool deaf);
/* One pair in one room: whether listener hears speaker; true at first. Nothing happens when they
 * are not in one room. */
void media_room_hear(struct media_leg *listener, struct media_leg *speaker, bool hears);

/* As media_leg_play() and media_leg_stop(), for all in the room. Any codec of the table, or
 * codec_l16(). While nobody is there, plays stand still. */
uint32_t media_room_play(struct media_room *room, struct prompt *prompt, unsigned loops);
void media_room_stop(struct media_room *room);

#endif
