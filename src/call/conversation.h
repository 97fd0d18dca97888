/* conversation.h - the calls that hear each other. Core thread only.
 *
 * A call is in exactly one conversation at all times, at first in one of its own. The last
 * member that leaves frees it. */
#ifndef CALL_CONVERSATION_H
#define CALL_CONVERSATION_H

#include <sys/queue.h>

#include "base/id.h"

#define CONVERSATION_ID_SIZE (ID_SIZE + 4) /* "CON-" before a UUID */

struct call;
struct server;
TAILQ_HEAD(call_list, call);

struct conversation {
	TAILQ_ENTRY(conversation) link;
	struct server *server;
	char uuid[CONVERSATION_ID_SIZE];
	struct call_list members;
};

/* Puts a call that is in none into a new one. */
struct conversation *conversation_new(struct call *call);
void conversation_leave(struct call *call);

#endif
