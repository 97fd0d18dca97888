#include "ncco/interp.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/interp_private.h"
#include "ncco/label.h"
#include "ncco/sound_step.h"

#define LOOK_AHEAD_SOUNDS 3
#define LOOK_AHEAD_STEPS  8

struct interp *interp_new(const struct ncco_host *host, void *ctx, unsigned max_executed)
{
	struct interp *in = xcalloc(1, sizeof *in);

	in->host = host;
	in->ctx = ctx;
	in->max_executed = max_executed ? max_executed : 200;
	return in;
}

bool interp_running(const struct interp *in)
{
	return in->running;
}

/* Steps in order */

static struct step *peek(const struct interp *in, unsigned ahead)
{
	for (unsigned d = in->depth; d-- > 0;) {
		const struct frame *frame = &in->frames[d];
		unsigned left = frame->steps->count - frame->next;

		if (ahead < left)
			return frame->steps->items[frame->next + ahead];
		ahead -= left;
	}
	return NULL;
}

static struct step *take_next(struct interp *in)
{
	while (in->depth > 0) {
		struct frame *frame = &in->frames[in->depth - 1];

		if (frame->next < frame->steps->count) {
			in->again = frame->again;
			frame->again = false;
			return frame->steps->items[frame->next++];
		}
		in->depth--;
	}
	return NULL;
}

void interp_insert(struct interp *in, const struct step_list *steps)
{
	/* A list that is through makes room, so depth is bounded by how lists nest. */
	while (in->depth > 0 &&
		in->frames[in->depth - 1].next == in->frames[in->depth - 1].steps->count)
		in->depth--;
	in->frames[in->depth++] = (struct frame){.steps = steps};
}

enum step_result interp_retry(struct interp *in, const struct step_list *steps)
{
	in->retry = steps;
	return STEP_RETRY;
}

bool interp_is_retry(const struct interp *in)
{
	return in->again;
}

/* The lists around the label are gone on with as if they had been come into from the top. */
bool interp_goto(struct interp *in, const char *name)
{
	const struct label *label = document_label(in->document, name);
	unsigned next, depth = 0;

	if (!label)
		return false;
	for (const struct step_list *list = label->list; list; list = list->parent)
		depth++;
	in->depth = depth;
	next = label->next;
	for (const struct step_list *list = label->list; list; list = list->parent) {
		in->frames[--depth] = (struct frame){.steps = list, .next = next};
		next = list->parent_next;
	}
	return true;
}

bool interp_next_takes_sound(const struct interp *in)
{
	const struct step *next = peek(in, 0);

	return next && next->verb->takes_sound && next->verb->takes_sound(next);
}

/* Whether the sound of a step is known before the step starts. */
static bool foresee(struct interp *in, struct step *step, bool certain)
{
	struct ncco_faults faults;
	bool known;

	if (step->binding_count == 0)
		return true;
	if (!certain || step == in->background)
		return false;
	known = step_bind(step, &in->variables, &faults) == 0;
	ncco_faults_release(&faults);
	return known;
}

struct step *interp_input_ahead(struct interp *in)
{
	for (unsigned i = 0; i < LOOK_AHEAD_STEPS; i++) {
		struct step *step = peek(in, i);

		if (step && step->verb->speech)
			return foresee(in, step, true) ? step : NULL;
		if (!step || step->verb->start != sound_step_start)
			return NULL;
	}
	return NULL;
}

static void look_ahead(struct interp *in)
{
	bool certain = !in->current->verb->changes_variables;
	unsigned sounds = 0;

	for (unsigned i = 0; i < LOOK_AHEAD_STEPS && sounds < LOOK_AHEAD_SOUNDS; i++) {
		struct step *step = peek(in, i);
		struct ncco_sound sound;

		if (!step || step->verb->ends_script)
			return;
		certain = certain && !step->verb->changes_variables;
		if (!step->verb->sound)
			continue;
		sounds++;
		if (step->prepared || !foresee(in, step, certain))
			continue;
		step->prepared = true;
		if (step->verb->sound(step, &sound))
			in->host->prepare(in->ctx, &sound);
	}
}

static void end_step(struct interp *in, struct step **slot)
{
	struct step *step = *slot;

	if (!step)
		return;
	*slot = NULL;
	step->verb->stop(in, step);
	in->host->step(in->ctx, step->pointer, step->action, true);
}

/* Stops whatever the script holds, in the order in which it was taken. */
static void stop_all(struct interp *in)
{
	end_step(in, &in->background);
	end_step(in, &in->current);
	interp_forget_speech(in);
	in->async = NULL;
	in->barge_in = false;
	in->collecting = false;
	interp_update_listening(in);
	in->running = false;
	in->depth = 0;
}

static void finish(struct interp *in)
{
	stop_all(in);
	in->host->finished(in->ctx);
}

static void on_failed(struct interp *in, const struct step *step)
{
	if (step->on_error == ON_ERROR_STEPS)
		interp_insert(in, &step->handler);
	else if (step->on_error == ON_ERROR_HANGUP)
		interp_end_call(in, NULL, NULL);
}

/* What a start or an event came to. */
static void settle(struct interp *in, enum step_result result)
{
	struct step *step = in->current;

	if (result == STEP_WAIT) {
		in->executed = 0;
		return;
	}
	if (result == STEP_BACKGROUND) {
		in->background = step;
		in->current = NULL;
		return;
	}
	end_step(in, &in->current);
	if (result == STEP_FAIL) {
		on_failed(in, step);
	} else if (result == STEP_RETRY) {
		in->frames[in->depth - 1].next--;
		in->frames[in->depth - 1].again = true;
		interp_insert(in, in->retry);
	}
	if (in->gone || in->moved)
		stop_all(in);
}

/* The options with ${}; false after an error was told. */
static bool bind(struct interp *in, struct step *step)
{
	struct ncco_faults faults;
	bool good = step_bind(step, &in->variables, &faults) == 0;

	step->prepared = false;
	if (!good) {
		end_step(in, &in->background); /* the step does not take it over */
		in->host->error(in->ctx, faults.items[0].pointer, faults.items[0].message);
	}
	ncco_faults_release(&faults);
	return good;
}

static void start_next(struct interp *in)
{
	struct step *step = take_next(in);
	enum step_result result;

	if (!step) {
		finish(in);
		return;
	}
	if (++in->executed > in->max_executed) {
		in->host->error(in->ctx, step->pointer, "too many steps without one that waits");
		finish(in);
		return;
	}
	interp_speech_for(in, step);
	in->current = step;
	in->host->step(in->ctx, step->pointer, step->action, false);
	result = step->binding_count == 0 || bind(in, step) ? step->verb->start(in, step)
							    : STEP_FAIL;
	settle(in, result);
	if (in->current)
		look_ahead(in);
}

static void run(struct interp *in)
{
	while (in->running && !in->current)
		start_next(in);
}

void interp_replace(struct interp *in, struct ncco_document *document)
{
	stop_all(in);
	ncco_document_free(in->document);
	in->document = document;
	in->frames[0] = (struct frame){.steps = document_steps(document)};
	in->depth = 1;
	in->executed = 0;
	in->moved = false;
	in->running = true;
}

void interp_run(struct interp *in, struct ncco_document *document)
{
	if (in->gone) {
		ncco_document_free(document);
		return;
	}
	interp_replace(in, document);
	run(in);
}

/* Events */

static void deliver(struct interp *in, const struct ncco_event *event)
{
	if (in->current)
		settle(in, in->current->verb->event(in, in->current, event));
}

static void on_background_failed(struct interp *in, const struct ncco_event *event)
{
	struct step *step = in->background;

	step->verb->event(in, step, event); /* tells the error */
	end_step(in, &in->background);
	if (step->on_error == ON_ERROR_CONTINUE) {
		deliver(in, event);
		return;
	}
	/* The input has no digits yet, for a digit would have ended the sound: it starts anew
	 * behind the steps that are to run now, and barge-in is as it was before it. */
	interp_set_barge_in(in, true);
	end_step(in, &in->current);
	in->frames[in->depth - 1].next--;
	on_failed(in, step);
	if (in->gone)
		stop_all(in);
}

static void on_sound_ended(struct interp *in, const struct ncco_event *event)
{
	if (!in->sounding)
		return;
	in->sounding = false;
	if (in->background && event->type == NCCO_PLAY_FAILED) {
		on_background_failed(in, event);
		return;
	}
	end_step(in, &in->background);
	deliver(in, event);
}

static void on_digit(struct interp *in, const struct ncco_event *event)
{
	if (!strchr("0123456789*#ABCD", event->digit) || !event->digit)
		return;
	end_step(in, &in->background);
	if (in->collecting) {
		deliver(in, event);
		return;
	}
	if (in->async)
		in->async_post(in, in->async, event->digit);
	else if (in->barge_in && in->digit_count < NCCO_MAX_DIGITS)
		in->digits[in->digit_count++] = event->digit;
	deliver(in, event);
}

/* Ends what may be interrupted, as a digit does; true the first time. */
static bool interrupt(struct interp *in)
{
	if (in->spoken)
		return false;
	in->spoken = true;
	end_step(in, &in->background);
	return true;
}

static void on_speech_began(struct interp *in)
{
	const struct ncco_event event = {.type = NCCO_SPEECH_BEGAN};

	if (interrupt(in))
		deliver(in, &event);
}

/* What is understood has begun, even if nobody said so. */
static void on_speech(struct interp *in, const struct ncco_event *event)
{
	bool began = event->text && *event->text && !event->failed;

	if (!interp_keep_speech(in, event)) {
		if (began)
			interrupt(in);
		deliver(in, event);
	} else if (began) {
		on_speech_began(in);
	}
}

static void on_reply(struct interp *in, const struct ncco_event *event)
{
	if (!in->requested) {
		ncco_document_free(event->document);
		return;
	}
	in->requested = false;
	if (event->data && !event->failed)
		variables_give(&in->variables, VARIABLE_LAST, event->data);
	if (event->document && !event->failed) {
		interp_replace(in, event->document);
		return;
	}
	ncco_document_free(event->document);
	deliver(in, event);
}

void interp_event(struct interp *in, const struct ncco_event *event)
{
	if (!in->running) {
		ncco_document_free(event->document);
		return;
	}
	if (event->type != NCCO_REPLY)
		ncco_document_free(event->document);
	switch (event->type) {
	case NCCO_PLAYED:
	case NCCO_PLAY_FAILED:
		on_sound_ended(in, event);
		break;
	case NCCO_DIGIT:
		on_digit(in, event);
		break;
	case NCCO_TIMER:
		if (in->timer_set) {
			in->timer_set = false;
			deliver(in, event);
		}
		break;
	case NCCO_DIGITS_SENT:
		if (in->sending) {
			in->sending = false;
			deliver(in, event);
		}
		break;
	case NCCO_REPLY:
		on_reply(in, event);
		break;
	case NCCO_EARLY_MEDIA:
		if (in->connecting)
			deliver(in, event);
		break;
	case NCCO_CONNECTED:
		if (in->connecting) {
			in->connecting = false;
			deliver(in, event);
		}
		break;
	case NCCO_SPEECH_BEGAN:
		if (in->recognising)
			on_speech_began(in);
		break;
	case NCCO_SPEECH:
		if (in->recognising)
			on_speech(in, event);
		break;
	case NCCO_JOINED:
		if (in->in_room)
			deliver(in, event);
		break;
	case NCCO_LEFT:
		if (in->in_room) {
			in->in_room = false;
			deliver(in, event);
		}
		break;
	default:
		deliver(in, event);
		break;
	}
	run(in);
}

void interp_hangup(struct interp *in)
{
	in->gone = true;
	if (in->running)
		stop_all(in);
}

struct interp *interp_free(struct interp *in)
{
	if (!in)
		return NULL;
	interp_hangup(in);
	ncco_document_free(in->document);
	variables_release(&in->variables);
	free(in);
	return NULL;
}
