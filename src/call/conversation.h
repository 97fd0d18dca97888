/* conversation.h - the calls that hear each other. Core thread only.
 *
 * A call is in exactly one conversation from its beginning to its end, at first in one of its own.
 * A member that is present hears the others and is heard; absent are those that still ring, and
 * those that wait in a room for it to start. The media room is made when a second member is
 * present: a call that is alone is served as if there were no conversations. The last member that
 * leaves frees it.
 *
 * A conversation with a name is a room that calls of one application go into by themselves
 * (call_join.c). It has rules of its own: it starts with the first member that starts it, and is
 * over for all when a member leaves that ends it. */
#ifndef CALL_CONVERSATION_H
#define CALL_CONVERSATION_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/id.h"
#include "ncco/host.h"

#define CONVERSATION_ID_SIZE (ID_SIZE + 4) /* "CON-" before a UUID */

struct call;
struct config_application;
struct media_room;
struct room_recording;
struct server;
TAILQ_HEAD(call_list, call);
TAILQ_HEAD(conversation_list, conversation);

struct conversation {
	TAILQ_ENTRY(conversation) link;
	struct server *server;
	char uuid[CONVERSATION_ID_SIZE];
	struct call_list members;
	unsigned count, present; /* members; those that are */
	unsigned choosy;	 /* members that hear or reach some of the others only */
	struct media_room *room; /* NULL: never had two */

	/* a room */
	const struct config_application *app;
	char *name; /* NULL: it is none */
	bool started;
	bool locked;			  /* nobody comes in any more */
	struct room_recording *recording; /* NULL: none was asked for */
};

/* How a call takes part, as its script said; kept until it is in another conversation. */
struct call_seat {
	bool waits; /* in a room that has not started */
	bool end_on_exit, mute, deaf;
	bool has_can_speak, has_can_hear;
	char **can_speak, **can_hear; /* uuids, NULL-terminated */
};

/* A conversation without members yet. */
struct conversation *conversation_new(struct server *server);
/* Makes the call an absent member, and of no other conversation any more. A call that has been in
 * one tells its application. */
void conversation_enter(struct conversation *conversation, struct call *call);
/* It hears and is heard from now on; idempotent. */
void conversation_admit(struct call *call);
/* For a call that is over. */
void conversation_leave(struct call *call);

/* The call goes over, with those that it has made and who are with it, and takes that seat (NULL:
 * without rules); all are present then, unless the seat waits. */
void conversation_move(struct conversation *to, struct call *call, const struct call_seat *seat);
/* So do all who are present in its conversation. */
void conversation_move_all(
	struct conversation *to, struct call *call, const struct call_seat *seat);
/* Back into a conversation of its own. */
void conversation_go_home(struct call *call);

/* The call's party has pressed a key for so long: those are told who do not hear it in their
 * media. */
void conversation_tell_digit(struct call *call, char digit, unsigned held_ms);

/* Whether somebody else is there; in a room somebody may always come. */
bool conversation_has_company(const struct call *call);
/* The room that what this call's script plays goes to; NULL: to its own leg only. */
struct media_room *conversation_stage(const struct call *call);
struct conversation *conversation_find(struct server *server, const char *uuid);
/* The media room, made if need be: for somebody who listens without being a member. */
struct media_room *conversation_open(struct conversation *conversation);

/* conversation_seat.c: who hears whom */
void conversation_take_seat(struct call *call, const struct call_seat *seat); /* copies the lists */
void conversation_leave_seat(struct call *call);
/* Mutes and deafens the call as it should be, and tells the media engine of pairs that do not hear
 * each other. For a present member. */
void conversation_apply(struct call *call);

/* conversation_named.c: rooms */
struct conversation *conversation_named(
	struct server *server, const struct config_application *app, const char *name, bool make);
/* Lets in all that wait. */
void conversation_start(struct conversation *conversation);
/* It is over for all that are in it. */
void conversation_end(struct conversation *conversation);

#endif
