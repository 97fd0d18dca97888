/* interp.h - runs a script: one step at a time, against a host.
 *
 * Single-threaded and without a clock; belongs to whoever made it. A step is started, waits
 * for events or is done at once, and is stopped exactly once. Steps that follow one another
 * without waiting are run in a loop, not by recursion. */
#ifndef NCCO_INTERP_H
#define NCCO_INTERP_H

#include "ncco/document.h"
#include "ncco/host.h"
#include "ncco/variables.h"

struct interp;

/* max_executed: steps run without any waiting step in between before the script is ended
 * with an error (0: 200). host must outlive the interpreter. */
struct interp *interp_new(const struct ncco_host *host, void *ctx, unsigned max_executed);
struct interp *interp_free(struct interp *interp); /* stops the step; NULL allowed */

/* Gives the script one of nccod's own variables: from, to, uuid, ... (variables.h); takes a
 * reference of its own. */
void interp_set_variable(
	struct interp *interp, enum variable_id variable, struct json_object *value);

/* Starts a script, or replaces the running one: its step is stopped, the rest forgotten.
 * Takes the document. Digits typed ahead are kept. */
void interp_run(struct interp *interp, struct ncco_document *document);

/* Tells an event; takes event->document in every case. Ignored when nothing waits for it,
 * but digits are kept for the next input where barge-in says so. */
void interp_event(struct interp *interp, const struct ncco_event *event);

/* The leg is gone: the step is stopped, finished() is not called. Idempotent. */
void interp_hangup(struct interp *interp);

bool interp_running(const struct interp *interp);

#endif
