/* Reads the first half of any text as a pattern of digits, and matches the other half. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ncco/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *pattern = xstrndup((const char *)data, size / 2);
	char *digits = xstrndup((const char *)data + size / 2, size - size / 2);

	pattern_fault(pattern);
	pattern_match(pattern, digits);
	free(pattern);
	free(digits);
	return 0;
}
