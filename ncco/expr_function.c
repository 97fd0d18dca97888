#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/expr_private.h"

static bool starts_char(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t count_chars(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += starts_char(text[i]);
	return count;
}

/* The text of a value as it is seen inside a text; the caller releases it. */
static struct strbuf as_text(const struct value *value)
{
	struct strbuf text = STRBUF_INIT;

	value_print(value, &text);
	return text;
}

static int do_len(const struct value *arguments, unsigned count, struct value *ret_value,
	struct expr_fault *ret_fault)
{
	const struct value *v = arguments;
	size_t length;
	const char *text = value_text(v, &length);

	(void)count;
	if (text)
		*ret_value = value_of_int((int64_t)count_chars(text, length));
	else if (v->type == VALUE_NULL)
		*ret_value = value_of_int(0);
	else if (v->type != VALUE_JSON)
		return expr_fail(ret_fault, "asks len() for a text, array or object it is not");
	else if (json_object_is_type(v->json, json_type_array))
		*ret_value = value_of_int((int64_t)json_object_array_length(v->json));
	else
		*ret_value = value_of_int(json_object_object_length(v->json));
	return 0;
}

static int map_text(const struct value *value, int (*map)(int c), struct value *ret_value)
{
	struct strbuf text = as_text(value);

	for (size_t i = 0; i < text.length; i++) {
		if ((unsigned char)text.data[i] < 0x80)
			text.data[i] = (char)map((unsigned char)text.data[i]);
	}
	*ret_value = value_of_text(text.data, text.length);
	strbuf_release(&text);
	return 0;
}

static int do_lower(const struct value *arguments, unsigned count, struct value *ret_value,
	struct expr_fault *ret_fault)
{
	(void)count;
	(void)ret_fault;
	return map_text(arguments, tolower, ret_value);
}

static int do_upper(const struct value *arguments, unsigned count, struct value *ret_value,
	struct expr_fault *ret_fault)
{
	(void)count;
	(void)ret_fault;
	return map_text(arguments, toupper, ret_value);
}

/* A whole number, brought into what any text can have. */
static int read_index(const struct value *value, int64_t *ret_index, struct expr_fault *ret_fault)
{
	struct value number;

	if (!value_as_number(value, &number) || number.type != VALUE_INT)
		return expr_fail(ret_fault, "asks substr() for a place that is no whole number");
	*ret_index = number.integer < -EXPR_MAX_RESULT * 8  ? -EXPR_MAX_RESULT * 8
		     : number.integer > EXPR_MAX_RESULT * 8 ? EXPR_MAX_RESULT * 8
							    : number.integer;
	return 0;
}

/* The byte where the character with this number starts. */
static size_t byte_of(const struct strbuf *text, int64_t index)
{
	size_t at = 0;

	while (at < text->length) {
		if (starts_char(text->data[at]) && index-- == 0)
			break;
		at++;
	}
	return at;
}

/* substr(text, start, length): characters from 0, a start below 0 counts from the end. */
static int do_substr(const struct value *arguments, unsigned count, struct value *ret_value,
	struct expr_fault *ret_fault)
{
	int64_t start = 0, length = EXPR_MAX_RESULT * 8;
	struct strbuf text;
	size_t from, to;

	if (read_index(&arguments[1], &start, ret_fault) < 0 ||
		(count > 2 && read_index(&arguments[2], &length, ret_fault) < 0))
		return -EINVAL;
	text = as_text(&arguments[0]);
	if (start < 0)
		start += (int64_t)count_chars(text.data, text.length);
	if (start < 0)
		start = 0;
	from = byte_of(&text, start);
	to = length > 0 ? byte_of(&text, start + length) : from;
	*ret_value = value_of_text(text.data + from, to - from);
	strbuf_release(&text);
	return 0;
}

/* int(): without what is behind the point. */
static int do_int(const struct value *arguments, unsigned count, struct value *ret_value,
	struct expr_fault *ret_fault)
{
	struct value number;

	(void)count;
	if (arguments->type == VALUE_BOOL) {
		*ret_value = value_of_int(arguments->flag);
		return 0;
	}
	if (!value_as_number(arguments, &number))
		return expr_fail(ret_fault, "asks int() for a number it is not");
	if (number.type == VALUE_NUMBER && fabs(number.number) >= 9.2e18)
		return expr_fail(ret_fault, "makes a number that is too large");
	*ret_value = number.type == VALUE_INT ? number : value_of_int((int64_t)number.number);
	return 0;
}

static int do_str(const struct value *arguments, unsigned count, struct value *ret_value,
	struct expr_fault *ret_fault)
{
	struct strbuf text = as_text(arguments);
	int err = 0;

	(void)count;
	if (text.length > EXPR_MAX_RESULT)
		err = expr_fail(ret_fault, "makes a text of more than 16384 bytes");
	else
		*ret_value = value_of_text(text.data, text.length);
	strbuf_release(&text);
	return err;
}

const struct expr_function expr_functions[] = {
	{"len", 1, 1, do_len},
	{"lower", 1, 1, do_lower},
	{"upper", 1, 1, do_upper},
	{"substr", 2, 3, do_substr},
	{"int", 1, 1, do_int},
	{"str", 1, 1, do_str},
	{NULL, 0, 0, NULL},
};
