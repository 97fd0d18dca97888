/* goto: on to a label, wherever in the document it is. */
#include "ncco/instant.h"

struct jump_step {
	struct step step;
	char *label;
};

static const struct param goto_params[] = {
	{.name = "label",
		.type = PARAM_LINE,
		.max = 64,
		.required = true,
		.offset = offsetof(struct jump_step, label),
		.help = "The name of the label."},
	{.name = NULL},
};

/* A label that is named by ${} is looked for when the step runs. */
static void goto_parse(struct step *step, struct reader *reader)
{
	const char *label = ((const struct jump_step *)step)->label;

	if (label)
		reader_add_jump(reader, label);
}

static enum step_result goto_start(struct interp *in, struct step *step)
{
	if (!interp_goto(in, ((const struct jump_step *)step)->label))
		return interp_fail(in, step, "label", "there is no such label");
	return STEP_DONE;
}

const struct verb verb_goto = {
	.name = "goto",
	.help = "Goes on behind a label of the document.",
	.size = sizeof(struct jump_step),
	.params = goto_params,
	.ends_script = true,
	.parse = goto_parse,
	.start = goto_start,
	.event = instant_event,
	.stop = instant_stop,
};
