/* mixer.h - adds up voices, a frame of 20 ms at a time. No threads, no packets.
 *
 * Each voice gives its sound to the next frame, then the mixer turns: the next frame becomes the
 * present one, out of which each listener gets the sum of the voices less its own. There is a
 * sum for each sample rate, and of sums, not of voices, is made what the other rates hear: so
 * everybody hears all there is at its own rate. Sums have 32 bits; what passes 16 is cut off when
 * it leaves.
 *
 * A voice that is silent costs nothing more; who only listens is given the same encoded frame as
 * all others of its codec. Voices and converters are made by the core thread, all else is for
 * one media thread. Nothing here allocates but the functions that say _new. */
#ifndef MEDIA_MIXER_H
#define MEDIA_MIXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/codec.h"

#define MIXER_FRAME_MS	  20
#define MIXER_FRAME_MAX	  (MIXER_FRAME_MS * 48) /* samples */
#define MIXER_FRAME_BYTES (MIXER_FRAME_MAX * 2) /* encoded */
#define MIXER_UNITS	  MIXER_FRAME_MAX	/* a frame in 1/48000 s */

enum mixer_rate { MIXER_8, MIXER_16, MIXER_24, MIXER_48, MIXER_RATES };

/* MIXER_RATES: none of ours. */
enum mixer_rate mixer_rate_of(uint32_t sample_rate);
static inline unsigned mixer_samples(enum mixer_rate rate) /* of a frame */
{
	static const uint16_t samples[MIXER_RATES] = {160, 320, 480, 960};

	return samples[rate];
}

struct mixer_bus;
struct mixer_converter;

struct mixer_bus *mixer_bus_new(enum mixer_rate rate);
struct mixer_bus *mixer_bus_free(struct mixer_bus *bus); /* NULL allowed; returns NULL */
struct mixer_converter *mixer_converter_new(enum mixer_rate from, enum mixer_rate to);
struct mixer_converter *mixer_converter_free(struct mixer_converter *converter); /* the same */

struct mixer {
	uint32_t frame;			    /* number of the present one */
	struct mixer_bus *bus[MIXER_RATES]; /* NULL: a rate that nobody needs yet */
	struct mixer_converter *between[MIXER_RATES][MIXER_RATES]; /* [from][to] */
};

struct mixer_voice {
	enum mixer_rate rate;
	uint8_t hang; /* frames that it still counts as speaking */
	/* Frame n is at [n & 1]. */
	uint32_t frame[2]; /* which it is */
	bool speaks[2];
	int16_t *pcm[2];
	/* For listeners of other rates who do not hear it. NULL: nobody asked. */
	struct mixer_converter *converted[MIXER_RATES];
};

void mixer_voice_init(
	struct mixer_voice *voice, enum mixer_rate rate, int16_t *pcm0, int16_t *pcm1);

/* Whether it has still to give something to the next frame, and where the sound of it goes. */
static inline bool mixer_voice_due(const struct mixer *mixer, const struct mixer_voice *voice)
{
	return voice->frame[(mixer->frame + 1) & 1] != mixer->frame + 1;
}

static inline int16_t *mixer_voice_next(const struct mixer *mixer, const struct mixer_voice *voice)
{
	return voice->pcm[(mixer->frame + 1) & 1];
}

/* Once for each frame, when it is due. It counts as speaking when there is sound of a mean
 * amplitude of `level` or more, or was a moment ago. */
void mixer_hear(struct mixer *mixer, struct mixer_voice *voice, bool sound, unsigned level);

/* The voice goes away: out of both frames. */
void mixer_forget(struct mixer *mixer, struct mixer_voice *voice);

/* Sound that is nobody's voice, into the next frame from `offset` (samples of the rate) on. */
void mixer_play(struct mixer *mixer, enum mixer_rate rate, size_t offset, const int16_t *pcm,
	size_t samples);

void mixer_turn(struct mixer *mixer);

/* Voices that a listener does not hear. */
struct mixer_denial {
	struct mixer_denial *next;
	const struct mixer_voice *speaker; /* NULL: not there yet */
};

struct mixer_listener {
	const struct codec *codec;
	enum mixer_rate rate;
	const struct mixer_voice *own; /* NULL: it has none */
	const struct mixer_denial *denials;
};

bool mixer_audible(const struct mixer *mixer, const struct mixer_listener *listener);

/* The present frame for a listener, encoded; false: nothing is audible, and nothing is
 * written. */
bool mixer_listen(struct mixer *mixer, const struct mixer_listener *listener, uint8_t *out);
/* The same with a frame of its own, linear, added; always true. */
void mixer_listen_with(struct mixer *mixer, const struct mixer_listener *listener,
	const int16_t *own_play, uint8_t *out);

#endif
