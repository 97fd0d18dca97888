#include "call/tone.h"

#include "base/mem.h"

#define RINGBACK_HZ1	440
#define RINGBACK_HZ2	480
#define RINGBACK_DB	(-19.0)
#define RINGBACK_ON_MS	2000
#define RINGBACK_OFF_MS 4000

static size_t codec_index(const struct codec *codec)
{
	size_t i = 0;

	while (codec_table[i] && codec_table[i] != codec && i < TONE_CODECS - 1)
		i++;
	return i;
}

struct prompt *tones_ringback(struct tones *tones, const struct codec *codec)
{
	struct prompt **kept = &tones->ringback[codec_index(codec)];

	if (*kept && prompt_codec(*kept) != codec) {
		prompt_unref(*kept);
		*kept = NULL;
	}
	if (!*kept)
		*kept = prompt_tone(codec, RINGBACK_HZ1, RINGBACK_HZ2, RINGBACK_DB, RINGBACK_ON_MS,
			RINGBACK_OFF_MS);
	return prompt_ref(*kept);
}

void tones_release(struct tones *tones)
{
	for (size_t i = 0; i < TONE_CODECS; i++)
		prompt_unref(tones->ringback[i]);
	*tones = (struct tones){0};
}
