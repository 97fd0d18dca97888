/* Walks a parsed document along the rows of the table: defaults, values, unknown keys. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option_private.h"

bool option_name_plain(const char *name)
{
	return *name && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					   "0123456789_-")];
}

void option_path_add(struct strbuf *path, const char *name)
{
	struct json_object *quoted;

	if (path->length)
		strbuf_addc(path, '.');
	if (option_name_plain(name)) {
		strbuf_adds(path, name);
		return;
	}
	quoted = json_object_new_string(name);
	strbuf_adds(path, json_print(quoted));
	json_object_put(quoted);
}

const struct option *option_find(const struct option_load *load, const char *key)
{
	for (size_t i = 0; i < load->option_count; i++)
		if (strcmp(load->options[i].key, key) == 0)
			return &load->options[i];
	return NULL;
}

bool option_is_table(const struct option_load *load, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < load->option_count; i++)
		if (strncmp(load->options[i].key, key, length) == 0 &&
			load->options[i].key[length] == '.')
			return true;
	return false;
}

/* True when the row belongs directly to the struct at `prefix`: "" or "applications[].". */
static bool belongs(const struct option *option, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(option->key, prefix, length) == 0 && !strstr(option->key + length, "[].");
}

static void set_default(const struct option *option, void *slot)
{
	switch (option->type) {
	case OPTION_TEXT:
		*(char **)slot = xstrdup(option->text);
		break;
	case OPTION_TEXT_LIST:
		*(char ***)slot = xcalloc(1, sizeof(char *));
		break;
	case OPTION_UNSIGNED:
		*(unsigned *)slot = (unsigned)option->number;
		break;
	case OPTION_PORT:
		*(uint16_t *)slot = (uint16_t)option->number;
		break;
	case OPTION_SIZE:
		*(size_t *)slot = (size_t)option->number;
		break;
	case OPTION_BOOL:
		*(bool *)slot = option->number != 0;
		break;
	case OPTION_TRISTATE:
	case OPTION_ENUM:
		*(int *)slot = (int)option->number;
		break;
	case OPTION_TEXT_MAP:
	case OPTION_TEXT_MAPS:
	case OPTION_JSON_ARRAY:
	case OPTION_TABLES:
		break; /* the zero of the struct */
	}
}

static void set_defaults(const struct option_load *load, const char *prefix, char *base)
{
	for (size_t i = 0; i < load->option_count; i++)
		if (belongs(&load->options[i], prefix))
			set_default(&load->options[i], base + load->options[i].offset);
}

static void check_required(
	struct option_load *load, struct json_object *table, const char *prefix, const char *path)
{
	for (size_t i = 0; i < load->option_count; i++) {
		const struct option *option = &load->options[i];
		const char *name = option->key + strlen(prefix);
		char *at;

		if (!option->required || !belongs(option, prefix) || json_member(table, name))
			continue;
		at = xasprintf("%s.%s", path, name);
		option_fault(load, table, at, "is missing");
		free(at);
	}
}

static void read_table(
	struct option_load *load, struct json_object *table, struct option_path *at, char *base);

static void read_element(struct option_load *load, struct json_object *element,
	const struct option *row, const char *path, char *base)
{
	struct option_path at = {STRBUF_INIT, STRBUF_INIT};
	char *prefix = xasprintf("%s.", row->key);

	strbuf_adds(&at.path, path);
	strbuf_adds(&at.key, row->key);
	set_defaults(load, prefix, base);
	if (json_object_is_type(element, json_type_object)) {
		read_table(load, element, &at, base);
		check_required(load, element, prefix, path);
	} else {
		option_fault(load, element, path, "must be a table");
	}
	free(prefix);
	strbuf_release(&at.path);
	strbuf_release(&at.key);
}

static void read_tables(struct option_load *load, const struct option *row,
	struct json_object *value, const char *path, char *base)
{
	size_t count;
	char *elements;

	if (!json_object_is_type(value, json_type_array)) {
		option_fault(
			load, value, path, "must be a list of tables, each under [[%s]]", path);
		return;
	}
	count = json_object_array_length(value);
	elements = xcalloc(count + 1, row->element_size);
	*(char **)(base + row->offset) = elements;
	*(size_t *)(base + row->count_offset) = count;
	for (size_t i = 0; i < count; i++) {
		char *at = xasprintf("%s.%zu", path, i);

		read_element(load, json_object_array_get_idx(value, i), row, at,
			elements + i * row->element_size);
		free(at);
	}
}

static void unknown_key(struct option_load *load, struct json_object *value,
	const struct option_path *parent, const char *name, const char *path)
{
	struct strbuf hint = STRBUF_INIT;

	if (option_name_plain(name))
		option_suggest(load, parent, name, &hint);
	option_fault(load, value, path, "unknown key%s", hint.data);
	strbuf_release(&hint);
}

static void read_member(struct option_load *load, struct json_object *value,
	const struct option_path *parent, const char *name, char *base)
{
	struct option_path at = {STRBUF_INIT, STRBUF_INIT};
	const struct option *row;
	char *list;

	strbuf_adds(&at.path, parent->path.data);
	strbuf_adds(&at.key, parent->key.data);
	option_path_add(&at.path, name);
	option_path_add(&at.key, name);
	list = xasprintf("%s[]", at.key.data);
	if ((row = option_find(load, at.key.data)))
		option_read_value(load, row, value, at.path.data, base + row->offset);
	else if ((row = option_find(load, list)))
		read_tables(load, row, value, at.path.data, base);
	else if (!option_is_table(load, at.key.data))
		unknown_key(load, value, parent, name, at.path.data);
	else if (json_object_is_type(value, json_type_object))
		read_table(load, value, &at, base);
	else
		option_fault(load, value, at.path.data, "must be a table");
	free(list);
	strbuf_release(&at.path);
	strbuf_release(&at.key);
}

static void read_table(
	struct option_load *load, struct json_object *table, struct option_path *at, char *base)
{
	json_object_object_foreach (table, name, value) {
		read_member(load, value, at, name, base);
	}
}

void option_read(struct option_load *load, struct json_object *root, void *base)
{
	struct option_path at = {STRBUF_INIT, STRBUF_INIT};

	set_defaults(load, "", base);
	read_table(load, root, &at, base);
}

static void release_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static void release_rows(
	const struct option *options, size_t count, const char *prefix, char *base);

static void release_tables(
	const struct option *options, size_t count, const struct option *row, char *base)
{
	char *elements = *(char **)(base + row->offset);
	size_t length = *(size_t *)(base + row->count_offset);
	char *prefix = xasprintf("%s.", row->key);

	for (size_t i = 0; elements && i < length; i++)
		release_rows(options, count, prefix, elements + i * row->element_size);
	free(elements);
	free(prefix);
}

static void release_rows(const struct option *options, size_t count, const char *prefix, char *base)
{
	for (size_t i = 0; i < count; i++) {
		void *slot = base + options[i].offset;

		if (!belongs(&options[i], prefix))
			continue;
		if (options[i].type == OPTION_TEXT)
			free(*(char **)slot);
		else if (options[i].type == OPTION_TEXT_LIST)
			release_list(*(char ***)slot);
		else if (options[i].type == OPTION_TEXT_MAP ||
			 options[i].type == OPTION_TEXT_MAPS ||
			 options[i].type == OPTION_JSON_ARRAY)
			json_object_put(*(struct json_object **)slot);
		else if (options[i].type == OPTION_TABLES)
			release_tables(options, count, &options[i], base);
	}
}

void option_release(const struct option *options, size_t count, void *base)
{
	release_rows(options, count, "", base);
}
