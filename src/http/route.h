/* route.h - which handler a request goes to: a table of rows, each a method and a path. Pure. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stddef.h>

struct http_exchange;

#define HTTP_ID_SIZE 128

/* A row. In the path one segment may be "{id}", which stands for any segment of at most
 * HTTP_ID_SIZE - 1 bytes; what it may be is the handler's to check. A GET row answers HEAD. */
struct http_route {
	const char *method; /* NULL ends the table */
	const char *path;
	void (*handle)(void *arg, struct http_exchange *exchange, const char *id);
};

/* The row, with the segment in id ("" without one). NULL when there is none: *ret_status is 404,
 * or 405 when the path is there with another method. */
const struct http_route *http_route_find(const struct http_route *routes, const char *method,
	const char *path, char id[HTTP_ID_SIZE], int *ret_status);

#endif
