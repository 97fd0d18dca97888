/* expr.h - the expressions inside ${...} and of conditions.
 *
 * Compiled once, when the script is read; evaluated against the call's variables. Values come in
 * as values: no value is ever read as a piece of an expression. Bounded: EXPR_MAX_TEXT bytes of
 * text, EXPR_MAX_DEPTH levels, EXPR_MAX_OPERATIONS operations (long texts count for more), a text
 * of EXPR_MAX_RESULT bytes as the result of an operation. Any one thread.
 *
 *	literals	12 1.5e3 "text" 'text' (\" \' \\ \n \t) true false null
 *	variables	digits, last.customer.name, last.list[0], last["a key"]
 *	operators	|| && == != < <= > >= + - * / % ! - and parentheses; ${x} is (x)
 *	functions	len() lower() upper() substr(text, start, length) int() str() */
#ifndef NCCO_EXPR_H
#define NCCO_EXPR_H

#include <stddef.h>

#include "ncco/value.h"
#include "ncco/variables.h"

#define EXPR_MAX_TEXT	    1024
#define EXPR_MAX_DEPTH	    32
#define EXPR_MAX_OPERATIONS 10000
#define EXPR_MAX_RESULT	    16384

struct expr;

struct expr_fault {
	char text[160]; /* valid UTF-8, ends a sentence that the option begins */
};

/* Says what is wrong; -EINVAL. */
int expr_fail(struct expr_fault *fault, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A whole text: 0, or -EINVAL and what is wrong. */
int expr_compile(const char *text, struct expr **ret_expr, struct expr_fault *ret_fault);

/* What follows "${", up to and with its "}", of which *ret_length is the length. */
int expr_compile_braced(
	const char *text, struct expr **ret_expr, size_t *ret_length, struct expr_fault *ret_fault);

struct expr *expr_free(struct expr *expr); /* NULL allowed */

/* 0 and a value that the caller releases, or -EINVAL and what is wrong. */
int expr_evaluate(const struct expr *expr, const struct variables *variables,
	struct value *ret_value, struct expr_fault *ret_fault);

#endif
