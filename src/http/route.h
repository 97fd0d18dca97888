/* route.h - which handler a request goes to: a table of rows, each a method and a path. Pure. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

struct http_exchange;

#define HTTP_ID_SIZE 128
#define HTTP_IDS     2

/* A row. In the path up to two segments may be "{name}", which stands for any segment that has at
 * most HTTP_ID_SIZE - 1 bytes, unescaped; what it may be is the handler's to check. A path that
 * begins with "[/api]" is there with and without that. A GET row answers HEAD. */
struct http_route {
	const char *method; /* NULL ends the table */
	const char *path;
	void (*handle)(void *arg, struct http_exchange *exchange, const char *id);
	const void *about; /* the owner's; NULL allowed */
};

struct http_match {
	char ids[HTTP_IDS][HTTP_ID_SIZE]; /* "" where there is none */
};

/* The row. NULL when there is none: *ret_status is 404, or 405 when the path is there with another
 * method. `path` is as it was sent. */
const struct http_route *http_route_find(const struct http_route *routes, const char *method,
	const char *path, struct http_match *ret_match, int *ret_status);

/* The methods of a path, "GET, HEAD, PUT", into out. */
#define HTTP_METHODS_SIZE 80
void http_route_methods(
	const struct http_route *routes, const char *path, char out[HTTP_METHODS_SIZE]);

#endif
