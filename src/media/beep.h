/* beep.h - hears the beep after which an answering machine records: one steady tone of 400 to
 * 2500 Hz that begins and ends. Pure; any thread; 8 kHz, frames of 20 ms.
 *
 * A tone is steady in frequency and level within each frame and from frame to frame, and nothing
 * else is heard with it, which speech, music, two tones at a time (DTMF, ringing, busy) are not.
 * Of what is left, the tones of networks are told by their cadence: ringing and busy of 425 Hz,
 * the three rising tones before an announcement, what sounds on and on, and a fax at 2100 Hz. */
#ifndef MEDIA_BEEP_H
#define MEDIA_BEEP_H

#include <stdbool.h>
#include <stdint.h>

#define BEEP_FRAME 160

enum beep_event {
	BEEP_NONE,
	BEEP_HEARD, /* it ended a moment ago */
	BEEP_FAX    /* a fax machine answers; it goes on */
};

struct beep { /* zeroed: nothing heard */
	/* The run of frames that are one tone. */
	unsigned frames, holes;
	double hertz, level, peak;
	bool fax_told;
	/* The runs before it that may be the beep, and how long nothing has followed. */
	unsigned tones;
	double last_hertz, last_peak;
	bool ringing; /* they are ringing or busy: what follows is, too */
	unsigned quiet, loud;
};

enum beep_event beep_feed(struct beep *beep, const int16_t samples[BEEP_FRAME]);

/* Whether a tone sounds now, or did and it is not yet known of what: that is no speech. */
bool beep_sounds(const struct beep *beep);

#endif
