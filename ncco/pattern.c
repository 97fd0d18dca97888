#include "ncco/pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define KEYS	    "0123456789*#ABCD"
#define MAX_PATTERN 64
#define MAX_REPEAT  PATTERN_MAX_DIGITS

/* One place of a pattern: which keys fit, as bits, and how often. */
struct place {
	uint32_t keys;
	unsigned min, max;
};

static uint32_t key_bit(char c)
{
	const char *at = c ? strchr(KEYS, c) : NULL;

	return at ? UINT32_C(1) << (at - KEYS) : 0;
}

#define ALL_KEYS UINT32_C(0xffff)
#define DECIMALS UINT32_C(0x03ff)

/* Between [ and ]; *at is behind them. */
static const char *read_set(const char **at, uint32_t *ret_keys)
{
	bool none = **at == '^';
	uint32_t keys = 0;

	*at += none;
	while (**at && **at != ']') {
		uint32_t from = key_bit(**at), to = from;

		if (!from)
			return "has something between [ and ] that is no key";
		if ((*at)[1] == '-' && (*at)[2] && (*at)[2] != ']') {
			to = key_bit((*at)[2]);
			*at += 2;
		}
		if (to < from)
			return "has a range between [ and ] that runs backwards";
		keys |= (to - from) | to; /* every bit from one to the other */
		++*at;
	}
	if (!**at)
		return "has a [ without its ]";
	++*at;
	*ret_keys = none ? ALL_KEYS & ~keys : keys;
	return *ret_keys ? NULL : "has [ and ] that no key fits";
}

static const char *read_keys(const char **at, uint32_t *ret_keys)
{
	char c = *(*at)++;

	if (c == '[')
		return read_set(at, ret_keys);
	if (c == '\\') {
		c = **at;
		*at += c != 0;
		if (c != 'd' && c != '*' && c != '#' && c != '.' && c != '+')
			return "has a \\ before something that it does not go with";
		*ret_keys = c == 'd' ? DECIMALS : key_bit(c);
		return *ret_keys ? NULL : "asks for something that is no key";
	}
	*ret_keys = c == '.' ? ALL_KEYS : key_bit(c);
	return *ret_keys ? NULL : "has something that is no key";
}

static unsigned read_count(const char **at)
{
	unsigned count = 0;

	while (**at >= '0' && **at <= '9' && count <= MAX_REPEAT)
		count = count * 10 + (unsigned)(*(*at)++ - '0');
	return count;
}

static const char *read_braces(const char **at, struct place *place)
{
	const char *start = ++*at;

	place->min = place->max = read_count(at);
	if (*at == start)
		return "has { without a number";
	if (**at == ',') {
		start = ++*at;
		place->max = read_count(at);
		if (*at == start)
			place->max = MAX_REPEAT;
	}
	if (**at != '}')
		return "has a { without its }";
	++*at;
	if (place->min > MAX_REPEAT || place->max > MAX_REPEAT || place->max < place->min)
		return "repeats more than 22 times, or backwards";
	return NULL;
}

static const char *read_repeat(const char **at, struct place *place)
{
	place->min = place->max = 1;
	switch (**at) {
	case '{':
		return read_braces(at, place);
	case '?':
		place->min = 0;
		break;
	case '*':
		place->min = 0;
		place->max = MAX_REPEAT;
		break;
	case '+':
		place->max = MAX_REPEAT;
		break;
	default:
		return NULL;
	}
	++*at;
	return NULL;
}

/* The next place; *at is behind it. */
static const char *read_place(const char **at, struct place *place)
{
	const char *fault = read_keys(at, &place->keys);

	return fault ? fault : read_repeat(at, place);
}

static bool at_anchor(const char *pattern, const char *at)
{
	bool first = at == pattern || at[-1] == '|';
	bool last = at[1] == 0 || at[1] == '|';

	return (*at == '^' && first) || (*at == '$' && last);
}

const char *pattern_fault(const char *pattern)
{
	struct place place;
	const char *at = pattern, *fault;

	if (strlen(pattern) > MAX_PATTERN)
		return "is longer than 64 characters";
	while (*at) {
		if (*at == '|' || at_anchor(pattern, at)) {
			at++;
			continue;
		}
		fault = read_place(&at, &place);
		if (fault)
			return fault;
	}
	return NULL;
}

/* The positions of the digits, as bits, that one more key of the place leads to. */
static uint32_t advance(uint32_t positions, const char *digits, uint32_t keys)
{
	uint32_t out = 0;

	for (unsigned i = 0; digits[i]; i++) {
		if ((positions & UINT32_C(1) << i) && (key_bit(digits[i]) & keys))
			out |= UINT32_C(1) << (i + 1);
	}
	return out;
}

static uint32_t apply(uint32_t positions, const char *digits, const struct place *place)
{
	uint32_t out = place->min == 0 ? positions : 0;

	for (unsigned i = 1; i <= place->max && positions; i++) {
		positions = advance(positions, digits, place->keys);
		if (i >= place->min)
			out |= positions;
	}
	return out;
}

bool pattern_match(const char *pattern, const char *digits)
{
	size_t length = strlen(digits);
	uint32_t end = UINT32_C(1) << (length & 31), positions = 1;
	const char *at = pattern;
	struct place place;

	if (length > PATTERN_MAX_DIGITS)
		return false;
	while (*at) {
		if (*at == '|') {
			if (positions & end)
				return true;
			positions = 1;
			at++;
		} else if (at_anchor(pattern, at)) {
			at++;
		} else if (read_place(&at, &place)) {
			return false;
		} else {
			positions = apply(positions, digits, &place);
		}
	}
	return positions & end;
}
