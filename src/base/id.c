#include "base/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void id_random(void *out, size_t size)
{
	unsigned char *p = out;

	while (size > 0) {
		ssize_t n = getrandom(p, size < 256 ? size : 256, 0);
		if (n < 0)
			continue; /* EINTR, the only failure left once the pool is seeded */
		p += n;
		size -= (size_t)n;
	}
}

uint32_t id_random_u32(void)
{
	uint32_t value;

	id_random(&value, sizeof(value));
	return value;
}

char *id_new(char out[ID_SIZE])
{
	unsigned char b[16];

	id_random(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(out, ID_SIZE,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return out;
}
