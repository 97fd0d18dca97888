/* locate.h - what only the text of a document can tell: where a pointer stands, and keys that
 * are given twice. Private to ncco/. */
#ifndef NCCO_LOCATE_H
#define NCCO_LOCATE_H

#include <stddef.h>

#include "ncco/document.h"

/* Sets the offset of each fault. The text is JSON. */
void locate_faults(const char *text, size_t length, struct ncco_faults *faults);

/* A fault for each key that an object has twice; json is what the text was read as. */
void locate_duplicates(
	const char *text, size_t length, struct json_object *json, struct ncco_faults *ret_faults);

#endif
