/* json_scan.h - whether a text is JSON to the letter (RFC 8259), and where its values stand.
 *
 * json-c takes more than JSON even when told to be strict (single quotes, NaN, "1.", raw
 * control characters), so json_parse() asks here first. Any thread, pure, no recursion.
 * Refused beyond the RFC: more than JSON_MAX_DEPTH levels, numbers that a double cannot hold,
 * and NUL in a key. Lone surrogates are taken: the RFC's grammar allows them. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stddef.h>

#include "base/json.h"
#include "base/strbuf.h"

struct json_scan;

/* One value begins at the byte `offset`: of a member, an element or the document itself. */
typedef void json_scan_fn(void *ctx, const struct json_scan *scan, size_t offset);

/* on_value may be NULL. 0, or -EINVAL with *ret_error a constant text and *ret_offset the byte
 * where it went wrong (either may be NULL). */
int json_scan(const char *text, size_t length, json_scan_fn *on_value, void *ctx,
	const char **ret_error, size_t *ret_offset);

/* In a callback: appends the JSON pointer (RFC 6901) of the value. */
void json_scan_pointer(const struct json_scan *scan, struct strbuf *pointer);

#endif
