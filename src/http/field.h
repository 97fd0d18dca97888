/* field.h - what may stand in the head of an HTTP request. Any thread, pure. */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include <stdbool.h>

/* A token (RFC 9110 section 5.6.2), as names of fields and methods are. */
bool field_is_token(const char *text);

/* No control character but TAB: nothing that could end the line. */
bool field_is_value(const char *text);

/* A field that says where messages begin and end or what becomes of the connection. That is the
 * client's own business: from outside it would let a script smuggle a second request. */
bool field_is_framing(const char *name);

#endif
