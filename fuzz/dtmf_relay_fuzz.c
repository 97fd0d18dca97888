/* Any bytes as the body of an INFO. */
#include <stdlib.h>
#include <string.h>

#include "sip/agent_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int relay = 0; relay < 2; relay++) {
		char digit;
		unsigned duration_ms;

		if (dtmf_body_parse((const char *)data, size, relay, &digit, &duration_ms) &&
			(!strchr("0123456789*#ABCD", digit) || duration_ms == 0 ||
				duration_ms > 10000))
			abort();
	}
	return 0;
}
