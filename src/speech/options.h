/* options.h - options of an adapter as a script writes them. Pure. */
#ifndef SPEECH_OPTIONS_H
#define SPEECH_OPTIONS_H

#include "base/json.h"

/* A flat table of texts for environment_add_options(): names in lower case with _ for -, numbers
 * and flags as text, lists and tables as JSON; what is null, or has another name than of letters,
 * digits, _ and -, is left out. 0 and *ret_table (NULL when nothing is left), or -EINVAL when it
 * is no table, or larger than adapters can be given. */
int options_flatten(struct json_object *written, struct json_object **ret_table);

#endif
