#include "http/route.h"

#include <stdio.h>
#include <string.h>

#define PREFIX "[/api]"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The segment of `length` bytes without its escapes; false when it is too long, has a bad escape or
 * an escaped NUL. */
static bool unescape(const char *segment, size_t length, char id[HTTP_ID_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		char c = segment[i];

		if (c == '%') {
			int high = i + 2 < length ? hex(segment[i + 1]) : -1;
			int low = i + 2 < length ? hex(segment[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (used == HTTP_ID_SIZE - 1 || c == '\0')
			return false;
		id[used++] = c;
	}
	id[used] = '\0';
	return used > 0;
}

/* Whether the path fits what is left of the row's; fills the ids. */
static bool fits(const char *row, const char *path, struct http_match *match, size_t used)
{
	size_t before = strcspn(row, "{"), length;

	if (!row[before])
		return strcmp(row, path) == 0;
	if (used == HTTP_IDS || strncmp(row, path, before) != 0)
		return false;
	path += before;
	length = strcspn(path, "/");
	if (!unescape(path, length, match->ids[used]))
		return false;
	return fits(strchr(row + before, '}') + 1, path + length, match, used + 1);
}

static bool row_fits(const char *row, const char *path, struct http_match *match)
{
	size_t prefix = strlen(PREFIX);

	for (size_t i = 0; i < HTTP_IDS; i++)
		match->ids[i][0] = '\0';
	if (strncmp(row, PREFIX, prefix) == 0) {
		row += prefix;
		if (strncmp(path, "/api/", 5) == 0)
			path += 4;
	}
	return fits(row, path, match, 0);
}

static bool method_fits(const char *row, const char *method)
{
	return strcmp(row, method) == 0 || (strcmp(row, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

const struct http_route *http_route_find(const struct http_route *routes, const char *method,
	const char *path, struct http_match *match, int *ret_status)
{
	*ret_status = 404;
	for (const struct http_route *row = routes; row->method; row++) {
		if (!row_fits(row->path, path, match))
			continue;
		if (method_fits(row->method, method))
			return row;
		*ret_status = 405;
	}
	return NULL;
}

void http_route_methods(
	const struct http_route *routes, const char *path, char out[HTTP_METHODS_SIZE])
{
	struct http_match match;
	size_t used = 0;

	out[0] = '\0';
	for (const struct http_route *row = routes; row->method; row++) {
		const char *head = strcmp(row->method, "GET") == 0 ? ", HEAD" : "";

		if (row_fits(row->path, path, &match) && used < HTTP_METHODS_SIZE)
			used += (size_t)snprintf(out + used, HTTP_METHODS_SIZE - used, "%s%s%s",
				used ? ", " : "", row->method, head);
	}
}
