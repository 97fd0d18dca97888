#include "call/number.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Country codes of two digits (ITU-T E.164, list of assigned country codes); 1 and 7 have one, all
 * others three. */
static const char two_digits[] = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 "
				 "51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 "
				 "81 82 84 86 90 91 92 93 94 95 98";

static const char *without_plus(const char *number)
{
	return *number == '+' ? number + 1 : number;
}

size_t number_country(const char *number)
{
	size_t length = strspn(number, "0123456789");
	char code[3] = "";

	if (number[length] || length < 4 || *number == '0')
		return 0;
	if (*number == '1' || *number == '7')
		return 1;
	memcpy(code, number, 2);
	return strstr(two_digits, code) ? 2 : 3;
}

size_t number_matches(const char *pattern, const char *called)
{
	size_t length;

	pattern = without_plus(pattern);
	called = without_plus(called);
	length = strlen(pattern);
	if (length && pattern[length - 1] == '*')
		return strncmp(pattern, called, length - 1) == 0 ? length : 0;
	return strcmp(pattern, called) == 0 ? SIZE_MAX : 0;
}

static bool usable(const char *number, const char *called, size_t country)
{
	number = without_plus(number);
	return number_country(number) > 0 && (!country || strncmp(number, called, country) == 0);
}

static const char *choose(char *const *numbers, const char *called, size_t country, unsigned chance)
{
	unsigned count = 0;

	for (size_t i = 0; numbers[i]; i++)
		count += usable(numbers[i], called, country);
	if (count == 0)
		return NULL;
	chance %= count;
	for (size_t i = 0;; i++) {
		if (usable(numbers[i], called, country) && chance-- == 0)
			return without_plus(numbers[i]);
	}
}

const char *number_choose(char *const *numbers, const char *called, unsigned chance)
{
	const char *found;

	if (!numbers)
		return NULL;
	called = without_plus(called);
	found = choose(numbers, called, number_country(called), chance);
	return found ? found : choose(numbers, called, 0, chance);
}
