#include "ncco/sim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ncco/host.h"
#include "ncco/interp.h"

#define SOUND_US     (3 * USEC_PER_SEC)
#define CHAR_US	     (60 * USEC_PER_MSEC)
#define LIVE_CHAR_US (USEC_PER_SEC / 15) /* as speech is in truth */
#define KEY_US	     (500 * USEC_PER_MSEC)
#define NEVER	     UINT64_MAX
#define MAX_EVENTS   100000

struct sim {
	const struct sim_options *options;
	const char *keys;
	size_t replies;
	uint64_t now;
	uint64_t sound_ends; /* NEVER: none, or for ever */
	uint64_t timer_at;
	uint64_t sent_at; /* NEVER: no digits are being sent */
	uint64_t key_at;
	struct json_object *data; /* of the reply that is being told */
	uint64_t recorded_at;	  /* NEVER: no recording is about to end */
	unsigned recorded;	  /* its number */
	bool sounding;
	bool listening;
	bool requested;
	bool redirecting;
	bool over;
	bool gone; /* the caller */
};

static void say(struct sim *sim, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* One line: the time, what it is, and its text. */
static void say(struct sim *sim, const char *what, const char *format, ...)
{
	double seconds = (double)sim->now / (double)USEC_PER_SEC;
	struct json_object *line;
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	if (sim->options->json) {
		line = json_object_new_object();
		json_object_object_add(line, "time", json_object_new_double(seconds));
		json_add_text(line, "what", what);
		json_add_text(line, "text", text);
		fprintf(sim->options->out, "%s\n", json_print(line));
		json_object_put(line);
	} else {
		fprintf(sim->options->out, "%8.1f  %-8s %s\n", seconds, what, text);
	}
	if (sim->options->caller)
		fflush(sim->options->out); /* somebody is reading along, be it through a pipe */
	free(text);
}

static void sim_answer(void *ctx)
{
	say(ctx, "answer", "the call is answered");
}

static void sim_answer_with(void *ctx, struct json_object *headers)
{
	say(ctx, "answer", "the call is answered %s", json_print(headers));
}

static void sim_early(void *ctx)
{
	say(ctx, "early", "what follows is heard before the answer");
}

static void sim_play(void *ctx, const struct ncco_sound *sound)
{
	struct sim *sim = ctx;
	bool text = sound->kind == NCCO_SOUND_TEXT;
	uint64_t char_us = sim->options->caller ? LIVE_CHAR_US : CHAR_US;
	uint64_t length = text ? char_us * strlen(sound->source) : SOUND_US;

	sim->sounding = true;
	sim->sound_ends = sound->loops ? sim->now + length * sound->loops : NEVER;
	if (sound->loops == 0)
		say(sim, text ? "say" : "play", "%s (for ever)", sound->source);
	else if (sound->loops > 1)
		say(sim, text ? "say" : "play", "%s (%u times)", sound->source, sound->loops);
	else
		say(sim, text ? "say" : "play", "%s", sound->source);
}

static void sim_stop_sound(void *ctx)
{
	struct sim *sim = ctx;

	sim->sounding = false;
	sim->sound_ends = NEVER;
	say(sim, "silence", "the sound is cut off");
}

static void sim_prepare(void *ctx, const struct ncco_sound *sound)
{
	(void)ctx;
	(void)sound;
}

static void sim_listen(void *ctx, bool on)
{
	struct sim *sim = ctx;

	if (on && !sim->listening && sim->options->caller)
		say(sim, "listen", "digits are wanted");
	sim->listening = on;
	sim->key_at = sim->now + KEY_US;
}

static void sim_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	struct sim *sim = ctx;

	sim->sent_at = sim->now;
	for (const char *c = digits; *c; c++)
		sim->sent_at += (*c == 'p' ? 500 : on_ms + gap_ms) * USEC_PER_MSEC;
	say(sim, "dtmf", "%s", digits);
}

static void sim_forget_digits(void *ctx)
{
	((struct sim *)ctx)->sent_at = NEVER;
}

static void say_request(struct sim *sim, const char *what, const struct ncco_request *request)
{
	static const char *const urls[] = {"(event_url)", "(event_url)", "(answer_url)"};
	static const char *const methods[] = {"POST", "POST", "GET"};

	say(sim, what, "%s %s %s", request->method ? request->method : methods[request->kind],
		request->url ? request->url : urls[request->kind],
		request->body ? json_print(request->body) : "");
}

static void sim_request(void *ctx, const struct ncco_request *request)
{
	struct sim *sim = ctx;

	sim->requested = true;
	sim->redirecting = request->kind == NCCO_REQUEST_REDIRECT;
	say_request(sim, "webhook", request);
}

static void sim_forget_request(void *ctx)
{
	((struct sim *)ctx)->requested = false;
}

static void sim_post(void *ctx, const struct ncco_request *request)
{
	say_request(ctx, "webhook", request);
}

static void sim_record(void *ctx, const struct ncco_record *record)
{
	struct sim *sim = ctx;
	uint64_t silence = record->end_on_silence_s * USEC_PER_SEC;

	if (record->synchronous) {
		sim->recorded = record->number;
		sim->recorded_at = silence ? sim->now + silence : NEVER;
	}
	say(sim, "record", "recording %u starts%s", record->number,
		record->synchronous ? ", waited for" : "");
}

static void sim_record_order(void *ctx, unsigned number, enum ncco_record_order order)
{
	static const char *const names[] = {"ends", "pauses", "goes on"};
	struct sim *sim = ctx; /* number 0: all of them */

	if (order == NCCO_RECORD_STOP && number && number == sim->recorded)
		sim->recorded_at = sim->now;
	say(sim, "record", "recording %u %s", number, names[order]);
}

static void sim_timer(void *ctx, uint64_t delay_us)
{
	struct sim *sim = ctx;

	sim->timer_at = delay_us ? sim->now + delay_us : NEVER;
	if (delay_us && sim->options->caller)
		say(sim, "wait", "%.1f s%s", (double)delay_us / (double)USEC_PER_SEC,
			sim->listening ? " for a digit" : "");
}

static void sim_hangup(void *ctx, const char *reason, struct json_object *headers)
{
	struct sim *sim = ctx;

	sim->over = true;
	say(sim, "hangup", "%s%s%s", reason ? reason : "", reason && headers ? " " : "",
		headers ? json_print(headers) : "");
}

static void sim_reject(void *ctx, int status, const char *reason, struct json_object *headers)
{
	struct sim *sim = ctx;

	sim->over = true;
	say(sim, "reject", "%d%s%s%s%s", status, reason ? " " : "", reason ? reason : "",
		headers ? " " : "", headers ? json_print(headers) : "");
}

static void sim_error(void *ctx, const char *pointer, const char *reason)
{
	say(ctx, "error", "%s: %s", pointer, reason);
}

static void sim_step(void *ctx, const char *pointer, const char *action, bool ended)
{
	if (!ended)
		say(ctx, "step", "%s %s", pointer, action);
}

static void sim_finished(void *ctx)
{
	struct sim *sim = ctx;

	sim->over = true;
	say(sim, "end", "all steps are done, the call ends");
}

static const struct ncco_host sim_host = {
	.answer = sim_answer,
	.answer_with = sim_answer_with,
	.early = sim_early,
	.play = sim_play,
	.stop_sound = sim_stop_sound,
	.prepare = sim_prepare,
	.listen = sim_listen,
	.send_digits = sim_send_digits,
	.forget_digits = sim_forget_digits,
	.request = sim_request,
	.forget_request = sim_forget_request,
	.post = sim_post,
	.record = sim_record,
	.record_order = sim_record_order,
	.timer = sim_timer,
	.hangup = sim_hangup,
	.reject = sim_reject,
	.error = sim_error,
	.step = sim_step,
	.finished = sim_finished,
};

static struct sim_reply next_reply(struct sim *sim)
{
	const struct sim_caller *caller = sim->options->caller;
	struct sim_reply reply = {0};

	if (sim->replies < sim->options->reply_count) {
		reply = sim->options->replies[sim->replies];
		sim->options->replies[sim->replies++] = (struct sim_reply){0};
	} else if (caller) {
		sim->gone = caller->reply(caller->arg, &reply) == SIM_HANGUP;
	}
	return reply;
}

/* sim->data is held until the event has been told. */
static struct ncco_event reply(struct sim *sim)
{
	struct ncco_event event = {.type = NCCO_REPLY};
	struct sim_reply answer = next_reply(sim);

	sim->requested = false;
	event.document = answer.document;
	event.data = sim->data = answer.data;
	if (event.document)
		say(sim, "reply", "a new script");
	else if (event.data)
		say(sim, "reply", "%s", json_print(event.data));
	if (sim->redirecting && !event.document) {
		event.failed = true;
		event.reason = "the simulation has no script for this";
	}
	return event;
}

/* The next digit, after the seconds that 'w' asks for; the clock is moved to it. */
static struct ncco_event key(struct sim *sim)
{
	struct ncco_event event = {.type = NCCO_DIGIT, .digit = *sim->keys++};

	say(sim, "key", "%c", event.digit);
	sim->key_at = sim->now + KEY_US;
	return event;
}

/* When the next key is due: NEVER while nobody listens or none is left. */
static uint64_t key_time(struct sim *sim)
{
	if (!sim->listening || !sim->keys)
		return NEVER;
	for (; *sim->keys == 'w'; sim->keys++)
		sim->key_at += USEC_PER_SEC;
	return *sim->keys ? sim->key_at : NEVER;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The clock is moved to `at`, in one go or by waiting; true when the caller was first. */
static bool pass_time(struct sim *sim, uint64_t at, struct ncco_event *event)
{
	const struct sim_caller *caller = sim->options->caller;
	int key = caller ? caller->wait(caller->arg, at, &sim->now) : 0;

	if (key == 0) {
		sim->now = at;
		return false;
	}
	if (key == SIM_HANGUP) {
		sim->gone = true;
		return true;
	}
	*event = (struct ncco_event){.type = NCCO_DIGIT, .digit = (char)key};
	say(sim, "key", "%c", key);
	return true;
}

/* What happens next in the world, and when; false when the caller hangs up. */
static bool next_event(struct sim *sim, struct ncco_event *event)
{
	uint64_t limit = (uint64_t)(sim->options->limit * (double)USEC_PER_SEC);
	uint64_t key_at = key_time(sim), at;

	if (sim->requested) {
		*event = reply(sim);
		return !sim->gone;
	}
	at = earliest(earliest(key_at, sim->sent_at), earliest(sim->sound_ends, sim->timer_at));
	at = earliest(at, sim->recorded_at);
	if (pass_time(sim, earliest(at, limit), event))
		return !sim->gone;
	if (at > limit)
		return false;
	if (at == sim->sound_ends) {
		sim->sounding = false;
		sim->sound_ends = NEVER;
		*event = (struct ncco_event){.type = NCCO_PLAYED};
	} else if (at == sim->sent_at) {
		sim->sent_at = NEVER;
		*event = (struct ncco_event){.type = NCCO_DIGITS_SENT};
	} else if (at == sim->recorded_at) {
		sim->recorded_at = NEVER;
		*event = (struct ncco_event){.type = NCCO_RECORDED, .number = sim->recorded};
	} else if (at == key_at) {
		*event = key(sim);
	} else {
		sim->timer_at = NEVER;
		*event = (struct ncco_event){.type = NCCO_TIMER};
	}
	return true;
}

static void give_variables(struct interp *interp)
{
	static const struct {
		enum variable_id id;
		const char *text;
	} rows[] = {
		{VARIABLE_FROM, "15550100"},
		{VARIABLE_TO, "15550199"},
		{VARIABLE_UUID, "00000000-0000-4000-8000-000000000001"},
		{VARIABLE_CONVERSATION_UUID, "CON-00000000-0000-4000-8000-000000000002"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json_object *text = json_object_new_string(rows[i].text);

		interp_set_variable(interp, rows[i].id, text);
		json_object_put(text);
	}
}

void sim_run(struct ncco_document *document, const struct sim_options *options)
{
	struct sim sim = {.options = options,
		.keys = options->keys,
		.sound_ends = NEVER,
		.timer_at = NEVER,
		.recorded_at = NEVER,
		.sent_at = NEVER};
	struct interp *interp = interp_new(&sim_host, &sim, 0);
	struct ncco_event event;

	give_variables(interp);
	interp_run(interp, document);
	for (unsigned i = 0; !sim.over && i < MAX_EVENTS && next_event(&sim, &event); i++) {
		interp_event(interp, &event);
		json_object_put(sim.data);
		sim.data = NULL;
	}
	if (!sim.over) {
		say(&sim, sim.gone ? "caller" : "limit", "the caller hangs up");
		interp_hangup(interp);
	}
	json_object_put(sim.data);
	interp_free(interp);
}
