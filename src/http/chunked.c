#include "http/chunked.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "http/head.h"

#define MAX_LINE     512  /* of a size with its extensions, of a trailer */
#define MAX_OVERHEAD 8192 /* of all extensions and trailers */
#define MAX_DIGITS   8

/* The length of the line at `data` with its CRLF; 0: it is not all there. */
static ssize_t line_length(const char *data, size_t length)
{
	const char *lf = memchr(data, '\n', length < MAX_LINE ? length : MAX_LINE);

	if (!lf)
		return length < MAX_LINE ? 0 : -EBADMSG;
	return lf > data && lf[-1] == '\r' ? lf - data + 1 : -EBADMSG;
}

/* Visible characters, spaces and tabs. */
static bool is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isprint((unsigned char)text[i]) && text[i] != '\t')
			return false;
	return true;
}

static unsigned hex(char c)
{
	return isdigit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* 1*8HEXDIG, then nothing or an extension. */
static ssize_t read_size(struct chunked *c, const char *data, size_t length)
{
	ssize_t line = line_length(data, length);
	size_t digits = 0, text;

	if (line <= 0)
		return line;
	text = (size_t)line - 2;
	c->left = 0;
	for (; digits < text && isxdigit((unsigned char)data[digits]); digits++) {
		if (digits == MAX_DIGITS)
			return -EBADMSG;
		c->left = c->left * 16 + hex(data[digits]);
	}
	if (digits == 0 || (digits < text && data[digits] != ';') ||
		!is_plain(data + digits, text - digits))
		return -EBADMSG;
	c->overhead += text - digits;
	c->state = c->left ? CHUNKED_DATA : CHUNKED_TRAILER;
	return c->overhead > MAX_OVERHEAD ? -EBADMSG : line;
}

static ssize_t read_data(
	struct chunked *c, const char *data, size_t length, struct strbuf *out, size_t limit)
{
	size_t taken = c->left < length ? (size_t)c->left : length;

	if (c->left > limit || out->length > limit - c->left)
		return -EMSGSIZE;
	strbuf_add(out, data, taken);
	c->left -= taken;
	if (c->left == 0)
		c->state = CHUNKED_END;
	return (ssize_t)taken;
}

static ssize_t read_end(struct chunked *c, const char *data, size_t length)
{
	if (data[0] != '\r' || (length > 1 && data[1] != '\n'))
		return -EBADMSG;
	if (length == 1)
		return 0;
	c->state = CHUNKED_LINE;
	return 2;
}

static ssize_t read_trailer(struct chunked *c, const char *data, size_t length)
{
	ssize_t line = line_length(data, length);
	struct head_field field;
	char copy[MAX_LINE];

	if (line <= 0)
		return line;
	if (line == 2) {
		c->state = CHUNKED_DONE;
		return line;
	}
	memcpy(copy, data, (size_t)line);
	c->overhead += (size_t)line;
	if (c->overhead > MAX_OVERHEAD || !head_line_read(copy, (size_t)line - 2, &field))
		return -EBADMSG;
	return line;
}

static ssize_t step(
	struct chunked *c, const char *data, size_t length, struct strbuf *out, size_t limit)
{
	switch (c->state) {
	case CHUNKED_LINE:
		return read_size(c, data, length);
	case CHUNKED_DATA:
		return read_data(c, data, length, out, limit);
	case CHUNKED_END:
		return read_end(c, data, length);
	case CHUNKED_TRAILER:
		return read_trailer(c, data, length);
	case CHUNKED_DONE:
		break;
	}
	return 0;
}

ssize_t chunked_read(
	struct chunked *c, const char *data, size_t length, struct strbuf *out, size_t limit)
{
	size_t taken = 0;

	while (taken < length) {
		ssize_t n = step(c, data + taken, length - taken, out, limit);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		taken += (size_t)n;
	}
	return (ssize_t)taken;
}
