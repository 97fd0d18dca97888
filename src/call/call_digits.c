/* Digits that a script sends to the other side (core thread). */
#include <stdlib.h>

#include "base/mem.h"
#include "call/server_private.h"

static void fail_digits(struct call *call, const char *constant_reason)
{
	call->digits_error = constant_reason;
	timer_start(&call->digits_failed, 0);
}

static void tell_digits_failed(void *arg)
{
	struct call *call = arg;

	call->digits_wanted = false;
	interp_event(call->interp,
		&(struct ncco_event){
			.type = NCCO_DIGITS_SENT, .failed = true, .reason = call->digits_error});
}

void call_digits_media_ready(struct call *call)
{
	if (!call->digits)
		return;
	if (leg_send_digits(call->leg, call->digits, call->digits_on_ms, call->digits_gap_ms) < 0)
		fail_digits(call, "the digits cannot be sent");
	else
		call->digits_orders++;
	xstrset(&call->digits, NULL);
}

void call_host_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	struct call *call = ctx;

	call_host_answer(call);
	xstrset(&call->digits, digits);
	call->digits_on_ms = on_ms;
	call->digits_gap_ms = gap_ms;
	call->digits_wanted = true;
	if (leg_media_running(call->leg))
		call_digits_media_ready(call);
}

void call_host_forget_digits(void *ctx)
{
	struct call *call = ctx;

	timer_stop(&call->digits_failed);
	xstrset(&call->digits, NULL);
	call->digits_wanted = false;
}

/* Orders are sent one after the other: the script's is the last. */
void call_digits_sent(struct call *call)
{
	if (call->digits_orders > 0)
		call->digits_orders--;
	if (call->digits_orders > 0 || !call->digits_wanted || call->digits)
		return;
	call->digits_wanted = false;
	interp_event(call->interp, &(struct ncco_event){.type = NCCO_DIGITS_SENT});
}

void call_digits_init(struct call *call)
{
	timer_init(&call->digits_failed, call->server->loop, tell_digits_failed, call);
}
