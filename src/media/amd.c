#include "media/amd.h"

#include <stdlib.h>

#define FRAME_MS   20
#define LOW_LEVEL  64.0	  /* mean of the samples' sizes, -54 dB; below it is silence */
#define HIGH_LEVEL 2000.0 /* above it is none, however loud the line */
#define ABOVE	   1.7	  /* times the floor, is voice */
#define FLOOR_MS   1200	  /* the lowest level of so long a time is the floor */
#define PAUSE_MS   60	  /* ends a word */
#define MAX_MS	   30000  /* of a line that rings on and on */

/* Between what is usual for Asterisk (2.5 s, 1.5 s, 0.8 s) and for carriers (5 s, 2.4 s, 1.2 s). */
const struct amd_times amd_usual = {
	.initial_silence = 3500,
	.greeting = 2400,
	.after_greeting = 1000,
	.total = 7000,
	.word = 100,
	.words = 7,
	.beep = 0,
};

void amd_init(struct amd *amd, const struct amd_times *times)
{
	*amd = (struct amd){.times = *times, .floor = HIGH_LEVEL, .recent = HIGH_LEVEL};
}

static double level_of(const int16_t samples[BEEP_FRAME])
{
	double sum = 0;

	for (int i = 0; i < BEEP_FRAME; i++)
		sum += abs(samples[i]);
	return sum / BEEP_FRAME;
}

/* The noise of a line is what is left between words; it is taken anew all the time, so that a line
 * that becomes louder is not one that speaks for ever. */
static void follow_floor(struct amd *amd, double level)
{
	if (level < amd->recent)
		amd->recent = level;
	if (level < amd->floor)
		amd->floor = level;
	if (amd->now < amd->recent_until)
		return;
	amd->floor = amd->recent;
	amd->recent = HIGH_LEVEL;
	amd->recent_until = amd->now + FLOOR_MS;
}

static bool is_voice(const struct amd *amd, double level)
{
	double least = amd->floor * ABOVE;

	if (least < LOW_LEVEL)
		least = LOW_LEVEL;
	return level > (least > HIGH_LEVEL ? HIGH_LEVEL : least);
}

static void hear_voice(struct amd *amd)
{
	amd->voiced += FRAME_MS;
	amd->silent = 0;
	if (amd->voiced < amd->times.word)
		return;
	if (!amd->in_word)
		amd->words++;
	amd->in_word = true;
	if (!amd->begun)
		amd->begun = amd->now - amd->voiced + 1;
	amd->last_voice = amd->now;
}

static void hear_silence(struct amd *amd)
{
	amd->silent += FRAME_MS;
	if (amd->silent < PAUSE_MS)
		return;
	amd->voiced = 0;
	amd->in_word = false;
}

static enum amd_event conclude(struct amd *amd, bool machine, const char *reason)
{
	amd->machine = machine;
	amd->reason = reason;
	amd->over = !machine || !amd->times.beep;
	amd->beep_by = amd->now + amd->times.beep;
	return machine ? AMD_MACHINE : AMD_HUMAN;
}

static enum amd_event judge(struct amd *amd)
{
	if (!amd->begun && amd->now - amd->rang >= amd->times.initial_silence)
		return conclude(amd, true, "nobody speaks");
	if (amd->begun && amd->last_voice - amd->begun >= amd->times.greeting)
		return conclude(amd, true, "a long greeting");
	if (amd->words > amd->times.words)
		return conclude(amd, true, "many words");
	if (amd->begun && amd->now - amd->last_voice >= amd->times.after_greeting)
		return conclude(amd, false, "a short greeting");
	if (amd->now - amd->rang >= amd->times.total || amd->now >= MAX_MS)
		return conclude(amd, true, "it is not clear in time");
	return AMD_NOTHING;
}

/* No speech, nor a silence: a line that rings on after it has answered is no silent one yet. */
static enum amd_event hear_tone(struct amd *amd)
{
	amd->voiced = 0;
	amd->in_word = false;
	amd->rang = amd->now;
	return AMD_NOTHING;
}

static enum amd_event hear_greeting(struct amd *amd, const int16_t *samples)
{
	double level = level_of(samples);

	if (beep_sounds(&amd->beeps))
		return hear_tone(amd);
	follow_floor(amd, level);
	if (is_voice(amd, level))
		hear_voice(amd);
	else
		hear_silence(amd);
	return judge(amd);
}

/* A machine that beeps is one, whatever was said before. */
static enum amd_event hear_beep(struct amd *amd, enum beep_event event)
{
	bool wanted = amd->times.beep != 0;

	if (!amd->machine)
		conclude(amd, true, event == BEEP_FAX ? "a fax" : "a beep");
	else if (event == BEEP_FAX)
		return AMD_NOTHING;
	if (event == BEEP_FAX || !wanted)
		return AMD_MACHINE;
	amd->over = true;
	return AMD_BEEP;
}

enum amd_event amd_feed(struct amd *amd, const int16_t samples[BEEP_FRAME])
{
	enum beep_event event;

	if (amd->over)
		return AMD_NOTHING;
	amd->now += FRAME_MS;
	event = beep_feed(&amd->beeps, samples);
	if (event != BEEP_NONE)
		return hear_beep(amd, event);
	if (!amd->machine)
		return hear_greeting(amd, samples);
	if (amd->now < amd->beep_by || beep_sounds(&amd->beeps))
		return AMD_NOTHING;
	amd->over = true;
	return AMD_NO_BEEP;
}
