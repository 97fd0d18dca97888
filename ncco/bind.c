/* Options with ${...}: filled in, and read as if they had been written so. What an option must
 * not be it cannot become by a value, either. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ncco/reader.h"
#include "ncco/template.h"

static int bind_option(struct reader *reader, struct step *step, const struct binding *binding,
	const struct variables *variables)
{
	struct json_object *value = NULL;
	struct expr_fault fault;

	strbuf_reset(&reader->pointer);
	strbuf_adds(&reader->pointer, binding->pointer);
	if (template_make(binding->template, variables, &value, &reader->pointer, &fault) < 0) {
		reader_fault(reader, "%s", fault.text);
		return -EINVAL;
	}
	if (variable_measure(value, VARIABLES_MAX_SIZE) > VARIABLES_MAX_SIZE) {
		reader_fault(
			reader, "becomes larger than 256 KiB, or nested deeper than 32 levels");
		json_object_put(value);
		return -EINVAL;
	}
	param_release(binding->param, step);
	param_read(reader, binding->param, value, step);
	json_object_put(value);
	return reader->faults->count > 0 ? -EINVAL : 0;
}

int step_bind(struct step *step, const struct variables *variables, struct ncco_faults *ret_faults)
{
	struct reader reader = {.faults = ret_faults,
		.pointer = STRBUF_INIT,
		.base = step->base,
		.step = step,
		.filled = true};
	int err = 0;

	*ret_faults = (struct ncco_faults){0};
	for (unsigned i = 0; i < step->binding_count && err == 0; i++)
		err = bind_option(&reader, step, &step->bindings[i], variables);
	if (err == 0 && step->verb->check) {
		strbuf_reset(&reader.pointer);
		strbuf_adds(&reader.pointer, step->pointer);
		step->verb->check(step, &reader);
		err = ret_faults->count > 0 ? -EINVAL : 0;
	}
	strbuf_release(&reader.pointer);
	return err;
}

void bindings_release(struct step *step)
{
	for (unsigned i = 0; i < step->binding_count; i++) {
		template_free(step->bindings[i].template);
		free(step->bindings[i].pointer);
	}
	free(step->bindings);
	step->bindings = NULL;
	step->binding_count = 0;
}
