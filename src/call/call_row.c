/* Calls as the store remembers them (core thread). */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call/call_private.h"

/* In the order of enum ncco_endpoint_type, as the Voice API names them. */
static const char *const type_names[] = {"phone", "sip", "app", "websocket", "vbc"};

static const char *type_of(const char *party)
{
	return *party && strspn(party, "0123456789") == strlen(party) ? "phone" : "sip";
}

/* A SIP party is known by its URI. */
static const char *caller(const struct call *call, const char *type)
{
	struct sip_leg *sip = call->leg && !call->outbound ? leg_sip(call->leg) : NULL;

	if (call->outbound && call->dial.from && strcmp(type, "sip") == 0)
		return call->dial.from;
	return sip && strcmp(type, "sip") == 0 ? sip_leg_from_uri(sip) : call->from;
}

void call_row(const struct call *call, struct store_call *ret_row)
{
	const char *from_type = type_of(call->from);
	bool phone = call->dial.type == NCCO_PHONE;
	bool over = call->status_told[STATUS_FINAL];
	bool completed = over && call->status_told[STATUS_ANSWERED];

	*ret_row = (struct store_call){
		.uuid = (char *)call->uuid,
		.conversation_uuid = (char *)call->conversation_uuid,
		.application = call->app ? call->app->id : NULL,
		.direction = call->outbound ? "outbound" : "inbound",
		.status = (char *)call->status,
		.final = over,
		.from_type = (char *)from_type,
		.from = (char *)caller(call, from_type),
		.to_type =
			(char *)(call->outbound ? type_names[call->dial.type] : type_of(call->to)),
		.to = call->outbound && !phone && call->dial.target ? call->dial.target : call->to,
		.begun = (int64_t)call->start_wall,
		.answered = (int64_t)call->answer_wall,
		.ended = (int64_t)call->end_wall,
		.sip_code = call->sip_code,
		.client_state = call->dial.client_state,
	};
	if (!completed)
		return;
	ret_row->rate = ret_row->price = "0.00000000";
	ret_row->network = "";
	ret_row->disconnected_by = call->ended_by_us ? "platform" : "user";
}

void call_remember(struct call *call)
{
	struct store_call row;

	if (!call->line || !call->status)
		return;
	call_row(call, &row);
	store_put_call(call->server->store, &row, NULL, NULL);
}
