/* Requests for files: one line is the path, the next the Range header. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/range.h"
#include "http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_route routes[] = {{"GET", "[/api]/v1/files/{id}", NULL, NULL},
		{"PUT", "/v1/rooms/{name}/members/{id}", NULL, NULL}, {NULL, NULL, NULL, NULL}};
	char *path = xstrndup((const char *)data, size), methods[HTTP_METHODS_SIZE];
	char *header = strchr(path, '\n');
	struct http_match match;
	struct http_range range;
	int status;

	if (header)
		*header++ = '\0';
	if (http_route_find(routes, "GET", path, &match, &status) && !*match.ids[0])
		abort();
	http_route_methods(routes, path, methods);
	if (http_range_read(header, size, &range) == 0 &&
		(range.first > size || range.length > size - range.first))
		abort();
	free(path);
	return 0;
}
