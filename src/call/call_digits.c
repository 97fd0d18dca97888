/* Digits that a script sends to the other side (core thread). */
#include <stdlib.h>

#include "base/mem.h"
#include "call/call_private.h"

static void fail_digits(struct call *call, const char *constant_reason)
{
	call->digits.error = constant_reason;
	timer_start(&call->digits.failed, 0);
}

static void tell_digits_failed(void *arg)
{
	struct call *call = arg;

	call->digits.wanted = false;
	interp_event(call->interp,
		&(struct ncco_event){
			.type = NCCO_DIGITS_SENT, .failed = true, .reason = call->digits.error});
}

void call_digits_media_ready(struct call *call)
{
	if (!call->digits.text)
		return;
	if (leg_send_digits(call->leg, call->digits.text, call->digits.on_ms, call->digits.gap_ms) <
		0)
		fail_digits(call, "the digits cannot be sent");
	else
		call->digits.ordered++;
	xstrset(&call->digits.text, NULL);
}

void call_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	struct call *call = ctx;

	call_answer(call, NULL);
	xstrset(&call->digits.text, digits);
	call->digits.on_ms = on_ms;
	call->digits.gap_ms = gap_ms;
	call->digits.wanted = true;
	if (leg_media_running(call->leg))
		call_digits_media_ready(call);
}

void call_forget_digits(void *ctx)
{
	struct call *call = ctx;

	timer_stop(&call->digits.failed);
	xstrset(&call->digits.text, NULL);
	call->digits.wanted = false;
}

/* Orders are sent one after the other: the script's is the last. */
void call_digits_sent(struct call *call)
{
	if (call->digits.sent < call->digits.ordered)
		call->digits.sent++;
	call_waits_end(call, CALL_WAIT_DIGITS, call->digits.sent, NULL);
	if (call->digits.sent < call->digits.ordered || !call->digits.wanted || call->digits.text)
		return;
	call->digits.wanted = false;
	interp_event(call->interp, &(struct ncco_event){.type = NCCO_DIGITS_SENT});
}

void call_digits_init(struct call *call)
{
	timer_init(&call->digits.failed, call->server->loop, tell_digits_failed, call);
}
