#include "call/conversation.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "call/call_private.h"

struct conversation *conversation_new(struct call *call)
{
	struct conversation *conversation = xcalloc(1, sizeof(*conversation));
	char id[ID_SIZE];

	conversation->server = call->server;
	snprintf(conversation->uuid, sizeof(conversation->uuid), "CON-%s", id_new(id));
	TAILQ_INIT(&conversation->members);
	TAILQ_INSERT_TAIL(&call->server->conversations, conversation, link);
	TAILQ_INSERT_TAIL(&conversation->members, call, member);
	call->conversation = conversation;
	return conversation;
}

void conversation_leave(struct call *call)
{
	struct conversation *conversation = call->conversation;

	if (!conversation)
		return;
	call->conversation = NULL;
	TAILQ_REMOVE(&conversation->members, call, member);
	if (!TAILQ_EMPTY(&conversation->members))
		return;
	TAILQ_REMOVE(&conversation->server->conversations, conversation, link);
	free(conversation);
}
