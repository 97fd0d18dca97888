#include "ncco/sound_step.h"

enum step_result sound_step_start(struct interp *in, struct step *step)
{
	const struct sound_step *s = (const struct sound_step *)step;
	struct ncco_sound sound;

	if (s->barge_in)
		interp_set_barge_in(in, true);
	/* The caller knows the menu and is ahead of it. */
	if (interp_barge_in(in) && (interp_typed_ahead(in) || interp_spoken(in)))
		return STEP_DONE;
	if (s->early)
		interp_early(in);
	else
		interp_answer(in);
	step->verb->sound(step, &sound);
	interp_play(in, &sound);
	if (interp_barge_in(in))
		interp_listen_ahead(in);
	if (interp_barge_in(in) && interp_next_takes_sound(in))
		return STEP_BACKGROUND;
	return STEP_WAIT;
}

enum step_result sound_step_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	switch (event->type) {
	case NCCO_PLAYED:
		return STEP_DONE;
	case NCCO_PLAY_FAILED:
		return interp_fail(
			in, step, step->option, event->reason ? event->reason : "cannot be played");
	case NCCO_DIGIT:
	case NCCO_SPEECH_BEGAN:
		return interp_barge_in(in) ? STEP_DONE : STEP_WAIT;
	default:
		return STEP_WAIT;
	}
}

void sound_step_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_stop_sound(in);
}
