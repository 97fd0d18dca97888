/* notify: tells the application something; its answer may be a new script. */
#include "ncco/verb.h"

struct notify {
	struct step step;
	struct json_object *payload;
	char *url;
	char *method;
};

static const char *const methods[] = {"GET", "POST", NULL};

static const struct param notify_params[] = {
	{.name = "payload",
		.type = PARAM_OBJECT,
		.required = true,
		.offset = offsetof(struct notify, payload),
		.help = "What is told, any members."},
	{.name = "eventUrl",
		.type = PARAM_URL,
		.required = true,
		.offset = offsetof(struct notify, url),
		.help = "Who is told."},
	{.name = "eventMethod",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct notify, method),
		.help = "GET or POST; without it as for the event webhook."},
	{.name = NULL},
};

static enum step_result notify_start(struct interp *in, struct step *step)
{
	const struct notify *notify = (const struct notify *)step;
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "payload", json_object_get(notify->payload));
	interp_request(in, &(struct ncco_request){.kind = NCCO_REQUEST_NOTIFY,
				   .url = notify->url,
				   .base = step->base,
				   .method = notify->method,
				   .body = body});
	json_object_put(body);
	return STEP_WAIT;
}

static enum step_result notify_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	if (event->type != NCCO_REPLY)
		return STEP_WAIT;
	if (event->failed)
		return interp_fail(
			in, step, "eventUrl", event->reason ? event->reason : "no answer came");
	return STEP_DONE;
}

static void notify_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_forget_request(in);
}

const struct verb verb_notify = {
	.name = "notify",
	.help = "Sends a webhook and goes on with its answer.",
	.size = sizeof(struct notify),
	.params = notify_params,
	.changes_variables = true,
	.start = notify_start,
	.event = notify_event,
	.stop = notify_stop,
};
