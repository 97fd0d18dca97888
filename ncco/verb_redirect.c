/* redirect: another script in place of this one. */
#include "ncco/verb.h"

struct redirect {
	struct step step;
	char *url;
	char *method;
};

static const char *const methods[] = {"GET", "POST", NULL};

static const struct param redirect_params[] = {
	{.name = "url",
		.type = PARAM_URL,
		.required = true,
		.offset = offsetof(struct redirect, url),
		.help = "Where the new script is fetched from."},
	{.name = "method",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct redirect, method),
		.help = "GET or POST; without it as for the answer webhook."},
	{.name = NULL},
};

static enum step_result redirect_start(struct interp *in, struct step *step)
{
	const struct redirect *redirect = (const struct redirect *)step;

	interp_request(in, &(struct ncco_request){.kind = NCCO_REQUEST_REDIRECT,
				   .url = redirect->url,
				   .base = step->base,
				   .method = redirect->method});
	return STEP_WAIT;
}

/* A reply that brings a script never gets here: the script is replaced. */
static enum step_result redirect_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	if (event->type != NCCO_REPLY)
		return STEP_WAIT;
	if (event->failed)
		return interp_fail(
			in, step, "url", event->reason ? event->reason : "no script came");
	return STEP_DONE;
}

static void redirect_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_forget_request(in);
}

const struct verb verb_redirect = {
	.name = "redirect",
	.help = "Fetches another script, which replaces this one.",
	.size = sizeof(struct redirect),
	.params = redirect_params,
	.ends_script = true,
	.start = redirect_start,
	.event = redirect_event,
	.stop = redirect_stop,
};
