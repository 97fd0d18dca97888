/* A script's connect, done on a call (core thread). */
#include "call/call_private.h"
#include "call/connect.h"

static void on_early(void *arg)
{
	struct call *call = arg;

	interp_event(call->interp, &(struct ncco_event){.type = NCCO_EARLY_MEDIA});
}

static void on_connected(void *arg, struct call *callee)
{
	struct call *call = arg;

	(void)callee;
	interp_event(call->interp, &(struct ncco_event){.type = NCCO_CONNECTED});
}

static void on_failed(void *arg, const struct call_outcome *outcome)
{
	struct call *call = arg;

	interp_event(call->interp,
		&(struct ncco_event){
			.type = NCCO_CONNECTED, .failed = true, .reason = outcome->status});
}

static const struct connect_handler handler = {
	.on_early = on_early,
	.on_connected = on_connected,
	.on_failed = on_failed,
};

void call_connect(void *ctx, const struct ncco_connect *spec)
{
	struct call *call = ctx;

	call_referral_release(call);
	connect_start(call, spec, &handler, call);
}

void call_forget_connect(void *ctx)
{
	struct call *call = ctx;

	connect_cancel(call->connect);
}
