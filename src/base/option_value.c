/* One value of a configuration: is it what its row allows, and into the struct with it. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/option_private.h"

#define SECRET_MAX_BYTES 65536
#define SHOWN_MAX_BYTES	 60 /* of a wrong value, in a message */

int option_read_file(const char *path, size_t limit, char **ret_data, size_t *ret_length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct strbuf data = STRBUF_INIT;
	char chunk[16384];
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		got = read(fd, chunk, sizeof(chunk));
		if (got > 0)
			strbuf_add(&data, chunk, (size_t)got);
		else if (got < 0 && errno != EINTR)
			err = -errno;
		if (data.length > limit)
			err = -EFBIG;
	} while (err == 0 && got != 0);
	close(fd);
	if (err < 0) {
		strbuf_release(&data);
		return err;
	}
	*ret_length = data.length;
	*ret_data = data.length ? strbuf_detach(&data) : xstrdup("");
	return 0;
}

/* What stands there, short, for "must be ..., not X". */
static void show(struct json_object *value, struct strbuf *out)
{
	size_t length;
	const char *text;

	if (toml_mark_of(value).date) {
		strbuf_adds(out, "a date or time");
	} else if (json_object_is_type(value, json_type_object)) {
		strbuf_adds(out, "a table");
	} else if (json_object_is_type(value, json_type_array)) {
		strbuf_adds(out, "a list");
	} else {
		text = json_print(value);
		length = strlen(text);
		if (length <= SHOWN_MAX_BYTES) {
			strbuf_add(out, text, length);
			return;
		}
		for (length = SHOWN_MAX_BYTES; length && (text[length] & 0xc0) == 0x80;)
			length--;
		strbuf_add(out, text, length);
		strbuf_adds(out, "...");
	}
}

static int wrong(
	struct option_load *load, struct json_object *value, const char *path, const char *must)
{
	struct strbuf shown = STRBUF_INIT;

	show(value, &shown);
	option_fault(load, value, path, "%s, not %s", must, shown.data);
	strbuf_release(&shown);
	return -EINVAL;
}

static bool is_text(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) && !toml_mark_of(value).date;
}

/* The VALUE of an override as it was written, or NULL for what is in a file. */
static const char *written_text(const struct option_load *load, struct json_object *value)
{
	struct toml_mark mark = toml_mark_of(value);

	if (mark.line || !mark.column || json_object_is_type(value, json_type_object) ||
		json_object_is_type(value, json_type_array))
		return NULL;
	return strchr(load->overrides[mark.column - 1], '=') + 1;
}

static int text_from_env(struct option_load *load, struct json_object *value, const char *path,
	const char *name, char **ret_text)
{
	const char *text = getenv(name);

	if (!text) {
		option_fault(load, value, path, "the environment variable %s is not set", name);
		return -EINVAL;
	}
	*ret_text = xstrdup(text);
	return 0;
}

static int text_from_file(struct option_load *load, struct json_object *value, const char *path,
	const char *name, char **ret_text)
{
	char *text = NULL;
	size_t length;
	int err = option_read_file(name, SECRET_MAX_BYTES, &text, &length);

	if (err < 0) {
		option_fault(load, value, path, "cannot read %s: %s", name,
			err == -EFBIG ? "larger than 64 KiB" : strerror(-err));
		return -EINVAL;
	}
	if (strlen(text) != length) {
		option_fault(load, value, path, "%s holds a NUL byte, which no text may", name);
		free(text);
		return -EINVAL;
	}
	if (length && text[length - 1] == '\n')
		text[--length] = '\0';
	if (length && text[length - 1] == '\r')
		text[--length] = '\0';
	*ret_text = text;
	return 0;
}

/* malloc'd text of a string, { env } or { file }; *ret_secret when it must not be shown. */
static int resolve_text(struct option_load *load, struct json_object *value, const char *path,
	char **ret_text, bool *ret_secret)
{
	struct json_object *env = json_member(value, "env"), *file = json_member(value, "file");
	const char *written = is_text(value) ? NULL : written_text(load, value);

	*ret_secret = json_object_is_type(value, json_type_object);
	if (*ret_secret && json_object_object_length(value) == 1 && is_text(env))
		return text_from_env(load, value, path, json_object_get_string(env), ret_text);
	if (*ret_secret && json_object_object_length(value) == 1 && is_text(file))
		return text_from_file(load, value, path, json_object_get_string(file), ret_text);
	if (!is_text(value) && !written)
		return wrong(load, value, path,
			"must be text, { env = \"NAME\" } or { file = \"PATH\" }");
	if (!written && strlen(json_object_get_string(value)) !=
				(size_t)json_object_get_string_len(value)) {
		option_fault(load, value, path, "holds a NUL character, which no text may");
		return -EINVAL;
	}
	*ret_text = xstrdup(written ? written : json_object_get_string(value));
	return 0;
}

/* "must be one of a, b", or NULL when it is one. malloc'd. */
static char *not_one_of(const char *const *names, const char *text, int *ret_index)
{
	struct strbuf must = STRBUF_INIT;

	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], text) == 0) {
			*ret_index = i;
			strbuf_release(&must);
			return NULL;
		}
		strbuf_addf(&must, i ? ", %s" : "must be one of %s", names[i]);
	}
	return strbuf_detach(&must);
}

static int check_text(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, const char *text, bool secret, int *ret_index)
{
	char *must = option->names ? not_one_of(option->names, text, ret_index) : NULL;

	if (!must && option->check)
		must = xstrdup(option->check(text));
	if (!must)
		return 0;
	if (secret || option->secret)
		option_fault(load, value, path, "%s (the value itself is not shown)", must);
	else
		wrong(load, value, path, must);
	free(must);
	return -EINVAL;
}

static int read_text(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, char **slot, int *ret_index)
{
	char *text = NULL;
	bool secret;

	if (resolve_text(load, value, path, &text, &secret) < 0)
		return -EINVAL;
	if (check_text(load, option, value, path, text, secret, ret_index) < 0) {
		free(text);
		return -EINVAL;
	}
	free(*slot);
	*slot = text;
	return 0;
}

static int read_enum(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, int *slot)
{
	char *text = NULL;
	int err = read_text(load, option, value, path, &text, slot);

	free(text);
	return err;
}

static void release_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

/* A text where a list of them may stand. */
static int read_only_one(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, char ***slot)
{
	char **list;
	int index;

	if (!is_text(value) && !json_object_is_type(value, json_type_object))
		return wrong(load, value, path, "must be a list of texts");
	list = xcalloc(2, sizeof(*list));
	if (read_text(load, option, value, path, list, &index) < 0) {
		free(list);
		return -EINVAL;
	}
	release_list(*slot);
	*slot = list;
	return 0;
}

static int read_list(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, char ***slot)
{
	size_t length, used = 0;
	char **list;
	int err = 0, index;

	if (!json_object_is_type(value, json_type_array))
		return read_only_one(load, option, value, path, slot);
	length = json_object_array_length(value);
	list = xcalloc(length + 1, sizeof(*list));
	for (size_t i = 0; i < length; i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		char *at = xasprintf("%s.%zu", path, i);

		if (read_text(load, option, item, at, &list[used], &index) < 0)
			err = -EINVAL;
		else
			used++;
		free(at);
	}
	release_list(*slot);
	*slot = list;
	return err;
}

static int read_map(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, struct json_object **slot)
{
	int err = 0, index;

	if (!json_object_is_type(value, json_type_object))
		return wrong(load, value, path, "must be a table of texts");
	json_object_put(*slot);
	*slot = json_object_new_object();
	json_object_object_foreach (value, name, item) {
		struct strbuf at = STRBUF_INIT;
		char *text = NULL;

		strbuf_adds(&at, path);
		option_path_add(&at, name);
		if (read_text(load, option, item, at.data, &text, &index) < 0)
			err = -EINVAL;
		else
			json_add_text(*slot, name, text);
		free(text);
		strbuf_release(&at);
	}
	return err;
}

static int read_maps(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, struct json_object **slot)
{
	int err = 0;

	if (!json_object_is_type(value, json_type_object))
		return wrong(load, value, path, "must be a table of tables of texts");
	json_object_put(*slot);
	*slot = json_object_new_object();
	json_object_object_foreach (value, name, item) {
		struct strbuf at = STRBUF_INIT;
		struct json_object *map = NULL;

		strbuf_adds(&at, path);
		option_path_add(&at, name);
		if (read_map(load, option, item, at.data, &map) < 0)
			err = -EINVAL;
		json_object_object_add(*slot, name, map);
		strbuf_release(&at);
	}
	return err;
}

/* Every date below `value` is a fault: JSON has none. */
static int refuse_dates(struct option_load *load, struct json_object *value, const char *path)
{
	int err = 0;

	if (toml_mark_of(value).date)
		return wrong(load, value, path, "must be JSON");
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			err |= refuse_dates(load, json_object_array_get_idx(value, i), path);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach (value, name, item) {
			(void)name;
			err |= refuse_dates(load, item, path);
		}
	}
	return err;
}

/* The copy by way of JSON text leaves the marks behind and refuses what JSON cannot say. */
static int read_json_array(struct option_load *load, struct json_object *value, const char *path,
	struct json_object **slot)
{
	const char *text, *error;
	struct json_object *copy;

	if (!json_object_is_type(value, json_type_array))
		return wrong(load, value, path, "must be a list of tables");
	if (refuse_dates(load, value, path) < 0)
		return -EINVAL;
	text = json_print(value);
	if (json_parse(text, strlen(text), &copy, &error, NULL) < 0) {
		option_fault(load, value, path, "cannot be said in JSON: %s", error);
		return -EINVAL;
	}
	json_object_put(*slot);
	*slot = copy;
	return 0;
}

/* "64 MiB", "512 KiB", "1GiB" into bytes. */
static int parse_size(const char *text, int64_t *ret_bytes)
{
	static const char *const units[] = {"", "KiB", "MiB", "GiB"};
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || number > (UINT64_C(1) << 32))
		return -EINVAL;
	if (*end == ' ')
		end++;
	for (unsigned i = 1; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i]) == 0) {
			*ret_bytes = (int64_t)(number << (10 * i));
			return 0;
		}
	}
	return -EINVAL;
}

static int read_number(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, uint64_t *ret_number)
{
	bool size = option->type == OPTION_SIZE;
	int64_t number = -1;
	char *must;
	bool found = json_object_is_type(value, json_type_int);

	if (found)
		number = json_object_get_int64(value);
	else if (size && is_text(value))
		found = parse_size(json_object_get_string(value), &number) == 0;
	if (found && number >= 0 && (uint64_t)number >= option->min &&
		(uint64_t)number <= option->max) {
		*ret_number = (uint64_t)number;
		return 0;
	}
	must = xasprintf("must be a whole number%s%s from %" PRIu64 " to %" PRIu64 "%s",
		option->unit ? " of " : "", option->unit ? option->unit : "", option->min,
		option->max, size ? " or such as \"64 MiB\"" : "");
	wrong(load, value, path, must);
	free(must);
	return -EINVAL;
}

static int read_bool(
	struct option_load *load, struct json_object *value, const char *path, bool *ret_value)
{
	if (!json_object_is_type(value, json_type_boolean))
		return wrong(load, value, path, "must be true or false");
	*ret_value = json_object_get_boolean(value);
	return 0;
}

int option_read_value(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, void *slot)
{
	uint64_t number = 0;
	int index, err;
	bool flag = false;

	switch (option->type) {
	case OPTION_TEXT:
		return read_text(load, option, value, path, slot, &index);
	case OPTION_TEXT_LIST:
		return read_list(load, option, value, path, slot);
	case OPTION_TEXT_MAP:
		return read_map(load, option, value, path, slot);
	case OPTION_TEXT_MAPS:
		return read_maps(load, option, value, path, slot);
	case OPTION_JSON_ARRAY:
		return read_json_array(load, value, path, slot);
	case OPTION_ENUM:
		return read_enum(load, option, value, path, slot);
	case OPTION_UNSIGNED:
		if ((err = read_number(load, option, value, path, &number)) == 0)
			*(unsigned *)slot = (unsigned)number;
		return err;
	case OPTION_PORT:
		if ((err = read_number(load, option, value, path, &number)) == 0)
			*(uint16_t *)slot = (uint16_t)number;
		return err;
	case OPTION_SIZE:
		if ((err = read_number(load, option, value, path, &number)) == 0)
			*(size_t *)slot = (size_t)number;
		return err;
	case OPTION_BOOL:
		return read_bool(load, value, path, slot);
	case OPTION_TRISTATE:
		if ((err = read_bool(load, value, path, &flag)) == 0)
			*(int *)slot = flag;
		return err;
	case OPTION_TABLES:
		break; /* read by the walk, not as a value */
	}
	return -EINVAL;
}
