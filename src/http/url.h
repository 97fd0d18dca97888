/* url.h - URLs from scripts and configuration: joining, checking. Any thread, pure. */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

#define URL_MAX_BYTES 8192

/* http, https (and ws, wss when `ws`), with a host, no CR, LF or space, within size.
 * 0 or -EINVAL with *ret_error a constant text. */
int url_check(const char *url, bool ws, const char **ret_error);

/* reference resolved against base (RFC 3986 section 5). malloc'd; NULL when it cannot be. */
char *url_join(const char *base, const char *reference);

/* url with every member of `parameters` added to its query, percent-encoded; strings as
 * they are, objects and arrays as JSON text, null as nothing. malloc'd. */
char *url_with_query(const char *url, struct json_object *parameters);

/* Without userinfo and query, for logs. malloc'd. */
char *url_for_log(const char *url);

/* Where a URL leads, for who opens the connection himself. */
struct url_target {
	bool tls; /* https, wss */
	uint16_t port;
	char host[256];	 /* an IPv6 address without its brackets */
	char *authority; /* for the Host header: without userinfo, the port only if it is written */
	char *resource;	 /* path and query, "/" at least */
};

/* http, https, ws or wss; a ws URL has neither userinfo nor fragment (RFC 6455 section 3). 0, or
 * -EINVAL with *ret_error a constant text and nothing to release. */
int url_target_read(const char *url, struct url_target *ret_target, const char **ret_error);
void url_target_release(struct url_target *target);

#endif
