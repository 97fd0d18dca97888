/* roster.h - the adapters of a directory, as far as they have been used: what each said that it
 * can do, and whether it rests because it keeps failing (breaker.h). Any thread; asking for
 * capabilities runs the program, so that is for speech threads. */
#ifndef SPEECH_ROSTER_H
#define SPEECH_ROSTER_H

#include <stdbool.h>

#include "speech/breaker.h"

struct roster;
struct roster_entry;

struct roster *roster_new(const char *dir, const struct breaker_rules *rules);
struct roster *roster_free(struct roster *roster); /* NULL allowed; returns NULL */

/* NULL when there is no such program. Lives as long as the roster. */
struct roster_entry *roster_find(struct roster *roster, const char *name);
const char *roster_path(const struct roster_entry *entry);

/* False while it rests. Else roster_tell() must follow. */
bool roster_ask(struct roster *roster, struct roster_entry *entry);
/* How the run ended: 0, or its error and message. -ECANCELED and -ENOTSUP are not held against
 * it. Logs when a rest begins or ends. */
void roster_tell(struct roster *roster, struct roster_entry *entry, int error, const char *message);

/* What `NAME --capabilities` printed, asked once. An adapter that fails there has none. */
bool roster_takes_ssml(struct roster *roster, struct roster_entry *entry, int cancel_fd);
/* Whether scripts may set the option of that name, lower case with _. */
bool roster_takes_option(
	struct roster *roster, struct roster_entry *entry, const char *option, int cancel_fd);

#endif
