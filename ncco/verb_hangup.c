/* hangup: the end of the leg. */
#include "ncco/instant.h"

struct hangup {
	struct step step;
	char *reason;
	struct json_object *headers;
};

static const struct param hangup_params[] = {
	{.name = "reason",
		.type = PARAM_LINE,
		.max = 200,
		.offset = offsetof(struct hangup, reason),
		.help = "Text of the Reason header."},
	{.name = "headers",
		.type = PARAM_HEADERS,
		.offset = offsetof(struct hangup, headers),
		.help = "SIP headers of the request that ends the call, names to values."},
	{.name = NULL},
};

static enum step_result hangup_start(struct interp *in, struct step *step)
{
	const struct hangup *hangup = (const struct hangup *)step;

	interp_end_call(in, hangup->reason, hangup->headers);
	return STEP_DONE;
}

const struct verb verb_hangup = {
	.name = "hangup",
	.help = "Ends the call.",
	.size = sizeof(struct hangup),
	.params = hangup_params,
	.ends_script = true,
	.start = hangup_start,
	.event = instant_event,
	.stop = instant_stop,
};
