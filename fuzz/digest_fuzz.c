/* Any bytes as a challenge; what can be answered is answered, on one line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sip/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct digest_challenge challenge;
	struct strbuf answer = STRBUF_INIT;

	if (digest_parse((const char *)data, size, &challenge))
		return 0;
	digest_answer(&answer, &challenge, "user", "password", "INVITE", "sip:x", 1, "cnonce");
	if (strpbrk(answer.data, "\r\n"))
		abort();
	digest_challenge_release(&challenge);
	strbuf_release(&answer);
	return 0;
}
