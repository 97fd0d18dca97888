/* Rooms: conversations with a name, each application's own (core thread). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/room_recording.h"

struct conversation *conversation_named(
	struct server *server, const struct config_application *app, const char *name, bool make)
{
	struct conversation *conversation;

	TAILQ_FOREACH (conversation, &server->conversations, link) {
		if (conversation->name && strcmp(conversation->name, name) == 0 &&
			config_same_application(conversation->app, app))
			return conversation;
	}
	if (!make)
		return NULL;
	conversation = conversation_new(server);
	conversation->app = app;
	conversation->name = xstrdup(name);
	return conversation;
}

void conversation_start(struct conversation *conversation)
{
	struct call *call;

	if (conversation->started)
		return;
	log_info(conversation->uuid, "the conversation \"%s\" starts", conversation->name);
	conversation->started = true;
	TAILQ_FOREACH (call, &conversation->members, member) {
		if (!call->seat.waits)
			continue;
		call->seat.waits = false;
		conversation_admit(call);
		call_tell_joined(call);
	}
	room_recording_start(conversation->recording, conversation);
}

/* Each goes back into a conversation of its own, with those that it has made; the last one frees
 * this. */
void conversation_end(struct conversation *conversation)
{
	unsigned count = 0, total = conversation->count;
	struct call **calls = xcalloc(total, sizeof(*calls)), *call;

	log_info(conversation->uuid, "the conversation \"%s\" ends", conversation->name);
	TAILQ_FOREACH (call, &conversation->members, member) {
		call->seat.end_on_exit = false; /* it ends already */
		calls[count++] = call;
	}
	for (unsigned i = 0; i < count; i++) {
		if (calls[i]->conversation != conversation)
			continue;
		conversation_go_home(calls[i]);
		call_tell_left(calls[i], NULL);
		call_check_company(calls[i]);
	}
	free(calls);
}
