/* A script's media fork (core thread): one at a time, beside whatever else the script does. */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/fork.h"
#include "http/url.h"

static void stop(struct call *call)
{
	call->fork = fork_free(call->fork);
	free(call->fork_pointer);
	call->fork_pointer = NULL;
}

static void on_failed(void *arg, const char *reason)
{
	struct call *call = arg;

	call_tell_error(call, call->fork_pointer, reason);
	stop(call);
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
		call_tell_error(call, wanted->pointer, error);
	free(error);
	free(url);
}

void call_fork(void *ctx, const struct ncco_fork *wanted)
{
	struct call *call = ctx;

	stop(call);
	if (!wanted)
		return;
	start(call, wanted);
	call_fork_moved(call);
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
	stop(call);
}
