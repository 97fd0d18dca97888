/* conversation.h - the calls that hear each other. Core thread only.
 *
 * A call is in exactly one conversation from its beginning to its end, at first in one of its own.
 * A member that is present hears the others and is heard; absent are those that still ring, and
 * those that wait in a room for it to begin. The last member
 * that leaves frees it. */
#ifndef CALL_CONVERSATION_H
#define CALL_CONVERSATION_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/id.h"

#define CONVERSATION_ID_SIZE (ID_SIZE + 4) /* "CON-" before a UUID */

struct call;
struct server;
TAILQ_HEAD(call_list, call);
TAILQ_HEAD(conversation_list, conversation);

struct conversation {
	TAILQ_ENTRY(conversation) link;
	struct server *server;
	char uuid[CONVERSATION_ID_SIZE];
	struct call_list members;
	unsigned present; /* members that are */
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

/* The call's party has pressed a key: those are told who do not hear it in their media. */
void conversation_tell_digit(struct call *call, char digit);

/* Whether somebody else is there. */
bool conversation_has_company(const struct call *call);

#endif
