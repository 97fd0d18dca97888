#include "media/g711.h"

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

int16_t ulaw_decode(uint8_t code)
{
	unsigned bits = ~code & 0x7fu;
	int magnitude = (int)((((bits & 0x0f) << 3) + 0x84) << (bits >> 4)) - 0x84;

	return (int16_t)(code & 0x80 ? magnitude : -magnitude);
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

int16_t alaw_decode(uint8_t code)
{
	unsigned bits = code ^ 0x55u;
	unsigned segment = (bits >> 4) & 7;
	int magnitude = (int)((bits & 0x0f) << 4) + 8;

	if (segment > 0)
		magnitude = (magnitude + 0x100) << (segment - 1);
	return (int16_t)(bits & 0x80 ? magnitude : -magnitude);
}

static void pcmu_encode(const int16_t *pcm, size_t samples, uint8_t *out)
{
	for (size_t i = 0; i < samples; i++)
		out[i] = ulaw_encode(pcm[i]);
}

static size_t pcmu_decode(const uint8_t *in, size_t bytes, int16_t *pcm)
{
	for (size_t i = 0; i < bytes; i++)
		pcm[i] = ulaw_decode(in[i]);
	return bytes;
}

static void pcma_encode(const int16_t *pcm, size_t samples, uint8_t *out)
{
	for (size_t i = 0; i < samples; i++)
		out[i] = alaw_encode(pcm[i]);
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
