/* TOML of any content: parsed or refused, with marks, without leak or crash. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *root = NULL;
	char *error = NULL;

	if (toml_parse("fuzz", (const char *)data, size, &root, &error) < 0) {
		free(error);
		return 0;
	}
	json_object_to_json_string(root);
	if (toml_mark_of(root).line != 1)
		abort();
	json_object_put(root);
	return 0;
}
