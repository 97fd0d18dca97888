/* query.h - the query of a URL as forms write it: name=value&name=value. Any thread, pure. */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include <stdbool.h>

#include "base/strbuf.h"

/* Takes the next pair off *at, without its escapes. False at the end. A NUL in it ends it. */
bool query_next(const char **at, struct strbuf *ret_name, struct strbuf *ret_value);

#endif
