/* remote.h - requests to nccod's API, and what goes wrong with them in words. Blocks. */
#ifndef NCCOCTL_REMOTE_H
#define NCCOCTL_REMOTE_H

#include <stdint.h>
#include <stdio.h>

#include "base/json.h"
#include "nccoctl/ctl.h"

/* 0 and *ret_body, to be put (NULL: the answer has none); or 1 after saying why not on standard
 * error. path begins with '/'; body may be NULL. */
int remote_ask(const struct ctl *ctl, const char *method, const char *path,
	struct json_object *body, struct json_object **ret_body);

/* The same for what is no JSON: into a file. */
int remote_fetch(const struct ctl *ctl, const char *path, FILE *out);

/* The JSON in a file, - for standard input, to be put. 0; or 1 after saying what is wrong. */
int remote_load(const char *path, struct json_object **ret_value);

/* text as a part of a path or a query; malloc'd. */
char *remote_escape(const char *text);

#endif
