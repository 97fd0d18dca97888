/* authorization.h - the option `authorization` of what opens a WebSocket. Private to ncco/. */
#ifndef NCCO_AUTHORIZATION_H
#define NCCO_AUTHORIZATION_H

#include <string.h>

#include "ncco/verb.h"

struct authorization {
	char *type;
	char *value;
};

extern const char *const authorization_types[];

#define AUTHORIZATION_PARAMS(type_, member_)                                              \
	{.name = "type",                                                                  \
		.type = PARAM_CHOICE,                                                     \
		.values = authorization_types,                                            \
		.required = true,                                                         \
		.offset = offsetof(type_, member_.type),                                  \
		.help = "vonage: a signed token as in webhooks; custom: the value as it " \
			"is."},                                                           \
	{                                                                                 \
		.name = "value", .type = PARAM_LINE, .max = 2048,                         \
		.offset = offsetof(type_, member_.value),                                 \
		.help = "The Authorization header of type custom."                        \
	}

void authorization_check(const struct authorization *authorization, struct reader *reader);

#endif
