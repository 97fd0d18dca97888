/* vad.h - when somebody speaks: a detector on frames of 20 ms. Pure; one owner; any thread.
 *
 * A frame may be speech when it is louder than the line's noise by a margin that the sensitivity
 * sets. The noise is followed: it falls with the softest frames, and what stays even for a second
 * is noise however loud it is. Speech begins when enough of the last frames may be speech and
 * some of them are voiced (few zero crossings), unless they are as even as a tone; so clicks, a
 * cough, a hiss and beeps do not begin it. */
#ifndef MEDIA_VAD_H
#define MEDIA_VAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAD_FRAME_MS  20
#define VAD_BEGIN_MS  160 /* so much of the last VAD_WINDOW_MS must be speech to begin */
#define VAD_WINDOW_MS 300
#define VAD_WINDOW    (VAD_WINDOW_MS / VAD_FRAME_MS)
#define VAD_EVEN      (1000 / VAD_FRAME_MS)

struct vad_look {	 /* of one frame */
	float level;	 /* dB below full scale */
	float crossings; /* Hz: half the zero crossings in a second */
	bool loud;	 /* may be speech */
};

struct vad {
	unsigned rate, end_ms;
	float margin, lowest; /* dB above the noise; dB below full scale */
	float noise;	      /* dB below full scale */
	unsigned frames;      /* looked at, while it learns and later */
	bool speaking;
	unsigned silent_ms, spoken_ms;
	struct vad_look window[VAD_WINDOW]; /* the last frames, a ring */
	float levels[VAD_EVEN];		    /* of the last second, a ring */
};

enum vad_change { VAD_SAME, VAD_BEGAN, VAD_ENDED };

/* sensitivity: 10 (only what is loud) to 100; end_ms: of silence, which end speech; 0: never. */
void vad_init(struct vad *vad, unsigned rate, unsigned sensitivity, unsigned end_ms);

/* 20 ms of sound, at vad->rate. */
enum vad_change vad_frame(struct vad *vad, const int16_t *pcm);

/* Speech is over, by another's decision; the next begins anew. */
void vad_stop(struct vad *vad);

/* Since when, counted from the last frame: the first frame that VAD_BEGAN was about; the last
 * frame that may have been speech (0: that is the last one). */
unsigned vad_spoken_ms(const struct vad *vad);
unsigned vad_silent_ms(const struct vad *vad);

#endif
