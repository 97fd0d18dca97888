#include "media/sink.h"

#include <errno.h>
#include <math.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK	      512 /* frames taken at a time */
#define MAX_GROWTH    48  /* 1 kHz to 48 kHz */
#define LEVEL_DECADES 1.0 /* +-1 is +-20 dB, a factor of ten */

struct sink {
	struct prompt *prompt;
	const struct codec *codec;
	double gain;
	unsigned rate, channels;
	SpeexResamplerState *resampler; /* NULL: the rates are equal */
	int16_t mono[BLOCK];
	int16_t resampled[BLOCK * MAX_GROWTH];
	uint8_t encoded[BLOCK * MAX_GROWTH * 2];
};

struct sink *sink_new(struct prompt *prompt, double level)
{
	struct sink *sink = xcalloc(1, sizeof(*sink));

	sink->prompt = prompt;
	sink->codec = prompt_codec(prompt);
	sink->gain = pow(10.0, fmax(-1.0, fmin(1.0, level)) * LEVEL_DECADES);
	return sink;
}

struct sink *sink_free(struct sink *sink)
{
	if (sink && sink->resampler)
		speex_resampler_destroy(sink->resampler);
	free(sink);
	return NULL;
}

int sink_format(struct sink *sink, unsigned rate, unsigned channels)
{
	int error = 0;

	if (rate < SINK_MIN_RATE || rate > SINK_MAX_RATE || channels < 1 ||
		channels > SINK_MAX_CHANNELS)
		return -EINVAL;
	if (rate == sink->rate && channels == sink->channels)
		return 0;
	sink_flush(sink);
	if (sink->resampler)
		speex_resampler_destroy(sink->resampler);
	sink->resampler = NULL;
	sink->rate = rate;
	sink->channels = channels;
	if (rate == sink->codec->sample_rate)
		return 0;
	sink->resampler = speex_resampler_init(
		1, rate, sink->codec->sample_rate, SPEEX_RESAMPLER_QUALITY_VOIP + 2, &error);
	if (!sink->resampler)
		return -EINVAL;
	speex_resampler_skip_zeros(sink->resampler);
	return 0;
}

static int16_t saturate(double value)
{
	return (int16_t)fmax(-32768.0, fmin(32767.0, value));
}

static int append(struct sink *sink, int16_t *pcm, size_t samples)
{
	size_t bytes = samples * sink->codec->bytes_per_ms * 1000 / sink->codec->sample_rate;

	if (sink->gain != 1.0)
		for (size_t i = 0; i < samples; i++)
			pcm[i] = saturate(pcm[i] * sink->gain);
	sink->codec->encode(pcm, samples, sink->encoded);
	return prompt_append(sink->prompt, sink->encoded, bytes);
}

static int resample(struct sink *sink, const int16_t *pcm, size_t samples)
{
	while (samples > 0) {
		spx_uint32_t in = (spx_uint32_t)samples, out = BLOCK * MAX_GROWTH;
		int error;

		speex_resampler_process_int(sink->resampler, 0, pcm, &in, sink->resampled, &out);
		if (in == 0 && out == 0)
			return 0;
		error = append(sink, sink->resampled, out);
		if (error < 0)
			return error;
		pcm += in;
		samples -= in;
	}
	return 0;
}

static void mix(const struct sink *sink, const int16_t *pcm, size_t frames, int16_t *out)
{
	for (size_t i = 0; i < frames; i++) {
		int sum = 0;

		for (unsigned c = 0; c < sink->channels; c++)
			sum += *pcm++;
		out[i] = (int16_t)(sum / (int)sink->channels);
	}
}

int sink_write(struct sink *sink, const int16_t *pcm, size_t frames)
{
	int error = 0;

	while (frames > 0 && error == 0) {
		size_t take = frames < BLOCK ? frames : BLOCK;

		mix(sink, pcm, take, sink->mono);
		error = sink->resampler ? resample(sink, sink->mono, take)
					: append(sink, sink->mono, take);
		pcm += take * sink->channels;
		frames -= take;
	}
	return error;
}

int sink_flush(struct sink *sink)
{
	int16_t silence[64] = {0};
	int left, error = 0;

	if (!sink->resampler)
		return 0;
	left = speex_resampler_get_input_latency(sink->resampler);
	while (left > 0 && error == 0) {
		error = resample(sink, silence, left < 64 ? (size_t)left : 64);
		left -= 64;
	}
	return error;
}
