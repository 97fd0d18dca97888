/* One inbound call from INVITE to its last event: routed, given to an application, run by
 * its script, ended (core thread). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/server_private.h"

static const char *const state_names[] = {"routing", "asking", "running", "ending", "ended"};

/* A row for each state: the states that may follow, as bits. */
static const unsigned allowed_moves[] = {
	[CALL_ROUTING] =
		1u << CALL_ASKING | 1u << CALL_RUNNING | 1u << CALL_ENDING | 1u << CALL_ENDED,
	[CALL_ASKING] = 1u << CALL_RUNNING | 1u << CALL_ENDING | 1u << CALL_ENDED,
	[CALL_RUNNING] = 1u << CALL_ENDING | 1u << CALL_ENDED,
	[CALL_ENDING] = 1u << CALL_ENDED,
	[CALL_ENDED] = 0,
};

static void set_state(struct call *call, enum call_state state)
{
	if (!(allowed_moves[call->state] & 1u << state)) {
		log_error(call->uuid, "call %s -> %s is not a move", state_names[call->state],
			state_names[state]);
		return;
	}
	log_debug(call->uuid, "call %s -> %s", state_names[call->state], state_names[state]);
	call->state = state;
}

/* --- the end --- */

void call_hangup(struct call *call, const char *reason, struct json_object *headers)
{
	if (call->state >= CALL_ENDING)
		return;
	set_state(call, CALL_ENDING);
	call->ended_by_us = true;
	route_cancel(call->route);
	call->route = NULL;
	if (call->line)
		webhook_forget(call->line);
	leg_hangup(call->leg, reason, headers);
}

static void refuse(struct call *call, int status, const char *reason)
{
	if (call->state >= CALL_ENDING)
		return;
	set_state(call, CALL_ENDING);
	call->ended_by_us = true;
	log_info(call->uuid, "refused with %d: %s", status, reason ? reason : "as told");
	leg_reject(call->leg, status, reason, NULL);
}

void call_reject(struct call *call, int status, const char *reason, struct json_object *headers)
{
	if (call->status_told[STATUS_ANSWERED]) {
		call_hangup(call, reason, headers);
		return;
	}
	if (call->state >= CALL_ENDING)
		return;
	set_state(call, CALL_ENDING);
	call->ended_by_us = true;
	webhook_forget(call->line);
	log_info(call->uuid, "refused with %d: %s", status, reason ? reason : "as told");
	leg_reject(call->leg, status, reason, headers);
}

struct call *call_free(struct call *call)
{
	if (!call)
		return NULL;
	call_host_release(call);
	call_record_release(call);
	timer_stop(&call->reap);
	route_cancel(call->route);
	interp_free(call->interp);
	webhook_line_close(call->line);
	leg_free(call->leg);
	json_object_put(call->headers);
	TAILQ_REMOVE(&call->server->calls, call, link);
	server_call_gone(call->server);
	free(call->from);
	free(call->to);
	free(call);
	return NULL;
}

/* The line to the application stays until its recordings are told of; the telephone's is free. */
static void on_reap(void *arg)
{
	struct call *call = arg;

	call->leg = leg_free(call->leg);
	if (call->record_count == 0)
		call_free(call);
}

static void on_ended(void *arg, const struct leg_end *end)
{
	struct call *call = arg;

	set_state(call, CALL_ENDED);
	interp_hangup(call->interp);
	call_record_order(call, 0, NCCO_RECORD_STOP);
	call->server->calls_failed += !end->answered;
	call_tell_final(call, end);
	/* The leg is still in its callback. */
	timer_start(&call->reap, 0);
}

/* --- the script --- */

static void run(struct call *call, struct ncco_document *document)
{
	set_state(call, CALL_RUNNING);
	interp_run(call->interp, document);
}

/* What the caller hears when no URL gave a script. */
static void run_fallback(struct call *call, const char *reason)
{
	struct json_object *steps = call->app ? call->app->fallback_ncco : NULL;
	struct ncco_document *document = NULL;
	struct ncco_faults faults = {0};

	if (steps && ncco_parse_json(steps, NULL, &call->server->webhooks.limits, &document,
			     &faults) == 0) {
		log_warn(call->uuid, "no script (%s): fallback_ncco runs", reason);
		run(call, document);
		return;
	}
	if (faults.count)
		log_error(call->uuid, "fallback_ncco %s: %s", faults.items[0].pointer,
			faults.items[0].message);
	ncco_faults_release(&faults);
	call_tell_error(call, NULL, reason);
	refuse(call, 503, "the application gave no script");
}

static void on_answer(void *arg, struct webhook_reply *reply)
{
	struct call *call = arg;

	if (call->state != CALL_ASKING) {
		ncco_document_free(reply->document);
		return;
	}
	if (reply->document)
		run(call, reply->document);
	else
		run_fallback(call, reply->reason ? reply->reason : "Invalid NCCO.");
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
		run(call, document);
		return;
	}
	set_state(call, CALL_ASKING);
	if (!app->answer_url) {
		run_fallback(call, "the application has no answer_url");
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
		refuse(call, 404, "nothing answers this number");
}

static void fall_back(struct call *call, const struct route_decision *decision)
{
	if (call->server->config->proxy.http_router.fallback_to_static)
		choose_application(call);
	else
		refuse(call, decision->status, decision->reason);
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
	case ROUTE_REJECT:
		refuse(call, decision->status, decision->reason);
		break;
	case ROUTE_SPAM:
		log_info(call->uuid, "spam: no answer is given");
		set_state(call, CALL_ENDING);
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

/* --- the leg's events --- */

static void on_answered(void *arg)
{
	call_host_media_ready(arg);
	call_record_media_ready(arg);
}

static void on_digit(void *arg, char digit)
{
	struct call *call = arg;

	log_debug(call->uuid, "a digit came"); /* not which: it may be a PIN */
	if (call->state == CALL_RUNNING)
		interp_event(
			call->interp, &(struct ncco_event){.type = NCCO_DIGIT, .digit = digit});
}

static void on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct call *call = arg;

	(void)played_ms;
	if (call->state == CALL_RUNNING)
		call_host_play_ended(call, play, end);
}

static void on_digits_sent(void *arg)
{
	struct call *call = arg;

	if (call->state == CALL_RUNNING)
		call_digits_sent(call);
}

static const struct leg_handler leg_handler = {
	.on_answered = on_answered,
	.on_digit = on_digit,
	.on_play_end = on_play_end,
	.on_digits_sent = on_digits_sent,
	.on_ended = on_ended,
};

/* --- arrival --- */

static struct call *call_new(struct server *server)
{
	struct call *call = xcalloc(1, sizeof(*call));
	char id[ID_SIZE];

	call->server = server;
	id_new(call->uuid);
	snprintf(call->conversation_uuid, sizeof(call->conversation_uuid), "CON-%s", id_new(id));
	call->start_wall = clock_wall();
	timer_init(&call->reap, server->loop, on_reap, call);
	call_host_init(call);
	call_record_init(call);
	call->interp = interp_new(&call_host, call, server->config->limits.max_steps);
	TAILQ_INSERT_TAIL(&server->calls, call, link);
	server->call_count++;
	server->calls_total++;
	return call;
}

static void give_variables(struct call *call)
{
	const struct {
		enum variable_id id;
		const char *text;
	} rows[] = {
		{VARIABLE_FROM, call->from},
		{VARIABLE_TO, call->to},
		{VARIABLE_UUID, call->uuid},
		{VARIABLE_CONVERSATION_UUID, call->conversation_uuid},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json_object *text = json_object_new_string(rows[i].text);

		interp_set_variable(call->interp, rows[i].id, text);
		json_object_put(text);
	}
}

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
	status =
		leg_accept(&server->legs, sip, call->uuid, &leg_handler, call, &call->leg, &reason);
	if (status != 0) {
		log_info(call->uuid, "refused with %d: %s", status, reason);
		server->calls_failed++;
		call_free(call);
		return;
	}
	call->headers = call_custom_headers(sip);
	give_variables(call);
	if (router->url)
		call->route = route_ask(server->trusted, router, &server->webhooks.limits, sip,
			call->uuid, call->conversation_uuid, on_routed, call);
	else
		choose_application(call);
}
