#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

char strbuf_empty[1];

static void reserve(struct strbuf *sb, size_t more)
{
	size_t need = sb->length + more + 1;

	if (need <= sb->size)
		return;
	if (need < sb->size * 2)
		need = sb->size * 2;
	sb->data = xrealloc(sb->size ? sb->data : NULL, need);
	sb->size = need;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t length)
{
	reserve(sb, length);
	if (length)
		memcpy(sb->data + sb->length, data, length);
	sb->length += length;
	sb->data[sb->length] = '\0';
}

void strbuf_adds(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_addc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_addf(struct strbuf *sb, const char *format, ...)
{
	va_list args;
	size_t room;
	int n;

	reserve(sb, 64);
	room = sb->size - sb->length;
	va_start(args, format);
	n = vsnprintf(sb->data + sb->length, room, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= room) {
		reserve(sb, (size_t)n);
		va_start(args, format);
		vsnprintf(sb->data + sb->length, (size_t)n + 1, format, args);
		va_end(args);
	}
	sb->length += (size_t)n;
}

void strbuf_reset(struct strbuf *sb)
{
	sb->length = 0;
	if (sb->size)
		sb->data[0] = '\0';
}

void strbuf_release(struct strbuf *sb)
{
	if (sb->size)
		free(sb->data);
	*sb = (struct strbuf)STRBUF_INIT;
}

char *strbuf_detach(struct strbuf *sb)
{
	char *s = sb->size ? sb->data : xstrdup("");

	*sb = (struct strbuf)STRBUF_INIT;
	return s;
}
