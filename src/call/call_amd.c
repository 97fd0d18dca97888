/* Who is there, a person or a machine? Asked by a script about its own call, or by a connect about
 * the party that has answered (core thread). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "media/amd.h"
#include "media/ear.h"

#define RATE 8000

struct call_amd {
	struct media_ear *ear; /* NULL: media does not run yet */
	struct amd detector;
	bool hangup;
	bool told;
	char *url, *method;		 /* of the events; NULL: where all of the call's go */
	void (*done)(struct call *call); /* who waits for the end; NULL: the call's script */
};

void call_amd_release(struct call *call)
{
	struct call_amd *amd = call->amd;

	if (!amd)
		return;
	call->amd = NULL;
	media_ear_free(amd->ear);
	free(amd->url);
	free(amd->method);
	free(amd);
}

/* The script that is told: the call's own, or that which waits for the connect. */
static struct interp *listener(const struct call *call)
{
	if (!call->amd->done)
		return call->interp;
	return call->dial.connect && call->parent ? call->parent->interp : NULL;
}

static void post(struct call *call, const char *status, const char *sub_state)
{
	const struct call_amd *amd = call->amd;

	log_info(call->uuid, "%s%s%s: %s", status, sub_state ? " " : "", sub_state ? sub_state : "",
		amd->detector.reason);
	call_tell_amd(call, amd->url, amd->method, status, sub_state);
}

static void tell(struct interp *interp, const char *status, const char *sub_state)
{
	struct json_object *data = json_object_new_object();

	json_add_text(data, "status", status);
	if (sub_state)
		json_add_text(data, "sub_state", sub_state);
	interp_event(interp, &(struct ncco_event){.type = NCCO_AMD, .data = data});
	json_object_put(data);
}

/* For its own script, that of onAnswer too, which may begin later. */
static void note(struct call *call, const char *status)
{
	struct json_object *text = json_object_new_string(status);

	interp_set_variable(call->interp, VARIABLE_AMD, text);
	json_object_put(text);
}

static const char *sub_state_of(enum amd_event event)
{
	if (event == AMD_BEEP)
		return "beep_start";
	return event == AMD_NO_BEEP ? "beep_timeout" : NULL;
}

/* A machine is the call's status until its end. */
static void tell_first(struct call *call, const char *status)
{
	post(call, status, NULL);
	if (strcmp(status, "machine") != 0)
		return;
	call->status = "machine";
	call_remember(call);
}

/* What is told may have any consequence, so it comes last. */
static void on_verdict(struct call *call, enum amd_event event)
{
	const char *status = event == AMD_HUMAN ? "human" : "machine";
	const char *sub_state = sub_state_of(event);
	struct call_amd *amd = call->amd;
	void (*done)(struct call *) = amd->detector.over ? amd->done : NULL;
	struct interp *interp = listener(call);

	if (!amd->told)
		tell_first(call, status);
	amd->told = true;
	note(call, status);
	if (event != AMD_HUMAN && amd->hangup) {
		call_hangup(call, "a machine has answered", NULL);
		return;
	}
	if (sub_state)
		post(call, status, sub_state);
	if (amd->detector.over)
		call_amd_release(call);
	if (interp)
		tell(interp, status, sub_state);
	if (done)
		done(call);
}

static void on_frame(void *arg, const int16_t *heard, const int16_t *sent, size_t samples)
{
	struct call *call = arg;
	enum amd_event event = AMD_NOTHING;

	(void)sent;
	if (samples == BEEP_FRAME)
		event = amd_feed(&call->amd->detector, heard);
	if (event != AMD_NOTHING)
		on_verdict(call, event);
}

static void open_ear(struct call *call)
{
	call->amd->ear =
		media_ear_new(call->server->loop, leg_media(call->leg), RATE, on_frame, call);
}

void call_amd_start(
	struct call *call, const struct ncco_amd *wanted, void (*done)(struct call *call))
{
	struct call_amd *amd = xcalloc(1, sizeof(*amd));
	struct amd_times times = amd_usual;

	call_amd_release(call);
	times.beep = wanted->mode == NCCO_AMD_DETECT ? 0 : wanted->beep_timeout_s * 1000;
	amd_init(&amd->detector, &times);
	amd->hangup = wanted->hangup;
	amd->url = wanted->url ? call_url(wanted->base, wanted->url) : NULL;
	amd->method = xstrdup(wanted->method);
	amd->done = done;
	call->amd = amd;
	if (leg_media_running(call->leg))
		open_ear(call);
}

void call_amd(void *ctx, const struct ncco_amd *wanted)
{
	call_amd_start(ctx, wanted, NULL);
}

void call_amd_media_ready(struct call *call)
{
	if (call->amd && !call->amd->ear)
		open_ear(call);
}
