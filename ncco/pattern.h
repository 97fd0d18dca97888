/* pattern.h - what a caller's digits must look like: a small part of regular expressions, always
 * for the whole of the digits. Any one thread.
 *
 *	5 * #		the digit; \* is * where * would repeat
 *	.  \d		any digit; any of 0-9
 *	[1-3#] [^0]	one of these; none of these
 *	? * + {2} {2,4} {2,}	repeat what is before
 *	11|22		one or the other
 *
 * A * or + repeats where it follows something, else it stands for the key. ^ at the start and $
 * at the end say what is so in any case. Bounded: 64 bytes, 256 places, and time that is linear. */
#ifndef NCCO_PATTERN_H
#define NCCO_PATTERN_H

#include <stdbool.h>

#define PATTERN_MAX_DIGITS 22 /* longer ones match nothing */

/* NULL, or what is wrong with the pattern, a constant. */
const char *pattern_fault(const char *pattern);

/* Whether the digits match a pattern that has no fault. */
bool pattern_match(const char *pattern, const char *digits);

#endif
