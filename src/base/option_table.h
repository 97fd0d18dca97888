/* option_table.h - a configuration as a table: one row tells the key, where it goes and what
 * it may be; the reader, the defaults, the faults and the freeing all follow from the rows.
 * One thread, no I/O except the files and variables that a value names.
 *
 * A key is a dotted path. A list of tables, "applications[]", has a row of its own of type
 * OPTION_TABLES; the rows of its elements begin with "applications[]." and their offsets count
 * from the start of an element. Faults name elements as overrides do: applications.0.id.
 *
 * A text may be given as { env = "NAME" } or { file = "PATH" } (one trailing newline is cut);
 * what came from there is never printed. */
#ifndef BASE_OPTION_TABLE_H
#define BASE_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

enum option_type {
	OPTION_TEXT,	   /* char *; `names`, if given, are all it may be */
	OPTION_TEXT_LIST,  /* char **, NULL-terminated, never NULL; a text alone is a list of one */
	OPTION_TEXT_MAP,   /* struct json_object * with text members; NULL when not given */
	OPTION_TEXT_MAPS,  /* a table of such tables: struct json_object *; NULL when not given */
	OPTION_JSON_ARRAY, /* struct json_object *, unchecked; NULL when not given */
	OPTION_UNSIGNED,   /* unsigned */
	OPTION_PORT,	   /* uint16_t */
	OPTION_SIZE,	   /* size_t in bytes; written as a number or as "64 MiB" */
	OPTION_BOOL,	   /* bool */
	OPTION_TRISTATE,   /* int: 1, 0, or the default */
	OPTION_ENUM,	   /* an enum, as the index into `names` */
	OPTION_TABLES,	   /* pointer to elements of `element_size`; size_t at `count_offset` */
};

struct option {
	const char *key;
	enum option_type type;
	size_t offset;
	const char *text;	  /* default of a text; NULL: none */
	int64_t number;		  /* default of the numbers, bool and enum */
	uint64_t min, max;	  /* of the numbers, inclusive */
	const char *unit;	  /* "seconds", for the message; NULL: a bare number */
	const char *const *names; /* NULL-terminated */
	/* NULL, or what the text must be: "must be an IP address". Also for members of lists. */
	const char *(*check)(const char *text);
	bool required; /* texts and lists of elements only */
	bool secret;   /* never shown */
	size_t count_offset, element_size;
};

/* One loading: give options, option_count and file, then merge, read, look at the faults. */
struct option_load {
	const struct option *options;
	size_t option_count;
	const char *file; /* in front of the faults */
	const char *const *overrides;
	struct option_fault *faults;
	size_t fault_count;
};

/* Reads at most `limit` bytes: 0 and *ret_data (malloc'd, with a NUL behind), or -EFBIG or what
 * open() and read() say. */
int option_read_file(const char *path, size_t limit, char **ret_data, size_t *ret_length);

/* Puts override number `index`, "KEY=VALUE", into the parsed document. VALUE is a TOML value,
 * else a plain text. An element is named by its index or by its id; the index behind the
 * last makes a new one. */
void option_merge(struct option_load *load, struct json_object *root, size_t index);

/* Defaults, then the document. `base` is zeroed memory. Faults are collected. */
void option_read(struct option_load *load, struct json_object *root, void *base);

/* Frees what the rows own in `base`, also half read; not `base` itself. */
void option_release(const struct option *options, size_t count, void *base);

/* A fault of the value `where` (marked, or NULL when it is nowhere) at `path`. */
void option_fault(struct option_load *load, struct json_object *where, const char *path,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* NULL when there were none, else all of them in the order of the file, a line each, malloc'd.
 * Forgets them. */
char *option_take_faults(struct option_load *load);

#endif
