/* recording_event.h - what is said of a recording, and in which format it is. Core thread only. */
#ifndef CALL_RECORDING_EVENT_H
#define CALL_RECORDING_EVENT_H

#include "base/json.h"
#include "call/recording.h"

/* Where the file is had over HTTP; public_url as in server.h. malloc'd. */
char *recording_url(const char *public_url, const struct recording_result *result);

/* The body of its event; the conversation is still to be added. New object. */
struct json_object *recording_event(const char *public_url, const struct recording_result *result);

/* As wanted, else as configured, else mp3, or wav for more channels than that can have. NULL: not
 * said. */
const struct sound_format *recording_format(
	const char *wanted, const char *configured, unsigned channels);

#endif
