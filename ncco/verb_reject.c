/* reject: refuses a call that is not answered. */
#include "ncco/instant.h"

struct reject {
	struct step step;
	int status;
	char *reason;
	struct json_object *headers;
};

static const struct param reject_params[] = {
	{.name = "status",
		.type = PARAM_INT,
		.min = 400,
		.max = 699,
		.fallback = "603",
		.offset = offsetof(struct reject, status),
		.help = "SIP status of the refusal."},
	{.name = "reason",
		.type = PARAM_LINE,
		.max = 200,
		.offset = offsetof(struct reject, reason),
		.help = "Text of the Reason header."},
	{.name = "headers",
		.type = PARAM_HEADERS,
		.offset = offsetof(struct reject, headers),
		.help = "SIP headers of the refusal, names to values."},
	{.name = NULL},
};

static enum step_result reject_start(struct interp *in, struct step *step)
{
	const struct reject *reject = (const struct reject *)step;

	interp_reject(in, reject->status, reject->reason, reject->headers);
	return STEP_DONE;
}

const struct verb verb_reject = {
	.name = "reject",
	.help = "Refuses the call; after the answer it ends it as hangup does.",
	.size = sizeof(struct reject),
	.params = reject_params,
	.ends_script = true,
	.start = reject_start,
	.event = instant_event,
	.stop = instant_stop,
};
