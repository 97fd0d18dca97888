/* value.h - what an expression computes with. A value that holds JSON holds a reference to it;
 * JSON is never changed, so references are as good as copies. Any one thread. */
#ifndef NCCO_VALUE_H
#define NCCO_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/strbuf.h"

enum value_type { VALUE_NULL, VALUE_BOOL, VALUE_INT, VALUE_NUMBER, VALUE_JSON };

struct value {
	enum value_type type;
	union {
		bool flag;
		int64_t integer;
		double number;
		struct json_object *json; /* a string, an array or an object */
	};
};

struct value value_of_json(struct json_object *json); /* takes a reference of its own */
struct value value_of_text(const char *text, size_t length);
struct value value_of_bool(bool flag);
struct value value_of_int(int64_t integer);
struct value value_of_number(double number);
struct json_object *value_to_json(const struct value *value); /* the caller puts it */
void value_release(struct value *value);		      /* becomes null */

/* The text of a value that is one, with its length; else NULL. */
const char *value_text(const struct value *value, size_t *ret_length);

/* Everything but null, false, 0 and the empty text. */
bool value_true(const struct value *value);

/* As it is seen inside a text: null is nothing, arrays and objects are JSON. */
void value_print(const struct value *value, struct strbuf *out);

/* A number, or a text that is wholly one: true, and *ret_number an int or a number. */
bool value_as_number(const struct value *value, struct value *ret_number);
double value_double(const struct value *number); /* of an int or a number */

bool value_equal(const struct value *a, const struct value *b);

#endif
