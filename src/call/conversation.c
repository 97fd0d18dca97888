#include "call/conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/room_recording.h"
#include "media/room.h"

struct conversation *conversation_new(struct server *server)
{
	struct conversation *conversation = xcalloc(1, sizeof(*conversation));
	char id[ID_SIZE];

	conversation->server = server;
	snprintf(conversation->uuid, sizeof(conversation->uuid), "CON-%s", id_new(id));
	TAILQ_INIT(&conversation->members);
	TAILQ_INSERT_TAIL(&server->conversations, conversation, link);
	return conversation;
}

static void conversation_free(struct conversation *conversation)
{
	room_recording_stop(conversation->recording);
	media_room_free(conversation->room);
	TAILQ_REMOVE(&conversation->server->conversations, conversation, link);
	free(conversation->name);
	free(conversation);
}

struct conversation *conversation_find(struct server *server, const char *uuid)
{
	struct conversation *conversation;

	TAILQ_FOREACH (conversation, &server->conversations, link) {
		if (strcmp(conversation->uuid, uuid) == 0)
			return conversation;
	}
	return NULL;
}

/* --- the media room --- */

static void on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct conversation *conversation = arg;
	struct call *call;

	(void)played_ms;
	TAILQ_FOREACH (call, &conversation->members, member) {
		if (call_sound_is(call, play, true)) {
			call_sound_ended(call, end);
			return; /* the script may have changed the list */
		}
	}
}

static void join_room(struct call *call)
{
	media_room_join(call->conversation->room, leg_media(call->leg));
	conversation_apply(call);
}

struct media_room *conversation_open(struct conversation *conversation)
{
	struct call *call;

	if (conversation->room)
		return conversation->room;
	conversation->room = media_room_new(conversation->server->media, on_play_end, conversation);
	TAILQ_FOREACH (call, &conversation->members, member) {
		if (call->present)
			join_room(call);
	}
	return conversation->room;
}

void conversation_admit(struct call *call)
{
	struct conversation *conversation = call->conversation;

	if (!conversation || call->present || !call->leg)
		return;
	call->present = true;
	conversation->present++;
	if (conversation->room)
		join_room(call);
	else if (conversation->present == 2)
		conversation_open(conversation);
	call_record_came(call);
	call_review_music(conversation);
}

/* --- members --- */

static void check_company(struct conversation *conversation)
{
	struct call *call;

	TAILQ_FOREACH (call, &conversation->members, member) {
		call_check_company(call);
		queue_review(call);
	}
	call_review_music(conversation);
}

/* Those that stay look whether they are alone now, or whether it is over. */
static void take_out(struct call *call)
{
	struct conversation *conversation = call->conversation;
	bool over = conversation->name && call->seat.end_on_exit;

	if (call->present && conversation->room) {
		call_sound_leaves_room(call);
		media_room_leave(leg_media(call->leg));
	}
	if (call->present)
		call_record_left(call);
	call_hold_leave(call);
	conversation_leave_seat(call);
	conversation->count--;
	conversation->present -= call->present;
	call->present = false;
	call->conversation = NULL;
	TAILQ_REMOVE(&conversation->members, call, member);
	if (TAILQ_EMPTY(&conversation->members))
		conversation_free(conversation);
	else if (over)
		conversation_end(conversation);
	else
		check_company(conversation);
}

void conversation_enter(struct conversation *conversation, struct call *call)
{
	bool moves = call->conversation != NULL;
	char from[CONVERSATION_ID_SIZE];

	if (call->conversation == conversation)
		return;
	snprintf(from, sizeof(from), "%s", call->conversation_uuid);
	if (moves)
		take_out(call);
	TAILQ_INSERT_TAIL(&conversation->members, call, member);
	conversation->count++;
	call->conversation = conversation;
	snprintf(
		call->conversation_uuid, sizeof(call->conversation_uuid), "%s", conversation->uuid);
	call_conversation_changed(call, moves ? from : NULL);
}

void conversation_leave(struct call *call)
{
	if (call->conversation)
		take_out(call);
}

static void move_one(struct conversation *to, struct call *call, const struct call_seat *seat)
{
	conversation_enter(to, call);
	conversation_take_seat(call, seat);
	if (!seat->waits)
		conversation_admit(call);
}

/* The children first: left alone, they would be hung up. */
void conversation_move(struct conversation *to, struct call *call, const struct call_seat *seat)
{
	static const struct call_seat no_rules;
	struct call_seat child_seat = {.waits = seat && seat->waits};
	struct conversation *from = call->conversation;
	struct call *child;

	TAILQ_FOREACH (child, &call->children, child) {
		if (child->conversation == from && child->state == CALL_BRIDGED)
			move_one(to, child, &child_seat);
	}
	move_one(to, call, seat ? seat : &no_rules);
}

void conversation_move_all(struct conversation *to, struct call *call, const struct call_seat *seat)
{
	struct conversation *from = call->conversation;
	unsigned count = 0;
	struct call **calls = xcalloc(from->count, sizeof(*calls)), *other;

	TAILQ_FOREACH (other, &from->members, member) {
		if (other->present && other != call)
			calls[count++] = other;
	}
	for (unsigned i = 0; i < count; i++)
		move_one(to, calls[i], seat);
	move_one(to, call, seat);
	free(calls);
}

void conversation_go_home(struct call *call)
{
	conversation_move(conversation_new(call->server), call, NULL);
}

void conversation_tell_digit(struct call *call, char digit, unsigned held_ms)
{
	struct call *other;

	if (!call->present)
		return;
	TAILQ_FOREACH (other, &call->conversation->members, member) {
		if (other != call && other->present && other->leg)
			leg_tell_digit(other->leg, digit, held_ms);
	}
}

bool conversation_has_company(const struct call *call)
{
	const struct conversation *conversation = call->conversation;

	return conversation &&
	       (conversation->name || conversation->present > (call->present ? 1 : 0));
}

struct media_room *conversation_stage(const struct call *call)
{
	const struct conversation *conversation = call->conversation;

	return call->present && !conversation->name && conversation->present > 1
		       ? conversation->room
		       : NULL;
}
