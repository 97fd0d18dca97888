/* PUT /v1/conversations/{name} and .../members/{uuid}: an action each, answered once it is done. */
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "call/rooms.h"

/* --- actions --- */

static void lock(struct conversation *room)
{
	room_lock(room, true);
}

static void unlock(struct conversation *room)
{
	room_lock(room, false);
}

static void mute(struct call *member)
{
	room_mute_member(member, true);
}

static void unmute(struct call *member)
{
	room_mute_member(member, false);
}

static void earmuff(struct call *member)
{
	room_earmuff_member(member, true);
}

static void unearmuff(struct call *member)
{
	room_earmuff_member(member, false);
}

/* One of both is NULL. */
struct action {
	const char *name;
	void (*to_room)(struct conversation *room);
	void (*to_member)(struct call *member);
};

static const struct action room_actions[] = {
	{"lock", lock, NULL},
	{"unlock", unlock, NULL},
	{"end", room_end, NULL},
	{NULL, NULL, NULL},
};

static const struct action member_actions[] = {
	{"mute", NULL, mute},
	{"unmute", NULL, unmute},
	{"earmuff", NULL, earmuff},
	{"unearmuff", NULL, unearmuff},
	{"kick", NULL, room_kick_member},
	{"lock", lock, NULL},
	{"unlock", unlock, NULL},
	{NULL, NULL, NULL},
};

/* --- requests --- */

/* The one that the body names, or NULL when it was answered with 400. */
static const struct action *read_action(
	struct http_exchange *exchange, const struct action *actions)
{
	struct json_object *body = api_body(exchange), *faults = NULL, *value;
	const struct action *found = NULL;

	if (!body)
		return NULL;
	value = json_member(body, "action");
	for (const struct action *a = actions; a->name; a++)
		if (json_object_is_type(value, json_type_string) &&
			strcmp(json_object_get_string(value), a->name) == 0)
			found = a;
	if (!found) {
		api_add_fault(&faults, "action", value ? "is no action of this" : "is missing");
		http_reply_invalid(exchange, 400, "the body has faults", faults);
	}
	json_object_put(body);
	return found;
}

void api_change_room(void *arg, struct http_exchange *exchange, const char *id)
{
	struct conversation *room = api_room(arg, exchange, id);
	const struct action *action = room ? read_action(exchange, room_actions) : NULL;

	if (!action)
		return;
	action->to_room(room);
	http_reply_empty(exchange, 204);
}

void api_change_member(void *arg, struct http_exchange *exchange, const char *id)
{
	struct conversation *room = api_room(arg, exchange, id);
	const struct action *action;
	struct call *member;

	if (!room)
		return;
	member = room_member(room, http_exchange_second_id(exchange));
	if (!member) {
		http_reply_problem(exchange, 404, "there is no such member");
		return;
	}
	action = read_action(exchange, member_actions);
	if (!action)
		return;
	if (action->to_room)
		action->to_room(room);
	else
		action->to_member(member);
	http_reply_empty(exchange, 204);
}
