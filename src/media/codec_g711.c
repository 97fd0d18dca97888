/* Encoding and decoding run for every packet that is mixed: loops for the compiler's vectors. */
#pragma GCC optimize("O3")

#include "media/g711.h"

#include <string.h>

/* The position of the highest set bit; value > 0. */
static int top_bit(unsigned value)
{
	return 31 - __builtin_clz(value);
}

/* G.711 table 2: 14-bit magnitudes with a bias of 33, so that segments are powers of two.
 * Negative values count down from -1, as the recommendation's decision values do. */
uint8_t ulaw_encode(int16_t sample)
{
	unsigned magnitude = (unsigned)(sample < 0 ? ~sample : sample) >> 2;
	unsigned biased = magnitude + 33 > 0x1fff ? 0x1fff : magnitude + 33;
	int segment = top_bit(biased) - 5;
	unsigned code = (unsigned)segment << 4 | ((biased >> (segment + 1)) & 0x0f);

	return (uint8_t)(~code & 0x7f) | (sample < 0 ? 0 : 0x80);
}

/* Decoding is by table: what a listener to every call does must not cost more. */
#define ROW(of, c)                                                                               \
	of(c), of((c) + 1), of((c) + 2), of((c) + 3), of((c) + 4), of((c) + 5), of((c) + 6),     \
		of((c) + 7), of((c) + 8), of((c) + 9), of((c) + 10), of((c) + 11), of((c) + 12), \
		of((c) + 13), of((c) + 14), of((c) + 15)
#define TABLE(of)                                                                                 \
	ROW(of, 0x00), ROW(of, 0x10), ROW(of, 0x20), ROW(of, 0x30), ROW(of, 0x40), ROW(of, 0x50), \
		ROW(of, 0x60), ROW(of, 0x70), ROW(of, 0x80), ROW(of, 0x90), ROW(of, 0xa0),        \
		ROW(of, 0xb0), ROW(of, 0xc0), ROW(of, 0xd0), ROW(of, 0xe0), ROW(of, 0xf0)

#define ULAW_BITS(c)	  (~(c)&0x7f)
#define ULAW_MAGNITUDE(c) ((((ULAW_BITS(c) & 0x0f) * 8 + 0x84) << (ULAW_BITS(c) >> 4)) - 0x84)
#define ULAW(c)		  ((c)&0x80 ? ULAW_MAGNITUDE(c) : -ULAW_MAGNITUDE(c))

static const int16_t ulaw_table[256] = {TABLE(ULAW)};

int16_t ulaw_decode(uint8_t code)
{
	return ulaw_table[code];
}

/* G.711 table 1: 13-bit magnitudes, even bits inverted on the line. */
uint8_t alaw_encode(int16_t sample)
{
	unsigned magnitude = (unsigned)(sample < 0 ? ~sample : sample) >> 4;
	unsigned code = magnitude;

	if (magnitude > 15) {
		int segment = top_bit(magnitude) - 3;

		code = (unsigned)segment << 4 | ((magnitude >> (segment - 1)) & 0x0f);
	}
	return (uint8_t)((code | (sample < 0 ? 0 : 0x80)) ^ 0x55);
}

#define ALAW_BITS(c)	((c) ^ 0x55)
#define ALAW_SEGMENT(c) (ALAW_BITS(c) >> 4 & 7)
#define ALAW_STEP(c)	((ALAW_BITS(c) & 0x0f) * 16 + 8)
#define ALAW_MAGNITUDE(c) \
	(ALAW_SEGMENT(c) ? (ALAW_STEP(c) + 0x100) << ((ALAW_SEGMENT(c) + 7) % 8) : ALAW_STEP(c))
#define ALAW(c) (ALAW_BITS(c) & 0x80 ? ALAW_MAGNITUDE(c) : -ALAW_MAGNITUDE(c))

static const int16_t alaw_table[256] = {TABLE(ALAW)};

int16_t alaw_decode(uint8_t code)
{
	return alaw_table[code];
}

/* A float's exponent and the first four bits of its mantissa, in one number: for values of 16 on
 * that is segment and step of either law. Exact, as no value has more than 13 bits; and, unlike
 * looking for the top bit, something that vectors can do. */
static inline int32_t logarithm(int32_t value)
{
	float real = (float)value;
	int32_t bits;

	memcpy(&bits, &real, sizeof(bits));
	return bits >> 19;
}

#define FLOAT_BIAS 127

static void pcmu_encode(const int16_t *pcm, size_t samples, uint8_t *out)
{
	for (size_t i = 0; i < samples; i++) {
		int32_t sign = pcm[i] >> 15, biased = ((pcm[i] ^ sign) >> 2) + 33;

		biased = biased > 0x1fff ? 0x1fff : biased;
		out[i] = (uint8_t)(~(logarithm(biased) - ((FLOAT_BIAS + 5) << 4)) ^ (sign & 0x80));
	}
}

static size_t pcmu_decode(const uint8_t *in, size_t bytes, int16_t *pcm)
{
	for (size_t i = 0; i < bytes; i++)
		pcm[i] = ulaw_decode(in[i]);
	return bytes;
}

static void pcma_encode(const int16_t *pcm, size_t samples, uint8_t *out)
{
	for (size_t i = 0; i < samples; i++) {
		int32_t sign = pcm[i] >> 15, magnitude = (pcm[i] ^ sign) >> 4;
		int32_t code = logarithm(magnitude) - ((FLOAT_BIAS + 3) << 4), small;

		small = -(int32_t)(magnitude < 16); /* all bits, or none: no branch */
		code = (magnitude & small) | (code & ~small);
		out[i] = (uint8_t)(code ^ 0xd5 ^ (sign & 0x80));
	}
}

static size_t pcma_decode(const uint8_t *in, size_t bytes, int16_t *pcm)
{
	for (size_t i = 0; i < bytes; i++)
		pcm[i] = alaw_decode(in[i]);
	return bytes;
}

const struct codec codec_pcmu = {
	.name = "PCMU",
	.rtp_rate = 8000,
	.sample_rate = 8000,
	.static_payload_type = 0,
	.bytes_per_ms = 8,
	.silence = 0xff,
	.encode = pcmu_encode,
	.decode = pcmu_decode,
};

const struct codec codec_pcma = {
	.name = "PCMA",
	.rtp_rate = 8000,
	.sample_rate = 8000,
	.static_payload_type = 8,
	.bytes_per_ms = 8,
	.silence = 0xd5,
	.encode = pcma_encode,
	.decode = pcma_decode,
};
