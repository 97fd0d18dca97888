/* set: variables. */
#include "ncco/instant.h"
#include "ncco/template.h"

struct set {
	struct step step;
	struct assignments variables;
};

static const struct param set_params[] = {
	{.name = "variables",
		.type = PARAM_VARIABLES,
		.required = true,
		.offset = offsetof(struct set, variables),
		.help = "Names and values, one after the other; a value that is one ${expression} "
			"keeps its type."},
	{.name = NULL},
};

/* NULL, or what is wrong, and the pointer of it below the step. */
static const char *assign(struct interp *in, const struct assignment *a, struct strbuf *pointer,
	struct expr_fault *fault)
{
	struct variables *variables = interp_variables(in);
	struct json_object *value = NULL;
	const char *wrong;

	strbuf_reset(pointer);
	strbuf_adds(pointer, "variables");
	pointer_add(pointer, a->name);
	if (template_make(a->value, variables, &value, pointer, fault) < 0)
		return fault->text;
	wrong = variables_set(variables, a->name, value);
	json_object_put(value);
	return wrong;
}

static enum step_result set_start(struct interp *in, struct step *step)
{
	const struct set *set = (const struct set *)step;
	enum step_result result = STEP_DONE;
	struct strbuf pointer = STRBUF_INIT;
	struct expr_fault fault;

	for (unsigned i = 0; i < set->variables.count && result == STEP_DONE; i++) {
		const char *wrong = assign(in, &set->variables.items[i], &pointer, &fault);

		if (wrong)
			result = interp_fail(in, step, pointer.data, wrong);
	}
	strbuf_release(&pointer);
	return result;
}

const struct verb verb_set = {
	.name = "set",
	.help = "Sets variables.",
	.size = sizeof(struct set),
	.params = set_params,
	.changes_variables = true,
	.start = set_start,
	.event = instant_event,
	.stop = instant_stop,
};
