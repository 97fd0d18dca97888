#include "media/codec.h"

#include <strings.h>

#include "media/g711.h"

const struct codec *const codec_table[] = {&codec_pcmu, &codec_pcma, NULL};

const struct codec *codec_find(const char *name, uint32_t rtp_rate)
{
	for (const struct codec *const *row = codec_table; *row; row++)
		if (strcasecmp((*row)->name, name) == 0 && (*row)->rtp_rate == rtp_rate)
			return *row;
	return NULL;
}

const struct codec *codec_find_static(int payload_type)
{
	for (const struct codec *const *row = codec_table; *row; row++)
		if (payload_type >= 0 && (*row)->static_payload_type == payload_type)
			return *row;
	return NULL;
}
