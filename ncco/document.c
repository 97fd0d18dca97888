#include "ncco/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/locate.h"
#include "ncco/reader.h"

#define DEFAULT_MAX_BYTES 65536
#define DEFAULT_MAX_STEPS 200

struct ncco_document {
	struct step_list steps;
	struct labels labels;
	char *base;
};

const struct param step_params[] = {
	{.name = "onError",
		.type = PARAM_ON_ERROR,
		.fallback = "\"continue\"",
		.help = "What follows when the step fails: continue with the next step, hangup, "
			"or an array of steps that run first."},
	{.name = NULL},
};

static struct step *step_free(struct step *step)
{
	if (!step)
		return NULL;
	params_release(step->verb->params, step);
	params_release(step_params, step);
	bindings_release(step);
	free(step->pointer);
	free(step);
	return NULL;
}

void steps_release(struct step_list *steps)
{
	for (unsigned i = 0; i < steps->count; i++)
		step_free(steps->items[i]);
	free(steps->items);
	*steps = (struct step_list){0};
}

static const struct verb *read_action(
	struct reader *reader, struct json_object *object, const char **ret_spelling)
{
	struct json_object *action = json_member(object, "action");
	const struct verb *verb;
	const char *withdrawn;

	if (!json_object_is_type(object, json_type_object)) {
		reader_fault(reader, "must be an object with an \"action\"");
		return NULL;
	}
	if (!json_object_is_type(action, json_type_string)) {
		reader_fault(
			reader, action ? "\"action\" must be a string" : "\"action\" is missing");
		return NULL;
	}
	verb = verb_find(json_object_get_string(action), ret_spelling);
	withdrawn = verb_withdrawn(json_object_get_string(action));
	if (withdrawn)
		reader_fault_at(reader, "action", "%s", withdrawn);
	else if (!verb)
		reader_fault_at(reader, "action", "unknown action \"%.40s\"; the nearest is \"%s\"",
			json_object_get_string(action),
			verb_nearest(json_object_get_string(action)));
	return verb;
}

/* A step of which some options may be faulty, or NULL when not even the verb is known. */
static struct step *step_read(struct reader *reader, struct json_object *object)
{
	struct reader_seen outer = reader->seen;
	const char *spelling = NULL;
	const struct verb *verb = read_action(reader, object, &spelling);
	struct step *step, *outer_step = reader->step;

	if (!verb)
		return NULL;
	step = xcalloc(1, verb->size);
	step->verb = verb;
	step->action = spelling;
	step->base = reader->base;
	step->pointer = xstrdup(reader_pointer(reader));
	params_set_fallbacks(verb->params, step);
	reader->seen.count = 0;
	reader->step = step;
	params_read(reader, verb->params, object, "action", step);
	step->option = reader_spelling(reader, verb->params);
	if (verb->parse)
		verb->parse(step, reader);
	if (verb->check)
		verb->check(step, reader);
	reader->step = outer_step;
	reader->seen = outer;
	return step;
}

void steps_read(struct reader *reader, struct json_object *array, struct step_list *ret_steps)
{
	size_t count = json_object_array_length(array);
	struct step_list *outer = reader->list;

	if (reader->nesting == NCCO_MAX_NESTING) {
		reader_fault(reader, "steps are nested deeper than %d", NCCO_MAX_NESTING);
		return;
	}
	if (count > reader->max_steps || reader->steps + count > reader->max_steps) {
		reader_fault(reader, "more than %u steps", reader->max_steps);
		return;
	}
	reader->steps += (unsigned)count;
	reader->nesting++;
	ret_steps->items = xcalloc(count + 1, sizeof *ret_steps->items);
	ret_steps->parent = outer;
	ret_steps->parent_next = outer ? outer->count + 1 : 0;
	reader->list = ret_steps;
	for (size_t i = 0; i < count; i++) {
		struct step *step;

		reader_enter_index(reader, i);
		step = step_read(reader, json_object_array_get_idx(array, i));
		if (step)
			ret_steps->items[ret_steps->count++] = step;
		reader_leave(reader);
	}
	reader->list = outer;
	reader->nesting--;
}

static void document_read(struct reader *reader, struct json_object *json, struct step_list *steps)
{
	struct json_object *array = json;
	const char *key = NULL;

	if (json_object_is_type(json, json_type_object)) {
		key = json_member(json, "steps") ? "steps" : "ncco";
		array = json_member(json, key);
	}
	if (!json_object_is_type(array, json_type_array)) {
		reader_fault(reader, "must be an array of steps, or an object with \"steps\"");
		return;
	}
	if (key)
		reader_enter(reader, key);
	steps_read(reader, array, steps);
	if (key)
		reader_leave(reader);
}

int ncco_parse_json(struct json_object *json, const char *base_url,
	const struct ncco_limits *limits, struct ncco_document **ret_document,
	struct ncco_faults *ret_faults)
{
	struct ncco_document *document = xcalloc(1, sizeof *document);
	struct reader reader = {
		.faults = ret_faults,
		.max_steps = limits && limits->max_steps ? limits->max_steps : DEFAULT_MAX_STEPS,
		.pointer = STRBUF_INIT,
	};

	*ret_faults = (struct ncco_faults){0};
	document->base = xstrdup(base_url);
	reader.base = document->base;
	reader.labels = &document->labels;
	document_read(&reader, json, &document->steps);
	reader_end_jumps(&reader);
	strbuf_release(&reader.pointer);
	if (ret_faults->count > 0) {
		ncco_document_free(document);
		return -EINVAL;
	}
	*ret_document = document;
	return 0;
}

static void text_fault(struct ncco_faults *faults, const char *message, size_t offset)
{
	faults->items = xcalloc(1, sizeof *faults->items);
	faults->items[0] = (struct ncco_fault){
		.pointer = xstrdup(""), .message = xstrdup(message), .offset = offset};
	faults->count = 1;
}

/* The text as JSON: 0, or -EINVAL and a fault. */
static int read_text(const char *text, size_t length, const struct ncco_limits *limits,
	struct json_object **ret_json, struct ncco_faults *ret_faults)
{
	size_t max = limits && limits->max_bytes ? limits->max_bytes : DEFAULT_MAX_BYTES;
	const char *error = NULL;
	size_t offset = 0;

	*ret_faults = (struct ncco_faults){0};
	if (length > max) {
		text_fault(ret_faults, "the document is too large", max);
		return -EINVAL;
	}
	if (json_parse(text, length, ret_json, &error, &offset) < 0) {
		text_fault(ret_faults, error, offset);
		return -EINVAL;
	}
	return 0;
}

/* A document of json, which is what the text was read as. */
static int read_document(const char *text, size_t length, struct json_object *json,
	const char *base_url, const struct ncco_limits *limits, struct ncco_document **ret_document,
	struct ncco_faults *ret_faults)
{
	int err;

	locate_duplicates(text, length, json, ret_faults);
	if (ret_faults->count > 0)
		return -EINVAL;
	err = ncco_parse_json(json, base_url, limits, ret_document, ret_faults);
	if (err < 0)
		locate_faults(text, length, ret_faults);
	return err;
}

int ncco_parse_text(const char *text, size_t length, const char *base_url,
	const struct ncco_limits *limits, struct ncco_document **ret_document,
	struct ncco_faults *ret_faults)
{
	struct json_object *json = NULL;
	int err = read_text(text, length, limits, &json, ret_faults);

	if (err == 0)
		err = read_document(text, length, json, base_url, limits, ret_document, ret_faults);
	json_object_put(json);
	return err;
}

static bool is_data(struct json_object *json)
{
	return json_object_is_type(json, json_type_object) &&
	       !json_object_object_get_ex(json, "steps", NULL) &&
	       !json_object_object_get_ex(json, "ncco", NULL) &&
	       !json_object_object_get_ex(json, "action", NULL);
}

int ncco_parse_answer(const char *text, size_t length, const char *base_url,
	const struct ncco_limits *limits, struct ncco_document **ret_document,
	struct json_object **ret_data, struct ncco_faults *ret_faults)
{
	struct json_object *json = NULL;
	int err = read_text(text, length, limits, &json, ret_faults);

	if (err == 0 && !is_data(json))
		err = read_document(text, length, json, base_url, limits, ret_document, ret_faults);
	if (err == 0)
		*ret_data = json;
	else
		json_object_put(json);
	return err;
}

struct ncco_document *ncco_document_free(struct ncco_document *document)
{
	if (!document)
		return NULL;
	steps_release(&document->steps);
	labels_release(&document->labels);
	free(document->base);
	free(document);
	return NULL;
}

size_t ncco_document_length(const struct ncco_document *document)
{
	return document->steps.count;
}

const struct step_list *document_steps(const struct ncco_document *document)
{
	return &document->steps;
}

const struct label *document_label(const struct ncco_document *document, const char *name)
{
	return labels_find(&document->labels, name);
}
