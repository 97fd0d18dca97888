/* instant.h - event and stop of a step that never waits and holds nothing. Private to ncco/. */
#ifndef NCCO_INSTANT_H
#define NCCO_INSTANT_H

#include "ncco/verb.h"

enum step_result instant_event(
	struct interp *interp, struct step *step, const struct ncco_event *event);
void instant_stop(struct interp *interp, struct step *step);

#endif
