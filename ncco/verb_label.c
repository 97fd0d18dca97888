/* label: a place that goto can reach. */
#include "ncco/instant.h"

struct label_step {
	struct step step;
	char *name;
};

static const struct param label_params[] = {
	{.name = "name",
		.type = PARAM_LINE,
		.max = 64,
		.required = true,
		.literal = true,
		.offset = offsetof(struct label_step, name),
		.help = "The name, which no other label of the document has."},
	{.name = NULL},
};

static void label_parse(struct step *step, struct reader *reader)
{
	const char *name = ((const struct label_step *)step)->name;

	if (name)
		reader_add_label(reader, name);
}

static enum step_result label_start(struct interp *in, struct step *step)
{
	(void)in;
	(void)step;
	return STEP_DONE;
}

const struct verb verb_label = {
	.name = "label",
	.help = "A place that goto can reach.",
	.size = sizeof(struct label_step),
	.params = label_params,
	.parse = label_parse,
	.start = label_start,
	.event = instant_event,
	.stop = instant_stop,
};
