/* strbuf.h - a string that grows. One owner; any thread.
 *
 *   struct strbuf sb = STRBUF_INIT;
 *   strbuf_addf(&sb, "%d", 7);
 *   use(sb.data, sb.length);           data is always NUL-terminated, never NULL
 *   strbuf_release(&sb);               or: char *s = strbuf_detach(&sb);
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stddef.h>

struct strbuf {
	char *data;
	size_t length;
	size_t size; /* bytes allocated, 0 while data is the shared empty string */
};

extern char strbuf_empty[1];
#define STRBUF_INIT                \
	{                          \
		strbuf_empty, 0, 0 \
	}

void strbuf_add(struct strbuf *sb, const void *data, size_t length);
void strbuf_adds(struct strbuf *sb, const char *s);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_reset(struct strbuf *sb);	/* length 0, memory kept */
void strbuf_release(struct strbuf *sb); /* back to STRBUF_INIT */
char *strbuf_detach(struct strbuf *sb); /* the caller frees; sb is STRBUF_INIT again */

#endif
