#include "call/tone.h"

#include <string.h>

/* Of North America (ITU-T E.180 supplement 2): 440 and 480 Hz, 2 s in 6. */
#define RINGBACK_HZ1	  440
#define RINGBACK_HZ2	  480
#define RINGBACK_LEVEL_DB -22.0
#define RINGBACK_ON_MS	  2000
#define RINGBACK_OFF_MS	  4000

struct prompt *tone_find(struct tones *tones, const char *name, const struct codec *codec)
{
	size_t place = 0;

	if (strcmp(name, "ringback") != 0)
		return NULL;
	while (codec_table[place] && codec_table[place] != codec)
		place++;
	if (!codec_table[place] || place >= TONE_MAX_CODECS)
		return NULL;
	if (!tones->ringback[place])
		tones->ringback[place] = prompt_tone(codec, RINGBACK_HZ1, RINGBACK_HZ2,
			RINGBACK_LEVEL_DB, RINGBACK_ON_MS, RINGBACK_OFF_MS);
	return tones->ringback[place];
}

void tones_release(struct tones *tones)
{
	for (size_t i = 0; i < TONE_MAX_CODECS; i++)
		prompt_unref(tones->ringback[i]);
	*tones = (struct tones){0};
}
