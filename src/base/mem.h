/* mem.h - allocation for control objects. Any thread. Every function aborts the process
 * when memory is out, so callers need no error path; limits on outside values bound what
 * a peer can make us allocate. Never called on the media path. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size); /* zeroed */
void *xrealloc(void *ptr, size_t size);
char *xstrdup(const char *s);		      /* NULL gives NULL */
char *xstrndup(const char *s, size_t length); /* NULL gives NULL */
void *xmemdup(const void *data, size_t size);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Replaces *slot by a copy of s (or NULL), freeing what was there. */
void xstrset(char **slot, const char *s);

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
