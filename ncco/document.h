/* document.h - from a JSON text to a list of typed steps, or to all of its faults.
 *
 * Pure: no sockets, threads or clock. Either spelling of the language, mixed freely. Reading
 * is lenient (a number as a string, aliases, a string where an array of one stands); what is
 * wrong is told with a JSON pointer (RFC 6901) for each fault, and a document with any fault
 * is refused as a whole. */
#ifndef NCCO_DOCUMENT_H
#define NCCO_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

struct ncco_document;

struct ncco_limits {
	size_t max_bytes;   /* of the text, 0: 65536 */
	unsigned max_steps; /* in the array, 0: 200 */
};

struct ncco_fault {
	char *pointer; /* "/0/streamUrl"; "" is the document itself */
	char *message; /* "must be an http or https URL, not \"x\"" */
	size_t offset; /* byte in the text, when parsed from text; else 0 */
};

struct ncco_faults {
	struct ncco_fault *items;
	size_t count; /* at most NCCO_MAX_FAULTS are kept */
};
#define NCCO_MAX_FAULTS 64

void ncco_faults_release(struct ncco_faults *faults);

/* base_url: what relative URLs are resolved against, kept with the document; may be NULL.
 * Accepts an array of steps, or an object whose member "steps" or "ncco" is one. 0 and a
 * document that the caller frees, or -EINVAL and at least one fault. In a text a key that an
 * object has twice is a fault too: which of the two is meant cannot be known. */
int ncco_parse_text(const char *text, size_t length, const char *base_url,
	const struct ncco_limits *limits, struct ncco_document **ret_document,
	struct ncco_faults *ret_faults);
int ncco_parse_json(struct json_object *steps, const char *base_url,
	const struct ncco_limits *limits, struct ncco_document **ret_document,
	struct ncco_faults *ret_faults);

/* What a webhook was answered with: a script, or data, which is an object without a member
 * "steps", "ncco" or "action". 0 and *ret_data, the whole answer, which the caller puts, and
 * for a script *ret_document, else untouched; or -EINVAL and faults. */
int ncco_parse_answer(const char *text, size_t length, const char *base_url,
	const struct ncco_limits *limits, struct ncco_document **ret_document,
	struct json_object **ret_data, struct ncco_faults *ret_faults);

struct ncco_document *ncco_document_free(struct ncco_document *document); /* NULL allowed */

size_t ncco_document_length(const struct ncco_document *document); /* steps */

#endif
