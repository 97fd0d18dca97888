/* if: one of two lists of steps. */
#include "ncco/expr.h"
#include "ncco/instant.h"

struct if_step {
	struct step step;
	struct expr *condition;
	struct step_list then_steps;
	struct step_list else_steps;
};

static const struct param if_params[] = {
	{.name = "condition",
		.type = PARAM_EXPRESSION,
		.required = true,
		.offset = offsetof(struct if_step, condition),
		.help = "An expression; ${n} in it is the expression n in parentheses."},
	{.name = "then",
		.type = PARAM_STEPS,
		.offset = offsetof(struct if_step, then_steps),
		.help = "Steps that run when it is true."},
	{.name = "else",
		.type = PARAM_STEPS,
		.offset = offsetof(struct if_step, else_steps),
		.help = "Steps that run when it is not."},
	{.name = NULL},
};

static void if_parse(struct step *step, struct reader *reader)
{
	(void)step;
	if (!reader_has(reader, "then") && !reader_has(reader, "else"))
		reader_fault(reader, "\"then\" or \"else\" is missing");
}

static enum step_result if_start(struct interp *in, struct step *step)
{
	const struct if_step *branch = (const struct if_step *)step;
	const struct step_list *steps;
	struct expr_fault fault;
	struct value value;

	if (expr_evaluate(branch->condition, interp_variables(in), &value, &fault) < 0)
		return interp_fail(in, step, "condition", fault.text);
	steps = value_true(&value) ? &branch->then_steps : &branch->else_steps;
	value_release(&value);
	if (steps->count > 0)
		interp_insert(in, steps);
	return STEP_DONE;
}

const struct verb verb_if = {
	.name = "if",
	.help = "Runs one of two lists of steps.",
	.size = sizeof(struct if_step),
	.params = if_params,
	.changes_variables = true,
	.parse = if_parse,
	.start = if_start,
	.event = instant_event,
	.stop = instant_stop,
};
