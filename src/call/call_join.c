/* A script's rooms and transfers, done on a call (core thread). */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/room_recording.h"

/* --- what the script is told, by a timer: others may be in the middle of their own --- */

static void tell(void *arg)
{
	struct call *call = arg;
	struct call_news news = call->news;

	call->news.joined = call->news.left = false;
	if (news.joined)
		interp_event(call->interp, &(struct ncco_event){.type = NCCO_JOINED});
	if (news.left)
		interp_event(call->interp, &(struct ncco_event){.type = NCCO_LEFT,
						   .failed = news.reason != NULL,
						   .reason = news.reason});
}

void call_tell_joined(struct call *call)
{
	call->news.joined = true;
	timer_start(&call->news.timer, 0);
}

void call_tell_left(struct call *call, const char *constant_reason)
{
	call->news.left = true;
	call->news.reason = constant_reason;
	timer_start(&call->news.timer, 0);
}

/* --- rooms --- */

static bool is_full(
	const struct conversation *room, const struct call *call, const struct ncco_join *join)
{
	unsigned most = call->server->config->limits.max_members;

	if (join->max_members && join->max_members < most)
		most = join->max_members;
	return room->count >= most;
}

void call_join(void *ctx, const struct ncco_join *join)
{
	struct call *call = ctx;
	struct conversation *room = conversation_named(call->server, call->app, join->name, true);

	if (room->locked && call->conversation != room) {
		call_tell_left(call, "the conversation is locked");
		return;
	}
	if (is_full(room, call, join)) {
		call_tell_left(call, "the conversation is full");
		return;
	}
	if (join->start_on_enter)
		conversation_start(room);
	conversation_move(room, call,
		&(struct call_seat){
			.waits = !room->started,
			.end_on_exit = join->end_on_exit,
			.mute = join->mute,
			.has_can_speak = join->has_can_speak,
			.has_can_hear = join->has_can_hear,
			.can_speak = (char **)join->can_speak,
			.can_hear = (char **)join->can_hear,
		});
	if (join->record && !room->recording)
		room->recording = room_recording_new(call, join);
	if (!room->started)
		return;
	room_recording_start(room->recording, room);
	call_tell_joined(call);
}

/* One that is over leaves by itself. */
void call_leave(void *ctx)
{
	struct call *call = ctx;

	timer_stop(&call->news.timer);
	call->news.joined = call->news.left = false;
	if (call->state < CALL_ENDING && call->conversation->name)
		conversation_go_home(call);
}

/* --- transfer --- */

/* Of the same application, not where the call is already, not locked, and with room for all that
 * come. */
static struct conversation *find_other(const struct call *call, const char *uuid)
{
	struct conversation *to = conversation_find(call->server, uuid);
	const struct call *member = to ? TAILQ_FIRST(&to->members) : NULL;

	if (!member || to == call->conversation || !config_same_application(member->app, call->app))
		return NULL;
	if (to->locked)
		return NULL;
	if (to->count + call->conversation->present > call->server->config->limits.max_members)
		return NULL;
	return to;
}

bool call_transfer(void *ctx, const struct ncco_transfer *transfer)
{
	struct call *call = ctx;
	struct conversation *to = find_other(call, transfer->conversation);

	if (!to)
		return false;
	conversation_move_all(to, call,
		&(struct call_seat){
			.waits = to->name && !to->started,
			.mute = transfer->mute,
			.has_can_speak = transfer->has_can_speak,
			.has_can_hear = transfer->has_can_hear,
			.can_speak = (char **)transfer->can_speak,
			.can_hear = (char **)transfer->can_hear,
		});
	call_bridge(call);
	return true;
}

void call_join_init(struct call *call)
{
	timer_init(&call->news.timer, call->server->loop, tell, call);
}

void call_join_release(struct call *call)
{
	timer_stop(&call->news.timer);
}
