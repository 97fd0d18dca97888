#include "speech/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MAX_OPTIONS	 32
#define MAX_NAME_BYTES	 64
#define MAX_OPTION_BYTES 4096

/* NULL: not a name that a variable can have. malloc'd. */
static char *plain_name(const char *name)
{
	size_t length = strlen(name);
	char *plain;

	if (length == 0 || length > MAX_NAME_BYTES)
		return NULL;
	for (const char *c = name; *c; c++) {
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
			return NULL;
	}
	plain = xstrdup(name);
	for (char *c = plain; *c; c++)
		*c = *c == '-' ? '_' : (char)tolower((unsigned char)*c);
	return plain;
}

static const char *plain_text(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value)
							    : json_print(value);
}

int options_flatten(struct json_object *written, struct json_object **ret_table)
{
	struct json_object *table;
	int err = 0;

	if (!written) {
		*ret_table = NULL;
		return 0;
	}
	if (!json_object_is_type(written, json_type_object) ||
		json_object_object_length(written) > MAX_OPTIONS)
		return -EINVAL;
	table = json_object_new_object();
	json_object_object_foreach (written, name, value) {
		char *plain = value ? plain_name(name) : NULL;

		if (plain && strlen(plain_text(value)) > MAX_OPTION_BYTES)
			err = -EINVAL;
		else if (plain)
			json_add_text(table, plain, plain_text(value));
		free(plain);
	}
	if (err || json_object_object_length(table) == 0) {
		json_object_put(table);
		table = NULL;
	}
	if (!err)
		*ret_table = table;
	return err;
}
