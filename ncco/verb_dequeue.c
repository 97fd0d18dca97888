/* dequeue: takes the next caller of a queue. */
#include "ncco/verb.h"

#define NO_TIMEOUT (-1)
#define AT_ONCE	   0.1 /* seconds: whoever waits already is there by then */

struct dequeue {
	struct step step;
	char *name;
	char *music;
	int timeout;
};

static const struct param dequeue_params[] = {
	{.name = "name",
		.type = PARAM_LINE,
		.max = 128,
		.required = true,
		.bare = true,
		.offset = offsetof(struct dequeue, name),
		.help = "The queue's name."},
	{.name = "timeout",
		.aliases = {"timeOut"},
		.type = PARAM_INT,
		.min = NO_TIMEOUT,
		.max = 86400,
		.fallback = "-1",
		.offset = offsetof(struct dequeue, timeout),
		.help = "Seconds to wait for a caller: 0 takes only one who waits already, -1 "
			"has no limit."},
	{.name = "musicOnHoldUrl",
		.aliases = {"waitUrl"},
		.type = PARAM_MEDIA,
		.offset = offsetof(struct dequeue, music),
		.help = "What is heard, over and over, until a caller comes."},
	{.name = NULL},
};

static bool dequeue_sound(const struct step *step, struct ncco_sound *ret_sound)
{
	const struct dequeue *d = (const struct dequeue *)step;

	*ret_sound = (struct ncco_sound){
		.kind = NCCO_SOUND_URL, .source = d->music, .base = step->base, .loops = 0};
	return d->music != NULL;
}

static enum step_result dequeue_start(struct interp *in, struct step *step)
{
	const struct dequeue *d = (const struct dequeue *)step;
	struct ncco_sound sound;

	interp_answer(in);
	interp_dequeue(in, d->name);
	if (d->timeout != NO_TIMEOUT)
		interp_timer(in, d->timeout ? d->timeout : AT_ONCE);
	if (dequeue_sound(step, &sound) && d->timeout != 0)
		interp_play(in, &sound);
	return STEP_WAIT;
}

static enum step_result dequeue_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	switch (event->type) {
	case NCCO_PLAY_FAILED:
		interp_fail(in, step, "musicOnHoldUrl",
			event->reason ? event->reason : "cannot be played");
		return STEP_WAIT;
	case NCCO_TIMER: /* that nobody waits is no error: onError decides */
		return STEP_FAIL;
	case NCCO_CONNECTED:
		return event->failed ? STEP_FAIL : STEP_DONE;
	default:
		return STEP_WAIT;
	}
}

static void dequeue_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_forget_dequeue(in);
	interp_stop_sound(in);
	interp_timer(in, 0);
}

const struct verb verb_dequeue = {
	.name = "dequeue",
	.help = "Takes the next caller of a queue.",
	.size = sizeof(struct dequeue),
	.params = dequeue_params,
	.start = dequeue_start,
	.event = dequeue_event,
	.stop = dequeue_stop,
	.sound = dequeue_sound,
};
