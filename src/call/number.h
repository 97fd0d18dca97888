/* number.h - telephone numbers (E.164). Pure, any thread. */
#ifndef CALL_NUMBER_H
#define CALL_NUMBER_H

#include <stddef.h>

/* Digits of the country code that a number without its "+" begins with; 0: it is no number. */
size_t number_country(const char *number);

/* Whether a called number or user is what a pattern says, which may end with a * for a prefix; a +
 * in front is ignored in both. 0: it is not; else the better the higher: a prefix by its length,
 * all of it best. */
size_t number_matches(const char *pattern, const char *called);

/* One of those numbers (NULL-terminated; prefixes with a * are passed over), of the country of
 * `called` if there is one; chance chooses among several. NULL: there is none. */
const char *number_choose(char *const *numbers, const char *called, unsigned chance);

#endif
