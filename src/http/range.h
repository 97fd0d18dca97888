/* range.h - the Range header of a request for a file, RFC 9110 section 14. Pure. */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct http_range {
	bool partial; /* 206 rather than 200 */
	uint64_t first, length;
};

/* What of `size` bytes is to be sent. A header (NULL: none) that is not understood, or that asks
 * for several ranges, is ignored: all of it. 0, or -ERANGE when nothing of it is there: 416. */
int http_range_read(const char *header, uint64_t size, struct http_range *ret_range);

#endif
