#include "media/segmenter.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LEAD_FRAMES ((SEGMENT_LEAD_MS + VAD_WINDOW_MS) / VAD_FRAME_MS)

struct segmenter {
	struct vad vad;
	struct segmenter_handler handler;
	void *arg;
	unsigned max_ms;
	size_t samples;		/* of a frame */
	uint64_t frames, given; /* in all; up to where they belong to a segment that has ended */
	int16_t *lead;		/* the last LEAD_FRAMES, a ring */
	int16_t *held;		/* silence that may be a pause */
	size_t held_frames, held_size;
};

struct segmenter *segmenter_new(
	const struct segmenter_config *config, const struct segmenter_handler *handler, void *arg)
{
	struct segmenter *s = xcalloc(1, sizeof(*s));

	vad_init(&s->vad, config->rate, config->sensitivity, config->end_ms);
	s->handler = *handler;
	s->arg = arg;
	s->max_ms = config->max_ms;
	s->samples = config->rate * VAD_FRAME_MS / 1000;
	s->lead = xcalloc(LEAD_FRAMES * s->samples, sizeof(*s->lead));
	s->held_size = config->end_ms / VAD_FRAME_MS + 1;
	s->held = xcalloc(s->held_size * s->samples, sizeof(*s->held));
	return s;
}

struct segmenter *segmenter_free(struct segmenter *s)
{
	if (!s)
		return NULL;
	free(s->lead);
	free(s->held);
	free(s);
	return NULL;
}

static void begin(struct segmenter *s)
{
	uint64_t count = (vad_spoken_ms(&s->vad) + SEGMENT_LEAD_MS) / VAD_FRAME_MS;

	if (count > s->frames - s->given)
		count = s->frames - s->given;
	s->held_frames = 0;
	s->handler.on_begin(s->arg, (s->frames - count) * VAD_FRAME_MS);
	for (; count > 0; count--)
		s->handler.on_sound(s->arg,
			s->lead + (s->frames - count) % LEAD_FRAMES * s->samples, s->samples);
}

static void release_held(struct segmenter *s)
{
	if (s->held_frames)
		s->handler.on_sound(s->arg, s->held, s->held_frames * s->samples);
	s->held_frames = 0;
}

static void go_on(struct segmenter *s, const int16_t *pcm)
{
	if (vad_silent_ms(&s->vad) > SEGMENT_LEAD_MS && s->held_frames < s->held_size) {
		memcpy(s->held + s->held_frames++ * s->samples, pcm, s->samples * sizeof(*pcm));
		return;
	}
	release_held(s);
	s->handler.on_sound(s->arg, pcm, s->samples);
}

static void end(struct segmenter *s, enum segment_end why)
{
	s->held_frames = 0;
	s->given = s->frames;
	s->handler.on_end(s->arg, why);
}

void segmenter_frame(struct segmenter *s, const int16_t *pcm)
{
	enum vad_change change = vad_frame(&s->vad, pcm);

	memcpy(s->lead + s->frames++ % LEAD_FRAMES * s->samples, pcm, s->samples * sizeof(*pcm));
	if (change == VAD_BEGAN) {
		begin(s);
	} else if (change == VAD_ENDED) {
		end(s, SEGMENT_SILENCE);
	} else if (s->vad.speaking) {
		go_on(s, pcm);
		if (vad_spoken_ms(&s->vad) >= s->max_ms) {
			vad_stop(&s->vad);
			end(s, SEGMENT_TOO_LONG);
		}
	}
}

void segmenter_end(struct segmenter *s)
{
	if (!s->vad.speaking)
		return;
	vad_stop(&s->vad);
	end(s, SEGMENT_CUT);
}
