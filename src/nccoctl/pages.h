/* pages.h - lists of the API, which come in pages. */
#ifndef NCCOCTL_PAGES_H
#define NCCOCTL_PAGES_H

#include "base/json.h"
#include "nccoctl/ctl.h"

/* At most `limit` rows of the list `name` at a path that has a query already; as an array to be
 * put, also when it fails. Returns 0, or 1 after saying why. */
int pages_read(const struct ctl *ctl, const char *path, const char *name, unsigned long limit,
	struct json_object **ret_rows);

/* A positive number. */
bool pages_limit(const char *text, unsigned long *ret_limit);

/* "2026-11-21T06:10:00.000Z" as people read it, into out; "-" for none. */
const char *pages_time(const char *text, char *out, size_t size);
/* Seconds between two times as the API has them; -1 if one is none. */
double pages_between(const char *begun, const char *ended);

#endif
