/* URLs: one line is the base, the rest the reference. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *base = xstrndup((const char *)data, size);
	char *reference = strchr(base, '\n'), *joined, *log, *query;
	struct json_object *parameters = json_object_new_object();

	if (reference)
		*reference++ = '\0';
	json_object_object_add(parameters, "k", json_object_new_string(reference ? reference : ""));
	joined = url_join(base, reference ? reference : "");
	log = url_for_log(base);
	query = url_with_query(base, parameters);
	if ((joined && url_check(joined, true, NULL) < 0) || strchr(log, '?'))
		abort();
	free(joined);
	free(log);
	free(query);
	free(base);
	json_object_put(parameters);
	return 0;
}
