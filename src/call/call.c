/* The life of a call: its state, its script, its end (core thread). */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"

static const char *const state_names[] = {"routing", "asking", "running", "ending", "ended"};

/* A row for each state: the states that may follow, as bits. */
static const unsigned allowed_moves[] = {
	[CALL_ROUTING] =
		1u << CALL_ASKING | 1u << CALL_RUNNING | 1u << CALL_ENDING | 1u << CALL_ENDED,
	[CALL_ASKING] = 1u << CALL_RUNNING | 1u << CALL_ENDING | 1u << CALL_ENDED,
	[CALL_RUNNING] = 1u << CALL_ENDING | 1u << CALL_ENDED,
	[CALL_ENDING] = 1u << CALL_ENDED,
	[CALL_ENDED] = 0,
};

void call_set_state(struct call *call, enum call_state state)
{
	if (!(allowed_moves[call->state] & 1u << state)) {
		log_error(call->uuid, "call %s -> %s is not a move", state_names[call->state],
			state_names[state]);
		return;
	}
	log_debug(call->uuid, "call %s -> %s", state_names[call->state], state_names[state]);
	call->state = state;
}

void call_run(struct call *call, struct ncco_document *document)
{
	call_set_state(call, CALL_RUNNING);
	interp_run(call->interp, document);
}

/* --- the end --- */

/* False: it is over already. */
static bool begin_end(struct call *call)
{
	if (call->state >= CALL_ENDING)
		return false;
	call_set_state(call, CALL_ENDING);
	call->ended_by_us = true;
	route_cancel(call->route);
	call->route = NULL;
	if (call->line)
		webhook_forget(call->line);
	return true;
}

void call_hangup(struct call *call, const char *reason, struct json_object *headers)
{
	if (begin_end(call))
		leg_hangup(call->leg, reason, headers);
}

void call_reject(struct call *call, int status, const char *reason, struct json_object *headers)
{
	if (call->status_told[STATUS_ANSWERED]) {
		call_hangup(call, reason, headers);
	} else if (begin_end(call)) {
		log_info(call->uuid, "refused with %d: %s", status, reason ? reason : "as told");
		leg_reject(call->leg, status, reason, headers);
	}
}

static void on_ended(void *arg, const struct leg_end *end)
{
	struct call *call = arg;

	call_set_state(call, CALL_ENDED);
	interp_hangup(call->interp);
	call_record_order(call, 0, NCCO_RECORD_STOP);
	call->server->calls_failed += !end->answered;
	call_tell_final(call, end);
	call_reap_soon(call);
}

/* The line to the application stays until its recordings are told of; the telephone's is free. */
static void on_reap(void *arg)
{
	struct call *call = arg;

	call->leg = leg_free(call->leg);
	if (call->recordings.count == 0)
		call_free(call);
}

/* By a timer, for the leg may still be in its callback. */
void call_reap_soon(struct call *call)
{
	timer_start(&call->reap, 0);
}

/* --- the leg's events --- */

static void on_answered(void *arg)
{
	call_digits_media_ready(arg);
	call_sound_media_ready(arg);
	call_record_media_ready(arg);
}

static void on_digit(void *arg, char digit)
{
	struct call *call = arg;

	log_debug(call->uuid, "a digit came"); /* not which: it may be a PIN */
	if (call->state == CALL_RUNNING)
		interp_event(
			call->interp, &(struct ncco_event){.type = NCCO_DIGIT, .digit = digit});
}

static void on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct call *call = arg;

	(void)played_ms;
	if (call->state == CALL_RUNNING)
		call_sound_ended(call, play, end);
}

static void on_digits_sent(void *arg)
{
	struct call *call = arg;

	if (call->state == CALL_RUNNING)
		call_digits_sent(call);
}

const struct leg_handler call_leg_handler = {
	.on_answered = on_answered,
	.on_digit = on_digit,
	.on_play_end = on_play_end,
	.on_digits_sent = on_digits_sent,
	.on_ended = on_ended,
};

/* --- making --- */

struct call *call_new(struct server *server)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->server = server;
	id_new(call->uuid);
	call->start_wall = clock_wall();
	timer_init(&call->reap, server->loop, on_reap, call);
	call_host_init(call);
	call_sound_init(call);
	call_digits_init(call);
	call_record_init(call);
	call->interp = interp_new(&call_host, call, server->config->limits.max_steps);
	conversation_new(call);
	TAILQ_INSERT_TAIL(&server->calls, call, link);
	server->call_count++;
	server->calls_total++;
	return call;
}

struct call *call_free(struct call *call)
{
	if (!call)
		return NULL;
	call_sound_release(call);
	call_host_release(call);
	call_record_release(call);
	timer_stop(&call->reap);
	route_cancel(call->route);
	interp_free(call->interp);
	webhook_line_close(call->line);
	leg_free(call->leg);
	conversation_leave(call);
	json_object_put(call->headers);
	TAILQ_REMOVE(&call->server->calls, call, link);
	server_call_gone(call->server);
	free(call->from);
	free(call->to);
	free(call);
	return NULL;
}
