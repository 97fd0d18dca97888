/* What the world tells: noted, and given to the step that waits for it. */
#include <string.h>

#include "ncco/interp_private.h"

static void deliver(struct interp *in, const struct ncco_event *event)
{
	if (in->current)
		interp_settle(in, in->current->verb->event(in, in->current, event));
}

static void on_background_failed(struct interp *in, const struct ncco_event *event)
{
	struct step *step = in->background;

	step->verb->event(in, step, event); /* tells the error */
	interp_end_step(in, &in->background);
	if (step->on_error == ON_ERROR_CONTINUE) {
		deliver(in, event);
		return;
	}
	/* The input has no digits yet, for a digit would have ended the sound: it starts anew
	 * behind the steps that are to run now, and barge-in is as it was before it. */
	interp_set_barge_in(in, true);
	interp_end_step(in, &in->current);
	in->frames[in->depth - 1].next--;
	interp_on_failed(in, step);
	if (in->gone)
		interp_stop_all(in);
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
	interp_end_step(in, &in->background);
	deliver(in, event);
}

static void on_digit(struct interp *in, const struct ncco_event *event)
{
	if (!strchr("0123456789*#ABCD", event->digit) || !event->digit)
		return;
	interp_end_step(in, &in->background);
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
	interp_end_step(in, &in->background);
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

static void note_amd(struct interp *in, const struct ncco_event *event)
{
	struct json_object *status = json_member(event->data, "status");

	if (status && !event->failed)
		variables_give(&in->variables, VARIABLE_AMD, status);
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

static void on_connected(struct interp *in, const struct ncco_event *event)
{
	if (!in->connecting && !in->queued && !in->dequeuing)
		return;
	in->connecting = in->queued = in->dequeuing = false;
	deliver(in, event);
}

/* Events that one thing that was asked for has, and that may end it. */
static void on_asked_for(struct interp *in, const struct ncco_event *event)
{
	static const struct {
		size_t asked;
		bool ends;
	} rows[] = {
		[NCCO_TIMER] = {offsetof(struct interp, timer_set), true},
		[NCCO_DIGITS_SENT] = {offsetof(struct interp, sending), true},
		[NCCO_EARLY_MEDIA] = {offsetof(struct interp, connecting), false},
		[NCCO_JOINED] = {offsetof(struct interp, in_room), false},
		[NCCO_LEFT] = {offsetof(struct interp, in_room), true},
		[NCCO_QUEUE_POSITION] = {offsetof(struct interp, queued), false},
		[NCCO_REFERRED] = {offsetof(struct interp, referring), true},
	};
	bool *asked = (bool *)((char *)in + rows[event->type].asked);

	if (!*asked)
		return;
	if (rows[event->type].ends)
		*asked = false;
	deliver(in, event);
}

static void on_event(struct interp *in, const struct ncco_event *event)
{
	switch (event->type) {
	case NCCO_PLAYED:
	case NCCO_PLAY_FAILED:
		on_sound_ended(in, event);
		break;
	case NCCO_DIGIT:
		on_digit(in, event);
		break;
	case NCCO_REPLY:
		on_reply(in, event);
		break;
	case NCCO_CONNECTED:
		on_connected(in, event);
		break;
	case NCCO_AMD:
		note_amd(in, event);
		deliver(in, event);
		break;
	case NCCO_RECORDED:
		if (event->url && !event->failed)
			interp_give_text(in, VARIABLE_RECORD_URL, event->url);
		deliver(in, event);
		break;
	case NCCO_SPEECH_BEGAN:
		if (in->recognising)
			on_speech_began(in);
		break;
	case NCCO_SPEECH:
		if (in->recognising)
			on_speech(in, event);
		break;
	case NCCO_TIMER:
	case NCCO_DIGITS_SENT:
	case NCCO_EARLY_MEDIA:
	case NCCO_JOINED:
	case NCCO_LEFT:
	case NCCO_QUEUE_POSITION:
	case NCCO_REFERRED:
		on_asked_for(in, event);
		break;
	}
}

void interp_event(struct interp *in, const struct ncco_event *event)
{
	if (!in->running || event->type != NCCO_REPLY)
		ncco_document_free(event->document);
	if (!in->running)
		return;
	on_event(in, event);
	interp_go_on(in);
}
