/* steer.h - what can be done to a call while it goes on: a row each. */
#ifndef NCCOCTL_STEER_H
#define NCCOCTL_STEER_H

#include "nccoctl/ctl.h"

/* For every row: NAME UUID ... */
int run_steer(const struct ctl *ctl, int argc, char **argv);
/* timeline UUID: what has happened in a call, as a drawing. */
int run_timeline(const struct ctl *ctl, int argc, char **argv);

#endif
