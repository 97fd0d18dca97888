/* SSML as a script may send it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "speech/speech.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *ssml = xstrndup((const char *)data, size);
	char *text = speech_strip_ssml(ssml);

	if (strlen(text) > strlen(ssml))
		abort();
	free(text);
	free(ssml);
	return 0;
}
