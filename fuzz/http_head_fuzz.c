/* Requests as they come from a socket: heads, and bodies in chunks, one behind the other. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/chunked.h"
#include "http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_head head;
	struct head_fault fault;
	size_t scanned = 0;
	long length = head_scan((const char *)data, size, &scanned, &fault);
	char *text = length > 0 ? xmemdup(data, (size_t)length) : NULL;
	struct chunked chunked = {0};
	struct strbuf body = STRBUF_INIT;

	if (text && head_read(text, (size_t)length, &head, &fault) == 0) {
		if (!head.path || (*head.path != '/' && *head.path != '*') ||
			strchr(head.path, ' '))
			abort();
		if (head.chunked && head.length)
			abort();
		chunked_read(
			&chunked, (const char *)data + length, size - (size_t)length, &body, 64);
		if (body.length > 64)
			abort();
	}
	strbuf_release(&body);
	free(text);
	return 0;
}
