/* variables.h - the variables of a call: the ones that nccod gives, and the ones that `set` made.
 * They live as long as the call's interpreter, whatever script it runs. Belongs to its thread. */
#ifndef NCCO_VARIABLES_H
#define NCCO_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

#define VARIABLE_MAX_NAME  64
#define VARIABLES_MAX_MADE 100
#define VARIABLES_MAX_SIZE (256 * 1024) /* of all that `set` made, about as bytes of JSON */

enum variable_id {
	VARIABLE_FROM,
	VARIABLE_TO,
	VARIABLE_UUID,
	VARIABLE_CONVERSATION_UUID,
	VARIABLE_DIGITS,
	VARIABLE_SPEECH,
	VARIABLE_AMD,
	VARIABLE_RECORD_URL,
	VARIABLE_LAST,
	VARIABLE_COUNT
};

struct variable {
	char *name;
	struct json_object *value;
	size_t size;
};

/* Starts as {0}. Values that are given are never changed. */
struct variables {
	struct json_object *given[VARIABLE_COUNT];
	struct variable *made;
	unsigned count;
	size_t size;
};

void variables_release(struct variables *variables);

/* Which of nccod's own variables has the name, or VARIABLE_COUNT. */
enum variable_id variable_find(const char *name);
const char *variable_name(enum variable_id id);

/* Whether `set` may use the name: a letter or _, then letters, digits and _, at most 64; not
 * taken by nccod or the language. NULL: yes; else what is wrong, a constant. */
const char *variable_name_fault(const char *name);

/* Each takes a reference of its own. */
void variables_give(struct variables *variables, enum variable_id id, struct json_object *value);
/* NULL, or what is wrong, a constant; then nothing has changed. */
const char *variables_set(struct variables *variables, const char *name, struct json_object *value);

/* A variable that `set` made; *ret_value is borrowed and may be NULL. False: there is none. */
bool variables_get(
	const struct variables *variables, const char *name, struct json_object **ret_value);

/* About as many bytes as a value takes as JSON, but no more than max + 1, also when it is nested
 * deeper than JSON_MAX_DEPTH: values share their parts, so that a small one may be immense when it
 * is written out. */
size_t variable_measure(struct json_object *value, size_t max);

/* An object of everything but from, to, uuid, conversation_uuid, last and nulls; the caller's. */
struct json_object *variables_json(const struct variables *variables);

#endif
