/* terminal.h - somebody at the terminal plays the caller: keys are digits as they are pressed,
 * Ctrl-C hangs up. One at a time, main thread. */
#ifndef NCCOCTL_TERMINAL_H
#define NCCOCTL_TERMINAL_H

#include "ncco/sim.h"

struct terminal;

/* NULL when standard input is no terminal. `load` reads a file as an answer, false: it has
 * faults, of which it told. The clock starts. */
struct terminal *terminal_open(bool (*load)(const char *path, struct sim_reply *ret_reply));
/* Gives the terminal back as it was; NULL allowed. */
void terminal_close(struct terminal *terminal);

const struct sim_caller *terminal_caller(const struct terminal *terminal);

#endif
