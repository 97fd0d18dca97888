/* Calls out: to a number, a SIP URI, a user or a web application; answered, given
 * their digits and their own script, then ready for the conversation (core thread). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/connect.h"
#include "call/endpoint.h"
#include "call/location.h"
#include "call/number.h"
#include "http/url.h"

#define DIGIT_ON_MS  100
#define DIGIT_GAP_MS 100

/* --- what could not even be sent --- */

static void on_unborn(void *arg)
{
	struct call *call = arg;

	call_ended(call, &(struct leg_end){.reason = call->dial.unborn.detail});
}

static void fail(struct call *call, const char *status, const char *detail, const char *why)
{
	log_warn(call->uuid, "cannot call %s: %s", call->to, why);
	call->dial.unborn = (struct call_outcome){.status = status, .detail = detail};
	timer_start(&call->dial.unborn_timer, 0);
}

/* --- dialing --- */

static const char *on_behalf(const struct call *call)
{
	return call->parent ? call->parent->uuid : "the API";
}

static void dial_sip(struct call *call, const struct ncco_endpoint *to, const char *uri)
{
	struct server *server = call->server;
	struct json_object *headers = endpoint_sip_headers(to, call->uuid);
	struct sip_dial dial = {.to_uri = uri, .headers = headers};
	int family = strchr(server->config->proxy.addr, ':') ? AF_INET6 : AF_INET;
	char host[64], *from, *error = NULL;

	sip_agent_host(server->agent, host);
	from = call->dial.trunk ? trunk_uri(call->dial.trunk, call->from)
				: endpoint_from_uri(host, call->dial.from);
	dial.from_uri = from;
	if (call->dial.trunk)
		trunk_fill(call->dial.trunk, &dial);
	log_info(call->uuid, "INVITE to %s for %s", uri, on_behalf(call));
	call->dial.env = server->legs;
	call->dial.env.codec = call->parent ? call_forward_codecs(call->parent) : NULL;
	if (leg_dial(&call->dial.env, &dial, call->uuid, family, &call_leg_handler, call,
		    &call->leg, &error) < 0)
		fail(call, "failed", "cannot_route", error);
	json_object_put(headers);
	free(error);
	free(from);
}

static void fail_number(struct call *call, int error, const char *why)
{
	switch (error) {
	case -EINVAL:
		fail(call, "rejected", "invalid_number", why);
		break;
	case -EACCES:
		fail(call, "rejected", "restricted", why);
		break;
	default:
		fail(call, "failed", "cannot_route", why);
		break;
	}
}

/* A trunk if there are any, else the outbound proxy. */
static void dial_number(struct call *call, const struct ncco_endpoint *to)
{
	const struct config *config = call->server->config;
	const char *proxy = config->proxy.outbound_proxy, *why = "there is no trunk";
	char *uri;
	int error = 0;

	if (config->proxy.trunk_count > 0 || !proxy)
		error = trunk_take(call->server->trunks, call->to, call->dial.trunk_name,
			&call->dial.trunk, &why);
	if (error) {
		fail_number(call, error, why);
		return;
	}
	uri = call->dial.trunk ? trunk_uri(call->dial.trunk, call->to)
			       : endpoint_number_uri(proxy, call->to);
	dial_sip(call, to, uri);
	free(uri);
}

static void dial_user(struct call *call, const struct ncco_endpoint *to)
{
	const char *uri = location_find(call->server->config, to->target);

	if (uri)
		dial_sip(call, to, uri);
	else
		fail(call, "unanswered", "unavailable", "this user is not reachable anywhere");
}

static void dial_websocket(struct call *call, const struct ncco_endpoint *to)
{
	const struct leg_websocket_spec spec = {
		.uri = to->target,
		.rate = to->rate,
		.headers = to->headers,
		.authorization = to->authorization,
		.authorization_value = to->authorization_value,
		.application = call->app,
	};
	char *url = url_for_log(to->target), *error = NULL;

	log_info(call->uuid, "WebSocket to %s for %s", url, on_behalf(call));
	if (leg_dial_websocket(&call->server->legs, &spec, call->uuid, &call_leg_handler, call,
		    &call->leg, &error) < 0)
		fail(call, "failed", "cannot_route", error);
	free(error);
	free(url);
}

/* NULL, or the limit that is reached. */
static const char *full(const struct call *call)
{
	const struct config *config = call->server->config;
	const struct call *other;
	unsigned legs = 0;

	if (call->server->call_count > config->proxy.max_concurrency)
		return "proxy.max_concurrency calls go on";
	if (!call->parent)
		return NULL;
	TAILQ_FOREACH (other, &call->parent->children, child)
		legs++;
	return legs > config->limits.max_legs ? "the caller has limits.max_legs of them" : NULL;
}

void call_dial_endpoint(struct call *call, const struct ncco_endpoint *to)
{
	const char *reached = full(call);

	call->dial.type = to->type;
	call->dial.target = xstrdup(to->target);
	if (reached) {
		fail(call, "failed", "cannot_route", reached);
		return;
	}
	switch (to->type) {
	case NCCO_PHONE:
		dial_number(call, to);
		break;
	case NCCO_SIP:
		dial_sip(call, to, to->target);
		break;
	case NCCO_APP:
	case NCCO_EXTENSION:
		dial_user(call, to);
		break;
	case NCCO_WEBSOCKET:
		dial_websocket(call, to);
		break;
	}
}

static char *choose_from(const struct call *parent, const struct ncco_connect *spec, const char *to)
{
	const char *chosen = spec->from;

	if (spec->random_from && parent->app)
		chosen = number_choose(parent->app->numbers, to, id_random_u32());
	return xstrdup(chosen ? chosen : parent->from);
}

struct call *call_dial(
	struct connect *connect, const struct ncco_connect *spec, const struct ncco_endpoint *to)
{
	struct call *parent = connect_caller(connect), *call = call_new(parent->server);

	call->outbound = true;
	call_set_state(call, CALL_DIALING);
	call->app = parent->app;
	call->parent = parent;
	TAILQ_INSERT_TAIL(&parent->children, call, child);
	call->to = endpoint_user(to);
	call->dial.from = choose_from(parent, spec, call->to);
	call->from =
		endpoint_user(&(struct ncco_endpoint){.type = NCCO_SIP, .target = call->dial.from});
	call->headers = to->headers ? json_object_get(to->headers) : json_object_new_object();
	call->dial.connect = connect;
	call->dial.event_url = spec->url ? call_url(spec->base, spec->url) : NULL;
	call->dial.event_method = xstrdup(spec->method);
	call->dial.synchronous = spec->synchronous;
	call->dial.limit_s = spec->limit_s;
	call->dial.digits = xstrdup(to->dtmf_answer);
	call->dial.answer_url = to->answer_url ? call_url(spec->base, to->answer_url) : NULL;
	call->dial.answer_method = xstrdup(to->answer_method);
	if (spec->amd && to->type != NCCO_WEBSOCKET) {
		call->dial.amd_wanted = true;
		call->dial.amd = (struct ncco_amd){.hangup = spec->amd->hangup,
			.mode = spec->amd->mode,
			.beep_timeout_s = spec->amd->beep_timeout_s};
	}
	call->line = webhook_line_new(
		&call->server->webhooks, call->uuid, call->conversation_uuid, call->app);
	/* One with a script of its own hears it alone. */
	conversation_enter(
		call->dial.answer_url ? conversation_new(call->server) : parent->conversation,
		call);
	call_give_variables(call);
	call_tell_status(call, STATUS_STARTED);
	call_dial_endpoint(call, to);
	return call;
}

/* --- its events --- */

void call_ringing(struct call *call)
{
	call_tell_status(call, STATUS_RINGING);
	if (call->parent && !call->parent->outbound)
		leg_ring(call->parent->leg);
	if (call->dial.connect)
		connect_ringing(call->dial.connect);
	if (call->dial.connect && leg_media_running(call->leg))
		connect_early(call->dial.connect, call);
}

static void on_own_script(void *arg, struct webhook_reply *reply)
{
	struct call *call = arg;

	if (call->state != CALL_ASKING) {
		ncco_document_free(reply->document);
		return;
	}
	if (reply->document) {
		call_run(call, reply->document);
		return;
	}
	if (!call->dial.connect) {
		call_run_fallback(call, reply->reason ? reply->reason : "Invalid NCCO.");
		return;
	}
	call_tell_error(call, NULL, reply->reason ? reply->reason : "Invalid NCCO.");
	call_hangup(call, "onAnswer gave no script", NULL);
}

static void go_on(struct call *call);

/* Who waits for it goes on when it is known; else that is found out beside. */
static void find_out(struct call *call)
{
	const struct ncco_amd *amd = &call->dial.amd;

	call->dial.amd_wanted = false;
	if (amd->mode == NCCO_AMD_ASYNC)
		call_amd_start(call, amd, NULL);
	else
		call_amd_start(call, amd, go_on);
	if (amd->mode == NCCO_AMD_ASYNC)
		go_on(call);
}

/* Answered, and it has got its digits: its own script, or into the conversation. */
static void go_on(struct call *call)
{
	struct call_dial *dial = &call->dial;
	const char *method = dial->answer_method ? dial->answer_method
			     : call->app	 ? call->app->answer_method
						 : "GET";
	struct ncco_document *document;

	if (call->state != CALL_DIALING)
		return;
	if (dial->amd_wanted) {
		find_out(call);
		return;
	}
	if (dial->document) {
		document = dial->document;
		dial->document = NULL;
		conversation_admit(call);
		call_run(call, document);
		return;
	}
	if (!dial->answer_url) {
		call_bridge(call);
		return;
	}
	conversation_admit(call);
	call_set_state(call, CALL_ASKING);
	webhook_ask(call->line, WEBHOOK_ANSWER, dial->answer_url, method,
		call_answer_parameters(call), on_own_script, call);
}

void call_answered_out(struct call *call)
{
	struct call_dial *dial = &call->dial;

	if (call->state != CALL_DIALING)
		return;
	call->answer_wall = clock_wall();
	call->answer_mono = clock_mono();
	timer_stop(&dial->ringing);
	call_tell_status(call, STATUS_RINGING);
	call_tell_status(call, STATUS_ANSWERED);
	if (!dial->connect)
		call_limit(call);
	if (dial->digits &&
		leg_send_digits(call->leg, dial->digits, DIGIT_ON_MS, DIGIT_GAP_MS) == 0)
		return;
	go_on(call);
}

void call_digits_through(struct call *call)
{
	if (call->state == CALL_DIALING)
		go_on(call);
}

void call_limit(struct call *call)
{
	if (call->dial.limit_s)
		timer_start(&call->dial.limit, call->dial.limit_s * USEC_PER_SEC);
}

static void on_ringing_over(void *arg)
{
	call_cancel(arg, "timeout");
}

static void on_limit(void *arg)
{
	call_hangup(arg, "the limit of the connection", NULL);
}

/* What has not answered is over at once for everybody but the other side. */
void call_cancel(struct call *call, const char *status)
{
	bool dialing = call->state == CALL_DIALING && !call->status_told[STATUS_ANSWERED];

	call_hangup(call, NULL, NULL);
	if (!dialing)
		return;
	call->dial.cancelled = status;
	call_tell_final(call, &(struct leg_end){.reason = ""});
	call_tell_lost(call);
}

void call_tell_lost(struct call *call)
{
	struct call_outcome outcome = call->dial.outcome;

	if (!call->dial.connect || call->dial.asked)
		return;
	if (call->status_told[STATUS_ANSWERED]) /* it has ended in its own script */
		outcome.status = "failed";
	connect_lost(call->dial.connect, call, &outcome);
}

/* --- what the application says to its end --- */

static void on_said(void *arg, struct webhook_reply *reply)
{
	struct call *call = arg, *parent = call->parent;

	call->dial.asked = false;
	if (reply->document && parent &&
		(parent->state == CALL_RUNNING || parent->state == CALL_BRIDGED)) {
		call->dial.connect = NULL; /* the step that waits for it is stopped */
		call_run(parent, reply->document);
	} else {
		ncco_document_free(reply->document);
		call_tell_lost(call);
	}
	if (call->state == CALL_ENDED) {
		call_leave_parent(call);
		call_reap_soon(call);
		if (parent)
			call_check_company(parent);
	}
}

void call_ask_after(struct call *call, struct json_object *body)
{
	const struct call_dial *dial = &call->dial;
	const char *url = dial->event_url ? dial->event_url
			  : call->app	  ? call->app->event_url
					  : NULL;
	const char *method = dial->event_method ? dial->event_method
			     : !dial->event_url ? call->app->event_method
						: "POST";

	if (!url) {
		json_object_put(body);
		return;
	}
	call->dial.asked = true;
	webhook_ask(call->line, WEBHOOK_EVENT, url, method, body, on_said, call);
}

void call_free_trunk(struct call *call)
{
	trunk_give_back(call->dial.trunk);
	call->dial.trunk = NULL;
}

void call_outbound_init(struct call *call)
{
	timer_init(&call->dial.limit, call->server->loop, on_limit, call);
	timer_init(&call->dial.ringing, call->server->loop, on_ringing_over, call);
	timer_init(&call->dial.unborn_timer, call->server->loop, on_unborn, call);
}

void call_outbound_release(struct call *call)
{
	timer_stop(&call->dial.limit);
	timer_stop(&call->dial.ringing);
	timer_stop(&call->dial.unborn_timer);
	call_free_trunk(call);
	ncco_document_free(call->dial.document);
	free(call->dial.target);
	free(call->dial.client_state);
	free(call->dial.trunk_name);
	free(call->dial.from);
	free(call->dial.event_url);
	free(call->dial.event_method);
	free(call->dial.digits);
	free(call->dial.answer_url);
	free(call->dial.answer_method);
}
