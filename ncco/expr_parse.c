#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/expr_private.h"

struct parser {
	const char *at;
	bool braced; /* ends at a "}" */
	unsigned depth;
	unsigned stack; /* values on the stack where the next operation runs */
	struct expr *expr;
	struct expr_fault *fault;
};

struct operator
{
	const char *text;
	int rank;
	enum expr_code code;
};

/* Longer ones before those that they begin with. */
static const struct operator operators[] = {
	{"||", 1, EXPR_OR},
	{"&&", 2, EXPR_AND},
	{"==", 3, EXPR_EQUAL},
	{"!=", 3, EXPR_NOT_EQUAL},
	{"<=", 4, EXPR_LESS_EQUAL},
	{">=", 4, EXPR_GREATER_EQUAL},
	{"<", 4, EXPR_LESS},
	{">", 4, EXPR_GREATER},
	{"+", 5, EXPR_ADD},
	{"-", 5, EXPR_SUBTRACT},
	{"*", 6, EXPR_MULTIPLY},
	{"/", 6, EXPR_DIVIDE},
	{"%", 6, EXPR_REMAINDER},
};

static int parse_rank(struct parser *p, int rank);

/* What is wrong, and the text where it is. */
static int fail_here(struct parser *p, const char *what)
{
	size_t length = strnlen(p->at, 20);

	while (length > 0 && ((unsigned char)p->at[length] & 0xc0) == 0x80)
		length--;
	if (length == 0)
		return expr_fail(p->fault, "has an expression in which %s at its end", what);
	return expr_fail(
		p->fault, "has an expression in which %s at \"%.*s\"", what, (int)length, p->at);
}

static void skip_space(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
		p->at++;
}

static bool take(struct parser *p, const char *text)
{
	size_t length = strlen(text);

	skip_space(p);
	if (strncmp(p->at, text, length) != 0)
		return false;
	p->at += length;
	return true;
}

/* Appends an operation that takes `taken` values and leaves one. */
static int emit(struct parser *p, enum expr_code code, unsigned arg, unsigned taken)
{
	struct expr *e = p->expr;

	p->stack = p->stack + 1 - taken;
	if (p->stack > EXPR_STACK)
		return fail_here(p, "too much is nested");
	e->ops = xrealloc(e->ops, (e->count + 1) * sizeof *e->ops);
	e->ops[e->count++] = (struct expr_op){.code = (unsigned char)code,
		.argc = (unsigned char)taken,
		.arg = (unsigned short)arg};
	return 0;
}

/* Takes the value. */
static unsigned add_constant(struct parser *p, struct value value)
{
	struct expr *e = p->expr;

	e->constants = xrealloc(e->constants, (e->constant_count + 1) * sizeof *e->constants);
	e->constants[e->constant_count] = value;
	return e->constant_count++;
}

static int enter(struct parser *p)
{
	return ++p->depth > EXPR_MAX_DEPTH ? fail_here(p, "more than 32 levels are nested") : 0;
}

static size_t word_length(const char *at)
{
	size_t length = 0;

	if (!isalpha((unsigned char)*at) && *at != '_')
		return 0;
	while (isalnum((unsigned char)at[length]) || at[length] == '_')
		length++;
	return length;
}

static int parse_number(struct parser *p)
{
	const char *c = p->at;
	struct value text, number;
	bool good;

	c += strspn(c, "0123456789");
	if (*c == '.' && isdigit((unsigned char)c[1]))
		c += 1 + strspn(c + 1, "0123456789");
	if ((*c == 'e' || *c == 'E') &&
		isdigit((unsigned char)c[1 + (c[1] == '-' || c[1] == '+')])) {
		c += 1 + (c[1] == '-' || c[1] == '+');
		c += strspn(c, "0123456789");
	}
	text = value_of_text(p->at, (size_t)(c - p->at));
	good = value_as_number(&text, &number);
	value_release(&text);
	if (!good || word_length(c) > 0)
		return fail_here(p, "there is no number");
	p->at = c;
	return emit(p, EXPR_CONSTANT, add_constant(p, number), 0);
}

static int parse_escape(struct parser *p, struct strbuf *text)
{
	static const char from[] = "\"'\\nt", to[] = "\"'\\\n\t";
	const char *at = p->at[1] ? strchr(from, p->at[1]) : NULL;

	if (!at)
		return fail_here(p, "\\ stands before nothing that it goes with");
	strbuf_addc(text, to[at - from]);
	p->at += 2;
	return 0;
}

static int parse_text(struct parser *p)
{
	const char quote = *p->at, *start = p->at++;
	struct strbuf text = STRBUF_INIT;
	int err = 0;

	while (err == 0 && *p->at && *p->at != quote) {
		if (p->at[0] == '$' && p->at[1] == '{')
			err = fail_here(p, "${} stands inside quotes, where it is not replaced,");
		else if (*p->at == '\\')
			err = parse_escape(p, &text);
		else
			strbuf_addc(&text, *p->at++);
	}
	if (err == 0 && !*p->at) {
		p->at = start;
		err = fail_here(p, "a quote is not closed");
	}
	if (err == 0) {
		p->at++;
		err = emit(p, EXPR_CONSTANT, add_constant(p, value_of_text(text.data, text.length)),
			0);
	}
	strbuf_release(&text);
	return err;
}

static int parse_call(struct parser *p, const struct expr_function *function)
{
	unsigned count = 0;

	if (take(p, ")"))
		return fail_here(p, "a function gets no value");
	do {
		if (parse_rank(p, 1) < 0)
			return -EINVAL;
		count++;
	} while (take(p, ","));
	if (!take(p, ")"))
		return fail_here(p, "\")\" is missing");
	if (count < function->min || count > function->max)
		return expr_fail(p->fault, "has an expression in which %s() gets %u values",
			function->name, count);
	return emit(p, EXPR_CALL, (unsigned)(function - expr_functions), count);
}

static int parse_function(struct parser *p, const char *name, size_t length)
{
	const struct expr_function *f = expr_functions;

	while (f->name && (strlen(f->name) != length || strncmp(f->name, name, length) != 0))
		f++;
	if (!f->name)
		return expr_fail(p->fault,
			"has an expression with an unknown function \"%.*s\"; there are len, "
			"lower, upper, substr, int and str",
			(int)(length < 30 ? length : 30), name);
	return parse_call(p, f);
}

static int parse_word(struct parser *p)
{
	const char *name = p->at;
	size_t length = word_length(name);
	char word[VARIABLE_MAX_NAME + 1];
	enum variable_id id;

	if (length > VARIABLE_MAX_NAME)
		return fail_here(p, "a name is longer than 64 characters");
	p->at += length;
	if (take(p, "("))
		return parse_function(p, name, length);
	memcpy(word, name, length);
	word[length] = 0;
	if (strcmp(word, "null") == 0)
		return emit(p, EXPR_CONSTANT, add_constant(p, (struct value){0}), 0);
	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		return emit(p, EXPR_CONSTANT, add_constant(p, value_of_bool(word[0] == 't')), 0);
	id = variable_find(word);
	if (id != VARIABLE_COUNT)
		return emit(p, EXPR_GIVEN, id, 0);
	return emit(p, EXPR_MADE, add_constant(p, value_of_text(word, length)), 0);
}

static int parse_group(struct parser *p, const char *end, const char *missing)
{
	if (parse_rank(p, 1) < 0)
		return -EINVAL;
	return take(p, end) ? 0 : fail_here(p, missing);
}

static int parse_primary(struct parser *p)
{
	skip_space(p);
	if (take(p, "("))
		return parse_group(p, ")", "\")\" is missing");
	if (take(p, "${"))
		return parse_group(p, "}", "\"}\" is missing");
	if (isdigit((unsigned char)*p->at))
		return parse_number(p);
	if (*p->at == '"' || *p->at == '\'')
		return parse_text(p);
	if (word_length(p->at) > 0)
		return parse_word(p);
	return fail_here(p, "a value is missing");
}

static int parse_member(struct parser *p)
{
	size_t length;

	if (take(p, "[")) {
		if (parse_group(p, "]", "\"]\" is missing") < 0)
			return -EINVAL;
		return emit(p, EXPR_MEMBER, 0, 2);
	}
	p->at++; /* the dot */
	skip_space(p);
	length = word_length(p->at);
	if (length == 0)
		return fail_here(p, "a member's name is missing");
	p->at += length;
	if (emit(p, EXPR_CONSTANT, add_constant(p, value_of_text(p->at - length, length)), 0) < 0)
		return -EINVAL;
	return emit(p, EXPR_MEMBER, 0, 2);
}

static int parse_postfix(struct parser *p)
{
	if (parse_primary(p) < 0)
		return -EINVAL;
	for (;;) {
		skip_space(p);
		if (*p->at != '.' && *p->at != '[')
			return 0;
		if (parse_member(p) < 0)
			return -EINVAL;
	}
}

static int parse_unary(struct parser *p)
{
	enum expr_code code = EXPR_NOT;
	int err = enter(p);

	skip_space(p);
	if (err == 0 && (*p->at == '!' || *p->at == '-')) {
		code = *p->at++ == '!' ? EXPR_NOT : EXPR_NEGATE;
		err = parse_unary(p);
		if (err == 0)
			err = emit(p, code, 0, 1);
	} else if (err == 0) {
		err = parse_postfix(p);
	}
	p->depth--;
	return err;
}

static const struct operator* next_operator(struct parser *p, int rank)
{
	skip_space(p);
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		const struct operator* o = & operators[i];

		if (strncmp(p->at, o->text, strlen(o->text)) == 0)
			return o->rank >= rank ? o : NULL;
	}
	return NULL;
}

/* The left side's value stands, or gives way to the right side's. */
static int parse_logic(struct parser *p, const struct operator* o)
{
	unsigned jump = p->expr->count;

	if (emit(p, o->code, 0, 1) < 0)
		return -EINVAL;
	p->stack--; /* the right side begins without the left's value */
	if (parse_rank(p, o->rank + 1) < 0)
		return -EINVAL;
	p->expr->ops[jump].arg = (unsigned short)p->expr->count;
	return 0;
}

static int parse_rank(struct parser *p, int rank)
{
	const struct operator* o;

	if (parse_unary(p) < 0)
		return -EINVAL;
	while ((o = next_operator(p, rank))) {
		p->at += strlen(o->text);
		if (o->code == EXPR_AND || o->code == EXPR_OR) {
			if (parse_logic(p, o) < 0)
				return -EINVAL;
		} else if (parse_rank(p, o->rank + 1) < 0 || emit(p, o->code, 0, 2) < 0) {
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_whole(struct parser *p)
{
	if (parse_rank(p, 1) < 0)
		return -EINVAL;
	skip_space(p);
	if (p->braced && !take(p, "}"))
		return fail_here(p, *p->at ? "an operator is missing" : "\"}\" is missing");
	if (!p->braced && *p->at)
		return fail_here(p, "an operator is missing");
	return 0;
}

static int compile(struct parser *p, struct expr **ret_expr)
{
	int err;

	p->expr = xcalloc(1, sizeof *p->expr);
	err = parse_whole(p);
	if (err == 0)
		*ret_expr = p->expr;
	else
		expr_free(p->expr);
	return err;
}

int expr_compile(const char *text, struct expr **ret_expr, struct expr_fault *ret_fault)
{
	struct parser parser = {.at = text, .fault = ret_fault};

	if (strlen(text) > EXPR_MAX_TEXT)
		return expr_fail(ret_fault, "has an expression of more than 1024 bytes");
	return compile(&parser, ret_expr);
}

/* The text behind the expression may be long: only so much of it is looked at. */
int expr_compile_braced(
	const char *text, struct expr **ret_expr, size_t *ret_length, struct expr_fault *ret_fault)
{
	char *head = xstrndup(text, strnlen(text, EXPR_MAX_TEXT + 1));
	struct parser parser = {.at = head, .braced = true, .fault = ret_fault};
	int err = compile(&parser, ret_expr);

	if (err < 0 && strlen(head) > EXPR_MAX_TEXT && !*parser.at)
		expr_fail(ret_fault, "has an expression of more than 1024 bytes");
	if (err == 0)
		*ret_length = (size_t)(parser.at - head);
	free(head);
	return err;
}
