/* What a script asks for, done on a call: struct ncco_host (core thread).
 *
 * A host function never calls the interpreter; what is known at once is told from a timer
 * of zero, everything else from the driver's own callback. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "http/url.h"

static void tell(struct call *call, const struct ncco_event *event)
{
	interp_event(call->interp, event);
}

void call_answer(struct call *call, struct json_object *headers)
{
	if (call->status_told[STATUS_ANSWERED])
		return;
	call->answer_wall = clock_wall();
	call->answer_mono = clock_mono();
	leg_answer(call->leg, headers);
	call_tell_status(call, STATUS_ANSWERED);
}

static void host_answer_with(void *ctx, struct json_object *headers)
{
	call_answer(ctx, headers);
}

static void host_answer(void *ctx)
{
	call_answer(ctx, NULL);
}

static void host_early(void *ctx)
{
	struct call *call = ctx;

	call->early = true;
	leg_early(call->leg);
}

static void host_listen(void *ctx, bool on)
{
	struct call *call = ctx;

	call->script_listens = on;
	call_listen(call);
}

/* The body of a step's webhook. A notify event carries its payload and the conversation
 * only, so that receivers can tell events apart by their keys. */
static struct json_object *request_body(const struct call *call, const struct ncco_request *request)
{
	struct json_object *body;

	if (request->kind == NCCO_REQUEST_REDIRECT) {
		body = call_answer_parameters(call);
	} else if (request->kind == NCCO_REQUEST_NOTIFY) {
		body = json_object_new_object();
		json_add_text(body, "conversation_uuid", call->conversation_uuid);
	} else {
		body = call_event_base(call);
	}
	if (request->body) {
		json_object_object_foreach (request->body, key, value)
			json_object_object_add(body, key, json_object_get(value));
	}
	return body;
}

static const char *request_method(const struct call *call, const struct ncco_request *request)
{
	const char *method = "POST";

	if (request->method)
		return request->method;
	if (request->kind == NCCO_REQUEST_REDIRECT)
		return call->app ? call->app->answer_method : "GET";
	if (!request->url)
		webhook_receiver(call->line, &method);
	return method;
}

char *call_url(const char *base, const char *url)
{
	char *whole = base ? url_join(base, url) : xstrdup(url);
	const char *error;

	if (whole && url_check(whole, false, &error) < 0) {
		free(whole);
		return NULL;
	}
	return whole;
}

/* The request's URL, or the receiver of all events; malloc'd or NULL. */
static char *request_url(const struct call *call, const struct ncco_request *request)
{
	const char *method;

	if (!request->url)
		return xstrdup(webhook_receiver(call->line, &method));
	return call_url(request->base, request->url);
}

static void on_reply(void *arg, struct webhook_reply *reply)
{
	struct call *call = arg;

	tell(call, &(struct ncco_event){.type = NCCO_REPLY,
			   .document = reply->document,
			   .data = reply->data,
			   .failed = reply->failed,
			   .reason = reply->reason});
}

/* Without a receiver there is no answer to wait for: the script goes on. */
static void answer_nothing(void *arg)
{
	struct call *call = arg;

	tell(call, &(struct ncco_event){.type = NCCO_REPLY,
			   .failed = true,
			   .reason = "there is no URL to send this to"});
}

static void host_request(void *ctx, const struct ncco_request *request)
{
	struct call *call = ctx;
	char *url = request_url(call, request);

	if (!url) {
		timer_start(&call->no_receiver, 0);
		return;
	}
	webhook_ask(call->line,
		request->kind == NCCO_REQUEST_REDIRECT ? WEBHOOK_ANSWER : WEBHOOK_EVENT, url,
		request_method(call, request), request_body(call, request), on_reply, call);
	free(url);
}

static void host_forget_request(void *ctx)
{
	struct call *call = ctx;

	timer_stop(&call->no_receiver);
	webhook_forget(call->line, call);
}

static void host_post(void *ctx, const struct ncco_request *request)
{
	struct call *call = ctx;
	char *url = request_url(call, request);

	if (url)
		webhook_event(call->line, url, request_method(call, request),
			request_body(call, request));
	free(url);
}

static void host_timer(void *ctx, uint64_t delay_us)
{
	struct call *call = ctx;

	if (delay_us)
		timer_start(&call->script_timer, delay_us);
	else
		timer_stop(&call->script_timer);
}

static void on_script_timer(void *arg)
{
	struct call *call = arg;

	tell(call, &(struct ncco_event){.type = NCCO_TIMER});
}

static void host_hangup(void *ctx, const char *reason, struct json_object *headers)
{
	struct call *call = ctx;

	call_hangup(call, reason, headers);
}

static void host_reject(void *ctx, int status, const char *reason, struct json_object *headers)
{
	call_reject(ctx, status, reason, headers);
}

static void host_error(void *ctx, const char *pointer, const char *reason)
{
	call_tell_error(ctx, pointer, reason);
}

static void host_step(void *ctx, const char *pointer, const char *action, bool ended)
{
	struct call *call = ctx;

	log_debug(call->uuid, "step %s %s %s", pointer, action, ended ? "ended" : "started");
}

static void host_finished(void *ctx)
{
	call_bridge(ctx);
}

const struct ncco_host call_host = {
	.answer = host_answer,
	.answer_with = host_answer_with,
	.early = host_early,
	.play = call_play,
	.stop_sound = call_stop_sound,
	.prepare = call_prepare_sound,
	.listen = host_listen,
	.send_digits = call_send_digits,
	.forget_digits = call_forget_digits,
	.request = host_request,
	.forget_request = host_forget_request,
	.post = host_post,
	.record = call_record_start,
	.record_order = call_record_order,
	.connect = call_connect,
	.forget_connect = call_forget_connect,
	.join = call_join,
	.leave = call_leave,
	.transfer = call_transfer,
	.enqueue = queue_enter,
	.leave_queue = queue_leave,
	.dequeue = queue_take,
	.forget_dequeue = queue_leave,
	.recognise = call_recognise,
	.speech_clock = call_speech_clock,
	.forget_speech = call_forget_speech,
	.finish_speech = call_finish_speech,
	.amd = call_amd,
	.transcribe = call_transcribe,
	.fork = call_fork,
	.refer = call_refer,
	.forget_refer = call_forget_refer,
	.timer = host_timer,
	.hangup = host_hangup,
	.reject = host_reject,
	.error = host_error,
	.step = host_step,
	.finished = host_finished,
};

void call_host_init(struct call *call)
{
	call_transcribe_init(call);
	timer_init(&call->no_receiver, call->server->loop, answer_nothing, call);
	timer_init(&call->script_timer, call->server->loop, on_script_timer, call);
}

void call_host_release(struct call *call)
{
	call_forget_digits(call);
	timer_stop(&call->no_receiver);
	timer_stop(&call->script_timer);
}
