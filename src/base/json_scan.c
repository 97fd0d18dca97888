#include "base/json_scan.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct level {
	bool object;
	size_t index;	/* of the element */
	size_t key;	/* where the member's key starts, behind its quote */
	size_t key_end; /* its closing quote */
};

struct json_scan {
	const char *text;
	size_t length;
	size_t at;
	const char *error;
	struct level levels[JSON_MAX_DEPTH];
	unsigned depth;
	json_scan_fn *on_value;
	void *ctx;
};

/* The byte at the cursor, or -1 behind the last. */
static int look(const struct json_scan *s)
{
	return s->at < s->length ? (unsigned char)s->text[s->at] : -1;
}

static bool fail(struct json_scan *s, const char *error)
{
	s->error = s->at < s->length ? error : "document ends too early";
	return false;
}

static void skip_space(struct json_scan *s)
{
	while (look(s) == ' ' || look(s) == '\t' || look(s) == '\r' || look(s) == '\n')
		s->at++;
}

static int hex4(const struct json_scan *s, size_t at)
{
	int value = 0;

	for (size_t i = at; i < at + 4; i++) {
		int c = i < s->length ? (unsigned char)s->text[i] : 0;

		if (!isxdigit(c))
			return -1;
		value = value * 16 + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
	}
	return value;
}

/* Length of the UTF-8 character at the cursor, 0: it is none (RFC 3629 section 4). */
static size_t utf8_length(const struct json_scan *s)
{
	const unsigned char *c = (const unsigned char *)s->text + s->at;
	size_t left = s->length - s->at;
	size_t length = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;

	if (c[0] > 0xf4 || length == 0 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
		(c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
		return 0;
	return length;
}

static bool scan_escape(struct json_scan *s, bool key)
{
	int value;

	s->at++;
	if (look(s) == 'u') {
		value = hex4(s, s->at + 1);
		if (value < 0)
			return fail(s, "\\u without four hexadecimal digits");
		if (value == 0 && key)
			return fail(s, "NUL in a key");
		s->at += 5;
		return true;
	}
	if (look(s) <= 0 || !strchr("\"\\/bfnrt", look(s)))
		return fail(s, "unknown escape in a string");
	s->at++;
	return true;
}

static bool scan_string(struct json_scan *s, bool key)
{
	size_t length;

	for (s->at++; look(s) != '"';) {
		if (look(s) < ' ')
			return fail(s, "control character in a string");
		if (look(s) == '\\') {
			if (!scan_escape(s, key))
				return false;
			continue;
		}
		length = utf8_length(s);
		if (length == 0)
			return fail(s, "text is not UTF-8");
		s->at += length;
	}
	s->at++;
	return true;
}

static bool scan_digits(struct json_scan *s)
{
	if (!isdigit(look(s)))
		return fail(s, "digit expected in a number");
	while (isdigit(look(s)))
		s->at++;
	return true;
}

/* Whether the number from `start` to the cursor fits a double; only long ones may not. */
static bool number_fits(const struct json_scan *s, size_t start, bool exponent)
{
	char *copy;
	bool fits;

	if (!exponent && s->at - start < 300)
		return true;
	copy = strndup(s->text + start, s->at - start);
	fits = copy && isfinite(strtod(copy, NULL));
	free(copy);
	return fits;
}

static bool scan_number(struct json_scan *s)
{
	size_t start = s->at;
	bool exponent = false;

	if (look(s) == '-')
		s->at++;
	if (look(s) == '0')
		s->at++;
	else if (!scan_digits(s))
		return false;
	if (look(s) == '.') {
		s->at++;
		if (!scan_digits(s))
			return false;
	}
	if (look(s) == 'e' || look(s) == 'E') {
		exponent = true;
		s->at++;
		if (look(s) == '+' || look(s) == '-')
			s->at++;
		if (!scan_digits(s))
			return false;
	}
	if (number_fits(s, start, exponent))
		return true;
	s->at = start;
	return fail(s, "number out of range");
}

static bool scan_word(struct json_scan *s, const char *word)
{
	size_t length = strlen(word);

	if (s->length - s->at < length || memcmp(s->text + s->at, word, length) != 0) {
		s->error = "value expected";
		return false;
	}
	s->at += length;
	return true;
}

/* The key of a member and its colon; the cursor is then before the value. */
static bool scan_key(struct json_scan *s)
{
	struct level *level = &s->levels[s->depth - 1];

	skip_space(s);
	if (look(s) != '"')
		return fail(s, "key in double quotes expected");
	level->key = s->at + 1;
	if (!scan_string(s, true))
		return false;
	level->key_end = s->at - 1;
	skip_space(s);
	if (look(s) != ':')
		return fail(s, "colon expected");
	s->at++;
	return true;
}

static bool open_level(struct json_scan *s)
{
	if (s->depth == JSON_MAX_DEPTH)
		return fail(s, "nested too deep");
	s->levels[s->depth++] = (struct level){.object = look(s) == '{'};
	s->at++;
	return true;
}

static bool at_close(struct json_scan *s)
{
	skip_space(s);
	return s->depth > 0 && look(s) == (s->levels[s->depth - 1].object ? '}' : ']');
}

/* A scalar as a whole, or the opening of an array or object: *ret_open then. */
static bool scan_value(struct json_scan *s, bool *ret_open)
{
	*ret_open = false;
	skip_space(s);
	if (s->on_value && s->at < s->length)
		s->on_value(s->ctx, s, s->at);
	switch (look(s)) {
	case '{':
	case '[':
		*ret_open = true;
		return open_level(s);
	case '"':
		return scan_string(s, false);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		if (look(s) == '-' || isdigit(look(s)))
			return scan_number(s);
		return fail(s, "value expected");
	}
}

/* Behind a value: closes what ends here, and goes to the next value if there is one. */
static bool scan_behind(struct json_scan *s)
{
	while (at_close(s)) {
		s->at++;
		s->depth--;
	}
	if (s->depth == 0)
		return true;
	if (look(s) != ',')
		return fail(s, "comma or closing bracket expected");
	s->at++;
	s->levels[s->depth - 1].index++;
	return !s->levels[s->depth - 1].object || scan_key(s);
}

static bool scan_document(struct json_scan *s)
{
	bool open;

	skip_space(s);
	if (s->at == s->length) {
		s->error = "empty document";
		return false;
	}
	do {
		if (!scan_value(s, &open))
			return false;
		if (open && !at_close(s)) {
			if (s->levels[s->depth - 1].object && !scan_key(s))
				return false;
			continue;
		}
		if (!scan_behind(s))
			return false;
	} while (s->depth > 0);
	skip_space(s);
	return s->at == s->length || fail(s, "text after the end of the document");
}

int json_scan(const char *text, size_t length, json_scan_fn *on_value, void *ctx,
	const char **ret_error, size_t *ret_offset)
{
	struct json_scan s = {.text = text, .length = length, .on_value = on_value, .ctx = ctx};

	if (scan_document(&s))
		return 0;
	if (ret_error)
		*ret_error = s.error;
	if (ret_offset)
		*ret_offset = s.at < length ? s.at : length;
	return -EINVAL;
}

static void add_code_point(struct strbuf *out, unsigned long c)
{
	if (c < 0x80) {
		strbuf_addc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		strbuf_addc(out, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		strbuf_addc(out, (char)(0xe0 | c >> 12));
		strbuf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		strbuf_addc(out, (char)(0xf0 | c >> 18));
		strbuf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		strbuf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	strbuf_addc(out, (char)(0x80 | (c & 0x3f)));
}

/* The \uXXXX at *at, with its low surrogate if one follows; a lone one is U+FFFD, as json-c
 * has it. */
static unsigned long read_unicode(const struct json_scan *s, size_t *at)
{
	unsigned long c = (unsigned long)hex4(s, *at + 2);
	int low;

	*at += 6;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c > 0xdbff || s->text[*at] != '\\' || s->text[*at + 1] != 'u')
		return 0xfffd;
	low = hex4(s, *at + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*at += 6;
	return 0x10000 + ((c - 0xd800) << 10) + (unsigned long)(low - 0xdc00);
}

static void add_key(const struct json_scan *s, const struct level *level, struct strbuf *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";

	for (size_t at = level->key; at < level->key_end;) {
		unsigned long c = (unsigned char)s->text[at++];

		if (c == '\\' && s->text[at] == 'u') {
			at--;
			c = read_unicode(s, &at);
		} else if (c == '\\') {
			const char *known = strchr(from, s->text[at]);

			c = (unsigned char)(known ? to[known - from] : s->text[at]);
			at++;
		} else if (c >= 0x80) {
			strbuf_addc(out, (char)c);
			continue;
		}
		if (c == '~' || c == '/')
			strbuf_adds(out, c == '~' ? "~0" : "~1");
		else
			add_code_point(out, c);
	}
}

void json_scan_pointer(const struct json_scan *s, struct strbuf *pointer)
{
	for (unsigned i = 0; i < s->depth; i++) {
		strbuf_addc(pointer, '/');
		if (s->levels[i].object)
			add_key(s, &s->levels[i], pointer);
		else
			strbuf_addf(pointer, "%zu", s->levels[i].index);
	}
}
