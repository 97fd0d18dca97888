#include "ncco/sim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/interp.h"
#include "ncco/sim_private.h"

#define KEY_US	    (500 * USEC_PER_MSEC)
#define POSITION_US (8 * USEC_PER_SEC)
#define MAX_EVENTS  100000

/* To somebody who reads along, be it through a pipe, line by line. */
static void print_line(const struct sim *sim, double seconds, const char *what, const char *text)
{
	FILE *out = sim->options->out;
	struct json_object *line;

	if (sim->options->json) {
		line = json_object_new_object();
		json_object_object_add(line, "time", json_object_new_double(seconds));
		json_add_text(line, "what", what);
		json_add_text(line, "text", text);
		fprintf(out, "%s\n", json_print(line));
		json_object_put(line);
	} else {
		fprintf(out, "%8.1f  %-8s %s\n", seconds, what, text);
	}
	if (sim->options->caller)
		fflush(out);
}

void sim_say(struct sim *sim, const char *what, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	print_line(sim, (double)sim->now / (double)USEC_PER_SEC, what, text);
	free(text);
}

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
		sim_say(sim, "reply", "a new script");
	else if (event.data)
		sim_say(sim, "reply", "%s", json_print(event.data));
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

	sim_say(sim, "key", "%c", event.digit);
	sim->key_at = sim->now + KEY_US;
	return event;
}

/* When the next key is due: SIM_NEVER while nobody listens or none is left. */
static uint64_t key_time(struct sim *sim)
{
	if (!sim->listening || !sim->keys)
		return SIM_NEVER;
	for (; *sim->keys == 'w'; sim->keys++)
		sim->key_at += USEC_PER_SEC;
	return *sim->keys ? sim->key_at : SIM_NEVER;
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
	sim_say(sim, "key", "%c", key);
	return true;
}

/* The slot whose event comes first, when that is not later than *at, which becomes its time;
 * SIM_SLOTS: none. At the same time a key comes before the timer that waited for it. */
static enum sim_slot first_pending(const struct sim *sim, uint64_t *at)
{
	enum sim_slot first = SIM_SLOTS;

	for (enum sim_slot slot = 0; slot < SIM_SLOTS; slot++) {
		uint64_t time = sim->pending[slot].at;

		if (time < *at || (time == *at && first == SIM_SLOTS && slot != SIM_TIMER &&
					  time != SIM_NEVER)) {
			first = slot;
			*at = time;
		}
	}
	return first;
}

/* The caller comes nearer, once. */
static void tell_position(struct sim *sim, unsigned position)
{
	sim_say(sim, "queue", "number %u", position);
	if (position > 1)
		sim->pending[SIM_POSITION] = (struct sim_pending){
			.at = sim->now + POSITION_US,
			.event = {.type = NCCO_QUEUE_POSITION, .number = position - 1},
		};
}

static void tell_amd(struct sim *sim, struct ncco_event *event)
{
	event->data = sim->data = json_object_new_object();
	json_add_text(event->data, "status", sim->machine ? "machine" : "human");
	if (sim->machine)
		json_add_text(event->data, "sub_state", "beep_start");
	sim_say(sim, "amd", "%s", sim->machine ? "a machine" : "a person");
}

static void tell_outcome(struct sim *sim, struct ncco_event *event)
{
	switch (event->type) {
	case NCCO_JOINED:
		sim_say(sim, "room", "the conversation has started");
		break;
	case NCCO_QUEUE_POSITION:
		tell_position(sim, event->number);
		break;
	case NCCO_CONNECTED:
		sim->pending[SIM_POSITION].at = SIM_NEVER;
		sim_say(sim, "connect", "%s", event->failed ? event->reason : "connected");
		sim->connected = sim->connected || !event->failed;
		break;
	case NCCO_REFERRED:
		sim_say(sim, "refer", "%u", event->number);
		break;
	case NCCO_AMD:
		tell_amd(sim, event);
		break;
	default:
		break;
	}
}

/* As the webhook has it. */
static struct json_object *speech_data(const char *text)
{
	struct json_object *speech = json_object_new_object(), *results = json_object_new_array();
	struct json_object *result = json_object_new_object();

	json_add_text(speech, "timeout_reason", *text ? "end_on_silence_timeout" : "start_timeout");
	json_object_object_add(speech, "results", results);
	json_add_text(result, "text", text);
	json_add_text(result, "confidence", "0.90");
	if (*text)
		json_object_array_add(results, result);
	else
		json_object_put(result);
	return speech;
}

static void tell_speech(struct sim *sim, struct ncco_event *event)
{
	if (event->type == NCCO_SPEECH_BEGAN)
		sim_speak(sim);
	else if (event->type == NCCO_SPEECH)
		event->data = sim->data = speech_data(event->text);
}

/* What happens next in the world, and when; false when the caller hangs up. */
static bool next_event(struct sim *sim, struct ncco_event *event)
{
	uint64_t limit = (uint64_t)(sim->options->limit * (double)USEC_PER_SEC);
	uint64_t at = key_time(sim);
	enum sim_slot slot;

	if (sim->requested) {
		*event = reply(sim);
		return !sim->gone;
	}
	slot = first_pending(sim, &at);
	if (pass_time(sim, at < limit ? at : limit, event))
		return !sim->gone;
	if (at > limit)
		return false;
	if (slot == SIM_SLOTS) {
		*event = key(sim);
		return true;
	}
	*event = sim->pending[slot].event;
	sim->pending[slot].at = SIM_NEVER;
	tell_outcome(sim, event);
	tell_speech(sim, event);
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
	struct sim sim = {.options = options, .keys = options->keys};
	struct interp *interp = interp_new(&sim_host, &sim, 0);
	struct ncco_event event;

	for (enum sim_slot slot = 0; slot < SIM_SLOTS; slot++)
		sim.pending[slot].at = SIM_NEVER;
	give_variables(interp);
	interp_run(interp, document);
	for (unsigned i = 0; !sim.over && i < MAX_EVENTS && next_event(&sim, &event); i++) {
		interp_event(interp, &event);
		json_object_put(sim.data);
		sim.data = NULL;
	}
	if (!sim.over) {
		sim_say(&sim, sim.gone ? "caller" : "limit", "the caller hangs up");
		interp_hangup(interp);
	}
	json_object_put(sim.data);
	interp_free(interp);
}
