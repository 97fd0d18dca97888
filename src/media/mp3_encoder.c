#pragma GCC optimize("O3")

#include "media/mp3_encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/mp3_private.h"

#define HEADER_BITS	 32
#define MONO_SIDE_BITS	 72
#define STEREO_SIDE_BITS 136

/* The range of the step size, in quarters of a power of two around UNITY. The finest is a quarter
 * of what 16 bits can tell: what is left to code then is nothing but their noise. */
#define UNITY	 210
#define FINEST	 (UNITY - 68)
#define COARSEST 255
/* Bits that a granule saves, about, when its steps are one coarser. */
#define BITS_PER_STEP 48
/* Below a value's place between two whole numbers from which it is rounded up: less noise than 0.5
 * as small values are more frequent. */
#define ROUNDING 0.4054f

struct mp3_encoder {
	unsigned channels;
	bool narrow;
	struct mp3_math math;
	struct mp3_filter filters[MP3_MAX_CHANNELS];
	unsigned gains[MP3_MAX_CHANNELS]; /* of the frame before */
};

struct granule {
	size_t count; /* of lines; the rest is zero */
	float lines[MP3_FRAME];
	uint16_t values[MP3_FRAME];
	struct mp3_plan plan;
	unsigned gain;
};

struct mp3_encoder *mp3_encoder_new(unsigned channels, bool narrow)
{
	struct mp3_encoder *encoder = xcalloc(1, sizeof(*encoder));

	encoder->channels = channels;
	encoder->narrow = narrow;
	mp3_math_init(&encoder->math);
	for (unsigned i = 0; i < channels; i++) {
		encoder->filters[i].silent = true;
		encoder->gains[i] = UNITY - 24;
	}
	return encoder;
}

struct mp3_encoder *mp3_encoder_free(struct mp3_encoder *encoder)
{
	free(encoder);
	return NULL;
}

void mp3_encoder_widen(struct mp3_encoder *encoder)
{
	for (unsigned i = 0; encoder->narrow && i < encoder->channels; i++)
		mp3_filter_widen(&encoder->filters[i]);
	encoder->narrow = false;
}

/* --- the step size --- */

/* Magnitudes to the power of 3/4, as the decoder raises them to 4/3. Returns the largest. */
static float flatten(const float *lines, size_t count, float *out)
{
	float max = 0;

	for (size_t i = 0; i < count; i++) {
		float magnitude = fabsf(lines[i]);

		out[i] = sqrtf(magnitude * sqrtf(magnitude));
	}
	for (size_t i = 0; i < count; i++)
		max = out[i] > max ? out[i] : max;
	return max;
}

static float scale_of(unsigned gain)
{
	return exp2f(0.1875f * (float)(UNITY - (int)gain)); /* 3/4 of a quarter */
}

static void quantise(struct granule *granule, const float flat[MP3_FRAME], unsigned gain)
{
	float scale = scale_of(gain);

	for (size_t i = 0; i < granule->count; i++)
		granule->values[i] = (uint16_t)(int)(flat[i] * scale + ROUNDING);
	granule->gain = gain;
	mp3_plan_make(&granule->plan, granule->values);
}

/* The finest gain at which no value is too large to be coded. */
static unsigned least_gain(float max)
{
	unsigned gain = FINEST;

	while (gain < COARSEST && max * scale_of(gain) > MP3_MAX_VALUE - 1)
		gain++;
	return gain;
}

/* From the gain of the frame before towards one at which the bits are used, but not exceeded. */
static void fit(struct granule *granule, unsigned gain, unsigned budget)
{
	float flat[MP3_FRAME], max = flatten(granule->lines, granule->count, flat);
	unsigned least = least_gain(max);
	bool over = false;

	gain = gain < least ? least : gain;
	for (;;) {
		quantise(granule, flat, gain);
		if (granule->plan.bits > budget) {
			over = true;
			gain += 1 + (granule->plan.bits - budget) / (2 * BITS_PER_STEP);
			gain = gain > COARSEST ? COARSEST : gain;
		} else {
			unsigned steps = (budget - granule->plan.bits) / BITS_PER_STEP;

			if (over || steps == 0 || gain == least)
				return;
			gain = gain < least + steps ? least : gain - steps;
		}
	}
}

/* --- the frame --- */

static void write_header(const struct mp3_encoder *encoder, struct mp3_bits *bits)
{
	bool mono = encoder->channels == 1;

	mp3_bits_put(bits, 0xfff3, 16);		/* MPEG-2, Layer III, no CRC */
	mp3_bits_put(bits, mono ? 4 : 8, 4);	/* 32 or 64 kbit/s */
	mp3_bits_put(bits, 2, 2);		/* 16 kHz */
	mp3_bits_put(bits, 0, 2);		/* no padding */
	mp3_bits_put(bits, mono ? 0xc4 : 4, 8); /* mono or stereo, original */
}

static void write_side(const struct granule *granule, struct mp3_bits *bits)
{
	const struct mp3_plan *plan = &granule->plan;

	mp3_bits_put(bits, plan->bits, 12);
	mp3_bits_put(bits, plan->pairs, 9);
	mp3_bits_put(bits, granule->gain, 8);
	mp3_bits_put(bits, 0, 9 + 1); /* no scale factors, a long block */
	for (int i = 0; i < 3; i++)
		mp3_bits_put(bits, plan->tables[i], 5);
	mp3_bits_put(bits, plan->bands[0], 4);
	mp3_bits_put(bits, plan->bands[1], 3);
	mp3_bits_put(bits, 0, 1);
	mp3_bits_put(bits, plan->quad_table, 1);
}

static void code_channel(struct mp3_encoder *encoder, unsigned channel, const int16_t *pcm,
	struct granule *granule, unsigned budget)
{
	granule->count = encoder->narrow ? MP3_NARROW_LINES : MP3_FRAME;
	granule->plan = (struct mp3_plan){.bits = 0};
	granule->gain = UNITY;
	if (!mp3_filter_run(&encoder->filters[channel], &encoder->math, encoder->narrow,
		    pcm + channel, encoder->channels, granule->lines))
		return;
	memset(granule->values + granule->count, 0,
		(MP3_FRAME - granule->count) * sizeof(granule->values[0]));
	fit(granule, encoder->gains[channel], budget);
	encoder->gains[channel] = granule->gain;
}

void mp3_encode(struct mp3_encoder *encoder, const int16_t *pcm, uint8_t *out)
{
	unsigned side = encoder->channels == 1 ? MONO_SIDE_BITS : STEREO_SIDE_BITS;
	unsigned total = encoder->channels * MP3_FRAME_BYTES * 8 - HEADER_BITS - side;
	struct granule granules[MP3_MAX_CHANNELS];
	struct mp3_bits bits = {.out = out};

	memset(out, 0, (size_t)encoder->channels * MP3_FRAME_BYTES);
	for (unsigned i = 0; i < encoder->channels; i++)
		code_channel(encoder, i, pcm, &granules[i], total / encoder->channels);
	write_header(encoder, &bits);
	mp3_bits_put(&bits, 0, 8 + encoder->channels); /* main data begin here; private bits */
	for (unsigned i = 0; i < encoder->channels; i++)
		write_side(&granules[i], &bits);
	for (unsigned i = 0; i < encoder->channels; i++)
		mp3_plan_write(&granules[i].plan, granules[i].values, granules[i].lines, &bits);
	mp3_bits_put(&bits, 0, 7); /* what has begun a byte */
}
