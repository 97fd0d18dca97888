#include "ncco/value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NUMBER_TEXT 40 /* a longer text is not read as a number */

struct value value_of_bool(bool flag)
{
	return (struct value){.type = VALUE_BOOL, .flag = flag};
}

struct value value_of_int(int64_t integer)
{
	return (struct value){.type = VALUE_INT, .integer = integer};
}

struct value value_of_number(double number)
{
	return (struct value){.type = VALUE_NUMBER, .number = number};
}

struct value value_of_text(const char *text, size_t length)
{
	return (struct value){
		.type = VALUE_JSON, .json = json_object_new_string_len(text, (int)length)};
}

struct value value_of_json(struct json_object *json)
{
	switch (json_object_get_type(json)) {
	case json_type_null:
		return (struct value){.type = VALUE_NULL};
	case json_type_boolean:
		return value_of_bool(json_object_get_boolean(json));
	case json_type_int:
		return value_of_int(json_object_get_int64(json));
	case json_type_double:
		return value_of_number(json_object_get_double(json));
	default:
		return (struct value){.type = VALUE_JSON, .json = json_object_get(json)};
	}
}

/* The shortest of the two precisions that reads back as the same number. */
static void print_number(double number, struct strbuf *out)
{
	size_t start = out->length;

	strbuf_addf(out, "%.15g", number);
	if (strtod(out->data + start, NULL) == number)
		return;
	out->length = start;
	strbuf_addf(out, "%.17g", number);
}

static struct json_object *number_to_json(double number)
{
	struct strbuf text = STRBUF_INIT;
	struct json_object *out;

	print_number(number, &text);
	out = json_object_new_double_s(number, text.data);
	strbuf_release(&text);
	return out;
}

struct json_object *value_to_json(const struct value *value)
{
	switch (value->type) {
	case VALUE_BOOL:
		return json_object_new_boolean(value->flag);
	case VALUE_INT:
		return json_object_new_int64(value->integer);
	case VALUE_NUMBER:
		return number_to_json(value->number);
	case VALUE_JSON:
		return json_object_get(value->json);
	case VALUE_NULL:
		break;
	}
	return NULL;
}

void value_release(struct value *value)
{
	if (value->type == VALUE_JSON)
		json_object_put(value->json);
	value->type = VALUE_NULL;
}

const char *value_text(const struct value *value, size_t *ret_length)
{
	if (value->type != VALUE_JSON || !json_object_is_type(value->json, json_type_string))
		return NULL;
	*ret_length = (size_t)json_object_get_string_len(value->json);
	return json_object_get_string(value->json);
}

bool value_true(const struct value *value)
{
	size_t length;

	switch (value->type) {
	case VALUE_NULL:
		return false;
	case VALUE_BOOL:
		return value->flag;
	case VALUE_INT:
		return value->integer != 0;
	case VALUE_NUMBER:
		return value->number != 0;
	case VALUE_JSON:
		return !value_text(value, &length) || length > 0;
	}
	return false;
}

void value_print(const struct value *value, struct strbuf *out)
{
	size_t length;
	const char *text;

	switch (value->type) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		strbuf_adds(out, value->flag ? "true" : "false");
		break;
	case VALUE_INT:
		strbuf_addf(out, "%lld", (long long)value->integer);
		break;
	case VALUE_NUMBER:
		print_number(value->number, out);
		break;
	case VALUE_JSON:
		text = value_text(value, &length);
		if (text)
			strbuf_add(out, text, length);
		else
			strbuf_adds(out, json_print(value->json));
		break;
	}
}

static bool text_as_number(const char *text, size_t length, struct value *ret_number)
{
	size_t digits = strspn(text + (*text == '-' || *text == '+'), "0123456789");
	char *end;
	double number;

	if (length == 0 || length > MAX_NUMBER_TEXT || strspn(text, "+-.0123456789eE") != length)
		return false;
	errno = 0;
	if (digits + (*text == '-' || *text == '+') == length && digits > 0) {
		long long integer = strtoll(text, NULL, 10);

		if (errno == 0) {
			*ret_number = value_of_int(integer);
			return true;
		}
	}
	number = strtod(text, &end);
	if ((size_t)(end - text) != length || !isfinite(number))
		return false;
	*ret_number = value_of_number(number);
	return true;
}

bool value_as_number(const struct value *value, struct value *ret_number)
{
	size_t length;
	const char *text;

	if (value->type == VALUE_INT || value->type == VALUE_NUMBER) {
		*ret_number = *value;
		return true;
	}
	text = value_text(value, &length);
	return text && text_as_number(text, length, ret_number);
}

double value_double(const struct value *number)
{
	return number->type == VALUE_INT ? (double)number->integer : number->number;
}

static bool is_number(const struct value *value)
{
	return value->type == VALUE_INT || value->type == VALUE_NUMBER;
}

bool value_equal(const struct value *a, const struct value *b)
{
	struct value x, y;

	if (is_number(a) || is_number(b)) {
		if (!value_as_number(a, &x) || !value_as_number(b, &y))
			return false;
		if (x.type == VALUE_INT && y.type == VALUE_INT)
			return x.integer == y.integer;
		return value_double(&x) == value_double(&y);
	}
	if (a->type != b->type)
		return false;
	if (a->type == VALUE_JSON)
		return json_object_equal(a->json, b->json);
	return a->type == VALUE_NULL || a->flag == b->flag;
}
