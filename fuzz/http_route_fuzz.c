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
	static const struct http_route routes[] = {{"GET", "/v1/files/{id}", NULL},
		{"PUT", "/v1/calls/{id}/talk", NULL}, {NULL, NULL, NULL}};
	char *path = xstrndup((const char *)data, size), id[HTTP_ID_SIZE];
	char *header = strchr(path, '\n');
	struct http_range range;
	int status;

	if (header)
		*header++ = '\0';
	if (http_route_find(routes, "GET", path, id, &status) && (!*id || strchr(id, '/')))
		abort();
	if (http_range_read(header, size, &range) == 0 &&
		(range.first > size || range.length > size - range.first))
		abort();
	free(path);
	return 0;
}
