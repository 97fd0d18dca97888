/* What a script may ask for and this server does not do (core thread): each is told as a failure,
 * with the events that a host has for it, from a timer of zero. */
#include "base/mem.h"
#include "call/call_private.h"

#define REASON "is not available"

enum absent { ABSENT_SPEECH, ABSENT_COUNT };

static void want(struct call *call, enum absent what)
{
	call->absent |= 1U << what;
	timer_start(&call->absent_timer, 0);
}

static void forget(struct call *call, enum absent what)
{
	call->absent &= ~(1U << what);
}

static void tell(void *arg)
{
	static const enum ncco_event_type types[] = {NCCO_SPEECH};
	struct call *call = arg;
	unsigned wanted = call->absent;

	call->absent = 0;
	for (unsigned what = 0; what < ABSENT_COUNT; what++) {
		struct ncco_event event = {
			.type = types[what], .failed = true, .final = true, .reason = REASON};

		if (wanted & (1U << what))
			interp_event(call->interp, &event);
	}
}

void call_absent_recognise(void *ctx, const struct ncco_speech *speech)
{
	(void)speech;
	want(ctx, ABSENT_SPEECH);
}

void call_absent_speech_clock(void *ctx)
{
	(void)ctx;
}

void call_absent_forget_speech(void *ctx)
{
	forget(ctx, ABSENT_SPEECH);
}

void call_absent_transcribe(void *ctx, const struct ncco_transcribe *transcribe)
{
	if (transcribe)
		call_tell_error(ctx, transcribe->pointer, REASON);
}

void call_absent_init(struct call *call)
{
	timer_init(&call->absent_timer, call->server->loop, tell, call);
}

void call_absent_release(struct call *call)
{
	timer_stop(&call->absent_timer);
}
