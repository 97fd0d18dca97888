/* choice.h - which adapters are asked, one after the other: the configured one, then those to fall
 * back on. Made on the core thread, then only read, by any thread. */
#ifndef SPEECH_CHOICE_H
#define SPEECH_CHOICE_H

#include <stddef.h>

#include "speech/environment.h"
#include "speech/roster.h"

#define CHOICE_MAX 16

struct choice_config {
	const char *dir;	     /* of the programs */
	const char *adapter;	     /* asked first */
	const char *const *fallback; /* NULL-terminated names, or NULL */
	unsigned breaker_failures;   /* in a row; then it is left out; 0: never */
	unsigned breaker_seconds;    /* so long */
};

struct choice {
	struct roster *roster;
	char *order[CHOICE_MAX];
	size_t count;
};

/* 0, or -1 and a malloc'd *ret_error when the directory is missing, or none of the adapters is
 * there. One that is not there yet stays in the order: it may be installed later. */
int choice_init(struct choice *choice, const struct choice_config *config, char **ret_error);
void choice_release(struct choice *choice); /* zeroed allowed */

/* An adapter as a script names it: vendors have capitals there, programs have none. malloc'd. */
char *choice_name(const struct choice *choice, const char *written);

/* What the configuration says for that adapter, then those of the script's that it lets scripts
 * set; either may be NULL. May run the adapter to ask it. */
void choice_add_options(const struct choice *choice, struct roster_entry *entry,
	struct json_object *configured, struct json_object *script, int cancel_fd,
	struct environment *e);

#endif
