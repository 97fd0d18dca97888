/* play, stream: a recorded sound. */
#include "ncco/sound_step.h"

struct play {
	struct sound_step sound;
};

static const struct param play_params[] = {
	{.name = "streamUrl",
		.aliases = {"url"},
		.type = PARAM_MEDIA,
		.required = true,
		.offset = offsetof(struct play, sound.source),
		.help = "The sound: an http or https URL, a URL relative to the document, or "
			"file:NAME, a file below the media root."},
	SOUND_STEP_PARAMS(struct play),
	{.name = NULL},
};

static bool play_sound(const struct step *step, struct ncco_sound *ret_sound)
{
	const struct play *play = (const struct play *)step;

	*ret_sound = (struct ncco_sound){
		.kind = NCCO_SOUND_URL,
		.source = play->sound.source,
		.base = step->base,
		.loops = (unsigned)play->sound.loops,
		.level = play->sound.level,
	};
	return true;
}

const struct verb verb_play = {
	.name = "stream",
	.aliases = {"play"},
	.help = "Plays a recorded sound.",
	.size = sizeof(struct play),
	.params = play_params,
	.start = sound_step_start,
	.event = sound_step_event,
	.stop = sound_step_stop,
	.sound = play_sound,
};
