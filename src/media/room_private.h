/* room_private.h - the inside of a room (room.h), shared by the files of this folder.
 *
 * The core thread keeps the list of who is in a room. What mixing needs it allocates when a room
 * gets its second leg or is played to, and sends it along with orders; it comes back when a leg
 * leaves. The media thread of the room decides, whenever something has changed, what is done:
 * nothing (a leg alone is served as any other), passing packets on (relay.c) or mixing (mixer.h).
 *
 * When a room mixes, it is on the wheel itself, with a visit each 20 ms: the mixer's turn. Its
 * first legs are served in that visit, heard before the turn and sent to after it, so that their
 * sound waits for nothing. Legs beyond ROOM_ALIGNED_MAX keep their places on the wheel, so that a
 * thousand do not burst. Legs of another packet time than 20 ms have places of their own, too, and
 * a queue between the mixer's frames and their packets. */
#ifndef MEDIA_ROOM_PRIVATE_H
#define MEDIA_ROOM_PRIVATE_H

#include <sys/queue.h>

#include "media/jitter.h"
#include "media/leg.h"
#include "media/mixer.h"
#include "media/press.h"
#include "media/room.h"
#include "media/wheel.h"

#define ROOM_ALIGNED_MAX 32

enum room_mode { ROOM_IDLE, ROOM_RELAY, ROOM_MIX };

/* What a leg needs where others are. For one codec and packet time. */
struct media_member {
	const struct codec *codec;
	bool fresh;    /* a stream: the next frame has sound */
	uint8_t faded; /* frames that the last sound was repeated */
	struct mixer_voice voice;
	struct jitter jitter;
	struct press press; /* keys that the other one presses */
	/* Packet time other than 20 ms: encoded, not yet sent. */
	uint8_t *queue;
	size_t queued, queue_size;
	uint8_t data[]; /* what the above point to */
};

struct media_room {
	/* media thread */
	struct wheel_item wheel; /* first; while the room mixes */
	enum room_mode mode;
	bool dead, unsettled;
	struct media_room *next_unsettled;
	struct media_leg_list legs[SERVED_KINDS]; /* by the way they are served */
	unsigned started, aligned, denials;
	unsigned telephones;  /* of those that were started: no streams */
	bool denials_changed; /* somebody was denied, or came, or has another voice */
	struct mixer mixer;
	struct media_player player;

	/* core thread */
	struct media_engine *engine;
	struct media_thread *thread; /* NULL: nobody was in it yet */
	void (*on_play_end)(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms);
	void *arg;
	LIST_HEAD(room_members, media_leg) members;
	unsigned count;
	LIST_HEAD(room_pairs, room_pair) pairs; /* who does not hear whom */
	unsigned references; /* orders on their way, and itself until it is freed */
	bool mixes;	     /* legs are given what mixing needs */
	bool freed;
	uint32_t last_play;
	uint8_t rates, played; /* bits of enum mixer_rate: of the buses, and of what was played */
};

/* Core thread: room.c */
void media_room_returned(struct media_order *order);
void media_room_forget(struct media_leg *leg); /* it is freed */
struct media_order *media_room_order_new(
	struct media_room *room, struct media_leg *leg, enum media_order_kind kind);
void media_room_each_pair(const struct media_room *room,
	void (*each)(struct media_leg *listener, struct media_leg *speaker));

/* Core thread: room_provide.c. What a leg needs in its room, for the codec and packet time that it
 * has now; NULL when it has it, or needs nothing. */
struct media_member *media_room_member_for(struct media_leg *leg);
struct media_member *media_member_free(struct media_member *member); /* NULL allowed */
/* Buses and converters that the room lacks. */
void media_room_provide(struct media_room *room);
void media_room_release(struct media_room *room); /* frees what was provided */

/* Media thread: room_serve.c, which posts the order back */
void media_room_obey(struct media_thread *thread, struct media_order *order);
/* Something changes that decides how the leg is served: until that is settled, before the next
 * tick, it is served alone. */
void media_room_changed(struct media_thread *thread, struct media_leg *leg);
void media_room_played(struct media_thread *thread, struct media_leg *leg);
void media_room_settle_all(struct media_thread *thread);
void media_room_part(struct media_thread *thread, struct media_leg *leg); /* for good */
void media_room_visit(struct media_thread *thread, struct media_room *room, uint64_t now);
void media_room_left_out(struct media_room *room);
/* A leg that was started comes or goes. */
void media_room_count(struct media_room *room, const struct media_leg *leg, int change);
/* The one other telephone that is there; NULL when there is none or more. */
struct media_leg *media_room_other(const struct media_leg *leg);
bool media_room_hears(const struct media_leg *listener, const struct media_leg *speaker);

/* Media thread: room_denial.c. Obeying is true when the order is kept. */
bool media_denials_obey(struct media_order *order);
void media_denials_part(struct media_leg *leg);
void media_denials_settle(struct media_room *room);

/* Media thread: member.c. What a leg gives to its room and takes from it. */
void media_member_heard(struct media_leg *leg, const struct rtp_packet *packet, uint64_t now);
int16_t *media_member_next(struct media_leg *leg);	     /* where a stream's next frame goes */
void media_member_give(struct media_leg *leg, uint64_t now); /* to the next frame */
void media_member_fill(struct media_leg *leg, uint8_t *out); /* a packet's sound */
void media_member_swap(struct media_leg *leg, struct media_order *order);
void media_member_queue(struct media_leg *leg); /* the present frame, of other packet times */

#endif
