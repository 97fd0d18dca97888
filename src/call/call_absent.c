/* What a script may ask for and this server does not do: told as an error (core thread). */
#include "call/call_private.h"

void call_absent_transcribe(void *ctx, const struct ncco_transcribe *transcribe)
{
	if (transcribe)
		call_tell_error(ctx, transcribe->pointer, "is not available");
}
