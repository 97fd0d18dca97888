/* json.h - reading json-c objects without ladders. Any thread; objects have one owner
 * (json_object_put). Reading is lenient where contract and SDKs are: a number may come as a
 * string. Every reader takes NULL or a non-object and then gives its fallback. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 32

/* Parses exactly one document of at most JSON_MAX_DEPTH levels, strictly (RFC 8259), UTF-8
 * only (json_scan.h); of a key that comes twice the last value stands. 0 and *ret_object (JSON null
 * is a NULL pointer), or -EINVAL with *ret_error a constant text and *ret_offset the byte where it
 * went wrong; both may be NULL. */
int json_parse(const char *text, size_t length, struct json_object **ret_object,
	const char **ret_error, size_t *ret_offset);

/* Member `key`, or NULL. Borrowed. */
struct json_object *json_member(struct json_object *object, const char *key);

/* Member as text when it is a string; else fallback. Borrowed. */
const char *json_text(struct json_object *object, const char *key, const char *fallback);

/* Member as number when it is one or a string that is wholly one; else fallback. */
int64_t json_int(struct json_object *object, const char *key, int64_t fallback);
bool json_flag(struct json_object *object, const char *key, bool fallback);

/* Value as a number under the same rule: 0, or -EINVAL with *ret_value untouched. */
int json_to_double(struct json_object *value, double *ret_value);

/* Setters for building: text NULL adds null. */
void json_add_text(struct json_object *object, const char *key, const char *text);
void json_add_int(struct json_object *object, const char *key, int64_t value);
void json_add_bool(struct json_object *object, const char *key, bool value);

/* The object in one line without escaped slashes. Owned by the object. */
const char *json_print(struct json_object *object);

#endif
