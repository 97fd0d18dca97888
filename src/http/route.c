#include "http/route.h"

#include <stdbool.h>
#include <string.h>

/* Whether the path fits the row's; fills id. */
static bool fits(const char *row, const char *path, char id[HTTP_ID_SIZE])
{
	size_t before = strcspn(row, "{"), length;

	id[0] = '\0';
	if (!row[before])
		return strcmp(row, path) == 0;
	if (strncmp(row, path, before) != 0)
		return false;
	path += before;
	length = strcspn(path, "/");
	if (length == 0 || length >= HTTP_ID_SIZE ||
		strcmp(row + before + strlen("{id}"), path + length) != 0)
		return false;
	memcpy(id, path, length);
	id[length] = '\0';
	return true;
}

static bool method_fits(const char *row, const char *method)
{
	return strcmp(row, method) == 0 || (strcmp(row, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

const struct http_route *http_route_find(const struct http_route *routes, const char *method,
	const char *path, char id[HTTP_ID_SIZE], int *ret_status)
{
	*ret_status = 404;
	for (const struct http_route *row = routes; row->method; row++) {
		if (!fits(row->path, path, id))
			continue;
		if (method_fits(row->method, method))
			return row;
		*ret_status = 405;
	}
	id[0] = '\0';
	return NULL;
}
