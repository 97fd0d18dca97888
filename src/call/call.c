/* The life of a call: its state, its script, its end (core thread). */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/call_private.h"
#include "call/connect.h"
#include "call/measures.h"

static const char *const state_names[] = {
	"routing", "dialing", "asking", "running", "bridged", "ending", "ended"};

#define OR_ENDS (1u << CALL_ENDING | 1u << CALL_ENDED)

/* A row for each state: the states that may follow, as bits. */
static const unsigned allowed_moves[] = {
	[CALL_ROUTING] = 1u << CALL_DIALING | 1u << CALL_ASKING | 1u << CALL_RUNNING |
			 1u << CALL_BRIDGED | OR_ENDS,
	[CALL_DIALING] = 1u << CALL_ASKING | 1u << CALL_RUNNING | 1u << CALL_BRIDGED | OR_ENDS,
	[CALL_ASKING] = 1u << CALL_RUNNING | OR_ENDS,
	[CALL_RUNNING] = 1u << CALL_BRIDGED | OR_ENDS,
	[CALL_BRIDGED] = 1u << CALL_RUNNING | OR_ENDS,
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
	if (call->state != CALL_RUNNING)
		call_set_state(call, CALL_RUNNING);
	interp_run(call->interp, document);
}

void call_bridge(struct call *call)
{
	if (call->state >= CALL_ENDING)
		return;
	call_set_state(call, CALL_BRIDGED);
	if (call->dial.connect)
		connect_ready(call->dial.connect, call);
	else
		call_check_company(call);
}

/* The application may still answer to the end of a party with a script. */
static bool waits_for_script(const struct call *call)
{
	const struct call *callee;

	TAILQ_FOREACH (callee, &call->children, child) {
		if (callee->dial.asked)
			return true;
	}
	return false;
}

void call_check_company(struct call *call)
{
	if (call->state == CALL_BRIDGED && !call->connect && !conversation_has_company(call) &&
		!waits_for_script(call))
		call_hangup(call, NULL, NULL);
}

void call_give_variables(struct call *call)
{
	const struct {
		enum variable_id id;
		const char *text;
	} rows[] = {
		{VARIABLE_FROM, call->from},
		{VARIABLE_TO, call->to},
		{VARIABLE_UUID, call->uuid},
		{VARIABLE_CONVERSATION_UUID, call->conversation_uuid},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json_object *text = json_object_new_string(rows[i].text);

		interp_set_variable(call->interp, rows[i].id, text);
		json_object_put(text);
	}
}

void call_conversation_changed(struct call *call, const char *from)
{
	if (!from || call->state >= CALL_ENDING)
		return;
	call_give_variables(call);
	if (call->line) {
		webhook_set_conversation(call->line, call->conversation_uuid);
		call_tell_transfer(call, from);
	}
	call_remember(call);
	call_fork_moved(call);
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
	call_referral_release(call);
	call_amd_release(call);
	connect_cancel(call->connect);
	if (call->line)
		webhook_forget(call->line);
	return true;
}

void call_hangup(struct call *call, const char *reason, struct json_object *headers)
{
	if (begin_end(call) && call->leg)
		leg_hangup(call->leg, reason, headers);
}

void call_reject(struct call *call, int status, const char *reason, struct json_object *headers)
{
	if (call->outbound || call->status_told[STATUS_ANSWERED]) {
		call_hangup(call, reason, headers);
	} else if (begin_end(call)) {
		log_info(call->uuid, "refused with %d: %s", status, reason ? reason : "as told");
		leg_reject(call->leg, status, reason, headers);
	}
}

/* Those that it has made end with it, unless they are in a room. */
static void end_children(struct call *call)
{
	struct call *child;

	while ((child = TAILQ_FIRST(&call->children))) {
		TAILQ_REMOVE(&call->children, child, child);
		child->parent = NULL;
		child->dial.connect = NULL;
		if (child->state != CALL_BRIDGED || !child->conversation->name)
			call_hangup(child, NULL, NULL);
	}
}

void call_leave_parent(struct call *call)
{
	if (call->parent)
		TAILQ_REMOVE(&call->parent->children, call, child);
	call->parent = NULL;
}

void call_ended(struct call *call, const struct leg_end *end)
{
	call_set_state(call, CALL_ENDED);
	call_referral_release(call);
	connect_cancel(call->connect);
	interp_hangup(call->interp);
	call_record_order(call, 0, NCCO_RECORD_STOP);
	call->server->calls_failed += !end->answered;
	call_tell_final(call, end);
	call_tell_lost(call);
	end_children(call);
	if (!call->dial.asked)
		call_leave_parent(call);
	call_fork_release(call);
	call_speech_gone(call);
	call_amd_release(call);
	call_transcribe_end(call);
	conversation_leave(call);
	call_reap_soon(call);
}

static void on_ended(void *arg, const struct leg_end *end)
{
	call_ended(arg, end);
}

/* The line to the application stays until its recordings are told of, and until it has said what
 * follows; the telephone's is free. */
static void on_reap(void *arg)
{
	struct call *call = arg;

	call->leg = leg_free(call->leg);
	call_free_trunk(call);
	if (call->recordings.count == 0 && !call->dial.asked && call_transcribe_end(call))
		call_free(call);
}

/* By a timer, for the leg may still be in its callback. */
void call_reap_soon(struct call *call)
{
	timer_start(&call->reap, 0);
}

/* --- the leg's events --- */

static void on_ringing(void *arg, int status)
{
	(void)status;
	call_ringing(arg);
}

static void on_answered(void *arg)
{
	struct call *call = arg;

	measures_answered(
		call->server->measures, call_application(call), clock_mono() - call->start_mono);
	if (call->outbound)
		call_answered_out(call);
	call_refer_ready(call);
	call_digits_media_ready(arg);
	call_sound_media_ready(arg);
	call_record_media_ready(arg);
	call_amd_media_ready(arg);
}

static void on_digit(void *arg, char digit)
{
	struct call *call = arg;

	log_debug(call->uuid, "a digit came"); /* not which: it may be a PIN */
	if (call->state == CALL_RUNNING)
		interp_event(
			call->interp, &(struct ncco_event){.type = NCCO_DIGIT, .digit = digit});
}

static void on_release(void *arg, char digit, unsigned held_ms)
{
	struct call *call = arg;

	conversation_tell_digit(call, digit, held_ms);
	call_fork_digit(call, digit, held_ms);
}

static void on_play_end(void *arg, uint32_t play, enum media_play_end end, uint32_t played_ms)
{
	struct call *call = arg;

	(void)played_ms;
	if (call_sound_is(call, play, false))
		call_sound_ended(call, end);
	else
		call_music_ended(call, play, end);
}

static void on_held(void *arg, bool held)
{
	call_peer_holds(arg, held);
}

static void on_digits_sent(void *arg)
{
	struct call *call = arg;

	if (call->state == CALL_DIALING)
		call_digits_through(call);
	else if (call->state == CALL_RUNNING)
		call_digits_sent(call);
}

static void on_refer_status(void *arg, int status, const char *phrase, bool final)
{
	call_refer_status(arg, status, phrase, final);
}

static void on_refer(void *arg, const struct sip_refer *refer)
{
	call_referred(arg, refer);
}

const struct leg_handler call_leg_handler = {
	.on_ringing = on_ringing,
	.on_answered = on_answered,
	.on_digit = on_digit,
	.on_release = on_release,
	.on_play_end = on_play_end,
	.on_digits_sent = on_digits_sent,
	.on_held = on_held,
	.on_refer_status = on_refer_status,
	.on_refer = on_refer,
	.on_ended = on_ended,
};

/* --- making --- */

struct call *call_new(struct server *server)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->server = server;
	id_new(call->uuid);
	call->start_wall = clock_wall();
	call->start_mono = clock_mono();
	timer_init(&call->reap, server->loop, on_reap, call);
	call_host_init(call);
	call_sound_init(call);
	call_digits_init(call);
	call_record_init(call);
	call_refer_init(call);
	call_outbound_init(call);
	call_join_init(call);
	queue_place_init(call);
	TAILQ_INIT(&call->children);
	call->interp = interp_new(&call_host, call, server->config->limits.max_steps);
	TAILQ_INSERT_TAIL(&server->calls, call, link);
	HASH_ADD_STR(server->by_uuid, uuid, call);
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
	call_hold_release(call);
	call_join_release(call);
	queue_place_release(call);
	call_fork_release(call);
	call_speech_gone(call);
	call_amd_release(call);
	call_transcribe_release(call);
	call_refer_release(call);
	call_outbound_release(call);
	call_forward_free(call);
	timer_stop(&call->reap);
	route_cancel(call->route);
	call_referral_release(call);
	connect_cancel(call->connect);
	end_children(call);
	call_leave_parent(call);
	conversation_leave(call);
	interp_free(call->interp);
	webhook_line_close(call->line);
	leg_free(call->leg);
	json_object_put(call->headers);
	TAILQ_REMOVE(&call->server->calls, call, link);
	HASH_DEL(call->server->by_uuid, call);
	server_call_gone(call->server);
	free(call->from);
	free(call->to);
	free(call);
	return NULL;
}
