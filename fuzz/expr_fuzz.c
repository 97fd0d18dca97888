/* Compiles any text as an expression and evaluates it, with itself as a variable. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ncco/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct json_object *list = json_object_new_array(), *word = json_object_new_string(text);
	struct variables variables = {0};
	struct expr_fault fault;
	struct expr *expr = NULL;
	struct value value;

	json_object_array_add(list, word);
	variables_give(&variables, VARIABLE_LAST, list);
	variables_set(&variables, "s", word);
	if (expr_compile(text, &expr, &fault) == 0 &&
		expr_evaluate(expr, &variables, &value, &fault) == 0)
		value_release(&value);
	expr_free(expr);
	json_object_put(list);
	variables_release(&variables);
	free(text);
	return 0;
}
