#include "call/recording_event.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

char *recording_url(const char *public_url, const struct recording_result *result)
{
	return xasprintf("%s/v1/files/%s", public_url, result->id);
}

struct json_object *recording_event(const char *public_url, const struct recording_result *result)
{
	struct json_object *body = json_object_new_object();
	char iso[CLOCK_ISO_SIZE], *url = recording_url(public_url, result);

	json_add_text(body, "start_time", clock_iso(result->start_wall, iso));
	json_add_text(body, "recording_url", url);
	json_add_int(body, "size", (int64_t)result->size);
	json_add_text(body, "recording_uuid", result->id);
	json_add_text(body, "end_time", clock_iso(result->end_wall, iso));
	if (result->lost_ms)
		json_add_int(body, "lost_ms", result->lost_ms);
	free(url);
	return body;
}

const struct sound_format *recording_format(
	const char *wanted, const char *configured, unsigned channels)
{
	const struct sound_format *format;

	if (wanted)
		return sound_format_find(wanted);
	format = sound_format_find(configured ? configured : "mp3");
	return channels > format->max_channels ? sound_format_find("wav") : format;
}
