#include "base/json.h"
#include "base/json_scan.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int json_parse(const char *text, size_t length, struct json_object **ret_object,
	const char **ret_error, size_t *ret_offset)
{
	struct json_object *object = NULL;
	struct json_tokener *tok;
	const char *error = NULL;
	size_t offset = 0;

	if (length > INT_MAX - 1)
		error = "document too large";
	else if (json_scan(text, length, NULL, NULL, &error, &offset) == 0)
		error = NULL;
	if (!error) {
		tok = json_tokener_new_ex(JSON_MAX_DEPTH);
		if (!tok)
			return -ENOMEM;
		object = json_tokener_parse_ex(tok, text, (int)length);
		/* A number or a bare word at the very end wants one more byte to be complete. */
		if (json_tokener_get_error(tok) == json_tokener_continue)
			object = json_tokener_parse_ex(tok, "", 1);
		if (json_tokener_get_error(tok) != json_tokener_success)
			error = json_tokener_error_desc(json_tokener_get_error(tok));
		json_tokener_free(tok);
	}
	if (error) {
		if (ret_error)
			*ret_error = error;
		if (ret_offset)
			*ret_offset = offset;
		return -EINVAL;
	}
	*ret_object = object;
	return 0;
}

struct json_object *json_member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

const char *json_text(struct json_object *object, const char *key, const char *fallback)
{
	struct json_object *value = json_member(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value)
							    : fallback;
}

/* strtod() of the whole text; it would also take hexadecimal, "nan", "inf" and leading space. */
static int text_to_double(const char *text, double *ret_number)
{
	char *end;

	if (!*text || text[strspn(text, "+-.0123456789eE")])
		return -EINVAL;
	*ret_number = strtod(text, &end);
	return *end ? -EINVAL : 0;
}

int json_to_double(struct json_object *value, double *ret_value)
{
	double number;

	if (json_object_is_type(value, json_type_int) ||
		json_object_is_type(value, json_type_double)) {
		number = json_object_get_double(value);
	} else if (json_object_is_type(value, json_type_string)) {
		if (text_to_double(json_object_get_string(value), &number) < 0)
			return -EINVAL;
	} else {
		return -EINVAL;
	}
	if (!isfinite(number))
		return -EINVAL;
	*ret_value = number;
	return 0;
}

int64_t json_int(struct json_object *object, const char *key, int64_t fallback)
{
	double number;

	if (json_to_double(json_member(object, key), &number) < 0 || number != floor(number) ||
		fabs(number) > 9e15)
		return fallback;
	return (int64_t)number;
}

bool json_flag(struct json_object *object, const char *key, bool fallback)
{
	struct json_object *value = json_member(object, key);
	const char *text;

	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value);
	text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	if (strcmp(text, "true") == 0)
		return true;
	if (strcmp(text, "false") == 0)
		return false;
	return fallback;
}

void json_add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

void json_add_int(struct json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

void json_add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

const char *json_print(struct json_object *object)
{
	return json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
