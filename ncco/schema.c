#include "ncco/schema.h"

#include <stdlib.h>

#include "base/mem.h"
#include "ncco/expr.h"
#include "ncco/verb.h"

static struct json_object *types(const char *a, const char *b)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, json_object_new_string(a));
	json_object_array_add(list, json_object_new_string(b));
	return list;
}

static void add_number(struct json_object *out, const struct param *p)
{
	const char *type = p->type == PARAM_INT ? "integer" : "number";

	json_object_object_add(out, "type", types(type, "string"));
	json_add_text(out, "pattern", "^[-+.0-9eE]+$");
	if (p->clamp || (p->min == 0 && p->max == 0))
		return;
	json_object_object_add(out, "minimum", json_object_new_double(p->min));
	json_object_object_add(out, "maximum", json_object_new_double(p->max));
}

static struct json_object *choice_list(const char *const *values)
{
	struct json_object *list = json_object_new_array();

	for (; *values; values++)
		json_object_array_add(list, json_object_new_string(*values));
	return list;
}

static struct json_object *choices(const char *const *values)
{
	struct json_object *out = json_object_new_object();

	json_object_object_add(out, "enum", choice_list(values));
	return out;
}

/* One of `item`, or an array of min to max of it. */
static void add_listed(struct json_object *out, struct json_object *item, int min, int max)
{
	struct json_object *either = json_object_new_array();
	struct json_object *list = json_object_new_object();

	json_add_text(list, "type", "array");
	json_object_object_add(list, "items", json_object_get(item));
	json_add_int(list, "minItems", min);
	if (max)
		json_add_int(list, "maxItems", max);
	json_object_array_add(either, item);
	json_object_array_add(either, list);
	json_object_object_add(out, "anyOf", either);
}

static struct json_object *string_schema(int max)
{
	struct json_object *out = json_object_new_object();

	json_add_text(out, "type", "string");
	json_add_int(out, "maxLength", max);
	return out;
}

static struct json_object *param_schema(const struct param *p);
static void add_required(struct json_object *out, const struct param *params);

static void add_members(struct json_object *out, const struct param *params)
{
	struct json_object *properties = json_object_new_object();

	for (const struct param *p = params; p->name; p++) {
		json_object_object_add(properties, p->name, param_schema(p));
		for (size_t i = 0; i < ARRAY_SIZE(p->aliases) && p->aliases[i]; i++)
			json_object_object_add(properties, p->aliases[i], param_schema(p));
	}
	json_add_text(out, "type", "object");
	json_object_object_add(out, "properties", properties);
	json_add_bool(out, "additionalProperties", false);
}

static struct json_object *kind_schema(const struct entry_kind *kind)
{
	const char *names[] = {kind->name, kind->alias, NULL};
	struct json_object *out = json_object_new_object(), *properties;
	struct json_object *required = json_object_new_array();

	json_add_text(out, "description", kind->help);
	add_members(out, kind->params);
	properties = json_member(out, "properties");
	json_object_object_add(properties, "type", choices(names));
	json_object_array_add(required, json_object_new_string("type"));
	json_object_object_add(out, "required", required);
	add_required(out, kind->params);
	return out;
}

static struct json_object *entry_schema(const struct entry_kind *kinds)
{
	struct json_object *out = json_object_new_object(), *list = json_object_new_array();

	for (; kinds->name; kinds++)
		json_object_array_add(list, kind_schema(kinds));
	json_object_object_add(out, "oneOf", list);
	return out;
}

static void add_text_type(struct json_object *out, const struct param *p)
{
	if (p->bare)
		json_object_object_add(out, "type", types("string", "integer"));
	else
		json_add_text(out, "type", "string");
	json_add_int(out, "maxLength", p->max > 0 ? (int)p->max : NCCO_MAX_TEXT);
	if (p->required)
		json_add_int(out, "minLength", 1);
}

static void add_list_type(struct json_object *out, const struct param *p)
{
	int most = p->most ? (int)p->most : 20;

	if (p->type == PARAM_MEDIA_LIST)
		add_listed(out, string_schema(NCCO_MAX_URL), 1, most);
	else if (p->type == PARAM_ENTRIES)
		add_listed(out, entry_schema(p->kinds), 1, most);
	else
		add_listed(out, string_schema((int)p->max), p->type == PARAM_TEXT_LIST, most);
}

static void add_on_error(struct json_object *out)
{
	struct json_object *either = json_object_new_array();
	struct json_object *words, *steps = json_object_new_object();
	static const char *const values[] = {"continue", "hangup", NULL};

	words = choices(values);
	json_add_text(steps, "$ref", "#/$defs/steps");
	json_object_array_add(either, words);
	json_object_array_add(either, steps);
	json_object_object_add(out, "anyOf", either);
}

static void add_type(struct json_object *out, const struct param *p)
{
	switch (p->type) {
	case PARAM_BOOL:
		json_object_object_add(out, "type", types("boolean", "string"));
		json_add_text(out, "pattern", "^(true|false)$");
		break;
	case PARAM_INT:
	case PARAM_NUMBER:
		add_number(out, p);
		break;
	case PARAM_TEXT:
	case PARAM_LINE:
		add_text_type(out, p);
		break;
	case PARAM_URL:
	case PARAM_MEDIA:
		add_listed(out, string_schema(NCCO_MAX_URL), 1, 1);
		break;
	case PARAM_CHOICE:
		json_object_object_add(out, "enum", choice_list(p->values));
		break;
	case PARAM_CHOICES:
		add_listed(out, choices(p->values), 1, 0);
		break;
	case PARAM_OBJECT:
		json_add_text(out, "type", "object");
		break;
	case PARAM_HEADERS:
		json_add_text(out, "type", "object");
		json_object_object_add(out, "additionalProperties", string_schema(512));
		break;
	case PARAM_GROUP:
		add_members(out, p->members);
		break;
	case PARAM_MEDIA_LIST:
	case PARAM_TEXT_LIST:
	case PARAM_LINE_LIST:
	case PARAM_ENTRIES:
		add_list_type(out, p);
		break;
	case PARAM_VARIABLES:
		json_add_text(out, "type", "object");
		break;
	case PARAM_TEMPLATE:
		json_object_object_add(out, "type", types("string", "boolean"));
		json_add_int(out, "maxLength", (int)p->max);
		break;
	case PARAM_EXPRESSION:
		json_object_object_add(out, "type", types("string", "boolean"));
		json_add_int(out, "maxLength", EXPR_MAX_TEXT);
		break;
	case PARAM_STEPS:
		json_add_text(out, "$ref", "#/$defs/steps");
		break;
	case PARAM_ON_ERROR:
		add_on_error(out);
		break;
	}
}

/* Whether a string with ${} is good that would not be good without. */
static bool takes_template(const struct param *p)
{
	switch (p->type) {
	case PARAM_BOOL:
	case PARAM_INT:
	case PARAM_NUMBER:
	case PARAM_TEXT:
	case PARAM_LINE:
	case PARAM_CHOICE:
	case PARAM_CHOICES:
		return !p->literal;
	default:
		return false;
	}
}

static void add_type_or_template(struct json_object *out, const struct param *p)
{
	struct json_object *either = json_object_new_array(), *type = json_object_new_object();
	struct json_object *template = json_object_new_object();

	add_type(type, p);
	json_add_text(template, "type", "string");
	json_add_text(template, "pattern", "[$][{]");
	json_object_array_add(either, type);
	json_object_array_add(either, template);
	json_object_object_add(out, "anyOf", either);
}

static struct json_object *param_schema(const struct param *p)
{
	struct json_object *out = json_object_new_object();

	if (takes_template(p))
		add_type_or_template(out, p);
	else
		add_type(out, p);
	json_add_text(out, "description", p->help);
	if (p->fallback)
		json_object_object_add(out, "default", json_tokener_parse(p->fallback));
	return out;
}

/* A required option may come under any of its names. */
static void add_required(struct json_object *out, const struct param *params)
{
	struct json_object *all = json_object_new_array();

	for (const struct param *p = params; p->name; p++) {
		const char *names[4] = {p->name, p->aliases[0], p->aliases[1], p->aliases[2]};
		struct json_object *either = json_object_new_array(), *rule;

		for (size_t i = 0; p->required && i < ARRAY_SIZE(names) && names[i]; i++) {
			struct json_object *one = json_object_new_object();
			struct json_object *list = json_object_new_array();

			json_object_array_add(list, json_object_new_string(names[i]));
			json_object_object_add(one, "required", list);
			json_object_array_add(either, one);
		}
		rule = json_object_new_object();
		json_object_object_add(rule, "oneOf", either);
		if (p->required)
			json_object_array_add(all, rule);
		else
			json_object_put(rule);
	}
	if (json_object_array_length(all) > 0)
		json_object_object_add(out, "allOf", all);
	else
		json_object_put(all);
}

static struct json_object *verb_schema(const struct verb *verb)
{
	struct json_object *out = json_object_new_object(), *properties, *action;
	const char *names[5] = {
		verb->name, verb->aliases[0], verb->aliases[1], verb->aliases[2], NULL};
	struct json_object *required = json_object_new_array();

	json_add_text(out, "description", verb->help);
	add_members(out, verb->params);
	properties = json_member(out, "properties");
	action = choices(names);
	json_object_object_add(properties, "action", action);
	for (const struct param *p = step_params; p->name; p++)
		json_object_object_add(properties, p->name, param_schema(p));
	json_object_array_add(required, json_object_new_string("action"));
	json_object_object_add(out, "required", required);
	add_required(out, verb->params);
	return out;
}

static struct json_object *reference(const char *to)
{
	struct json_object *out = json_object_new_object();

	json_add_text(out, "$ref", to);
	return out;
}

/* A list of steps, alone or as the member "steps" or "ncco" of an object. */
static void add_root(struct json_object *out)
{
	struct json_object *either = json_object_new_array();
	static const char *const keys[] = {"steps", "ncco"};

	json_object_array_add(either, reference("#/$defs/steps"));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct json_object *object = json_object_new_object();
		struct json_object *properties = json_object_new_object();
		struct json_object *required = json_object_new_array();

		json_add_text(object, "type", "object");
		json_object_object_add(properties, keys[i], reference("#/$defs/steps"));
		json_object_object_add(object, "properties", properties);
		json_object_array_add(required, json_object_new_string(keys[i]));
		json_object_object_add(object, "required", required);
		json_object_array_add(either, object);
	}
	json_object_object_add(out, "anyOf", either);
}

struct json_object *schema_new(void)
{
	struct json_object *out = json_object_new_object(), *defs = json_object_new_object();
	struct json_object *verbs = json_object_new_array(), *step = json_object_new_object();
	struct json_object *steps = json_object_new_object();

	json_add_text(out, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_add_text(out, "title", "NCCO: a script for a call");
	add_root(out);
	for (const struct verb *const *verb = verb_table; *verb; verb++) {
		char *name = xasprintf("#/$defs/%s", (*verb)->name);

		json_object_object_add(defs, (*verb)->name, verb_schema(*verb));
		json_object_array_add(verbs, reference(name));
		free(name);
	}
	json_object_object_add(step, "oneOf", verbs);
	json_object_object_add(defs, "step", step);
	json_add_text(steps, "type", "array");
	json_object_object_add(steps, "items", reference("#/$defs/step"));
	json_object_object_add(defs, "steps", steps);
	json_object_object_add(out, "$defs", defs);
	return out;
}
