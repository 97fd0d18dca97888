/* option_private.h - shared by the files of the option table. */
#ifndef BASE_OPTION_PRIVATE_H
#define BASE_OPTION_PRIVATE_H

#include "base/option_table.h"
#include "base/strbuf.h"
#include "base/toml.h"

/* Where the reader stands: `path` as people see it, `key` as the rows spell it. */
struct option_path {
	struct strbuf path, key;
};

/* One step down: ".name", quoted where a name is not plain. */
void option_path_add(struct strbuf *path, const char *name);

/* A name of letters, digits, _ and -, as all of the rows. */
bool option_name_plain(const char *name);

const struct option *option_find(const struct option_load *load, const char *key);

/* True when rows lie below this key: it is a table. */
bool option_is_table(const struct option_load *load, const char *key);

/* ", did you mean X?" or nothing, added to `out`. */
void option_suggest(const struct option_load *load, const struct option_path *at, const char *name,
	struct strbuf *out);

/* One value into *slot by its row. 0, or -EINVAL with the fault noted. */
int option_read_value(struct option_load *load, const struct option *option,
	struct json_object *value, const char *path, void *slot);

#endif
