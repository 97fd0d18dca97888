/* id.h - random identifiers. Any thread. An id never carries meaning. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stddef.h>
#include <stdint.h>

/* A UUID of version 4 in text form (RFC 9562 section 5.4), with its NUL. */
#define ID_SIZE 37

/* Fills out and returns it; cannot fail. */
char *id_new(char out[ID_SIZE]);

/* Unpredictable bytes from the kernel; cannot fail. */
void id_random(void *out, size_t size);
uint32_t id_random_u32(void);

#endif
