/* Any text is either one JSON document or an error with a place; what was read prints and reads
 * again. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *object = NULL, *again = NULL;
	const char *error = NULL, *text;
	size_t offset = 0;

	if (json_parse((const char *)data, size, &object, &error, &offset) < 0) {
		if (!error || object || offset > size)
			abort();
		return 0;
	}
	text = object ? json_print(object) : "null";
	if (json_parse(text, strlen(text), &again, NULL, NULL) < 0)
		abort();
	json_object_put(again);
	json_object_put(object);
	return 0;
}
