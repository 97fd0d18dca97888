/* order_verbs.h - what steps ask their host for, to those who order the same without a script.
 * Private to ncco/. */
#ifndef NCCO_ORDER_VERBS_H
#define NCCO_ORDER_VERBS_H

#include "ncco/order.h"
#include "ncco/verb.h"

/* Texts are the step's. The record points into the recording, which must not be moved. */
void record_fill(const struct step *step, struct ncco_recording *ret_recording);
void fork_fill(const struct step *step, struct ncco_fork *ret_fork);

#endif
