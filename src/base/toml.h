/* toml.h - TOML 1.0 read into json-c objects that remember where they stood. Any thread, pure.
 *
 * Every object of a parsed document carries a mark: the line and column of its key, or of
 * itself in a list. TOML has dates and JSON has not: a date becomes its text, marked as one,
 * so that the reader of the document can refuse it. Marks live in the userdata of json-c:
 * give away only what went through json_print() and json_parse(), never a marked object. */
#ifndef BASE_TOML_H
#define BASE_TOML_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
#define TOML_NOEXCEPT noexcept
extern "C" {
#else
#define TOML_NOEXCEPT
#endif

#define TOML_MAX_BYTES	    (1024 * 1024)
#define TOML_MAX_LINE_BYTES 4096
#define TOML_MAX_KEY_DOTS   64

struct toml_mark {
	unsigned line, column; /* from 1; column counts characters. 0: not from a file */
	bool date;
};

/* 0 and *ret_object, a marked object (json_object_put), or -EINVAL and *ret_error, a
 * malloc'd "NAME:LINE:COLUMN: what is wrong" without newline. */
int toml_parse(const char *name, const char *text, size_t length, struct json_object **ret_object,
	char **ret_error) TOML_NOEXCEPT;

/* One value as it stands behind the = of a key: 0 and *ret_value, marked, or -EINVAL. */
int toml_parse_value(const char *text, struct json_object **ret_value) TOML_NOEXCEPT;

/* The mark of an object, or one of zeros when it has none or is NULL. */
struct toml_mark toml_mark_of(struct json_object *object) TOML_NOEXCEPT;

/* Marks this object, not what is in it. */
void toml_set_mark(struct json_object *object, struct toml_mark mark) TOML_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
