#include "sip/refer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define STATUS_START "SIP/2.0 "

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* Without its escapes; malloc'd, NULL when an escape is broken or stands for what no header may
 * have. */
static char *unescaped(const char *text, size_t length)
{
	char *out = xmalloc(length + 1);
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		int c = (unsigned char)text[i];

		if (c == '%' && i + 2 < length && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
			c = hex(text[i + 1]) * 16 + hex(text[i + 2]);
			i += 2;
		} else if (c == '%') {
			c = 0;
		}
		if (c < 0x20 || c == 0x7f) {
			free(out);
			return NULL;
		}
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return out;
}

static bool keep(char out[REFER_MAX_TEXT], const char *text)
{
	int length = snprintf(out, REFER_MAX_TEXT, "%s", text);

	return length > 0 && length < REFER_MAX_TEXT && !strpbrk(out, " \t,");
}

/* "to-tag=abc" */
static bool keep_parameter(char *parameter, struct refer_replaces *replaces)
{
	char *value = strchr(parameter, '=');

	if (value)
		*value++ = '\0';
	if (strcasecmp(parameter, "to-tag") == 0)
		return value && keep(replaces->to_tag, value);
	if (strcasecmp(parameter, "from-tag") == 0)
		return value && keep(replaces->from_tag, value);
	replaces->early_only |= strcasecmp(parameter, "early-only") == 0;
	return true;
}

/* "ID;to-tag=A;from-tag=B", which is cut up. */
static int parse_value(char *value, struct refer_replaces *ret_replaces)
{
	struct refer_replaces replaces = {.early_only = false};
	char *parameter = strsep(&value, ";");

	if (!keep(replaces.call_id, parameter))
		return -EBADMSG;
	while ((parameter = strsep(&value, ";"))) {
		if (!keep_parameter(parameter, &replaces))
			return -EBADMSG;
	}
	if (!*replaces.to_tag || !*replaces.from_tag)
		return -EBADMSG;
	*ret_replaces = replaces;
	return 1;
}

int refer_replaces_parse(const char *headers, struct refer_replaces *ret_replaces)
{
	static const char name[] = "Replaces=";
	int found = 0;

	while (headers && *headers && found == 0) {
		size_t length = strcspn(headers, "&");
		char *value;

		if (length >= sizeof(name) - 1 &&
			strncasecmp(headers, name, sizeof(name) - 1) == 0) {
			value = unescaped(headers + sizeof(name) - 1, length - sizeof(name) + 1);
			found = value ? parse_value(value, ret_replaces) : -EBADMSG;
			free(value);
		}
		headers += length + (headers[length] == '&');
	}
	return found;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int sipfrag_status(const char *body, size_t length, char ret_phrase[REFER_MAX_TEXT])
{
	const size_t prefix = sizeof(STATUS_START) - 1;
	const char *p, *end = body + length;
	size_t n = 0;
	int status;

	if (length < prefix + 3 || strncasecmp(body, STATUS_START, prefix) != 0)
		return 0;
	p = body + prefix;
	if (p[0] < '1' || p[0] > '6' || !is_digit(p[1]) || !is_digit(p[2]))
		return 0;
	status = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	p += 3;
	if (p < end && !memchr(" \r\n", *p, 3))
		return 0;
	for (p += p < end && *p == ' '; p < end && (unsigned char)*p >= 0x20; p++) {
		if (n < REFER_MAX_TEXT - 1)
			ret_phrase[n++] = *p;
	}
	ret_phrase[n] = '\0';
	return status;
}
