/* amd: finds out whether a person or a machine is there. */
#include <string.h>

#include "ncco/amd_options.h"

struct amd {
	struct step step;
	struct amd_options options;
	char *url;
	char *method;
};

static const char *const methods[] = {"GET", "POST", NULL};

static const struct param amd_params[] = {
	AMD_PARAMS(struct amd, options),
	{.name = "eventUrl",
		.type = PARAM_URL,
		.offset = offsetof(struct amd, url),
		.help = "Who is told; without it the application's event_url."},
	{.name = "eventMethod",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct amd, method),
		.help = "GET or POST; without it as for the event webhook."},
	{.name = NULL},
};

static enum step_result amd_start(struct interp *in, struct step *step)
{
	const struct amd *a = (const struct amd *)step;
	struct ncco_amd amd;

	amd_fill(&a->options, &amd);
	amd.url = a->url;
	amd.base = step->base;
	amd.method = a->method;
	interp_answer(in);
	interp_amd(in, &amd);
	return amd.mode == NCCO_AMD_ASYNC ? STEP_DONE : STEP_WAIT;
}

/* A machine that is to beep has not done so yet when it is first told of. */
static bool is_last(const struct amd *a, struct json_object *data)
{
	struct json_object *status = json_member(data, "status");

	return strcmp(a->options.mode, "detect_beep") != 0 || !status ||
	       strcmp(json_object_get_string(status), "machine") != 0 ||
	       json_member(data, "sub_state");
}

static enum step_result amd_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	if (event->type != NCCO_AMD)
		return STEP_WAIT;
	if (event->failed)
		return interp_fail(
			in, step, NULL, event->reason ? event->reason : "cannot be found out");
	return is_last((const struct amd *)step, event->data) ? STEP_DONE : STEP_WAIT;
}

/* The result comes in any case. */
static void amd_stop(struct interp *in, struct step *step)
{
	(void)in;
	(void)step;
}

const struct verb verb_amd = {
	.name = "amd",
	.help = "Finds out whether a person or a machine is there.",
	.size = sizeof(struct amd),
	.params = amd_params,
	.changes_variables = true,
	.start = amd_start,
	.event = amd_event,
	.stop = amd_stop,
};
