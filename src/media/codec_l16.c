/* codec_l16.c - linear sound as it is, in this machine's byte order: what streams are made of.
 * Not in codec_table[], since it never goes over the wire like this. */
#include <string.h>

#include "base/mem.h"
#include "media/codec.h"

static void l16_encode(const int16_t *pcm, size_t samples, uint8_t *out)
{
	memcpy(out, pcm, samples * sizeof(*pcm));
}

static size_t l16_decode(const uint8_t *in, size_t bytes, int16_t *pcm)
{
	memcpy(pcm, in, bytes);
	return bytes / sizeof(*pcm);
}

#define L16(rate)                                                                           \
	{                                                                                   \
		.name = "L16", .rtp_rate = (rate), .sample_rate = (rate),                   \
		.static_payload_type = -1, .bytes_per_ms = (rate) / 1000 * 2, .silence = 0, \
		.encode = l16_encode, .decode = l16_decode,                                 \
	}

static const struct codec l16[] = {L16(8000), L16(16000), L16(24000), L16(48000)};

const struct codec *codec_l16(uint32_t rate)
{
	for (size_t i = 0; i < ARRAY_SIZE(l16); i++)
		if (l16[i].sample_rate == rate)
			return &l16[i];
	return NULL;
}
