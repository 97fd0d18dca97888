#include "http/query.h"

#include <ctype.h>
#include <string.h>

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void unescape(const char *text, size_t length, struct strbuf *out)
{
	strbuf_reset(out);
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%' && i + 2 < length && isxdigit((unsigned char)text[i + 1]) &&
			   isxdigit((unsigned char)text[i + 2])) {
			c = (char)(hex(text[i + 1]) << 4 | hex(text[i + 2]));
			i += 2;
		}
		if (c == '\0')
			return;
		strbuf_addc(out, c);
	}
}

bool query_next(const char **at, struct strbuf *ret_name, struct strbuf *ret_value)
{
	const char *pair = *at + strspn(*at, "&");
	size_t length = strcspn(pair, "&");
	const char *equals = memchr(pair, '=', length);

	*at = pair + length;
	if (length == 0)
		return false;
	unescape(pair, equals ? (size_t)(equals - pair) : length, ret_name);
	unescape(equals ? equals + 1 : "", equals ? length - (size_t)(equals + 1 - pair) : 0,
		ret_value);
	return true;
}
