/* pcm.h - the arithmetic of mixing: 16-bit sound and 32-bit sums of it. Pure functions. */
#ifndef MEDIA_PCM_H
#define MEDIA_PCM_H

#include <stddef.h>
#include <stdint.h>

void pcm_add(int32_t *restrict sum, const int16_t *restrict pcm, size_t samples);
void pcm_subtract(int32_t *restrict sum, const int16_t *restrict pcm, size_t samples);

/* Adds to 16 bits what fits. */
void pcm_mix(int16_t *restrict into, const int16_t *restrict pcm, size_t samples);

/* What fits into 16 bits; the rest is cut off. */
void pcm_clip(int16_t *restrict out, const int32_t *restrict sum, size_t samples);
/* The same of a sum less one part of it. */
void pcm_clip_without(int16_t *restrict out, const int32_t *restrict sum,
	const int16_t *restrict part, size_t samples);

/* Mean amplitude. */
unsigned pcm_level(const int16_t *pcm, size_t samples);

/* out = in * numerator / 256, fading on to half of that at the end. */
void pcm_fade(
	int16_t *restrict out, const int16_t *restrict in, unsigned numerator, size_t samples);

#endif
