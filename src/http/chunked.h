/* chunked.h - a body in chunks (RFC 9112 section 7.1), read strictly and bit by bit. Pure.
 *
 * Sizes are hexadecimal digits alone, lines end with CRLF. Extensions and trailers are taken, to
 * a bound, and forgotten. */
#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strbuf.h"

struct chunked {
	enum chunked_state {
		CHUNKED_LINE, /* the size */
		CHUNKED_DATA,
		CHUNKED_END,	 /* the CRLF behind data */
		CHUNKED_TRAILER, /* fields, to an empty line */
		CHUNKED_DONE
	} state;
	uint64_t left;	 /* of this chunk */
	size_t overhead; /* bytes of extensions and trailers so far */
};

/* Takes what it can of `data` and adds the payload to `out`. Begins with a zeroed *chunked; at
 * CHUNKED_DONE the body is complete. The number of bytes taken; -EBADMSG: it is malformed;
 * -EMSGSIZE: `out` would have more than `limit` bytes. */
ssize_t chunked_read(
	struct chunked *chunked, const char *data, size_t length, struct strbuf *out, size_t limit);

#endif
