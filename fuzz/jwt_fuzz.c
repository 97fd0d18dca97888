/* Bearer tokens, before anything about them is proved. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/jwt_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	const char *error = NULL;
	struct jwt token;
	int64_t expires;

	if (jwt_read(text, &token, &error) == 0) {
		if (token.length >= strlen(text) || !token.signature.length)
			abort();
		if (jwt_check_times(token.claims, 1000, &expires, &error) == 0 && expires < 940)
			abort();
		jwt_release(&token);
	}
	free(text);
	return 0;
}
