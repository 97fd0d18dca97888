#include "ncco/variables.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const names[VARIABLE_COUNT] = {
	[VARIABLE_FROM] = "from",
	[VARIABLE_TO] = "to",
	[VARIABLE_UUID] = "uuid",
	[VARIABLE_CONVERSATION_UUID] = "conversation_uuid",
	[VARIABLE_DIGITS] = "digits",
	[VARIABLE_SPEECH] = "speech",
	[VARIABLE_AMD] = "amd",
	[VARIABLE_RECORD_URL] = "record_url",
	[VARIABLE_LAST] = "last",
};

enum variable_id variable_find(const char *name)
{
	enum variable_id id = 0;

	while (id < VARIABLE_COUNT && strcmp(names[id], name) != 0)
		id++;
	return id;
}

const char *variable_name(enum variable_id id)
{
	return names[id];
}

const char *variable_name_fault(const char *name)
{
	static const char *const words[] = {
		"true", "false", "null", "len", "lower", "upper", "substr", "int", "str"};
	size_t length = strlen(name);

	if (length > VARIABLE_MAX_NAME)
		return "is longer than 64 characters";
	if (!isalpha((unsigned char)*name) && *name != '_')
		return "is not a name: a letter or _, then letters, digits and _";
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return "is not a name: a letter or _, then letters, digits and _";
	}
	if (variable_find(name) != VARIABLE_COUNT)
		return "is a variable that cannot be set";
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], name) == 0)
			return "is a word of the language";
	}
	return NULL;
}

void variables_give(struct variables *v, enum variable_id id, struct json_object *value)
{
	json_object_get(value);
	json_object_put(v->given[id]);
	v->given[id] = value;
}

static struct variable *find(const struct variables *v, const char *name)
{
	for (unsigned i = 0; i < v->count; i++) {
		if (strcmp(v->made[i].name, name) == 0)
			return &v->made[i];
	}
	return NULL;
}

static size_t measure(struct json_object *value, size_t max, unsigned depth)
{
	size_t size = 8;

	if (depth > JSON_MAX_DEPTH)
		return max + 1;
	if (json_object_is_type(value, json_type_string)) {
		size += (size_t)json_object_get_string_len(value);
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value) && size <= max; i++)
			size += measure(json_object_array_get_idx(value, i), max - size, depth + 1);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach (value, key, member) {
			size += strlen(key) + 4;
			if (size <= max)
				size += measure(member, max - size, depth + 1);
			if (size > max)
				break;
		}
	}
	return size > max ? max + 1 : size;
}

size_t variable_measure(struct json_object *value, size_t max)
{
	return measure(value, max, 0);
}

const char *variables_set(struct variables *v, const char *name, struct json_object *value)
{
	struct variable *variable = find(v, name);
	size_t others = v->size - (variable ? variable->size : 0);
	size_t size = variable_measure(value, VARIABLES_MAX_SIZE - others);

	if (others + size > VARIABLES_MAX_SIZE)
		return "makes the variables larger than 256 KiB, or nested deeper than 32 levels";
	if (!variable && v->count == VARIABLES_MAX_MADE)
		return "is one variable too many: there are 100";
	if (!variable) {
		v->made = xrealloc(v->made, (v->count + 1) * sizeof *v->made);
		variable = &v->made[v->count++];
		*variable = (struct variable){.name = xstrdup(name)};
	}
	json_object_get(value);
	json_object_put(variable->value);
	variable->value = value;
	variable->size = size;
	v->size = others + size;
	return NULL;
}

bool variables_get(const struct variables *v, const char *name, struct json_object **ret_value)
{
	const struct variable *variable = find(v, name);

	if (variable)
		*ret_value = variable->value;
	return variable != NULL;
}

struct json_object *variables_json(const struct variables *v)
{
	struct json_object *out = json_object_new_object();

	for (enum variable_id id = VARIABLE_DIGITS; id < VARIABLE_LAST; id++) {
		if (v->given[id])
			json_object_object_add(out, names[id], json_object_get(v->given[id]));
	}
	for (unsigned i = 0; i < v->count; i++) {
		if (v->made[i].value)
			json_object_object_add(
				out, v->made[i].name, json_object_get(v->made[i].value));
	}
	return out;
}

void variables_release(struct variables *v)
{
	for (size_t i = 0; i < VARIABLE_COUNT; i++)
		json_object_put(v->given[i]);
	for (unsigned i = 0; i < v->count; i++) {
		free(v->made[i].name);
		json_object_put(v->made[i].value);
	}
	free(v->made);
	*v = (struct variables){0};
}
