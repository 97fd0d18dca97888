/* Options that are lists: of texts, and of objects that have options of their own. Where one
 * stands instead of an array, it is taken for an array of one. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "ncco/reader.h"

#define DEFAULT_MOST 20

/* How many there are; 0 after a fault or for an empty list that may be empty. */
static size_t list_length(struct reader *reader, const struct param *param,
	struct json_object *value, bool may_be_empty)
{
	bool array = json_object_is_type(value, json_type_array);
	size_t count = array ? json_object_array_length(value) : 1;
	size_t most = param->most ? param->most : DEFAULT_MOST;

	if (count <= most && (count > 0 || may_be_empty))
		return count;
	reader_fault(reader, "must have from %d to %zu entries", may_be_empty ? 0 : 1, most);
	return 0;
}

static struct json_object *list_get(struct json_object *value, size_t index)
{
	return json_object_is_type(value, json_type_array) ? json_object_array_get_idx(value, index)
							   : value;
}

void list_read(
	struct reader *reader, const struct param *param, struct json_object *value, char ***out)
{
	bool array = json_object_is_type(value, json_type_array);
	bool lines = param->type == PARAM_LINE_LIST;
	struct param one = {.name = param->name,
		.type = lines				 ? PARAM_LINE
			: param->type == PARAM_TEXT_LIST ? PARAM_TEXT
							 : PARAM_MEDIA,
		.max = param->max,
		.required = true};
	size_t count = list_length(reader, param, value, lines);

	if (count == 0 && !lines)
		return;
	*out = xcalloc(count + 1, sizeof **out);
	for (size_t i = 0; i < count; i++) {
		char **text = *out + i;

		if (array)
			reader_enter_index(reader, i);
		param_read(reader, &one, list_get(value, i), text);
		if (!*text)
			*text = xstrdup(""); /* after a fault */
		if (array)
			reader_leave(reader);
	}
}

void list_release(char ***list)
{
	for (char **text = *list; text && *text; text++)
		free(*text);
	free(*list);
	*list = NULL;
}

/* Objects with options of their own */

static const struct entry_kind *find_kind(
	struct reader *reader, const struct param *param, struct json_object *object)
{
	struct json_object *type = json_member(object, "type");
	const char *name =
		json_object_is_type(type, json_type_string) ? json_object_get_string(type) : NULL;
	const char *names[16];
	size_t count = 0;

	if (!json_object_is_type(object, json_type_object)) {
		fault_must(reader, param, "an object with a \"type\"", object);
		return NULL;
	}
	if (!name) {
		reader_fault(reader, type ? "\"type\" must be a string" : "\"type\" is missing");
		return NULL;
	}
	for (const struct entry_kind *kind = param->kinds; kind->name; kind++) {
		if (strcasecmp(kind->name, name) == 0 ||
			(kind->alias && strcasecmp(kind->alias, name) == 0))
			return kind;
		names[count++] = kind->name;
	}
	reader_fault_at(reader, "type", "unknown type \"%.40s\"; the nearest is \"%s\"", name,
		spelling_nearest(name, names, count));
	return NULL;
}

static struct entry *entry_free(struct entry *entry)
{
	if (!entry)
		return NULL;
	params_release(entry->kind->params, entry);
	free(entry->pointer);
	free(entry);
	return NULL;
}

/* An entry of which some options may be faulty, or NULL when not even its kind is known. */
static struct entry *entry_read(
	struct reader *reader, const struct param *param, struct json_object *object)
{
	const struct entry_kind *kind = find_kind(reader, param, object);
	struct reader_seen outer = reader->seen;
	size_t faults = reader->faults->count;
	struct entry *entry;

	if (!kind)
		return NULL;
	entry = xcalloc(1, kind->size);
	entry->kind = kind;
	entry->pointer = xstrdup(reader_pointer(reader));
	params_set_fallbacks(kind->params, entry);
	reader->seen.count = 0;
	params_read(reader, kind->params, object, "type", entry);
	if (kind->check && reader->faults->count == faults)
		kind->check(entry, reader);
	reader->seen = outer;
	return entry;
}

void entries_read(struct reader *reader, const struct param *param, struct json_object *value,
	struct entries *out)
{
	bool array = json_object_is_type(value, json_type_array);
	size_t count = list_length(reader, param, value, false);

	out->items = xcalloc(count + 1, sizeof(struct entry *));
	for (size_t i = 0; i < count; i++) {
		struct entry *entry;

		if (array)
			reader_enter_index(reader, i);
		entry = entry_read(reader, param, list_get(value, i));
		if (entry)
			out->items[out->count++] = entry;
		if (array)
			reader_leave(reader);
	}
}

void entries_release(struct entries *entries)
{
	for (unsigned i = 0; i < entries->count; i++)
		entry_free(entries->items[i]);
	free(entries->items);
	*entries = (struct entries){0};
}
