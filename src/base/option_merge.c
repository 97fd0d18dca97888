/* Overrides "proxy.udp_port=5070": put into the parsed document before it is read, so that one
 * reader judges both. What an override made is marked with line 0 and its number from 1. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option_private.h"

static struct json_object *marked(struct json_object *object, size_t index)
{
	toml_set_mark(object, (struct toml_mark){.line = 0, .column = (unsigned)index + 1});
	return object;
}

static void mark_all(struct json_object *value, size_t index)
{
	bool date = toml_mark_of(value).date;

	toml_set_mark(value, (struct toml_mark){0, (unsigned)index + 1, date});
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			mark_all(json_object_array_get_idx(value, i), index);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach (value, name, item) {
			(void)name;
			mark_all(item, index);
		}
	}
}

static struct json_object *parse_value(const char *text, size_t index)
{
	struct json_object *value = NULL;

	if (toml_parse_value(text, &value) < 0)
		value = json_object_new_string(text);
	mark_all(value, index);
	return value;
}

/* The element of that index or id; a new one for the index behind the last. */
static struct json_object *find_element(struct json_object *list, const char *name, size_t index)
{
	size_t length = json_object_array_length(list), wanted;
	struct json_object *element;
	char *end;

	for (size_t i = 0; i < length; i++) {
		element = json_object_array_get_idx(list, i);
		if (strcmp(json_text(element, "id", ""), name) == 0 && *name)
			return element;
	}
	wanted = strtoul(name, &end, 10);
	if (*end || !*name || wanted > length)
		return NULL;
	if (wanted == length)
		json_object_array_add(list, marked(json_object_new_object(), index));
	return json_object_array_get_idx(list, wanted);
}

/* Member `name`, made as an empty container when it is not there. */
static struct json_object *enter(
	struct json_object *table, const char *name, bool list, size_t index)
{
	struct json_object *member = json_member(table, name);

	if (!member) {
		member = marked(list ? json_object_new_array() : json_object_new_object(), index);
		json_object_object_add(table, name, member);
	}
	return member;
}

/* Why `path` cannot be gone down, as a fault of override `index`. */
static void stop_at(struct option_load *load, const char *path, const char *why, size_t index)
{
	struct json_object *nowhere = marked(json_object_new_object(), index);

	option_fault(load, nowhere, path, "%s", why);
	json_object_put(nowhere);
}

/* Adds `name` to the key; true when that key is a list of tables. */
static bool add_key(struct option_load *load, struct strbuf *key, const char *name)
{
	const struct option *row;

	strbuf_addf(key, "%s%s[]", key->length ? "." : "", name);
	row = option_find(load, key->data);
	if (!row)
		key->data[key->length -= 2] = '\0';
	return row != NULL;
}

/* From `table` down the dotted `path`, which is cut up. NULL with *ret_why when there is no way;
 * *ret_last is the name that is left to set. */
static struct json_object *descend(struct option_load *load, struct json_object *table, char *path,
	size_t index, char **ret_last, const char **ret_why)
{
	struct strbuf key = STRBUF_INIT;
	char *name;
	bool list;

	*ret_why = NULL;
	while (!*ret_why && strchr(path, '.')) {
		name = strsep(&path, ".");
		list = add_key(load, &key, name);
		table = enter(table, name, list, index);
		if (list && json_object_is_type(table, json_type_array) && strchr(path, '.'))
			table = find_element(table, strsep(&path, "."), index);
		if (!table)
			*ret_why = "names no element: write its id or its index (the index behind "
				   "the last adds one)";
		else if (!json_object_is_type(table, json_type_object))
			*ret_why = "goes below what is not a table";
	}
	strbuf_release(&key);
	*ret_last = path;
	return table;
}

void option_merge(struct option_load *load, struct json_object *root, size_t index)
{
	const char *text = load->overrides[index], *equals = strchr(text, '=');
	struct json_object *table;
	char *path, *shown, *last;
	const char *why;

	if (!equals || equals == text) {
		stop_at(load, text, "must be KEY=VALUE", index);
		return;
	}
	path = xstrndup(text, (size_t)(equals - text));
	shown = xstrdup(path);
	table = descend(load, root, path, index, &last, &why);
	if (why)
		stop_at(load, shown, why, index);
	else
		json_object_object_add(table, last, parse_value(equals + 1, index));
	free(path);
	free(shown);
}
