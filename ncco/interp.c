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

void interp_end_step(struct interp *in, struct step **slot)
{
	struct step *step = *slot;

	if (!step)
		return;
	*slot = NULL;
	step->verb->stop(in, step);
	in->host->step(in->ctx, step->pointer, step->action, true);
}

void interp_stop_all(struct interp *in)
{
	interp_end_step(in, &in->background);
	interp_end_step(in, &in->current);
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
	interp_stop_all(in);
	in->host->finished(in->ctx);
}

void interp_on_failed(struct interp *in, const struct step *step)
{
	if (step->on_error == ON_ERROR_STEPS)
		interp_insert(in, &step->handler);
	else if (step->on_error == ON_ERROR_HANGUP)
		interp_end_call(in, NULL, NULL);
}

void interp_settle(struct interp *in, enum step_result result)
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
	interp_end_step(in, &in->background);
	interp_end_step(in, &in->current);
	if (result == STEP_FAIL) {
		interp_on_failed(in, step);
	} else if (result == STEP_RETRY) {
		in->frames[in->depth - 1].next--;
		in->frames[in->depth - 1].again = true;
		interp_insert(in, in->retry);
	}
	if (in->gone || in->moved)
		interp_stop_all(in);
}

/* The options with ${}; false after an error was told. */
static bool bind(struct interp *in, struct step *step)
{
	struct ncco_faults faults;
	bool good = step_bind(step, &in->variables, &faults) == 0;

	step->prepared = false;
	if (!good) {
		interp_end_step(in, &in->background); /* the step does not take it over */
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
	interp_settle(in, result);
	if (in->current)
		look_ahead(in);
}

void interp_go_on(struct interp *in)
{
	while (in->running && !in->current)
		start_next(in);
}

void interp_replace(struct interp *in, struct ncco_document *document)
{
	interp_stop_all(in);
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
	interp_go_on(in);
}

void interp_hangup(struct interp *in)
{
	in->gone = true;
	if (in->running)
		interp_stop_all(in);
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
