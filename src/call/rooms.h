/* rooms.h - conversations with a name as the API has them: found, looked at, changed while they go
 * on. Core thread only.
 *
 * A room is there as long as it has members. What is borrowed is so until the loop is next run. */
#ifndef CALL_ROOMS_H
#define CALL_ROOMS_H

#include <stdbool.h>

struct call;
struct conversation;
struct server;

struct room_row {
	const char *name, *uuid, *application; /* NULL: of none */
	bool started, locked, recorded;
	unsigned members;
};

struct room_member_row {
	const char *uuid, *from, *to, *direction;
	bool present; /* false: waits for the room to start, or rings */
	bool muted, earmuffed, held, ends;
};

/* The room after that one, in the order of their beginnings; NULL: the first. NULL at the end. */
struct conversation *rooms_next(const struct server *server, const struct conversation *room);
void room_row(const struct conversation *room, struct room_row *ret_row);
/* In the order of their coming. */
struct call *room_next_member(const struct conversation *room, const struct call *member);
struct call *room_member(const struct conversation *room, const char *uuid); /* NULL: is none */
void room_member_row(const struct call *member, struct room_member_row *ret_row);

/* Nobody comes in any more; those that are in stay. */
void room_lock(struct conversation *room, bool on);
/* Sends all away: their scripts go on. The room is gone then. */
void room_end(struct conversation *room);

/* As long as the member is in its room. */
void room_mute_member(struct call *member, bool on);	/* nobody hears it */
void room_earmuff_member(struct call *member, bool on); /* it hears nobody */
/* Sends it away, with those that it has called: its script goes on, and without one it ends. As
 * when it leaves by itself: the room ends with one that ends it. */
void room_kick_member(struct call *member);

#endif
