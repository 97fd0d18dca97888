/* answer: takes the call, with headers. */
#include "ncco/instant.h"

struct answer {
	struct step step;
	struct json_object *headers;
};

static const struct param answer_params[] = {
	{.name = "headers",
		.type = PARAM_HEADERS,
		.offset = offsetof(struct answer, headers),
		.help = "SIP headers of the answer, names to values."},
	{.name = NULL},
};

static enum step_result answer_start(struct interp *in, struct step *step)
{
	interp_answer_with(in, ((const struct answer *)step)->headers);
	return STEP_DONE;
}

const struct verb verb_answer = {
	.name = "answer",
	.help = "Answers the call now.",
	.size = sizeof(struct answer),
	.params = answer_params,
	.start = answer_start,
	.event = instant_event,
	.stop = instant_stop,
};
