#include "call/conversation.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"

/* Keys are told when they go down; how long they will be held is not known then. */
#define DIGIT_MS 100

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
	TAILQ_REMOVE(&conversation->server->conversations, conversation, link);
	free(conversation);
}

void conversation_admit(struct call *call)
{
	struct conversation *conversation = call->conversation;

	if (!conversation || call->present || !call->leg)
		return;
	call->present = true;
	conversation->present++;
}

/* --- members --- */

/* Those that stay look whether they are alone now. */
static void take_out(struct call *call)
{
	struct conversation *conversation = call->conversation;
	struct call *other;

	conversation->present -= call->present;
	call->present = false;
	call->conversation = NULL;
	TAILQ_REMOVE(&conversation->members, call, member);
	if (TAILQ_EMPTY(&conversation->members)) {
		conversation_free(conversation);
		return;
	}
	TAILQ_FOREACH (other, &conversation->members, member)
		call_check_company(other);
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

void conversation_tell_digit(struct call *call, char digit)
{
	struct call *other;

	if (!call->present)
		return;
	TAILQ_FOREACH (other, &call->conversation->members, member) {
		if (other != call && other->present && other->leg)
			leg_tell_digit(other->leg, digit, DIGIT_MS);
	}
}

bool conversation_has_company(const struct call *call)
{
	const struct conversation *conversation = call->conversation;

	return conversation && conversation->present > (call->present ? 1 : 0);
}
