#include "call/connect.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"

struct connect {
	struct call *caller;
	const struct connect_handler *handler;
	void *arg;
	unsigned count, pending; /* parties; those that may still win */
	struct timer ringing;	 /* until what has not answered is given up */
	struct timer failed;	 /* tells the failure of the last, from the loop */
	struct call_outcome outcome;
};

static void connect_free(struct connect *connect)
{
	timer_stop(&connect->ringing);
	timer_stop(&connect->failed);
	connect->caller->connect = NULL;
	free(connect);
}

/* Gives up all parties, but not the winner, who has left. */
static void cancel_all(struct connect *connect)
{
	struct call *callee;

	TAILQ_FOREACH (callee, &connect->caller->children, child) {
		if (callee->dial.connect != connect)
			continue;
		callee->dial.connect = NULL;
		call_cancel(callee, "cancelled");
	}
}

struct connect *connect_cancel(struct connect *connect)
{
	if (!connect)
		return NULL;
	cancel_all(connect);
	connect_free(connect);
	return NULL;
}

struct call *connect_caller(const struct connect *connect)
{
	return connect->caller;
}

/* --- what becomes of it --- */

static void on_failed(void *arg)
{
	struct connect *connect = arg;
	const struct connect_handler *handler = connect->handler;
	struct call_outcome outcome = connect->outcome;
	void *handler_arg = connect->arg;

	connect_free(connect);
	handler->on_failed(handler_arg, &outcome);
}

/* Of several outcomes the one that says most: a refusal for everybody (RFC 3261 section 21.6), then
 * what a person did, then what the network did. */
static unsigned weight(const struct call_outcome *outcome)
{
	static const char *const rising[] = {
		"failed", "timeout", "unanswered", "rejected", "busy", NULL};
	unsigned weight = 0;

	if (outcome->sip_code >= 600)
		return ARRAY_SIZE(rising);
	while (rising[weight] && strcmp(rising[weight], outcome->status) != 0)
		weight++;
	return weight;
}

void connect_lost(struct connect *connect, struct call *callee, const struct call_outcome *outcome)
{
	callee->dial.connect = NULL;
	if (connect->pending == connect->count || weight(outcome) >= weight(&connect->outcome))
		connect->outcome = *outcome;
	if (--connect->pending == 0)
		timer_start(&connect->failed, 0);
}

static void on_ringing_over(void *arg)
{
	struct connect *connect = arg;
	struct call *callee;

	TAILQ_FOREACH (callee, &connect->caller->children, child) {
		if (callee->dial.connect == connect && !callee->status_told[STATUS_ANSWERED])
			call_cancel(callee, "timeout");
	}
}

void connect_ringing(struct connect *connect)
{
	if (connect->handler->on_ringing)
		connect->handler->on_ringing(connect->arg);
}

/* With several that ring, what one of them plays is not heard. */
void connect_early(struct connect *connect, struct call *callee)
{
	struct call *caller = connect->caller;

	if (connect->count > 1 || callee->present || callee->conversation != caller->conversation)
		return;
	if (!caller->status_told[STATUS_ANSWERED] && !leg_early(caller->leg))
		return;
	conversation_admit(callee);
	connect->handler->on_early(connect->arg);
}

void connect_ready(struct connect *connect, struct call *callee)
{
	const struct connect_handler *handler = connect->handler;
	struct call *caller = connect->caller;
	void *arg = connect->arg;

	callee->dial.connect = NULL;
	cancel_all(connect);
	connect_free(connect);
	call_answer(caller, NULL);
	conversation_enter(caller->conversation, callee);
	conversation_admit(callee);
	call_limit(callee);
	handler->on_connected(arg, callee);
}

/* --- the beginning --- */

struct connect *connect_start(struct call *caller, const struct ncco_connect *spec,
	const struct connect_handler *handler, void *arg)
{
	struct connect *connect = xcalloc(1, sizeof(*connect));

	connect->caller = caller;
	connect->handler = handler;
	connect->arg = arg;
	connect->outcome = (struct call_outcome){.status = "failed", .detail = "cannot_route"};
	timer_init(&connect->ringing, caller->server->loop, on_ringing_over, connect);
	timer_init(&connect->failed, caller->server->loop, on_failed, connect);
	caller->connect = connect;
	connect->count = spec->count < NCCO_MAX_ENDPOINTS ? spec->count : NCCO_MAX_ENDPOINTS;
	connect->pending = connect->count;
	for (unsigned i = 0; i < connect->count; i++)
		call_dial(connect, spec, &spec->endpoints[i]);
	if (connect->count == 0)
		timer_start(&connect->failed, 0);
	if (spec->timeout_s)
		timer_start(&connect->ringing, spec->timeout_s * USEC_PER_SEC);
	return connect;
}
