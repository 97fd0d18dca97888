#include "media/mixer.h"

#include <math.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/pcm.h"

#define HANG_FRAMES  20 /* 400 ms: pauses between words are no silence */
#define QUALITY	     SPEEX_RESAMPLER_QUALITY_VOIP
#define BUS_CODECS   2 /* of one rate that are encoded once for all */
#define FLUSH_FRAMES 2 /* of silence, until a converter holds nothing */

struct mixer_bus {
	unsigned samples;
	int32_t *present, *next;      /* sums */
	unsigned voices, next_voices; /* in them */
	bool others, next_others;     /* there is more in them: plays, other rates */
	bool clipped;		      /* `mix` is of the present frame */
	int16_t *mix;
	struct {
		const struct codec *codec;
		bool done; /* `data` is of the present frame */
		uint8_t *data;
	} coded[BUS_CODECS];
};

struct mixer_converter {
	SpeexResamplerState *state;
	unsigned from, to; /* samples of a frame */
	unsigned flush;	   /* frames of silence that it still wants */
	int16_t *out[2];   /* of a voice, as there */
};

enum mixer_rate mixer_rate_of(uint32_t sample_rate)
{
	for (enum mixer_rate rate = 0; rate < MIXER_RATES; rate++)
		if (mixer_samples(rate) * 1000 == sample_rate * MIXER_FRAME_MS)
			return rate;
	return MIXER_RATES;
}

struct mixer_bus *mixer_bus_new(enum mixer_rate rate)
{
	unsigned samples = mixer_samples(rate);
	struct mixer_bus *bus = xcalloc(1, sizeof(*bus));

	bus->samples = samples;
	bus->present = xcalloc(samples, sizeof(*bus->present));
	bus->next = xcalloc(samples, sizeof(*bus->next));
	bus->mix = xcalloc(samples, sizeof(*bus->mix));
	for (int i = 0; i < BUS_CODECS; i++)
		bus->coded[i].data = xmalloc(samples * sizeof(int16_t));
	return bus;
}

struct mixer_bus *mixer_bus_free(struct mixer_bus *bus)
{
	if (!bus)
		return NULL;
	free(bus->present);
	free(bus->next);
	free(bus->mix);
	for (int i = 0; i < BUS_CODECS; i++)
		free(bus->coded[i].data);
	free(bus);
	return NULL;
}

struct mixer_converter *mixer_converter_new(enum mixer_rate from, enum mixer_rate to)
{
	struct mixer_converter *converter = xcalloc(1, sizeof(*converter));
	int error = 0;

	converter->from = mixer_samples(from);
	converter->to = mixer_samples(to);
	converter->state = speex_resampler_init(1, converter->from, converter->to, QUALITY, &error);
	if (!converter->state)
		abort();
	for (int i = 0; i < 2; i++)
		converter->out[i] = xcalloc(converter->to, sizeof(*converter->out[i]));
	return converter;
}

struct mixer_converter *mixer_converter_free(struct mixer_converter *converter)
{
	if (!converter)
		return NULL;
	speex_resampler_destroy(converter->state);
	free(converter->out[0]);
	free(converter->out[1]);
	free(converter);
	return NULL;
}

/* --- voices --- */

void mixer_voice_init(struct mixer_voice *voice, enum mixer_rate rate, int16_t *pcm0, int16_t *pcm1)
{
	*voice = (struct mixer_voice){.rate = rate, .frame = {1, 0}, .pcm = {pcm0, pcm1}};
}

static bool speaks(const struct mixer_voice *voice, uint32_t frame)
{
	return voice->speaks[frame & 1] && voice->frame[frame & 1] == frame;
}

/* Converts a voice for those who do not hear it: what is taken off their sum. */
static void convert_voice(struct mixer_converter *converter, const int16_t *pcm, unsigned index)
{
	static const int16_t silence[MIXER_FRAME_MAX];
	spx_uint32_t in = converter->from, out = converter->to;

	memset(converter->out[index], 0, converter->to * sizeof(*converter->out[index]));
	if (pcm)
		converter->flush = FLUSH_FRAMES;
	else if (converter->flush == 0)
		return;
	else
		converter->flush--;
	speex_resampler_process_int(
		converter->state, 0, pcm ? pcm : silence, &in, converter->out[index], &out);
}

void mixer_hear(struct mixer *mixer, struct mixer_voice *voice, bool sound, unsigned level)
{
	struct mixer_bus *bus = mixer->bus[voice->rate];
	unsigned index = (mixer->frame + 1) & 1;
	const int16_t *pcm = voice->pcm[index];
	bool counts = false;

	if (sound && bus) {
		if (pcm_level(pcm, bus->samples) >= level)
			voice->hang = HANG_FRAMES + 1;
		counts = voice->hang > 0;
	}
	voice->hang = (uint8_t)(voice->hang - (voice->hang > 0));
	voice->frame[index] = mixer->frame + 1;
	voice->speaks[index] = counts;
	for (enum mixer_rate rate = 0; rate < MIXER_RATES; rate++)
		if (voice->converted[rate])
			convert_voice(voice->converted[rate], counts ? pcm : NULL, index);
	if (!counts)
		return;
	pcm_add(bus->next, pcm, bus->samples);
	bus->next_voices++;
}

static void forget_coded(struct mixer_bus *bus)
{
	bus->clipped = false;
	for (int i = 0; i < BUS_CODECS; i++)
		bus->coded[i].done = false;
}

void mixer_forget(struct mixer *mixer, struct mixer_voice *voice)
{
	struct mixer_bus *bus = mixer->bus[voice->rate];
	uint32_t frame = mixer->frame;

	if (speaks(voice, frame)) {
		pcm_subtract(bus->present, voice->pcm[frame & 1], bus->samples);
		bus->voices--;
		forget_coded(bus);
	}
	if (speaks(voice, frame + 1)) {
		pcm_subtract(bus->next, voice->pcm[(frame + 1) & 1], bus->samples);
		bus->next_voices--;
	}
	voice->speaks[0] = voice->speaks[1] = false;
}

void mixer_play(struct mixer *mixer, enum mixer_rate rate, size_t offset, const int16_t *pcm,
	size_t samples)
{
	struct mixer_bus *bus = mixer->bus[rate];

	if (!bus || samples == 0)
		return;
	pcm_add(bus->next + offset, pcm, samples);
	bus->next_others = true;
}

/* --- the turn --- */

/* Adds what a bus has to `sum`, at another rate. False: there was nothing. */
static bool convert_bus(
	struct mixer_converter *converter, const struct mixer_bus *from, int32_t *sum)
{
	float in[MIXER_FRAME_MAX], out[MIXER_FRAME_MAX];
	spx_uint32_t in_length = converter->from, out_length = converter->to;

	if (from->voices > 0 || from->others)
		converter->flush = FLUSH_FRAMES;
	else if (converter->flush == 0)
		return false;
	else
		converter->flush--;
	for (unsigned i = 0; i < converter->from; i++)
		in[i] = (float)from->present[i];
	speex_resampler_process_float(converter->state, 0, in, &in_length, out, &out_length);
	for (unsigned i = 0; i < out_length; i++)
		sum[i] += (int32_t)lrintf(out[i]);
	return true;
}

/* What each rate hears of the others; `next` is empty and holds it for the moment, since a sum
 * must not get what came from it. */
static void cross(struct mixer *mixer)
{
	bool crossed[MIXER_RATES] = {false};

	for (enum mixer_rate from = 0; from < MIXER_RATES; from++)
		for (enum mixer_rate to = 0; to < MIXER_RATES; to++)
			if (mixer->between[from][to] && mixer->bus[from] && mixer->bus[to])
				crossed[to] |= convert_bus(mixer->between[from][to],
					mixer->bus[from], mixer->bus[to]->next);
	for (enum mixer_rate to = 0; to < MIXER_RATES; to++) {
		struct mixer_bus *bus = mixer->bus[to];

		if (!crossed[to])
			continue;
		bus->others = true;
		for (unsigned i = 0; i < bus->samples; i++)
			bus->present[i] += bus->next[i];
		memset(bus->next, 0, bus->samples * sizeof(*bus->next));
	}
}

static void turn_bus(struct mixer_bus *bus)
{
	int32_t *present = bus->next;
	bool dirty = bus->voices > 0 || bus->others;

	bus->next = bus->present;
	bus->present = present;
	bus->voices = bus->next_voices;
	bus->others = bus->next_others;
	bus->next_voices = 0;
	bus->next_others = false;
	if (dirty)
		memset(bus->next, 0, bus->samples * sizeof(*bus->next));
	forget_coded(bus);
}

void mixer_turn(struct mixer *mixer)
{
	unsigned buses = 0;

	mixer->frame++;
	for (enum mixer_rate rate = 0; rate < MIXER_RATES; rate++) {
		if (!mixer->bus[rate])
			continue;
		turn_bus(mixer->bus[rate]);
		buses++;
	}
	if (buses > 1)
		cross(mixer);
}

/* --- listeners --- */

static const int16_t *mix_of(struct mixer_bus *bus)
{
	if (!bus->clipped)
		pcm_clip(bus->mix, bus->present, bus->samples);
	bus->clipped = true;
	return bus->mix;
}

/* What all hear who only listen: encoded once. */
static void listen_only(struct mixer_bus *bus, const struct codec *codec, uint8_t *out)
{
	size_t bytes = codec->bytes_per_ms * MIXER_FRAME_MS;

	for (int i = 0; i < BUS_CODECS; i++) {
		if (bus->coded[i].codec && bus->coded[i].codec != codec)
			continue;
		bus->coded[i].codec = codec;
		if (!bus->coded[i].done)
			codec->encode(mix_of(bus), bus->samples, bus->coded[i].data);
		bus->coded[i].done = true;
		memcpy(out, bus->coded[i].data, bytes);
		return;
	}
	codec->encode(mix_of(bus), bus->samples, out);
}

/* Of another rate: also when it is silent, as its converter still gives some for a while. */
static bool is_denied(const struct mixer_listener *listener, uint32_t frame)
{
	for (const struct mixer_denial *d = listener->denials; d; d = d->next)
		if (d->speaker && (d->speaker->rate != listener->rate || speaks(d->speaker, frame)))
			return true;
	return false;
}

static void take_off(const struct mixer *mixer, const struct mixer_listener *listener, int32_t *sum)
{
	unsigned samples = mixer_samples(listener->rate), index = mixer->frame & 1;

	if (listener->own && speaks(listener->own, mixer->frame))
		pcm_subtract(sum, listener->own->pcm[index], samples);
	for (const struct mixer_denial *d = listener->denials; d; d = d->next) {
		if (!d->speaker || d->speaker->frame[index] != mixer->frame)
			continue;
		if (d->speaker->rate != listener->rate && d->speaker->converted[listener->rate])
			pcm_subtract(
				sum, d->speaker->converted[listener->rate]->out[index], samples);
		else if (d->speaker->rate == listener->rate && speaks(d->speaker, mixer->frame))
			pcm_subtract(sum, d->speaker->pcm[index], samples);
	}
}

bool mixer_audible(const struct mixer *mixer, const struct mixer_listener *listener)
{
	const struct mixer_bus *bus = mixer->bus[listener->rate];
	bool own = listener->own && speaks(listener->own, mixer->frame);

	return bus && (bus->voices > own || bus->others);
}

bool mixer_listen(struct mixer *mixer, const struct mixer_listener *listener, uint8_t *out)
{
	struct mixer_bus *bus = mixer->bus[listener->rate];
	bool own = listener->own && speaks(listener->own, mixer->frame);
	int16_t pcm[MIXER_FRAME_MAX];
	int32_t sum[MIXER_FRAME_MAX];

	if (!mixer_audible(mixer, listener))
		return false;
	if (listener->denials && is_denied(listener, mixer->frame)) {
		memcpy(sum, bus->present, bus->samples * sizeof(*sum));
		take_off(mixer, listener, sum);
		pcm_clip(pcm, sum, bus->samples);
	} else if (own) {
		pcm_clip_without(
			pcm, bus->present, listener->own->pcm[mixer->frame & 1], bus->samples);
	} else {
		listen_only(bus, listener->codec, out);
		return true;
	}
	listener->codec->encode(pcm, bus->samples, out);
	return true;
}

void mixer_listen_with(struct mixer *mixer, const struct mixer_listener *listener,
	const int16_t *own_play, uint8_t *out)
{
	const struct mixer_bus *bus = mixer->bus[listener->rate];
	unsigned samples = mixer_samples(listener->rate);
	int16_t pcm[MIXER_FRAME_MAX];
	int32_t sum[MIXER_FRAME_MAX] = {0};

	if (bus) {
		memcpy(sum, bus->present, samples * sizeof(*sum));
		take_off(mixer, listener, sum);
	}
	pcm_add(sum, own_play, samples);
	pcm_clip(pcm, sum, samples);
	listener->codec->encode(pcm, samples, out);
}
