/* digits.h - what input and prompt have in common about digits. Private to ncco/. */
#ifndef NCCO_DIGITS_H
#define NCCO_DIGITS_H

#include "ncco/verb.h"

#define INPUT_MAX_DIGITS 22

struct digits {
	int max;
	int timeout; /* seconds */
	bool submit_on_hash;
	char text[INPUT_MAX_DIGITS + 1];
	int count;
};

#define DIGITS_TIMEOUT(type_)                                                                     \
	.type = PARAM_INT, .max = 10, .fallback = "3", .offset = offsetof(type_, digits.timeout), \
	.help = "Seconds after the last digit, or after the prompt, until what is there is "      \
		"submitted."
#define DIGITS_MAX(type_)                                                      \
	.type = PARAM_INT, .min = 1, .max = INPUT_MAX_DIGITS, .fallback = "4", \
	.offset = offsetof(type_, digits.max),                                 \
	.help = "The digit with this number submits at once."
#define DIGITS_HASH(type_)                                                                         \
	.type = PARAM_BOOL, .fallback = "false", .offset = offsetof(type_, digits.submit_on_hash), \
	.help = "# submits and is not part of the digits."

#define DIGITS_PARAMS(type_)                                                \
	{.name = "timeout", .aliases = {"timeOut"}, DIGITS_TIMEOUT(type_)}, \
		{.name = "maxDigits", DIGITS_MAX(type_)},                   \
	{                                                                   \
		.name = "submitOnHash", DIGITS_HASH(type_)                  \
	}

void digits_reset(struct digits *digits);
/* Takes one digit; true when it completes them. */
bool digits_take(struct digits *digits, char digit);

#endif
