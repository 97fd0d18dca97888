#include "ncco/instant.h"

enum step_result instant_event(struct interp *in, struct step *step, const struct ncco_event *event)
{
	(void)in;
	(void)step;
	(void)event;
	return STEP_DONE;
}

void instant_stop(struct interp *in, struct step *step)
{
	(void)in;
	(void)step;
}
