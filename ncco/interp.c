#include "ncco/interp.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ncco/verb.h"

#define LOOK_AHEAD_SOUNDS 3
#define LOOK_AHEAD_STEPS  8

struct frame {
	const struct step_list *steps;
	unsigned next;
};

struct interp {
	const struct ncco_host *host;
	void *ctx;
	unsigned max_executed;
	struct ncco_document *document;
	struct frame frames[NCCO_MAX_NESTING + 2];
	unsigned depth;
	struct step *current;	 /* waits for events */
	struct step *background; /* a barge-in sound under the input that is current */
	unsigned executed;	 /* steps since one waited */
	unsigned recordings;	 /* started so far */
	bool running;
	bool gone; /* the leg */
	bool answered;
	bool sounding;
	bool requested;
	bool timer_set;
	bool barge_in;
	bool collecting;
	bool listening; /* as the host knows it */
	char digits[NCCO_MAX_DIGITS];
	unsigned digit_count;
	const struct step *async;
	void (*async_post)(struct interp *interp, const struct step *step, char digit);
};

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

/* What verbs ask for */

void interp_answer(struct interp *in)
{
	if (!in->answered)
		in->host->answer(in->ctx);
	in->answered = true;
}

void interp_play(struct interp *in, const struct ncco_sound *sound)
{
	in->sounding = true;
	in->host->play(in->ctx, sound);
}

void interp_stop_sound(struct interp *in)
{
	if (in->sounding)
		in->host->stop_sound(in->ctx);
	in->sounding = false;
}

bool interp_sounding(const struct interp *in)
{
	return in->sounding;
}

void interp_timer(struct interp *in, double seconds)
{
	uint64_t delay = (uint64_t)(seconds * (double)USEC_PER_SEC + 0.5);

	if (delay || in->timer_set)
		in->host->timer(in->ctx, delay);
	in->timer_set = delay != 0;
}

void interp_request(struct interp *in, const struct ncco_request *request)
{
	in->requested = true;
	in->host->request(in->ctx, request);
}

void interp_forget_request(struct interp *in)
{
	if (in->requested)
		in->host->forget_request(in->ctx);
	in->requested = false;
}

void interp_post(struct interp *in, const struct ncco_request *request)
{
	in->host->post(in->ctx, request);
}

unsigned interp_record(struct interp *in, struct ncco_record *record)
{
	record->number = ++in->recordings;
	in->host->record(in->ctx, record);
	return record->number;
}

void interp_record_order(struct interp *in, unsigned number, enum ncco_record_order order)
{
	in->host->record_order(in->ctx, number, order);
}

enum step_result interp_fail(
	struct interp *in, const struct step *step, const char *option, const char *reason)
{
	char *pointer = option ? xasprintf("%s/%s", step->pointer, option) : NULL;

	in->host->error(in->ctx, pointer ? pointer : step->pointer, reason);
	free(pointer);
	return STEP_FAIL;
}

static void update_listening(struct interp *in)
{
	bool want = in->collecting || in->barge_in || in->async;

	if (want != in->listening)
		in->host->listen(in->ctx, want);
	in->listening = want;
}

void interp_set_barge_in(struct interp *in, bool on)
{
	in->barge_in = on;
	update_listening(in);
}

bool interp_barge_in(const struct interp *in)
{
	return in->barge_in;
}

void interp_collect(struct interp *in, bool on)
{
	in->collecting = on;
	update_listening(in);
}

bool interp_typed_ahead(const struct interp *in)
{
	return in->digit_count > 0;
}

char interp_take_digit(struct interp *in)
{
	char digit;

	if (in->digit_count == 0)
		return 0;
	digit = in->digits[0];
	memmove(in->digits, in->digits + 1, --in->digit_count);
	return digit;
}

void interp_post_digits(struct interp *in, const struct step *step,
	void (*post)(struct interp *interp, const struct step *step, char digit))
{
	in->async = step;
	in->async_post = post;
	update_listening(in);
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

		if (frame->next < frame->steps->count)
			return frame->steps->items[frame->next++];
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
	in->frames[in->depth++] = (struct frame){steps, 0};
}

bool interp_next_takes_sound(const struct interp *in)
{
	const struct step *next = peek(in, 0);

	return next && next->verb->takes_sound && next->verb->takes_sound(next);
}

static void look_ahead(struct interp *in)
{
	unsigned sounds = 0;

	for (unsigned i = 0; i < LOOK_AHEAD_STEPS && sounds < LOOK_AHEAD_SOUNDS; i++) {
		struct step *step = peek(in, i);
		struct ncco_sound sound;

		if (!step || step->verb->ends_script)
			return;
		if (!step->verb->sound)
			continue;
		sounds++;
		if (step->prepared)
			continue;
		step->prepared = true;
		step->verb->sound(step, &sound);
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
	in->async = NULL;
	in->barge_in = false;
	in->collecting = false;
	update_listening(in);
	in->running = false;
	in->depth = 0;
}

static void finish(struct interp *in)
{
	stop_all(in);
	in->host->finished(in->ctx);
}

void interp_end_call(struct interp *in, const char *reason, struct json_object *headers)
{
	in->gone = true;
	in->host->hangup(in->ctx, reason, headers);
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
	if (result == STEP_FAIL)
		on_failed(in, step);
	if (in->gone)
		stop_all(in);
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
	in->current = step;
	in->host->step(in->ctx, step->pointer, step->action, false);
	result = step->verb->start(in, step);
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
	in->frames[0] = (struct frame){document_steps(document), 0};
	in->depth = 1;
	in->executed = 0;
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

static void on_reply(struct interp *in, const struct ncco_event *event)
{
	if (!in->requested) {
		ncco_document_free(event->document);
		return;
	}
	in->requested = false;
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
	case NCCO_RECORDED:
		deliver(in, event);
		break;
	case NCCO_REPLY:
		on_reply(in, event);
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
	free(in);
	return NULL;
}
