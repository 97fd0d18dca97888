/* Who hears whom in a conversation: mute, canSpeak, canHear (core thread).
 *
 * The lists name legs by their uuids, also those that come later: they are looked at whenever a
 * member is let in. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "call/call_private.h"
#include "media/room.h"

static char **copy_list(char *const *list)
{
	size_t count = 0;
	char **copy;

	if (!list)
		return NULL;
	while (list[count])
		count++;
	copy = xcalloc(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = xstrdup(list[i]);
	return copy;
}

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static bool is_choosy(const struct call_seat *seat)
{
	return seat->has_can_speak || seat->has_can_hear;
}

void conversation_take_seat(struct call *call, const struct call_seat *seat)
{
	conversation_leave_seat(call);
	call->seat = *seat;
	call->seat.can_speak = copy_list(seat->can_speak);
	call->seat.can_hear = copy_list(seat->can_hear);
	call->conversation->choosy += is_choosy(seat);
}

void conversation_leave_seat(struct call *call)
{
	call->conversation->choosy -= is_choosy(&call->seat);
	free_list(call->seat.can_speak);
	free_list(call->seat.can_hear);
	call->seat = (struct call_seat){0};
}

static bool names(bool has_list, char *const *list, const struct call *call)
{
	for (; has_list && list && *list; list++) {
		if (strcmp(*list, call->uuid) == 0)
			return true;
	}
	return !has_list;
}

static bool hears(const struct call *listener, const struct call *speaker)
{
	return names(listener->seat.has_can_hear, listener->seat.can_hear, speaker) &&
	       names(speaker->seat.has_can_speak, speaker->seat.can_speak, listener);
}

static bool is_empty(bool has_list, char *const *list)
{
	return has_list && (!list || !*list);
}

/* A party that holds its line may send music of its own, which is heard when we have none. */
static bool is_on_hold(const struct call *call)
{
	return call->held ||
	       (call->peer_holds && call->server->config->media.music_on_hold != NULL);
}

void conversation_apply(struct call *call)
{
	const struct call_seat *seat = &call->seat;
	struct media_leg *media = leg_media(call->leg);
	struct call *other;

	if (!call->present || !call->conversation->room)
		return;
	media_leg_mute(media,
		is_on_hold(call) || seat->mute || is_empty(seat->has_can_speak, seat->can_speak));
	media_leg_deafen(
		media, call->held || seat->deaf || is_empty(seat->has_can_hear, seat->can_hear));
	if (call->conversation->choosy == 0)
		return;
	TAILQ_FOREACH (other, &call->conversation->members, member) {
		if (other == call || !other->present)
			continue;
		if (!hears(call, other))
			media_room_hear(media, leg_media(other->leg), false);
		if (!hears(other, call))
			media_room_hear(leg_media(other->leg), media, false);
	}
}
