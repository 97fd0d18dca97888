#include "ncco/expr.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ncco/expr_private.h"

#define BYTES_PER_OPERATION 32 /* what an operation on text counts for */

struct machine {
	const struct expr *expr;
	const struct variables *variables;
	struct value stack[EXPR_STACK];
	unsigned depth;
	unsigned operations;
	struct expr_fault *fault;
};

int expr_fail(struct expr_fault *fault, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fault->text, sizeof fault->text, format, args);
	va_end(args);
	return -EINVAL;
}

struct expr *expr_free(struct expr *expr)
{
	if (!expr)
		return NULL;
	for (unsigned i = 0; i < expr->constant_count; i++)
		value_release(&expr->constants[i]);
	free(expr->constants);
	free(expr->ops);
	free(expr);
	return NULL;
}

static const char *type_name(const struct value *value)
{
	size_t length;

	if (value->type == VALUE_NULL)
		return "null";
	if (value->type == VALUE_BOOL)
		return "true or false";
	if (value->type != VALUE_JSON)
		return "a number";
	if (value_text(value, &length))
		return "a text that is no number";
	return json_object_is_type(value->json, json_type_array) ? "an array" : "an object";
}

static struct value copy(const struct value *value)
{
	struct value out = *value;

	if (out.type == VALUE_JSON)
		json_object_get(out.json);
	return out;
}

static void push(struct machine *m, struct value value)
{
	m->stack[m->depth++] = value;
}

/* Replaces the upper `count` values. */
static void replace(struct machine *m, unsigned count, struct value value)
{
	while (count-- > 0)
		value_release(&m->stack[--m->depth]);
	push(m, value);
}

static int push_made(struct machine *m, const struct value *name)
{
	struct json_object *json = NULL;
	size_t length;
	const char *text = value_text(name, &length);

	if (!variables_get(m->variables, text, &json))
		return expr_fail(m->fault, "needs the variable \"%s\", which is not set", text);
	push(m, value_of_json(json));
	return 0;
}

/* Counts the work of looking through a value. */
static void charge(struct machine *m, const struct value *value)
{
	size_t length = 0;

	if (value->type == VALUE_JSON && !value_text(value, &length))
		length = variable_measure(
			value->json, (size_t)EXPR_MAX_OPERATIONS * BYTES_PER_OPERATION);
	m->operations += (unsigned)(length / BYTES_PER_OPERATION);
}

/* What is not there is null, also in null. */
static int do_member(struct machine *m)
{
	struct value *base = &m->stack[m->depth - 2], *key = base + 1, number;
	struct json_object *found = NULL;
	size_t length;
	const char *text = value_text(key, &length);

	if (base->type != VALUE_JSON && base->type != VALUE_NULL)
		return expr_fail(m->fault, "asks for a member of %s", type_name(base));
	if (base->type == VALUE_NULL) {
		replace(m, 2, (struct value){0});
		return 0;
	}
	if (json_object_is_type(base->json, json_type_object) && text) {
		json_object_object_get_ex(base->json, text, &found);
	} else if (json_object_is_type(base->json, json_type_array) &&
		   value_as_number(key, &number) && number.type == VALUE_INT) {
		if (number.integer >= 0 &&
			(uint64_t)number.integer < json_object_array_length(base->json))
			found = json_object_array_get_idx(base->json, (size_t)number.integer);
	} else if (!text || !json_object_is_type(base->json, json_type_array)) {
		return expr_fail(m->fault, "asks for a member of %s by %s",
			value_text(base, &length) ? "a text" : type_name(base),
			text ? "its name" : type_name(key));
	}
	replace(m, 2, value_of_json(found));
	return 0;
}

static bool is_text(const struct value *value)
{
	size_t length;

	return value_text(value, &length) != NULL;
}

static int join(struct machine *m, const struct value *a, const struct value *b)
{
	struct strbuf text = STRBUF_INIT;
	int err = 0;

	value_print(a, &text);
	value_print(b, &text);
	m->operations += (unsigned)(text.length / BYTES_PER_OPERATION);
	if (text.length > EXPR_MAX_RESULT)
		err = expr_fail(m->fault, "makes a text of more than 16384 bytes");
	else
		replace(m, 2, value_of_text(text.data, text.length));
	strbuf_release(&text);
	return err;
}

/* False: the result is no whole number of 64 bits. */
static bool whole(enum expr_code code, int64_t a, int64_t b, int64_t *ret)
{
	switch (code) {
	case EXPR_ADD:
		return !__builtin_add_overflow(a, b, ret);
	case EXPR_SUBTRACT:
		return !__builtin_sub_overflow(a, b, ret);
	case EXPR_MULTIPLY:
		return !__builtin_mul_overflow(a, b, ret);
	case EXPR_REMAINDER:
		*ret = b == -1 ? 0 : a % b;
		return true;
	default:
		if ((a == INT64_MIN && b == -1) || a % b != 0)
			return false;
		*ret = a / b;
		return true;
	}
}

static double real(enum expr_code code, double a, double b)
{
	switch (code) {
	case EXPR_ADD:
		return a + b;
	case EXPR_SUBTRACT:
		return a - b;
	case EXPR_MULTIPLY:
		return a * b;
	case EXPR_REMAINDER:
		return fmod(a, b);
	default:
		return a / b;
	}
}

static int calculate(struct machine *m, enum expr_code code)
{
	struct value *a = &m->stack[m->depth - 2], *b = a + 1, x, y;
	int64_t integer;
	double number;

	if (code == EXPR_ADD && (is_text(a) || is_text(b)))
		return join(m, a, b);
	if (!value_as_number(a, &x))
		return expr_fail(m->fault, "calculates with %s", type_name(a));
	if (!value_as_number(b, &y))
		return expr_fail(m->fault, "calculates with %s", type_name(b));
	if ((code == EXPR_DIVIDE || code == EXPR_REMAINDER) && value_double(&y) == 0)
		return expr_fail(m->fault, "divides by zero");
	if (x.type == VALUE_INT && y.type == VALUE_INT &&
		whole(code, x.integer, y.integer, &integer)) {
		replace(m, 2, value_of_int(integer));
		return 0;
	}
	number = real(code, value_double(&x), value_double(&y));
	if (!isfinite(number))
		return expr_fail(m->fault, "makes a number that is too large");
	replace(m, 2, value_of_number(number));
	return 0;
}

/* Below, at or above zero as a is to b: two texts by their bytes, all else as numbers. */
static int order(struct machine *m, int *ret_order)
{
	struct value *a = &m->stack[m->depth - 2], *b = a + 1, x, y;
	double p, q;

	if (is_text(a) && is_text(b)) {
		*ret_order =
			strcmp(json_object_get_string(a->json), json_object_get_string(b->json));
		return 0;
	}
	if (!value_as_number(a, &x) || !value_as_number(b, &y))
		return expr_fail(
			m->fault, "compares %s", type_name(value_as_number(a, &x) ? b : a));
	p = value_double(&x);
	q = value_double(&y);
	*ret_order = (p > q) - (p < q);
	if (x.type == VALUE_INT && y.type == VALUE_INT)
		*ret_order = (x.integer > y.integer) - (x.integer < y.integer);
	return 0;
}

static int compare(struct machine *m, enum expr_code code)
{
	int sign = 0;
	bool result;

	charge(m, &m->stack[m->depth - 2]);
	if (code == EXPR_EQUAL || code == EXPR_NOT_EQUAL) {
		result = value_equal(&m->stack[m->depth - 2], &m->stack[m->depth - 1]) ==
			 (code == EXPR_EQUAL);
		replace(m, 2, value_of_bool(result));
		return 0;
	}
	if (order(m, &sign) < 0)
		return -EINVAL;
	result = code == EXPR_LESS	   ? sign < 0
		 : code == EXPR_LESS_EQUAL ? sign <= 0
		 : code == EXPR_GREATER	   ? sign > 0
					   : sign >= 0;
	replace(m, 2, value_of_bool(result));
	return 0;
}

static int negate(struct machine *m)
{
	struct value *a = &m->stack[m->depth - 1], x;

	if (!value_as_number(a, &x))
		return expr_fail(m->fault, "calculates with %s", type_name(a));
	if (x.type == VALUE_INT && x.integer != INT64_MIN)
		replace(m, 1, value_of_int(-x.integer));
	else
		replace(m, 1, value_of_number(-value_double(&x)));
	return 0;
}

static int call(struct machine *m, const struct expr_op *op)
{
	struct value *arguments = &m->stack[m->depth - op->argc], result;

	for (unsigned i = 0; i < op->argc; i++)
		charge(m, &arguments[i]);
	if (expr_functions[op->arg].call(arguments, op->argc, &result, m->fault) < 0)
		return -EINVAL;
	charge(m, &result);
	replace(m, op->argc, result);
	return 0;
}

/* One operation; *at is the one that follows. */
static int step(struct machine *m, unsigned *at)
{
	const struct expr_op *op = &m->expr->ops[(*at)++];
	bool truth;

	switch (op->code) {
	case EXPR_CONSTANT:
		push(m, copy(&m->expr->constants[op->arg]));
		return 0;
	case EXPR_GIVEN:
		push(m, value_of_json(m->variables->given[op->arg]));
		return 0;
	case EXPR_MADE:
		return push_made(m, &m->expr->constants[op->arg]);
	case EXPR_MEMBER:
		return do_member(m);
	case EXPR_AND:
	case EXPR_OR:
		truth = value_true(&m->stack[m->depth - 1]);
		if (truth == (op->code == EXPR_OR))
			*at = op->arg;
		else
			value_release(&m->stack[--m->depth]);
		return 0;
	case EXPR_NOT:
		replace(m, 1, value_of_bool(!value_true(&m->stack[m->depth - 1])));
		return 0;
	case EXPR_NEGATE:
		return negate(m);
	case EXPR_CALL:
		return call(m, op);
	default:
		return op->code >= EXPR_ADD ? calculate(m, op->code) : compare(m, op->code);
	}
}

int expr_evaluate(const struct expr *expr, const struct variables *variables,
	struct value *ret_value, struct expr_fault *ret_fault)
{
	struct machine m;
	unsigned at = 0;
	int err = 0;

	m.expr = expr;
	m.variables = variables;
	m.depth = m.operations = 0;
	m.fault = ret_fault;
	while (err == 0 && at < expr->count) {
		err = step(&m, &at);
		if (err == 0 && ++m.operations > EXPR_MAX_OPERATIONS)
			err = expr_fail(ret_fault, "takes more than 10000 operations");
	}
	if (err == 0)
		*ret_value = m.stack[--m.depth];
	while (m.depth > 0)
		value_release(&m.stack[--m.depth]);
	return err;
}
