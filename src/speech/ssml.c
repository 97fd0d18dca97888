#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "speech/speech.h"

#define MAX_ENTITY 12 /* bytes between & and ; */

static void add_utf8(struct strbuf *sb, uint32_t c)
{
	if (c < 0x80) {
		strbuf_addc(sb, (char)c);
		return;
	}
	if (c < 0x800) {
		strbuf_addc(sb, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		strbuf_addc(sb, (char)(0xe0 | c >> 12));
		strbuf_addc(sb, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		strbuf_addc(sb, (char)(0xf0 | c >> 18));
		strbuf_addc(sb, (char)(0x80 | (c >> 12 & 0x3f)));
		strbuf_addc(sb, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	strbuf_addc(sb, (char)(0x80 | (c & 0x3f)));
}

/* A character that XML allows (section 2.2), or 0. */
static uint32_t numeric_entity(const char *s, size_t length)
{
	bool hex = length > 1 && (s[1] == 'x' || s[1] == 'X');
	char digits[MAX_ENTITY + 1];
	unsigned long c;
	char *end;

	memcpy(digits, s, length);
	digits[length] = '\0';
	if (!isxdigit((unsigned char)digits[hex ? 2 : 1]))
		return 0;
	c = strtoul(digits + (hex ? 2 : 1), &end, hex ? 16 : 10);
	if (*end || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return c >= 0x20 || c == '\t' || c == '\n' || c == '\r' ? (uint32_t)c : 0;
}

static uint32_t named_entity(const char *s, size_t length)
{
	static const struct {
		const char *name;
		char c;
	} names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) == length && memcmp(names[i].name, s, length) == 0)
			return (uint32_t)names[i].c;
	}
	return 0;
}

/* At '&': adds what the entity stands for, or '&' itself when it is none. */
static const char *add_entity(struct strbuf *sb, const char *s)
{
	size_t length = strcspn(s + 1, ";&< \t\r\n");
	uint32_t c = 0;

	if (s[1 + length] == ';' && length > 0 && length <= MAX_ENTITY)
		c = s[1] == '#' ? numeric_entity(s + 1, length) : named_entity(s + 1, length);
	add_utf8(sb, c ? c : '&');
	return c ? s + length + 2 : s + 1;
}

/* The end of the tag at '<': quotes may hold '>'. The end of the text when it is not closed. */
static const char *tag_end(const char *s)
{
	char quote = '\0';

	for (; *s; s++) {
		if (quote) {
			quote = *s == quote ? '\0' : quote;
		} else if (*s == '"' || *s == '\'') {
			quote = *s;
		} else if (*s == '>') {
			return s + 1;
		}
	}
	return s;
}

static bool is_tag(const char *s, const char *name)
{
	size_t length = strlen(name);

	return strncasecmp(s, name, length) == 0 &&
	       (isspace((unsigned char)s[length]) || s[length] == '/' || s[length] == '>');
}

/* A pause becomes a comma; other tags that end a unit of text keep words apart. */
static void add_pause(struct strbuf *sb, const char *tag)
{
	tag += *tag == '/';
	if (is_tag(tag, "break"))
		strbuf_adds(sb, ", ");
	else if (is_tag(tag, "p") || is_tag(tag, "s"))
		strbuf_addc(sb, ' ');
}

/* At '<': comments, CDATA and processing instructions have ends of their own. */
static const char *add_markup(struct strbuf *sb, const char *s)
{
	const char *end;

	if (strncmp(s, "<![CDATA[", 9) == 0) {
		end = strstr(s, "]]>");
		strbuf_add(sb, s + 9, end ? (size_t)(end - s - 9) : strlen(s + 9));
		return end ? end + 3 : s + strlen(s);
	}
	if (strncmp(s, "<!--", 4) == 0) {
		end = strstr(s + 4, "-->");
		return end ? end + 3 : s + strlen(s);
	}
	if (strncmp(s, "<?", 2) == 0) {
		end = strstr(s + 2, "?>");
		return end ? end + 2 : s + strlen(s);
	}
	add_pause(sb, s + 1);
	return tag_end(s + 1);
}

char *speech_strip_ssml(const char *ssml)
{
	struct strbuf sb = STRBUF_INIT;
	size_t length;

	while (*ssml) {
		length = strcspn(ssml, "<&");
		strbuf_add(&sb, ssml, length);
		ssml += length;
		if (*ssml == '<')
			ssml = add_markup(&sb, ssml);
		else if (*ssml == '&')
			ssml = add_entity(&sb, ssml);
	}
	return strbuf_detach(&sb);
}
