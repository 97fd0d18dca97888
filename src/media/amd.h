/* amd.h - who has answered, a person or a machine? Told by the greeting: a person says a word or
 * two and waits, a machine speaks on, and then beeps. Pure; any thread; 8 kHz, frames of 20 ms.
 *
 * The clock is the sound itself: a verdict comes after as many frames as its times say. */
#ifndef MEDIA_AMD_H
#define MEDIA_AMD_H

#include <stdbool.h>
#include <stdint.h>

#include "media/beep.h"

struct amd_times {		  /* in milliseconds */
	unsigned initial_silence; /* nobody speaks for longer: a machine */
	unsigned greeting;	  /* one that lasts longer is a machine's */
	unsigned after_greeting;  /* so long a silence after a shorter one: a person */
	unsigned total;		  /* by then there is a verdict */
	unsigned word;		  /* what is shorter is a click */
	unsigned words;		  /* (their number) more of them: a machine */
	unsigned beep; /* so long a beep is waited for after the verdict; 0: not at all */
};

extern const struct amd_times amd_usual;

enum amd_event {
	AMD_NOTHING,
	AMD_HUMAN,
	AMD_MACHINE, /* goes on when a beep is waited for */
	AMD_BEEP,    /* of a machine, which may not have been told before */
	AMD_NO_BEEP  /* it did not come in time */
};

struct amd {
	struct amd_times times;
	struct beep beeps;
	bool over, machine;
	const char *reason; /* of the verdict, a constant text */
	unsigned now, beep_by;
	unsigned rang; /* when the last tone of a network was heard */
	/* The greeting. */
	double floor;  /* level of the line's noise */
	double recent; /* lowest level of late */
	unsigned recent_until;
	unsigned voiced, silent; /* lasting now */
	unsigned begun, words;	 /* when its first word began, 0: none yet */
	unsigned last_voice;
	bool in_word;
};

void amd_init(struct amd *amd, const struct amd_times *times);

/* Nothing more comes after AMD_HUMAN, AMD_BEEP, AMD_NO_BEEP, nor after AMD_MACHINE when no beep is
 * waited for. */
enum amd_event amd_feed(struct amd *amd, const int16_t samples[BEEP_FRAME]);

#endif
