/* Calls that are made because somebody has asked for them over the API (core thread). */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/endpoint.h"

struct call *call_find(struct server *server, const char *uuid)
{
	struct call *call;

	HASH_FIND_STR(server->by_uuid, uuid, call);
	return call;
}

const char *call_application(const struct call *call)
{
	return call->app ? call->app->id : NULL;
}

static void take_dial(struct call *call, struct ncco_order *order)
{
	struct call_dial *dial = &call->dial;

	dial->digits = xstrdup(order->to.dtmf_answer);
	dial->answer_url = xstrdup(order->answer_url);
	dial->answer_method = xstrdup(order->answer_method);
	dial->document = ncco_order_take_document(order);
	dial->trunk_name = xstrdup(order->trunk);
	dial->client_state = xstrdup(order->client_state);
	dial->limit_s = order->length_s;
	dial->amd_wanted = order->amd_wanted && order->to.type != NCCO_WEBSOCKET;
	dial->amd = order->amd;
}

struct call *call_place(struct server *server, const struct config_application *app,
	struct ncco_order *order, const char *from)
{
	struct call *call = call_new(server);

	call->outbound = true;
	call_set_state(call, CALL_DIALING);
	call->app = app;
	call->to = endpoint_user(&order->to);
	call->dial.from = xstrdup(from);
	call->from = endpoint_user(&(struct ncco_endpoint){.type = NCCO_SIP, .target = from});
	call->headers = json_object_get(order->to.headers);
	take_dial(call, order);
	conversation_enter(conversation_new(server), call);
	call->line = webhook_line_new(&server->webhooks, call->uuid, call->conversation_uuid, app);
	webhook_set_receiver(
		call->line, order->event_url, order->event_method, order->client_state);
	call_give_variables(call);
	call_tell_status(call, STATUS_STARTED);
	call_dial_endpoint(call, &order->to);
	timer_start(&call->dial.ringing, order->ringing_s * USEC_PER_SEC);
	return call;
}
