#include "http/range.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <strings.h>

/* Digits at *text, which is moved behind them. False when there are none. */
static bool read_number(const char **text, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *at = *text;

	if (!isdigit((unsigned char)*at))
		return false;
	for (; isdigit((unsigned char)*at); at++) {
		if (value > (UINT64_MAX - 9) / 10)
			value = UINT64_MAX; /* past the end of any file */
		else
			value = value * 10 + (uint64_t)(*at - '0');
	}
	*text = at;
	*ret_value = value;
	return true;
}

/* "-500": the last bytes. */
static int read_suffix(const char *text, uint64_t size, struct http_range *range)
{
	uint64_t count;

	if (!read_number(&text, &count) || *text)
		return 0;
	if (count == 0 || size == 0)
		return -ERANGE;
	if (count > size)
		count = size;
	*range = (struct http_range){.partial = true, .first = size - count, .length = count};
	return 0;
}

int http_range_read(const char *header, uint64_t size, struct http_range *ret_range)
{
	uint64_t first, last = UINT64_MAX;

	*ret_range = (struct http_range){.length = size};
	if (!header || strncasecmp(header, "bytes=", 6) != 0)
		return 0;
	header += 6;
	if (*header == '-')
		return read_suffix(header + 1, size, ret_range);
	if (!read_number(&header, &first) || *header++ != '-')
		return 0;
	if (*header && (!read_number(&header, &last) || *header || last < first))
		return 0;
	if (first >= size)
		return -ERANGE;
	if (last >= size)
		last = size - 1;
	*ret_range =
		(struct http_range){.partial = true, .first = first, .length = last - first + 1};
	return 0;
}
