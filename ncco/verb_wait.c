/* wait: silence for a time. */
#include "ncco/verb.h"

struct wait {
	struct step step;
	double timeout;
};

static const struct param wait_params[] = {
	{.name = "timeout",
		.aliases = {"timeOut"},
		.type = PARAM_NUMBER,
		.min = 0.1,
		.max = 7200,
		.clamp = true,
		.fallback = "10",
		.offset = offsetof(struct wait, timeout),
		.help = "Seconds; a value outside of the range is brought into it."},
	{.name = NULL},
};

static enum step_result wait_start(struct interp *in, struct step *step)
{
	interp_timer(in, ((const struct wait *)step)->timeout);
	return STEP_WAIT;
}

static enum step_result wait_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	(void)in;
	(void)step;
	return event->type == NCCO_TIMER ? STEP_DONE : STEP_WAIT;
}

static void wait_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_timer(in, 0);
}

const struct verb verb_wait = {
	.name = "wait",
	.help = "Does nothing for a time.",
	.size = sizeof(struct wait),
	.params = wait_params,
	.start = wait_start,
	.event = wait_event,
	.stop = wait_stop,
};
