/* What a script may ask for and this server does not do (core thread): each is told as a failure,
 * with the events that a host has for it, from a timer of zero. */
#include "base/mem.h"
#include "call/call_private.h"

#define REASON "is not available"

enum absent { ABSENT_CONNECT, ABSENT_ROOM, ABSENT_AMD, ABSENT_COUNT };

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
	static const enum ncco_event_type types[] = {NCCO_CONNECTED, NCCO_LEFT, NCCO_AMD};
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

void call_absent_enqueue(void *ctx, const struct ncco_queue *queue)
{
	call_tell_error(ctx, queue->pointer, REASON);
	want(ctx, ABSENT_CONNECT);
}

void call_absent_dequeue(void *ctx, const char *name)
{
	(void)name;
	want(ctx, ABSENT_CONNECT);
}

void call_absent_forget_connect(void *ctx)
{
	forget(ctx, ABSENT_CONNECT);
}

void call_absent_join(void *ctx, const struct ncco_join *join)
{
	(void)join;
	want(ctx, ABSENT_ROOM);
}

void call_absent_leave(void *ctx)
{
	forget(ctx, ABSENT_ROOM);
}

bool call_absent_transfer(void *ctx, const struct ncco_transfer *transfer)
{
	(void)ctx;
	(void)transfer;
	return false;
}

void call_absent_amd(void *ctx, const struct ncco_amd *amd)
{
	(void)amd;
	want(ctx, ABSENT_AMD);
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
