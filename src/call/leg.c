#include "call/leg_private.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

static const char *const state_names[] = {"invited", "ringing", "answered", "confirmed", "ended"};

void leg_set_state(struct leg *leg, enum leg_state state)
{
	if (state <= leg->state)
		return;
	log_debug(leg->id, "leg %s -> %s", state_names[leg->state], state_names[state]);
	leg->state = state;
}

void leg_tell_ended(struct leg *leg, const struct leg_end *end)
{
	struct leg_end out = *end;

	if (leg->ended)
		return;
	leg->ended = true;
	leg_set_state(leg, LEG_ENDED);
	out.answered = leg->answered;
	if (!out.reason)
		out.reason = "";
	if (leg->media)
		media_leg_stats(leg->media, &out.media);
	if (leg->handler->on_ended)
		leg->handler->on_ended(leg->arg, &out);
}

static void on_end_timer(void *arg)
{
	struct leg *leg = arg;

	leg_tell_ended(leg, &leg->own_end);
}

void leg_end_soon(struct leg *leg, const struct leg_end *end)
{
	leg->own_end = *end;
	timer_start(&leg->end_timer, 0);
}

void leg_on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t ms)
{
	struct leg *leg = arg;

	if (leg->handler->on_play_end && !leg->ended)
		leg->handler->on_play_end(leg->arg, play, end, ms);
}

void leg_on_digits_sent(void *arg)
{
	struct leg *leg = arg;

	if (leg->handler->on_digits_sent && !leg->ended)
		leg->handler->on_digits_sent(leg->arg);
}

void leg_init(struct leg *leg, const struct leg_ops *ops, const struct leg_env *env, const char *id,
	const struct leg_handler *handler, void *arg)
{
	leg->ops = ops;
	leg->env = env;
	leg->id = xstrdup(id);
	leg->handler = handler;
	leg->arg = arg;
	timer_init(&leg->end_timer, env->loop, on_end_timer, leg);
}

void leg_release(struct leg *leg)
{
	timer_stop(&leg->end_timer);
	media_leg_free(leg->media);
	free(leg->id);
}

struct leg *leg_free(struct leg *leg)
{
	if (leg)
		leg->ops->free(leg);
	return NULL;
}

struct media_leg *leg_media(struct leg *leg)
{
	return leg->media;
}

enum leg_state leg_state(const struct leg *leg)
{
	return leg->state;
}

const struct codec *leg_codec(const struct leg *leg)
{
	return leg->ops->codec(leg);
}

void leg_ring(struct leg *leg)
{
	if (leg->state == LEG_INVITED && leg->ops->ring)
		leg->ops->ring(leg);
}

bool leg_early(struct leg *leg)
{
	if (leg->started || leg->ended)
		return leg->started;
	return leg->ops->early && leg->ops->early(leg);
}

void leg_answer(struct leg *leg, struct json_object *headers)
{
	if (!leg->answered && !leg->ended && leg->ops->answer)
		leg->ops->answer(leg, headers);
}

void leg_reject(struct leg *leg, int status, const char *reason, struct json_object *headers)
{
	if (!leg->answered && !leg->ended && leg->ops->reject)
		leg->ops->reject(leg, status, reason, headers);
}

void leg_drop(struct leg *leg)
{
	if (!leg->answered && !leg->ended && leg->ops->drop)
		leg->ops->drop(leg);
}

void leg_hangup(struct leg *leg, const char *reason, struct json_object *headers)
{
	if (!leg->ended)
		leg->ops->hangup(leg, reason, headers);
}

uint32_t leg_play(struct leg *leg, struct prompt *prompt, unsigned loops)
{
	return leg->started ? media_leg_play(leg->media, prompt, loops) : 0;
}

void leg_stop(struct leg *leg)
{
	if (leg->started)
		media_leg_stop(leg->media);
}

void leg_listen(struct leg *leg, bool on)
{
	if (leg->ops->listen)
		leg->ops->listen(leg, on);
}

int leg_send_digits(struct leg *leg, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	if (!leg->started || leg->ended)
		return -ENOTCONN;
	return leg->ops->send_digits(leg, digits, on_ms, gap_ms);
}

void leg_tell_digit(struct leg *leg, char digit, unsigned duration_ms)
{
	if (leg->started && !leg->ended && leg->ops->tell_digit)
		leg->ops->tell_digit(leg, digit, duration_ms);
}

bool leg_media_running(const struct leg *leg)
{
	return leg->started;
}

void leg_hold(struct leg *leg, bool hold, bool silent)
{
	if (leg->ops->hold && !leg->ended)
		leg->ops->hold(leg, hold, silent);
}
