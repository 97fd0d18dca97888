/* Queries of the API; the second line is a path, the third an acl. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/caller.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const orders[] = {"asc", "desc", NULL};
	static const struct api_field fields[] = {
		{.name = "n", .type = API_INTEGER, .fallback = 1, .min = 0, .max = 9},
		{.name = "t", .type = API_TIME}, {.name = "o", .names = orders}, {.name = NULL}};
	char *query = xstrndup((const char *)data, size), *path = strchr(query, '\n'), *acl;
	struct json_object *values = NULL, *faults = NULL, *rules = NULL;

	if (path)
		*path++ = '\0';
	if (api_query_read(query, fields, &values, &faults) == 0 && json_int(values, "n", 10) > 9)
		abort();
	acl = path ? strchr(path, '\n') : NULL;
	if (acl) {
		*acl++ = '\0';
		json_parse(acl, strlen(acl), &rules, NULL, NULL);
		acl_allows(rules, "GET", path);
	}
	json_object_put(values);
	json_object_put(faults);
	json_object_put(rules);
	free(query);
	return 0;
}
