/* The party behind a WebSocket: a web application that hears the conversation and speaks in it, as
 * the Voice API has it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "call/app_socket.h"
#include "call/leg_private.h"

struct leg_websocket {
	struct leg base; /* first */
	struct app_socket *socket;
	unsigned rate;
	struct timer digits_sent;
};

/* --- the media leg's events --- */

static void on_frame(void *arg, const int16_t *pcm, size_t samples)
{
	struct leg_websocket *leg = arg;

	if (leg->socket)
		app_socket_sound(leg->socket, NULL, pcm, samples);
}

static void on_mark(void *arg, uint32_t mark, bool cleared)
{
	struct leg_websocket *leg = arg;

	if (leg->socket)
		app_socket_marked(leg->socket, mark, cleared);
}

static const struct media_stream_handler stream_handler = {
	.leg = {.on_play_end = leg_on_play_end},
	.on_frame = on_frame,
	.on_mark = on_mark,
};

/* --- the socket's events --- */

static void on_open(void *arg)
{
	struct leg_websocket *leg = arg;
	struct leg *base = &leg->base;

	base->answered = base->started = true;
	leg_set_state(base, LEG_CONFIRMED);
	media_stream_run(base->media);
	if (base->handler->on_answered)
		base->handler->on_answered(base->arg);
}

/* How a WebSocket that could not be had is called in terms of telephones. */
static void tell_failed(struct leg *leg, const struct websocket_end *end)
{
	struct leg_end out = {.status = 480, .detail = "unavailable"};
	char *reason = end->status ? xasprintf("%s (status %d)", end->detail, end->status)
				   : xasprintf("%s%s%s", http_outcome_text(end->outcome),
					     *end->detail ? ": " : "", end->detail);

	switch (end->outcome) {
	case HTTP_TIMEOUT:
	case HTTP_CONNECT_TIMEOUT:
		out.detail = "timeout";
		break;
	case HTTP_FORBIDDEN:
	case HTTP_BAD_URL:
	case HTTP_TLS:
		out.status = 503;
		out.detail = "cannot_route";
		break;
	default:
		break;
	}
	log_info(leg->id, "no WebSocket: %s", reason);
	out.reason = reason;
	leg_tell_ended(leg, &out);
	free(reason);
}

static void on_end(void *arg, const struct websocket_end *end)
{
	struct leg_websocket *leg = arg;

	if (!leg->base.answered) {
		tell_failed(&leg->base, end);
		return;
	}
	log_info(leg->base.id, "the application closed its WebSocket: code %u %s", end->code,
		end->detail);
	leg_tell_ended(&leg->base, &(struct leg_end){
					   .status = 200,
					   .reason = end->detail,
					   .by_peer = true,
					   .disconnected = true,
				   });
}

static const struct app_socket_handler socket_handler = {on_open, on_end};

/* --- what the owner asks for --- */

static void hangup(struct leg *base, const char *reason, struct json_object *headers)
{
	struct leg_websocket *leg = (struct leg_websocket *)base;

	(void)headers;
	if (reason)
		log_info(base->id, "hanging up: %s", reason);
	leg->socket = app_socket_free(leg->socket);
	leg_end_soon(base, &(struct leg_end){.status = base->answered ? 200 : 487});
}

static const struct codec *stream_codec(const struct leg *base)
{
	return codec_l16(((const struct leg_websocket *)base)->rate);
}

static void tell_digit(struct leg *base, char digit, unsigned duration_ms)
{
	struct leg_websocket *leg = (struct leg_websocket *)base;

	if (leg->socket)
		app_socket_digit(leg->socket, digit, duration_ms);
}

static void on_digits_sent(void *arg)
{
	leg_on_digits_sent(arg);
}

/* An application needs no time to hear them. */
static int send_digits(struct leg *base, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	struct leg_websocket *leg = (struct leg_websocket *)base;

	(void)gap_ms;
	for (; *digits; digits++) {
		if (*digits != 'p')
			tell_digit(base, *digits, on_ms);
	}
	timer_start(&leg->digits_sent, 0);
	return 0;
}

static void free_leg(struct leg *base)
{
	struct leg_websocket *leg = (struct leg_websocket *)base;

	timer_stop(&leg->digits_sent);
	app_socket_free(leg->socket);
	leg_release(base);
	free(leg);
}

static const struct leg_ops websocket_ops = {
	.hangup = hangup,
	.codec = stream_codec,
	.send_digits = send_digits,
	.tell_digit = tell_digit,
	.free = free_leg,
};

int leg_dial_websocket(const struct leg_env *env, const struct leg_websocket_spec *spec,
	const char *id, const struct leg_handler *handler, void *arg, struct leg **ret_leg,
	char **ret_error)
{
	struct leg_websocket *leg = xcalloc(1, sizeof(*leg));
	struct app_socket_spec socket = {
		.loop = env->loop,
		.uri = spec->uri,
		.rate = spec->rate,
		.tracks = APP_OUTBOUND,
		.headers = spec->headers,
		.authorization = spec->authorization,
		.authorization_value = spec->authorization_value,
		.application = spec->application,
		.call_id = id,
	};

	leg_init(&leg->base, &websocket_ops, env, id, handler, arg);
	timer_init(&leg->digits_sent, env->loop, on_digits_sent, leg);
	leg->base.outbound = true;
	leg->rate = spec->rate;
	leg->base.media = media_stream_new(env->media, spec->rate, &stream_handler, leg);
	socket.stream = leg->base.media;
	leg->socket = app_socket_open(env->websockets, &socket, &socket_handler, leg, ret_error);
	if (!leg->socket) {
		leg_free(&leg->base);
		return -EINVAL;
	}
	*ret_leg = &leg->base;
	return 0;
}
