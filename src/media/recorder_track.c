#include "media/recorder_track.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/sound_file.h"

#define PER_SAMPLE  (TAPE_RATE / TRACK_RATE)
#define VOICE_LEVEL 250 /* mean amplitude of a block from which on it is no silence: -42 dB */
#define QUALITY	    SPEEX_RESAMPLER_QUALITY_VOIP
#define RATE_MAX    48000

struct track *track_new(struct media_tape *tape, int heard_channel, int sent_channel)
{
	struct track *track = xcalloc(1, sizeof(*track));

	track->tape = tape;
	track->side[TAPE_HEARD].channel = heard_channel;
	track->side[TAPE_SENT].channel = sent_channel;
	return track;
}

static void side_release(struct track_side *side)
{
	free(side->window);
	side->window = NULL;
	if (side->resampler)
		speex_resampler_destroy(side->resampler);
	side->resampler = NULL;
}

struct track *track_free(struct track *track)
{
	if (!track)
		return NULL;
	side_release(&track->side[TAPE_HEARD]);
	side_release(&track->side[TAPE_SENT]);
	if (track->owned)
		media_tape_free(track->tape);
	free(track);
	return NULL;
}

static size_t window_size(const struct track_side *side)
{
	return (size_t)TRACK_WINDOW * (side->rate / TRACK_RATE);
}

static void set_rate(struct track_side *side, unsigned rate)
{
	int error;

	side_release(side);
	side->rate = rate;
	side->window = xcalloc(window_size(side), sizeof(*side->window));
	if (rate != TRACK_RATE && rate != SOUND_FILE_RATE)
		side->resampler = speex_resampler_init(1, rate, SOUND_FILE_RATE, QUALITY, &error);
}

static bool is_voice(const int16_t *pcm, size_t samples)
{
	unsigned sum = 0;

	for (size_t i = 0; i < samples; i++)
		sum += (unsigned)abs(pcm[i]);
	return samples > 0 && sum / samples >= VOICE_LEVEL;
}

/* Most packets of a call are silence, and need no decoding. */
static bool is_silence(const struct tape_block *block)
{
	return block->data[0] == block->codec->silence &&
	       memcmp(block->data, block->data + 1, block->bytes - 1u) == 0;
}

/* `at` and `taken` in samples of the side. */
static void put(
	struct track_side *side, uint64_t at, uint64_t taken, const int16_t *pcm, size_t samples)
{
	size_t size = window_size(side), into, first;
	uint64_t late = at < taken ? taken - at : 0;

	if (late >= samples)
		return;
	pcm += late;
	samples -= late;
	into = (at + late) % size;
	first = samples < size - into ? samples : size - into;
	memcpy(side->window + into, pcm, first * sizeof(*pcm));
	memcpy(side->window, pcm + first, (samples - first) * sizeof(*pcm));
}

static void put_sound(struct track *track, const struct tape_block *block, uint64_t at,
	uint64_t end, uint64_t taken)
{
	struct track_side *side = &track->side[block->track];
	unsigned factor = block->codec->sample_rate / TRACK_RATE;
	uint64_t rest = block->at % PER_SAMPLE * factor / PER_SAMPLE;
	int16_t pcm[TAPE_BLOCK_BYTES];
	size_t samples = block->codec->decode(block->data, block->bytes, pcm);

	if (side->rate != block->codec->sample_rate)
		set_rate(side, block->codec->sample_rate);
	if (side->channel >= 0)
		put(side, at * factor + rest, taken * factor, pcm, samples);
	if (block->track == TAPE_HEARD && is_voice(pcm, samples))
		track->voice = end;
}

/* False: it lies beyond the window. */
static bool place(struct track *track, const struct tape_block *block, uint64_t taken)
{
	int64_t from = (int64_t)(block->at / PER_SAMPLE) + track->offset;
	uint64_t at = from < 0 ? 0 : (uint64_t)from, end = at;

	if (block->bytes > 0)
		end += block->bytes * TRACK_PER_MS / block->codec->bytes_per_ms;
	if (end > taken + TRACK_WINDOW)
		return false;
	if (block->bytes > 0 && from >= 0 && !is_silence(block))
		put_sound(track, block, at, end, taken);
	if (block->track == TAPE_SENT && (!block->placed || block->bytes == 0) && end > track->now)
		track->now = end;
	return true;
}

bool track_read(struct track *track, uint64_t taken)
{
	const struct tape_block *block;

	while ((block = media_tape_peek(track->tape))) {
		if (!place(track, block, taken))
			return false;
		media_tape_skip(track->tape);
	}
	return true;
}

static void take_window(struct track_side *side, uint64_t from, int16_t *out, size_t samples)
{
	size_t size = window_size(side), at = from % size;
	size_t first = samples < size - at ? samples : size - at;

	memcpy(out, side->window + at, first * sizeof(*out));
	memset(side->window + at, 0, first * sizeof(*out));
	memcpy(out + first, side->window, (samples - first) * sizeof(*out));
	memset(side->window, 0, (samples - first) * sizeof(*out));
}

void track_take(struct track_side *side, uint64_t taken, size_t samples, int16_t *out)
{
	unsigned factor = side->rate / TRACK_RATE;
	int16_t pcm[TRACK_CHUNK * RATE_MAX / TRACK_RATE];
	spx_uint32_t in = (spx_uint32_t)samples * factor;
	spx_uint32_t wanted = (spx_uint32_t)(samples * SOUND_FILE_RATE / TRACK_RATE), got = wanted;

	if (!side->resampler) {
		take_window(side, taken * factor, out, in);
		return;
	}
	take_window(side, taken * factor, pcm, in);
	speex_resampler_process_int(side->resampler, 0, pcm, &in, out, &got);
	memset(out + got, 0, (wanted - got) * sizeof(*out));
}
