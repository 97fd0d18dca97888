/* Any bytes as the headers of a URI in Refer-To, and as a message/sipfrag. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sip/refer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct refer_replaces replaces;
	char *headers = xstrndup((const char *)data, size), phrase[REFER_MAX_TEXT] = "";
	int status = sipfrag_status((const char *)data, size, phrase);

	if (refer_replaces_parse(headers, &replaces) == 1 &&
		(strpbrk(replaces.call_id, "\r\n") || !*replaces.to_tag || !*replaces.from_tag))
		abort();
	if (strpbrk(phrase, "\r\n") || (status && (status < 100 || status > 699)))
		abort();
	free(headers);
	return 0;
}
