/* Another script for a call that goes on: given, or fetched (core thread). */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"

/* A script that is being fetched. */
struct call_steering {
	struct call *call;
	call_done_fn *done;
	void *arg;
};

/* Those that it has made stay behind, and are on their own. */
static void leave_children(struct call *call)
{
	struct call *child, *next;

	for (child = TAILQ_FIRST(&call->children); child; child = next) {
		next = TAILQ_NEXT(child, child);
		if (!child->dial.connect && !child->dial.asked)
			call_leave_parent(child);
	}
}

/* Into a conversation of its own, where the script runs. */
void call_steer(struct call *call, struct ncco_document *document)
{
	log_info(call->uuid, "transferred to another script over the API");
	call_tell_lost(call); /* whoever waits for it to join */
	call_leave_parent(call);
	leave_children(call);
	conversation_enter(conversation_new(call->server), call);
	conversation_take_seat(call, &(struct call_seat){.waits = false});
	conversation_admit(call);
	call_run(call, document);
}

static void on_script(void *arg, struct webhook_reply *reply)
{
	struct call_steering *steering = arg;
	struct call *call = steering->call;
	const char *error = NULL;

	call->steering = NULL;
	if (!reply->document) {
		error = reply->reason ? reply->reason : "Invalid NCCO.";
	} else if (!call_is_answered(call)) {
		ncco_document_free(reply->document);
		error = "the call has ended";
	} else {
		call_steer(call, reply->document);
	}
	steering->done(steering->arg, error);
	free(steering);
}

void call_steer_to(
	struct call *call, const char *url, const char *method, call_done_fn *done, void *arg)
{
	struct call_steering *steering = xcalloc(1, sizeof(*steering));

	call_steer_forget(call, "another transfer has been asked for");
	*steering = (struct call_steering){call, done, arg};
	call->steering = steering;
	webhook_ask(call->line, WEBHOOK_ANSWER, url, method, call_answer_parameters(call),
		on_script, steering);
}

void call_steer_forget(struct call *call, const char *error)
{
	struct call_steering *steering = call->steering;

	if (!steering)
		return;
	call->steering = NULL;
	webhook_forget(call->line, steering);
	steering->done(steering->arg, error);
	free(steering);
}
