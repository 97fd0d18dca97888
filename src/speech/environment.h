/* environment.h - what an adapter finds in its environment: that of nccod without the variables
 * that begin with NCCO_, then what it is told. Any thread; one owner.
 *
 *   struct environment e = ENVIRONMENT_INIT;
 *   environment_add(&e, "NCCO_RATE=%u", 8000);
 *   environment_add_options(&e, options);        {"api-key": "x"} as NCCO_OPT_API_KEY=x
 *   run(environment_list(&e));
 *   environment_release(&e); */
#ifndef SPEECH_ENVIRONMENT_H
#define SPEECH_ENVIRONMENT_H

#include <stddef.h>

#include "base/json.h"

struct environment {
	char **variables;
	size_t count;
};

#define ENVIRONMENT_INIT \
	{                \
		NULL, 0  \
	}

void environment_add(struct environment *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* KEY becomes NCCO_OPT_KEY, in upper case and with _ for -. */
void environment_add_option(struct environment *e, const char *key, const char *text);

/* Each text of the table; what was added later stands. NULL adds none. The object is only read,
 * without touching its count. */
void environment_add_options(struct environment *e, struct json_object *options);

/* Complete, NULL-terminated, for posix_spawn(); lives as long as e. */
char **environment_list(struct environment *e);
void environment_release(struct environment *e);

#endif
