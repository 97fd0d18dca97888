/* Speech that the script listens for: begun with the sounds before the step that wants it, kept
 * for that step, given up when another one starts. */
#include <stdlib.h>

#include "base/mem.h"
#include "ncco/interp_private.h"
#include "ncco/sound_step.h"

static void drop_heard(struct interp *in)
{
	json_object_put(in->heard.data);
	free((char *)in->heard.text);
	free((char *)in->heard.reason);
	in->heard = (struct ncco_event){0};
	in->has_heard = false;
}

static void recognise(struct interp *in, struct step *step, const struct ncco_speech *speech)
{
	in->speech_step = step;
	in->recognising = true;
	in->clocked = in->spoken = false;
	in->host->recognise(in->ctx, speech);
}

void interp_recognise(struct interp *in, struct step *step)
{
	struct ncco_speech speech;

	if (in->speech_step == step)
		return;
	interp_forget_speech(in);
	if (step->verb->speech(step, &speech))
		recognise(in, step, &speech);
}

void interp_listen_ahead(struct interp *in)
{
	struct step *step = interp_input_ahead(in);

	if (step)
		interp_recognise(in, step);
}

bool interp_heard_ahead(struct interp *in, struct ncco_event *ret_event)
{
	*ret_event = in->heard;
	return in->has_heard;
}

void interp_speech_clock(struct interp *in)
{
	if (in->recognising && !in->clocked)
		in->host->speech_clock(in->ctx);
	in->clocked = true;
}

void interp_finish_speech(struct interp *in)
{
	if (in->recognising)
		in->host->finish_speech(in->ctx);
}

void interp_forget_speech(struct interp *in)
{
	if (in->recognising)
		in->host->forget_speech(in->ctx);
	in->recognising = in->spoken = false;
	in->speech_step = NULL;
	drop_heard(in);
}

bool interp_recognising(const struct interp *in)
{
	return in->recognising;
}

bool interp_spoken(const struct interp *in)
{
	return in->spoken;
}

void interp_speech_for(struct interp *in, const struct step *step)
{
	bool sound = step->verb->start == sound_step_start;

	if (in->speech_step && in->speech_step != step && !sound)
		interp_forget_speech(in);
}

bool interp_keep_speech(struct interp *in, const struct ncco_event *event)
{
	if (event->final)
		in->recognising = false;
	if (in->current == in->speech_step)
		return false;
	if (!event->final)
		return true;
	in->heard = *event;
	in->heard.data = json_object_get(event->data);
	in->heard.text = xstrdup(event->text);
	in->heard.reason = xstrdup(event->reason);
	in->has_heard = true;
	return true;
}
