/* Rooms, looked at and changed by the API (core thread). */
#include "call/rooms.h"

#include <string.h>

#include "base/log.h"
#include "call/call_private.h"

/* --- looked at --- */

struct conversation *rooms_next(const struct server *server, const struct conversation *room)
{
	struct conversation *next =
		room ? TAILQ_NEXT(room, link) : TAILQ_FIRST(&server->conversations);

	while (next && !next->name)
		next = TAILQ_NEXT(next, link);
	return next;
}

void room_row(const struct conversation *room, struct room_row *ret_row)
{
	*ret_row = (struct room_row){
		.name = room->name,
		.uuid = room->uuid,
		.application = room->app ? room->app->id : NULL,
		.started = room->started,
		.locked = room->locked,
		.recorded = room->recording != NULL,
		.members = room->count,
	};
}

struct call *room_next_member(const struct conversation *room, const struct call *member)
{
	return member ? TAILQ_NEXT(member, member) : TAILQ_FIRST(&room->members);
}

struct call *room_member(const struct conversation *room, const char *uuid)
{
	struct call *call = call_find(room->server, uuid);

	return call && call->conversation == room && call->state < CALL_ENDING ? call : NULL;
}

void room_member_row(const struct call *member, struct room_member_row *ret_row)
{
	*ret_row = (struct room_member_row){
		.uuid = member->uuid,
		.from = member->from,
		.to = member->to,
		.direction = member->outbound ? "outbound" : "inbound",
		.present = member->present,
		.muted = member->seat.mute,
		.earmuffed = member->seat.deaf,
		.held = member->held || member->peer_holds,
		.ends = member->seat.end_on_exit,
	};
}

/* --- changed --- */

void room_lock(struct conversation *room, bool on)
{
	if (room->locked != on)
		log_info(room->uuid, "the conversation \"%s\" is %s", room->name,
			on ? "locked" : "open again");
	room->locked = on;
}

void room_end(struct conversation *room)
{
	conversation_end(room);
}

void room_mute_member(struct call *member, bool on)
{
	member->seat.mute = on;
	conversation_apply(member);
}

void room_earmuff_member(struct call *member, bool on)
{
	member->seat.deaf = on;
	conversation_apply(member);
}

void room_kick_member(struct call *member)
{
	log_info(member->uuid, "it is sent out of the conversation \"%s\"",
		member->conversation->name);
	conversation_go_home(member);
	call_tell_left(member, NULL);
	call_check_company(member);
}
