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

/* The script that comes is to know what this one has learnt; NULL: nothing. */
static struct json_object *variables_body(struct interp *in)
{
	struct json_object *variables = variables_json(interp_variables(in)), *body = NULL;

	if (json_object_object_length(variables) == 0) {
		json_object_put(variables);
		return NULL;
	}
	body = json_object_new_object();
	json_object_object_add(body, "variables", variables);
	return body;
}

static enum step_result redirect_start(struct interp *in, struct step *step)
{
	const struct redirect *redirect = (const struct redirect *)step;
	struct json_object *body = variables_body(in);

	interp_request(in, &(struct ncco_request){.kind = NCCO_REQUEST_REDIRECT,
				   .url = redirect->url,
				   .base = step->base,
				   .method = redirect->method,
				   .body = body});
	json_object_put(body);
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
