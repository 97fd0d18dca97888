/* expr_private.h - a compiled expression: operations on a stack, shared by expr_parse.c and
 * expr.c. */
#ifndef NCCO_EXPR_PRIVATE_H
#define NCCO_EXPR_PRIVATE_H

#include "ncco/expr.h"

#define EXPR_STACK 64

enum expr_code {
	EXPR_CONSTANT, /* arg: which */
	EXPR_GIVEN,    /* arg: enum variable_id */
	EXPR_MADE,     /* arg: constant with the name */
	EXPR_MEMBER,   /* value, key or index */
	EXPR_AND,      /* arg: where to go on with the value when it is false */
	EXPR_OR,
	EXPR_NOT,
	EXPR_NEGATE,
	EXPR_EQUAL,
	EXPR_NOT_EQUAL,
	EXPR_LESS,
	EXPR_LESS_EQUAL,
	EXPR_GREATER,
	EXPR_GREATER_EQUAL,
	EXPR_ADD,
	EXPR_SUBTRACT,
	EXPR_MULTIPLY,
	EXPR_DIVIDE,
	EXPR_REMAINDER,
	EXPR_CALL /* arg: which function, argc: how many values */
};

struct expr_op {
	unsigned char code, argc;
	unsigned short arg;
};

struct expr {
	struct expr_op *ops;
	unsigned count;
	struct value *constants;
	unsigned constant_count;
};

struct expr_function {
	const char *name;
	unsigned char min, max; /* arguments */
	/* 0, or -EINVAL and what is wrong. */
	int (*call)(const struct value *arguments, unsigned count, struct value *ret_value,
		struct expr_fault *ret_fault);
};

extern const struct expr_function expr_functions[]; /* name NULL ends; expr_function.c */

#endif
