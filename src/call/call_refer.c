/* A script's wish that the other side call somebody else, done on a call (core thread). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"

static void forget(struct call *call)
{
	struct call_refer *refer = &call->refer;

	timer_stop(&refer->failed);
	free(refer->to);
	json_object_put(refer->headers);
	refer->to = NULL;
	refer->headers = NULL;
	refer->sent = false;
	refer->error = NULL;
}

static void tell(struct call *call, const struct ncco_event *event)
{
	forget(call);
	if (call->state == CALL_RUNNING)
		interp_event(call->interp, event);
}

/* By a timer, for a host function may not call back. */
static void tell_failed(void *arg)
{
	struct call *call = arg;

	tell(call, &(struct ncco_event){
			   .type = NCCO_REFERRED, .failed = true, .reason = call->refer.error});
}

static void fail(struct call *call, const char *constant_reason)
{
	call->refer.error = constant_reason;
	timer_start(&call->refer.failed, 0);
}

/* A number is one of those who called us, or whom we called: at their trunk, or at their host. */
static char *number_uri(struct call *call, struct sip_leg *sip, const char *number)
{
	const struct trunk *trunk = call->dial.trunk;

	if (!trunk)
		trunk = trunk_of_source(call->server->trunks, sip_leg_source_ip(sip));
	if (trunk)
		return trunk_uri(trunk, number);
	return sip_uri_with_user(
		call->outbound ? sip_leg_request_uri(sip) : sip_leg_from_uri(sip), number);
}

static bool is_uri(const char *text)
{
	return strncasecmp(text, "sip:", 4) == 0 || strncasecmp(text, "sips:", 5) == 0 ||
	       strncasecmp(text, "tel:", 4) == 0;
}

static void send_refer(struct call *call)
{
	struct call_refer *refer = &call->refer;
	struct sip_leg *sip = leg_sip(call->leg);
	int error;

	refer->sent = true;
	if (!is_uri(refer->to)) {
		char *uri = number_uri(call, sip, refer->to);

		free(refer->to);
		refer->to = uri;
	}
	log_info(call->uuid, "REFER to %s", refer->to);
	error = sip_leg_refer(sip, refer->to, refer->timeout_s, refer->headers);
	if (error)
		fail(call, error == -EINVAL ? "is nothing that can be called"
					    : "the other side cannot be asked now");
}

void call_refer(void *ctx, const struct ncco_refer *wanted)
{
	struct call *call = ctx;

	forget(call);
	call->refer.to = xstrdup(wanted->to);
	call->refer.headers = json_object_get(wanted->headers);
	call->refer.timeout_s = wanted->timeout_s;
	if (!leg_sip(call->leg))
		fail(call, "only a telephone can be asked to call somebody else");
	else if (leg_state(call->leg) == LEG_CONFIRMED)
		send_refer(call);
}

/* Until the ACK there is no dialog that a request could belong to. */
void call_refer_ready(struct call *call)
{
	if (call->refer.to && !call->refer.sent)
		send_refer(call);
}

void call_forget_refer(void *ctx)
{
	struct call *call = ctx;
	struct sip_leg *sip = call->leg ? leg_sip(call->leg) : NULL;

	if (call->refer.sent && sip)
		sip_leg_refer_forget(sip);
	forget(call);
}

void call_refer_status(struct call *call, int status, const char *phrase, bool final)
{
	log_info(call->uuid, "REFER to %s: %s%d %s", call->refer.to ? call->refer.to : "?",
		final ? "" : "so far ", status, phrase);
	if (!final || !call->refer.to)
		return;
	call_tell_refer(call, call->refer.to, status);
	tell(call, &(struct ncco_event){.type = NCCO_REFERRED, .number = (unsigned)status});
}

void call_refer_init(struct call *call)
{
	timer_init(&call->refer.failed, call->server->loop, tell_failed, call);
}

void call_refer_release(struct call *call)
{
	forget(call);
}
