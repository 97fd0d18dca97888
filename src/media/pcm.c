/* Loops that the compiler makes vectors of. */
#pragma GCC optimize("O3")

#include "media/pcm.h"

#include <stdlib.h>

void pcm_add(int32_t *restrict sum, const int16_t *restrict pcm, size_t samples)
{
	for (size_t i = 0; i < samples; i++)
		sum[i] += pcm[i];
}

void pcm_subtract(int32_t *restrict sum, const int16_t *restrict pcm, size_t samples)
{
	for (size_t i = 0; i < samples; i++)
		sum[i] -= pcm[i];
}

static inline int16_t clip(int32_t value)
{
	value = value > INT16_MAX ? INT16_MAX : value;
	return (int16_t)(value < INT16_MIN ? INT16_MIN : value);
}

void pcm_mix(int16_t *restrict into, const int16_t *restrict pcm, size_t samples)
{
	for (size_t i = 0; i < samples; i++)
		into[i] = clip(into[i] + pcm[i]);
}

void pcm_clip(int16_t *restrict out, const int32_t *restrict sum, size_t samples)
{
	for (size_t i = 0; i < samples; i++)
		out[i] = clip(sum[i]);
}

void pcm_clip_without(int16_t *restrict out, const int32_t *restrict sum,
	const int16_t *restrict part, size_t samples)
{
	for (size_t i = 0; i < samples; i++)
		out[i] = clip(sum[i] - part[i]);
}

unsigned pcm_level(const int16_t *pcm, size_t samples)
{
	unsigned sum = 0;

	for (size_t i = 0; i < samples; i++)
		sum += (unsigned)abs(pcm[i]);
	return samples ? sum / (unsigned)samples : 0;
}

void pcm_fade(int16_t *restrict out, const int16_t *restrict in, unsigned numerator, size_t samples)
{
	int from = (int)numerator << 8, step = from / 2 / (int)(samples ? samples : 1);

	for (size_t i = 0; i < samples; i++)
		out[i] = (int16_t)(in[i] * (from - (int)i * step) / 65536);
}
