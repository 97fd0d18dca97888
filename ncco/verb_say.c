/* say, talk: text or SSML by speech synthesis. */
#include <string.h>

#include "ncco/sound_step.h"

#define SAY_MAX_CHARS 1500 /* without markup */

struct say {
	struct sound_step sound;
	char *language;
	char *voice;
	char *provider;
	struct json_object *provider_options;
	int style;
	bool premium;
};

static const struct param say_params[] = {
	{.name = "text",
		.type = PARAM_TEXT,
		.required = true,
		.offset = offsetof(struct say, sound.source),
		.help = "What is said: up to 1500 characters of text, or SSML inside <speak>; "
			"markup is not counted."},
	SOUND_STEP_PARAMS(struct say),
	{.name = "language",
		.type = PARAM_LINE,
		.max = 35,
		.offset = offsetof(struct say, language),
		.help = "The language of the text as a BCP 47 tag; without it the configured one, "
			"en-US."},
	{.name = "style",
		.type = PARAM_INT,
		.max = 1000,
		.fallback = "0",
		.offset = offsetof(struct say, style),
		.help = "Number of the voice among those of the language."},
	{.name = "premium",
		.type = PARAM_BOOL,
		.fallback = "false",
		.offset = offsetof(struct say, premium),
		.help = "Asks for the better variant of the voice."},
	{.name = "voiceName",
		.aliases = {"voice", "voice_name"},
		.type = PARAM_LINE,
		.max = 100,
		.offset = offsetof(struct say, voice),
		.help = "Name of the voice, in place of language and style."},
	{.name = "provider",
		.type = PARAM_LINE,
		.max = 64,
		.offset = offsetof(struct say, provider),
		.help = "The speech adapter; without it the configured one."},
	{.name = "providerOptions",
		.type = PARAM_OBJECT,
		.offset = offsetof(struct say, provider_options),
		.help = "Passed to the speech adapter as it is."},
	{.name = NULL},
};

static size_t spoken_chars(const char *text, bool ssml)
{
	size_t count = 0;
	bool tag = false;

	for (; *text; text++) {
		if (ssml && *text == '<')
			tag = true;
		else if (ssml && *text == '>')
			tag = false;
		else if (!tag && ((unsigned char)*text & 0xc0) != 0x80)
			count++;
	}
	return count;
}

static void say_check(struct step *step, struct reader *reader)
{
	const char *text = ((const struct say *)step)->sound.source;
	bool ssml;
	size_t length;

	if (!text)
		return;
	ssml = strncmp(text, "<speak", 6) == 0 && (text[6] == '>' || text[6] == ' ');
	length = strlen(text);
	if (ssml && (length < 8 || strcmp(text + length - 8, "</speak>") != 0))
		reader_fault_at(reader, "text", "starts as SSML but does not end with </speak>");
	else if (spoken_chars(text, ssml) > SAY_MAX_CHARS)
		reader_fault_at(reader, "text", "is longer than %d characters", SAY_MAX_CHARS);
}

static bool say_sound(const struct step *step, struct ncco_sound *ret_sound)
{
	const struct say *say = (const struct say *)step;

	*ret_sound = (struct ncco_sound){
		.kind = NCCO_SOUND_TEXT,
		.source = say->sound.source,
		.base = step->base,
		.language = say->language,
		.voice = say->voice,
		.provider = say->provider,
		.provider_options = say->provider_options,
		.premium = say->premium,
		.style = (unsigned)say->style,
		.loops = (unsigned)say->sound.loops,
		.level = say->sound.level,
	};
	return true;
}

const struct verb verb_say = {
	.name = "talk",
	.aliases = {"say"},
	.help = "Says a text.",
	.size = sizeof(struct say),
	.params = say_params,
	.check = say_check,
	.start = sound_step_start,
	.event = sound_step_event,
	.stop = sound_step_stop,
	.sound = say_sound,
};
