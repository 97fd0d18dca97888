/* An inbound call from its INVITE to its script: routed, given to an application, which is asked
 * (core thread). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"

/* --- the script --- */

/* What the caller hears when no URL gave a script. */
void call_run_fallback(struct call *call, const char *reason)
{
	struct json_object *steps = call->app ? call->app->fallback_ncco : NULL;
	struct ncco_document *document = NULL;
	struct ncco_faults faults = {0};

	if (steps && ncco_parse_json(steps, NULL, &call->server->webhooks.limits, &document,
			     &faults) == 0) {
		log_warn(call->uuid, "no script (%s): fallback_ncco runs", reason);
		call_run(call, document);
		return;
	}
	if (faults.count)
		log_error(call->uuid, "fallback_ncco %s: %s", faults.items[0].pointer,
			faults.items[0].message);
	ncco_faults_release(&faults);
	call_tell_error(call, NULL, reason);
	call_reject(call, 503, "the application gave no script", NULL);
}

static void on_answer(void *arg, struct webhook_reply *reply)
{
	struct call *call = arg;

	if (call->state != CALL_ASKING) {
		ncco_document_free(reply->document);
		return;
	}
	if (reply->document)
		call_run(call, reply->document);
	else
		call_run_fallback(call, reply->reason ? reply->reason : "Invalid NCCO.");
}

/* Gives the call to its application; document is the router's script, or NULL: asked for. */
static void begin(struct call *call, struct ncco_document *document)
{
	const struct config_application *app = call->app;

	call->line =
		webhook_line_new(&call->server->webhooks, call->uuid, call->conversation_uuid, app);
	call_tell_status(call, STATUS_STARTED);
	leg_ring(call->leg);
	call_tell_status(call, STATUS_RINGING);
	if (document) {
		call_run(call, document);
		return;
	}
	call_set_state(call, CALL_ASKING);
	if (!app->answer_url) {
		call_run_fallback(call, "the application has no answer_url");
		return;
	}
	webhook_ask(call->line, WEBHOOK_ANSWER, app->answer_url, app->answer_method,
		call_answer_parameters(call), on_answer, call);
}

/* --- routing: contract's order, after the router --- */

static void choose_application(struct call *call)
{
	const struct config *config = call->server->config;

	call->app = config_application_by_number(config, call->to);
	if (!call->app && config->default_application)
		call->app = config_application_by_id(config, config->default_application);
	if (call->app)
		begin(call, NULL);
	else
		call_reject(call, 404, "nothing answers this number", NULL);
}

static void fall_back(struct call *call, const struct route_decision *decision)
{
	if (call->server->config->proxy.http_router.fallback_to_static)
		choose_application(call);
	else
		call_reject(call, decision->status, decision->reason, NULL);
}

static void on_routed(void *arg, const struct route_decision *decision)
{
	struct call *call = arg;
	const struct config *config = call->server->config;

	call->route = NULL;
	switch (decision->action) {
	case ROUTE_ANSWER:
		call->app = config_application_by_number(config, call->to);
		if (!call->app && config->default_application)
			call->app = config_application_by_id(config, config->default_application);
		begin(call, decision->document);
		break;
	case ROUTE_APPLICATION:
		call->app = config_application_by_id(config, decision->application);
		if (call->app)
			begin(call, NULL);
		else
			fall_back(call, &(struct route_decision){.status = 503,
						.reason = "the router named no known application"});
		break;
	case ROUTE_FORWARD:
		call_forward_start(call, &decision->forward);
		break;
	case ROUTE_REJECT:
		call_reject(call, decision->status, decision->reason, NULL);
		break;
	case ROUTE_SPAM:
		log_info(call->uuid, "spam: no answer is given");
		call_set_state(call, CALL_ENDING);
		leg_drop(call->leg);
		break;
	case ROUTE_NOT_HANDLED:
		choose_application(call);
		break;
	case ROUTE_FAILED:
		fall_back(call, decision);
		break;
	}
}

/* --- arrival --- */

void call_arrived(struct server *server, struct sip_leg *sip)
{
	const struct config_router *router = &server->config->proxy.http_router;
	struct call *call = call_new(server);
	const char *reason = "";
	int status;

	call->from = xstrdup(route_plain_number(sip_leg_from_user(sip)));
	call->to = xstrdup(route_plain_number(sip_leg_request_user(sip)));
	log_info(call->uuid, "INVITE from %s to %s, %s, Call-ID %s", sip_leg_from_uri(sip),
		sip_leg_request_uri(sip), sip_leg_source_addr(sip), sip_leg_call_id(sip));
	status = leg_accept(
		&server->legs, sip, call->uuid, &call_leg_handler, call, &call->leg, &reason);
	if (status != 0) {
		log_info(call->uuid, "refused with %d: %s", status, reason);
		server->calls_failed++;
		call_free(call);
		return;
	}
	conversation_enter(conversation_new(server), call);
	conversation_admit(call);
	call->headers = call_custom_headers(sip);
	call_give_variables(call);
	if (router->url)
		call->route = route_ask(server->trusted, router, &server->webhooks.limits, sip,
			call->uuid, call->conversation_uuid, on_routed, call);
	else
		choose_application(call);
}
