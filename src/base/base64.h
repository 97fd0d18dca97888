/* base64.h - base64 (RFC 4648 section 4). Any thread, pure. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

void base64_encode(const void *data, size_t length, struct strbuf *out); /* appends */

/* Appends the bytes; false, and out as it was, for what is not base64: padding is demanded, white
 * space is not allowed. */
bool base64_decode(const char *text, size_t length, struct strbuf *out);

/* The alphabet of section 5, without padding. They append; decoding is as strict as above. */
void base64url_encode(const void *data, size_t length, struct strbuf *out);
bool base64url_decode(const char *text, size_t length, struct strbuf *out);

#endif
