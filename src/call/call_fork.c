/* The media fork of a call (core thread), which its script or the API has asked for: one at a time,
 * beside whatever else there is. */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/fork.h"
#include "http/url.h"

static void tell_done(struct call *call, const char *error)
{
	call_done_fn *done = call->fork_done;

	call->fork_done = NULL;
	if (done)
		done(call->fork_done_arg, error);
}

static void stop(struct call *call, const char *why)
{
	call->fork = fork_free(call->fork);
	free(call->fork_pointer);
	call->fork_pointer = NULL;
	tell_done(call, why);
}

/* Whoever waits for it hears of it so; else it is told as an event. */
static void fail(struct call *call, const char *pointer, const char *reason)
{
	if (call->fork_done)
		tell_done(call, reason);
	else
		call_tell_error(call, pointer, reason);
}

static void on_open(void *arg)
{
	tell_done(arg, NULL);
}

static void on_failed(void *arg, const char *reason)
{
	struct call *call = arg;

	fail(call, call->fork_pointer, reason);
	stop(call, reason);
}

static unsigned tracks(enum ncco_fork_track track)
{
	switch (track) {
	case NCCO_TRACK_INBOUND:
		return APP_INBOUND;
	case NCCO_TRACK_OUTBOUND:
		return APP_OUTBOUND;
	case NCCO_TRACK_BOTH:
		break;
	}
	return APP_INBOUND | APP_OUTBOUND;
}

static void start(struct call *call, const struct ncco_fork *wanted)
{
	const struct fork_spec spec = {
		.socket =
			{
				.uri = wanted->url,
				.twilio = wanted->twilio,
				.rate = wanted->rate,
				.tracks = tracks(wanted->track),
				.headers = wanted->headers,
				.authorization = wanted->authorization,
				.authorization_value = wanted->authorization_value,
				.application = call->app,
				.call_id = call->uuid,
			},
		.bidirectional = wanted->bidirectional,
	};
	char *url = url_for_log(wanted->url), *error = NULL;

	log_info(call->uuid, "fork to %s", url);
	call->fork =
		fork_new(&call->server->legs, leg_media(call->leg), &spec, on_failed, call, &error);
	if (call->fork)
		call->fork_pointer = xstrdup(wanted->pointer);
	else
		fail(call, wanted->pointer, error);
	free(error);
	free(url);
}

void call_fork(void *ctx, const struct ncco_fork *wanted)
{
	struct call *call = ctx;

	stop(call, "another one has taken its place");
	if (!wanted)
		return;
	start(call, wanted);
	call_fork_moved(call);
}

void call_start_fork(
	struct call *call, const struct ncco_fork *wanted, call_done_fn *done, void *arg)
{
	stop(call, "another one has taken its place");
	call->fork_done = done;
	call->fork_done_arg = arg;
	start(call, wanted);
	if (call->fork)
		fork_watch(call->fork, on_open);
	call_fork_moved(call);
}

bool call_is_forked(const struct call *call)
{
	return call->fork != NULL;
}

void call_stop_fork(struct call *call)
{
	stop(call, "another request has ended it");
}

void call_fork_moved(struct call *call)
{
	if (call->fork && call->conversation && fork_is_bidirectional(call->fork))
		fork_join(call->fork, conversation_open(call->conversation));
}

void call_fork_digit(struct call *call, char digit, unsigned held_ms)
{
	if (call->fork)
		fork_digit(call->fork, digit, held_ms);
}

void call_fork_release(struct call *call)
{
	stop(call, "the call has ended");
}
