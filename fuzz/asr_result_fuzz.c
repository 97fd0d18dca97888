/* A line of a speech recogniser is a result whose numbers are what they may be, or a fault. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "speech/asr_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct asr_result result;
	const char *error = NULL;

	if (asr_result_read((const char *)data, size, &result, &error) < 0) {
		if (!error)
			abort();
		return 0;
	}
	if (!result.text || strlen(result.text) > ASR_MAX_TEXT_BYTES ||
		!(result.confidence >= 0 && result.confidence <= 1))
		abort();
	asr_result_release(&result);
	return 0;
}
