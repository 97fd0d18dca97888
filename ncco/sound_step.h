/* sound_step.h - what play and say have in common: a step that makes one sound, with barge-in.
 * Private to ncco/. */
#ifndef NCCO_SOUND_STEP_H
#define NCCO_SOUND_STEP_H

#include "ncco/verb.h"

struct sound_step {
	struct step step;
	char *source; /* URL, file or text */
	bool barge_in;
	bool early;
	int loops;
	double level;
};

enum step_result sound_step_start(struct interp *interp, struct step *step);
enum step_result sound_step_event(
	struct interp *interp, struct step *step, const struct ncco_event *event);
void sound_step_stop(struct interp *interp, struct step *step);

#define SOUND_STEP_PARAMS(type_)                                                                   \
	{.name = "bargeIn",                                                                        \
		.type = PARAM_BOOL,                                                                \
		.fallback = "false",                                                               \
		.offset = offsetof(type_, sound.barge_in),                                         \
		.help = "A digit ends the sound and is kept for the next input; so does speech."}, \
		{.name = "early",                                                                  \
			.type = PARAM_BOOL,                                                        \
			.fallback = "false",                                                       \
			.offset = offsetof(type_, sound.early),                                    \
			.help = "Heard before the call is answered, which it does not do."},       \
		{.name = "loop",                                                                   \
			.type = PARAM_INT,                                                         \
			.max = 10000,                                                              \
			.fallback = "1",                                                           \
			.offset = offsetof(type_, sound.loops),                                    \
			.help = "How often the sound is heard; 0 is for ever."},                   \
	{                                                                                          \
		.name = "level", .type = PARAM_NUMBER, .min = -1, .max = 1, .fallback = "0",       \
		.offset = offsetof(type_, sound.level),                                            \
		.help = "Volume, from -1 (softest) to 1 (loudest)."                                \
	}

#endif
