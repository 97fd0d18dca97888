/* head.h - the head of an HTTP/1.1 request, read strictly (RFC 9112). Any thread, pure.
 *
 * What another program on the way could read in another way is refused, never guessed: a bare CR
 * or LF, a folded line, white space before a colon, two Content-Length, two Host, a
 * Transfer-Encoding beside a Content-Length or other than "chunked", a length with a sign. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAD_MAX_BYTES	16384
#define HEAD_MAX_FIELDS 100

struct head_field {
	char *name, *value; /* white space around the value is gone */
};

struct http_head {
	char *method;
	char *path;	       /* still escaped; begins with '/', or is "*" */
	char *query;	       /* behind the '?'; "" when there is none */
	char *host;	       /* "" in HTTP/1.0 without one */
	unsigned minor;	       /* of the version HTTP/1.minor, 0 or 1 */
	bool chunked;	       /* so is the body */
	uint64_t length;       /* of the body otherwise */
	bool keep_alive;       /* the connection may be used again */
	bool expects_continue; /* the client waits for 100 */
	size_t field_count;
	struct head_field fields[HEAD_MAX_FIELDS];
};

/* Why a request is refused; the connection cannot be used again. */
struct head_fault {
	int status;	    /* 400, 414, 417, 431, 501 or 505 */
	const char *detail; /* a constant */
};

/* Looks for the end of the head in what came so far. *scanned, first 0, says how much of it is
 * known already. The number of bytes of the head; 0: not all of it is there yet; -EBADMSG and
 * *ret_fault: whatever follows, it is none. An empty line before the head is part of it. */
long head_scan(const char *data, size_t length, size_t *scanned, struct head_fault *ret_fault);

/* Takes a head that head_scan() has found apart. `data` is changed, ret_head points into it.
 * 0, or -EBADMSG and *ret_fault. */
int head_read(char *data, size_t length, struct http_head *ret_head, struct head_fault *ret_fault);

/* The value of the first field of that name, or NULL. */
const char *head_field(const struct http_head *head, const char *name);

/* One line without its CRLF: a name, a colon, a value of allowed characters. Splits it. */
bool head_line_read(char *line, size_t length, struct head_field *ret_field);

#endif
