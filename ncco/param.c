/* The options of a step, by its table. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/reader.h"
#include "ncco/template.h"

const struct param *param_find(const struct param *params, const char *key)
{
	for (const struct param *p = params; p && p->name; p++) {
		if (strcmp(p->name, key) == 0)
			return p;
		for (size_t i = 0; i < ARRAY_SIZE(p->aliases) && p->aliases[i]; i++) {
			if (strcmp(p->aliases[i], key) == 0)
				return p;
		}
	}
	return NULL;
}

/* Two options that say the same: an alias beside the name, or a group beside its flat form. */
static const char *said_before(const struct reader *reader, const struct param *param)
{
	const struct reader_seen *seen = &reader->seen;

	for (unsigned i = 0; i < seen->count; i++) {
		if (seen->params[i]->offset == param->offset && param->type != PARAM_GROUP &&
			seen->params[i]->type == param->type)
			return seen->keys[i];
	}
	return NULL;
}

static void fault_unknown(struct reader *reader, const struct param *params, bool of_step)
{
	const char *names[64];
	const char *key = strrchr(reader_pointer(reader), '/') + 1, *nearest;
	size_t count = 0;

	for (const struct param *p = params; p && p->name; p++) {
		names[count++] = p->name;
		for (size_t i = 0; i < ARRAY_SIZE(p->aliases) && p->aliases[i]; i++)
			names[count++] = p->aliases[i];
	}
	if (of_step)
		names[count++] = "onError";
	nearest = spelling_nearest(key, names, count);
	reader_fault(reader, "unknown option; the nearest is \"%s\"", nearest);
}

static enum template_use template_use(const struct param *param)
{
	if (param->type == PARAM_OBJECT || param->type == PARAM_ENTRIES)
		return TEMPLATE_JSON;
	return param->type == PARAM_URL || param->type == PARAM_MEDIA ||
			       param->type == PARAM_MEDIA_LIST
		       ? TEMPLATE_URL
		       : TEMPLATE_TEXT;
}

/* A value with ${} waits until the step starts; true after a fault, too. */
static bool bind_later(struct reader *reader, const struct param *param, struct json_object *value)
{
	struct step *step = reader->step;
	bool own = param->type == PARAM_VARIABLES || param->type == PARAM_EXPRESSION ||
		   param->type == PARAM_TEMPLATE || param->type == PARAM_STEPS ||
		   param->type == PARAM_GROUP || param->type == PARAM_ON_ERROR;
	struct template *template;

	if (own || reader->filled || !template_wanted(value))
		return false;
	if (param->literal) {
		reader_fault(reader, "cannot have ${} in it");
		return true;
	}
	template = template_read(reader, value, template_use(param));
	if (!template)
		return true;
	step->bindings =
		xrealloc(step->bindings, (step->binding_count + 1) * sizeof *step->bindings);
	step->bindings[step->binding_count++] =
		(struct binding){param, template, xstrdup(reader_pointer(reader))};
	return true;
}

static void read_member(struct reader *reader, const struct param *param, const char *key,
	struct json_object *value, void *base)
{
	const char *before = said_before(reader, param);

	if (before) {
		reader_fault(reader, "says the same as \"%s\", which is given too", before);
		return;
	}
	if (reader->seen.count < READER_MAX_SEEN) {
		reader->seen.params[reader->seen.count] = param;
		reader->seen.keys[reader->seen.count++] = key;
	}
	if (!bind_later(reader, param, value))
		param_read(reader, param, value, base);
}

static void fault_missing(struct reader *reader, const struct param *params)
{
	for (const struct param *p = params; p && p->name; p++) {
		if (!p->required || reader_has(reader, p->name))
			continue;
		if (p->aliases[0])
			reader_fault(reader, "\"%s\" or \"%s\" is missing", p->name, p->aliases[0]);
		else
			reader_fault(reader, "\"%s\" is missing", p->name);
	}
}

void params_read(struct reader *reader, const struct param *params, struct json_object *object,
	const char *type, void *base)
{
	bool of_step = type && params == reader->step->verb->params;

	if (!json_object_is_type(object, json_type_object)) {
		reader_fault(reader, "must be an object");
		return;
	}
	json_object_object_foreach (object, key, value) {
		const struct param *param = param_find(params, key);

		if (!param && type && strcmp(key, type) == 0)
			continue;
		if (!param && of_step)
			param = param_find(step_params, key);
		reader_enter(reader, key);
		if (param)
			read_member(reader, param, key, value, base);
		else
			fault_unknown(reader, params, of_step);
		reader_leave(reader);
	}
	fault_missing(reader, params);
}

/* A group may have the same member again. */
static void read_fallback_text(const char *json, char **out)
{
	free(*out);
	*out = xstrndup(json + 1, strlen(json) - 2);
}

/* Fallbacks are our own text: a member that is not read stays at zero. */
static void set_fallback(const struct param *p, void *member)
{
	if (p->type == PARAM_INT)
		*(int *)member = (int)strtol(p->fallback, NULL, 10);
	else if (p->type == PARAM_NUMBER)
		*(double *)member = strtod(p->fallback, NULL);
	else if (p->type == PARAM_BOOL)
		*(bool *)member = p->fallback[0] == 't';
	else if (p->type == PARAM_CHOICE)
		read_fallback_text(p->fallback, member);
}

void params_set_fallbacks(const struct param *params, void *base)
{
	for (const struct param *p = params; p->name; p++) {
		if (p->type == PARAM_GROUP)
			params_set_fallbacks(p->members, base);
		if (p->fallback)
			set_fallback(p, (char *)base + p->offset);
	}
}

void params_release(const struct param *params, void *base)
{
	for (const struct param *p = params; p && p->name; p++)
		param_release(p, base);
}
