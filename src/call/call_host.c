/* What a script asks for, done on a call: struct ncco_host (core thread).
 *
 * A host function never calls the interpreter; what is known at once is told from a timer
 * of zero, everything else from the driver's own callback. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/server_private.h"
#include "http/url.h"

#define ASK_AGAIN_US (1 * USEC_PER_MSEC)

static void tell(struct call *call, const struct ncco_event *event)
{
	interp_event(call->interp, event);
}

static void host_answer_with(void *ctx, struct json_object *headers)
{
	struct call *call = ctx;

	if (call->status_told[STATUS_ANSWERED])
		return;
	call->answer_wall = clock_wall();
	call->answer_mono = clock_mono();
	leg_answer(call->leg, headers);
	call_tell_status(call, STATUS_ANSWERED);
}

void call_host_answer(void *ctx)
{
	host_answer_with(ctx, NULL);
}

static void host_early(void *ctx)
{
	struct call *call = ctx;

	call->early = true;
	leg_early(call->leg);
}

/* --- sound --- */

static void drop_sound(struct call *call)
{
	sound_cancel(call->load);
	call->load = NULL;
	prompt_unref(call->prompt);
	call->prompt = NULL;
	call->play = 0;
	call->sound_wanted = false;
	call->sound_error = NULL;
	timer_stop(&call->later);
}

static void fail_sound(struct call *call, const char *reason)
{
	char *copy = xstrdup(reason); /* it may belong to what is dropped here */

	drop_sound(call);
	tell(call, &(struct ncco_event){.type = NCCO_PLAY_FAILED, .reason = copy});
	free(copy);
}

static void start_prompt(struct call *call, struct prompt *prompt)
{
	call->prompt = prompt;
	call->play = leg_play(call->leg, prompt, call->loops);
}

static void on_sound(void *arg, struct prompt *prompt, const char *error)
{
	struct call *call = arg;

	call->load = NULL;
	if (prompt)
		start_prompt(call, prompt_ref(prompt));
	else
		fail_sound(call, error);
}

static void fail_later(struct call *call, const char *constant_reason)
{
	call->sound_error = constant_reason;
	timer_start(&call->later, 0);
}

/* The spec's URL made absolute; malloc'd, NULL when it cannot be (a constant *ret_error). */
static char *sound_url(const struct ncco_sound *sound, const char **ret_error)
{
	bool http = strncasecmp(sound->source, "http://", 7) == 0 ||
		    strncasecmp(sound->source, "https://", 8) == 0;
	char *url;

	/* A relative reference belongs to the web application that gave the script; without
	 * one, or with the scheme file:, it names a file below the media root. */
	if (strncmp(sound->source, "file:", 5) == 0)
		return xstrdup(sound->source + 5);
	if (!http && !sound->base)
		return xstrdup(sound->source);
	url = http ? xstrdup(sound->source) : url_join(sound->base, sound->source);
	if (!url || url_check(url, false, ret_error) < 0) {
		if (!url)
			*ret_error = "not a URL";
		free(url);
		return NULL;
	}
	return url;
}

/* Fills the call's spec from what the script says: 0, or -1 with a constant *ret_error. */
static int make_spec(struct call *call, const struct ncco_sound *sound, struct sound_spec *spec,
	const char **ret_error)
{
	const struct codec *codec = leg_codec(call->leg);

	*spec = (struct sound_spec){
		.language = sound->language,
		.voice = sound->voice,
		.adapter = sound->provider,
		.style = sound->style,
		.level = sound->level,
		.codec = codec ? codec : codec_table[0],
	};
	free(call->spec_source);
	call->spec_source = sound->kind == NCCO_SOUND_URL ? sound_url(sound, ret_error)
							  : xstrdup(sound->source);
	if (!call->spec_source)
		return -1;
	if (sound->kind == NCCO_SOUND_URL)
		spec->url = call->spec_source;
	else
		spec->text = call->spec_source;
	return 0;
}

static void get_sound(struct call *call, const struct sound_spec *spec)
{
	struct sound_result result;

	switch (sound_get(call->server->sounds, spec, &result, on_sound, call)) {
	case SOUND_READY:
		start_prompt(call, result.prompt);
		break;
	case SOUND_PENDING:
		call->load = result.load;
		break;
	case SOUND_FAILED:
		fail_later(call, result.error);
		break;
	}
}

static void host_play(void *ctx, const struct ncco_sound *sound)
{
	struct call *call = ctx;
	const char *error = NULL;

	drop_sound(call);
	call->loops = sound->loops;
	if (sound->kind == NCCO_SOUND_TONE) {
		fail_later(call, "tones are not available");
		return;
	}
	if (make_spec(call, sound, &call->spec, &error) < 0) {
		fail_later(call, error);
		return;
	}
	if (!call->early)
		call_host_answer(call);
	if (leg_media_running(call->leg)) {
		get_sound(call, &call->spec);
		return;
	}
	if (!call->status_told[STATUS_ANSWERED]) {
		fail_later(call, "early media needs an offer in the INVITE");
		return;
	}
	/* A late offer: the codec comes with the ACK. Keep what the script lent us. */
	call->sound_wanted = true;
	xstrset(&call->spec_language, call->spec.language);
	xstrset(&call->spec_voice, call->spec.voice);
	xstrset(&call->spec_adapter, call->spec.adapter);
	call->spec.language = call->spec_language;
	call->spec.voice = call->spec_voice;
	call->spec.adapter = call->spec_adapter;
}

void call_host_media_ready(struct call *call)
{
	call_digits_media_ready(call);
	if (!call->sound_wanted)
		return;
	call->sound_wanted = false;
	call->spec.codec = leg_codec(call->leg);
	get_sound(call, &call->spec);
}

static void host_stop_sound(void *ctx)
{
	struct call *call = ctx;

	if (call->play)
		leg_stop(call->leg);
	drop_sound(call);
}

static void host_prepare(void *ctx, const struct ncco_sound *sound)
{
	struct call *call = ctx;
	struct sound_spec spec;
	char *kept = call->spec_source;
	const char *error;

	call->spec_source = NULL;
	if (make_spec(call, sound, &spec, &error) == 0)
		sound_prepare(call->server->sounds, &spec);
	free(call->spec_source);
	call->spec_source = kept;
}

void call_host_play_ended(struct call *call, uint32_t play, enum media_play_end end)
{
	if (play != call->play || play == 0)
		return;
	if (end == MEDIA_PLAY_FAILED) {
		call->sound_error = NULL;
		timer_start(&call->later, 0);
		return;
	}
	drop_sound(call);
	if (end == MEDIA_PLAY_STOPPED) {
		/* Not by us: a new offer has changed the codec. The sound begins anew in it; what
		 * spec borrows belongs to the step, which is still there. */
		call->spec.codec = leg_codec(call->leg);
		get_sound(call, &call->spec);
		return;
	}
	tell(call, &(struct ncco_event){.type = NCCO_PLAYED});
}

/* A failure known at once, or that of the prompt, whose reason may still be on its way from
 * the worker. */
static void tell_failure(void *arg)
{
	struct call *call = arg;
	const char *reason = call->sound_error;

	if (!reason)
		reason = sound_failure(call->server->sounds, call->prompt);
	if (reason)
		fail_sound(call, reason);
	else
		timer_start(&call->later, ASK_AGAIN_US);
}

/* --- everything else --- */

static void host_listen(void *ctx, bool on)
{
	struct call *call = ctx;

	leg_listen(call->leg, on);
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
	if (request->method)
		return request->method;
	if (request->kind == NCCO_REQUEST_REDIRECT)
		return call->app ? call->app->answer_method : "GET";
	if (!request->url && call->app)
		return call->app->event_method;
	return "POST";
}

/* The request's URL made absolute; malloc'd or NULL. */
static char *request_url(const struct call *call, const struct ncco_request *request)
{
	const char *error;
	char *url;

	if (!request->url)
		return xstrdup(call->app ? call->app->event_url : NULL);
	url = request->base ? url_join(request->base, request->url) : xstrdup(request->url);
	if (url && url_check(url, false, &error) < 0) {
		free(url);
		url = NULL;
	}
	return url;
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
	webhook_forget(call->line);
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
	call_hangup(ctx, NULL, NULL);
}

const struct ncco_host call_host = {
	.answer = call_host_answer,
	.answer_with = host_answer_with,
	.early = host_early,
	.play = host_play,
	.stop_sound = host_stop_sound,
	.prepare = host_prepare,
	.listen = host_listen,
	.send_digits = call_host_send_digits,
	.forget_digits = call_host_forget_digits,
	.request = host_request,
	.forget_request = host_forget_request,
	.post = host_post,
	.record = call_record_start,
	.record_order = call_record_order,
	.connect = call_absent_connect,
	.forget_connect = call_absent_forget_connect,
	.join = call_absent_join,
	.leave = call_absent_leave,
	.transfer = call_absent_transfer,
	.enqueue = call_absent_enqueue,
	.leave_queue = call_absent_forget_connect,
	.dequeue = call_absent_dequeue,
	.forget_dequeue = call_absent_forget_connect,
	.recognise = call_absent_recognise,
	.speech_clock = call_absent_speech_clock,
	.forget_speech = call_absent_forget_speech,
	.finish_speech = call_absent_speech_clock,
	.amd = call_absent_amd,
	.transcribe = call_absent_transcribe,
	.fork = call_absent_fork,
	.refer = call_absent_refer,
	.forget_refer = call_absent_forget_refer,
	.timer = host_timer,
	.hangup = host_hangup,
	.reject = host_reject,
	.error = host_error,
	.step = host_step,
	.finished = host_finished,
};

void call_host_init(struct call *call)
{
	timer_init(&call->later, call->server->loop, tell_failure, call);
	call_digits_init(call);
	call_absent_init(call);
	timer_init(&call->no_receiver, call->server->loop, answer_nothing, call);
	timer_init(&call->script_timer, call->server->loop, on_script_timer, call);
}

void call_host_release(struct call *call)
{
	drop_sound(call);
	call_absent_release(call);
	call_host_forget_digits(call);
	timer_stop(&call->no_receiver);
	timer_stop(&call->script_timer);
	free(call->spec_source);
	free(call->spec_language);
	free(call->spec_voice);
	free(call->spec_adapter);
	call->spec_source = call->spec_language = call->spec_voice = call->spec_adapter = NULL;
}
