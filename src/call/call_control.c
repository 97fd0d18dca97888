/* What the API changes in a call while it goes on (core thread). */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"

#define DIGIT_ON_MS  100
#define DIGIT_GAP_MS 100

bool call_is_live(const struct call *call)
{
	return call->status && call->state < CALL_ENDING;
}

bool call_is_answered(const struct call *call)
{
	return call_is_live(call) && call->status_told[STATUS_ANSWERED] &&
	       call->state != CALL_DIALING && leg_media_running(call->leg);
}

void call_end(struct call *call, call_done_fn *done, void *arg)
{
	log_info(call->uuid, "hung up over the API");
	call_wait(call, CALL_WAIT_END, 0, done, arg);
	if (call->status_told[STATUS_ANSWERED])
		call_hangup(call, NULL, NULL);
	else if (call->outbound)
		call_cancel(call, "cancelled");
	else
		call_reject(call, 603, NULL, NULL);
	if (call->status_told[STATUS_FINAL]) /* at once, of a call that was not answered */
		call_waits_end(call, CALL_WAIT_END, 0, NULL);
}

void call_mute(struct call *call, bool on)
{
	call->muted = on;
	if (call->conversation)
		conversation_apply(call);
}

void call_earmuff(struct call *call, bool on)
{
	call->deafened = on;
	if (call->conversation)
		conversation_apply(call);
}

void call_put_on_hold(struct call *call, bool on)
{
	call_hold(call, on);
	leg_hold(call->leg, on, !call->server->config->media.music_on_hold);
}

int call_press(struct call *call, const char *digits, call_done_fn *done, void *arg)
{
	int r = leg_send_digits(call->leg, digits, DIGIT_ON_MS, DIGIT_GAP_MS);

	if (r == 0)
		call_wait(call, CALL_WAIT_DIGITS, ++call->digits.ordered, done, arg);
	return r;
}

/* --- who hears each digit --- */

void call_listen(struct call *call)
{
	leg_listen(call->leg, call->script_listens || call->listener.url || call->recordings.keys);
}

void call_set_listener(struct call *call, const char *url, const char *method)
{
	xstrset(&call->listener.url, url);
	xstrset(&call->listener.method, method);
	call_listen(call);
}

void call_tell_listener(struct call *call, char digit)
{
	struct json_object *body, *dtmf, *speech;

	if (!call->listener.url)
		return;
	body = call_event_base(call);
	dtmf = json_object_new_object();
	speech = json_object_new_object();
	json_add_text(dtmf, "digits", (char[]){digit, '\0'});
	json_add_bool(dtmf, "timed_out", false);
	json_object_object_add(speech, "results", json_object_new_array());
	json_object_object_add(body, "dtmf", dtmf);
	json_object_object_add(body, "speech", speech);
	webhook_event(call->line, call->listener.url, call->listener.method, body);
}

void call_control_init(struct call *call)
{
	TAILQ_INIT(&call->waits);
}

void call_control_over(struct call *call)
{
	call_announcement_release(call);
	call_steer_forget(call, "the call has ended");
	call_waits_over(call);
}

void call_control_release(struct call *call)
{
	call_control_over(call);
	free(call->listener.url);
	free(call->listener.method);
}
