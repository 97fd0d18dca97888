/* trace.h - a host that does nothing and writes one line for each effect. For tests, fuzzing
 * and whoever wants to see what a script asks for. Any one thread. */
#ifndef NCCO_TRACE_H
#define NCCO_TRACE_H

#include "base/strbuf.h"
#include "ncco/host.h"

extern const struct ncco_host trace_host; /* ctx: a struct strbuf, which grows */

#endif
