/* template.h - texts with ${...} in them, alone or anywhere in a JSON value. Private to ncco/.
 *
 * Compiled when the script is read; what comes out of an expression is never looked at again.
 * "$${" stands for "${". */
#ifndef NCCO_TEMPLATE_H
#define NCCO_TEMPLATE_H

#include "ncco/expr.h"
#include "ncco/verb.h"

enum template_use {
	TEMPLATE_TEXT, /* each string becomes a string */
	TEMPLATE_JSON, /* a string that is one expression takes on the type of its value */
	TEMPLATE_URL   /* values behind other text are percent-encoded (RFC 3986) */
};

struct template;

/* Whether there is a "${" in a string of the value. */
bool template_wanted(struct json_object *value);

/* Compiles the value where the reader stands, also one without templates; NULL after faults. */
struct template *template_read(
	struct reader *reader, struct json_object *value, enum template_use use);
struct template *template_free(struct template *template); /* NULL allowed */

/* 0 and the value with its templates filled in, which the caller puts; or -EINVAL, what is
 * wrong, and `pointer` extended by the way to the string where it is. */
int template_make(const struct template *template, const struct variables *variables,
	struct json_object **ret_value, struct strbuf *pointer, struct expr_fault *ret_fault);

#endif
