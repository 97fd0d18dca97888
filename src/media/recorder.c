#include "media/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/upsample.h"

/* Every codec that there is has 8 kHz of sound. */
#define RATE	    8000
#define PER_SAMPLE  (TAPE_RATE / RATE)
#define PER_MS	    (RATE / 1000)
#define HOLD	    (RECORDER_HOLD_MS * PER_MS)
#define WINDOW	    16384 /* samples; more than the hold, a chunk and a block */
#define CHUNK	    UPSAMPLE_MAX
#define VOICE_LEVEL 250 /* mean amplitude of a block from which on it is no silence: -42 dB */

struct recorder {
	struct recorder_config config;
	char *path;
	struct media_tape *tape;
	struct sound_file *file;
	bool closed;
	int error;
	uint64_t size;
	uint64_t now;	  /* samples: how far time has come on the tape */
	uint64_t written; /* samples in the file */
	uint64_t voice;	  /* where the caller last spoke */
	uint32_t lost;
	int16_t window[TAPE_TRACKS][WINDOW]; /* [written, written + WINDOW), the rest is zero */
	struct upsample upsample[TAPE_TRACKS];
	int16_t *out; /* CHUNK frames of the file's channels, doubled */
};

struct recorder *recorder_new(const struct recorder_config *config, struct media_tape *tape)
{
	struct recorder *r = xcalloc(1, sizeof(*r));

	r->config = *config;
	r->path = xstrdup(config->path);
	r->tape = tape;
	for (int i = 0; i < TAPE_TRACKS; i++)
		upsample_init(&r->upsample[i]);
	r->out = xcalloc((size_t)2 * CHUNK * config->channels, sizeof(*r->out));
	return r;
}

struct recorder *recorder_free(struct recorder *r)
{
	if (!r)
		return NULL;
	free(r->out);
	free(r->path);
	free(r);
	return NULL;
}

static void fail(struct recorder *r, int error)
{
	if (error < 0 && r->error == 0)
		r->error = error;
}

/* Takes samples out of the window, in order; their places become silence. */
static void take(struct recorder *r, enum tape_track track, int16_t *out, size_t samples)
{
	size_t from = r->written % WINDOW;
	size_t first = samples < WINDOW - from ? samples : WINDOW - from;
	int16_t *window = r->window[track];

	memcpy(out, window + from, first * sizeof(*out));
	memset(window + from, 0, first * sizeof(*out));
	memcpy(out + first, window, (samples - first) * sizeof(*out));
	memset(window, 0, (samples - first) * sizeof(*out));
}

static void put(
	struct recorder *r, enum tape_track track, uint64_t at, const int16_t *pcm, size_t samples)
{
	size_t into = at % WINDOW;
	size_t first = samples < WINDOW - into ? samples : WINDOW - into;

	memcpy(r->window[track] + into, pcm, first * sizeof(*pcm));
	memcpy(r->window[track], pcm + first, (samples - first) * sizeof(*pcm));
}

static void mix(int16_t *into, const int16_t *other, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		int sum = into[i] + other[i];

		into[i] = (int16_t)(sum > INT16_MAX   ? INT16_MAX
				    : sum < INT16_MIN ? INT16_MIN
						      : sum);
	}
}

/* One channel among the others; the rest of them stays as it is: zero. */
static void lay(int16_t *out, const int16_t *pcm, size_t samples, unsigned channels)
{
	if (channels == 1) {
		memcpy(out, pcm, samples * sizeof(*out));
		return;
	}
	for (size_t i = 0; i < samples; i++)
		out[i * channels] = pcm[i];
}

static void write_chunk(struct recorder *r, size_t samples)
{
	int16_t heard[CHUNK], sent[CHUNK];
	unsigned channels = r->config.channels;
	bool narrow = r->config.format->write_narrow;

	take(r, TAPE_HEARD, heard, samples);
	take(r, TAPE_SENT, sent, samples);
	r->written += samples;
	if (r->error || !r->file)
		return;
	if (channels == 1)
		mix(heard, sent, samples);
	else if (narrow)
		lay(r->out + 1, sent, samples, channels);
	else
		upsample_run(&r->upsample[TAPE_SENT], sent, samples, r->out + 1, channels);
	if (narrow) {
		lay(r->out, heard, samples, channels);
		fail(r, sound_file_write_narrow(r->file, r->out, samples));
		return;
	}
	upsample_run(&r->upsample[TAPE_HEARD], heard, samples, r->out, channels);
	fail(r, sound_file_write(r->file, r->out, 2 * samples));
}

static void write_until(struct recorder *r, uint64_t end)
{
	while (r->written < end)
		write_chunk(r, end - r->written < CHUNK ? (size_t)(end - r->written) : CHUNK);
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

static void place(struct recorder *r, const struct tape_block *block)
{
	uint64_t at = block->at / PER_SAMPLE;
	int16_t pcm[TAPE_BLOCK_BYTES];
	size_t samples = 0, late = 0;

	if (block->bytes && is_silence(block)) {
		samples = block->bytes * PER_MS / block->codec->bytes_per_ms;
		memset(pcm, 0, samples * sizeof(*pcm));
	} else if (block->bytes) {
		samples = block->codec->decode(block->data, block->bytes, pcm);
	}
	/* Room for what lies ahead, be it after a hole. */
	if (at + samples > r->written + WINDOW)
		write_until(r, at + samples - WINDOW);
	if (at < r->written)
		late = r->written - at < samples ? (size_t)(r->written - at) : samples;
	if (late < samples)
		put(r, block->track, at + late, pcm + late, samples - late);
	if (block->track == TAPE_HEARD && is_voice(pcm, samples) && at + samples > r->voice)
		r->voice = at + samples;
	if (block->track == TAPE_SENT && at + samples > r->now)
		r->now = at + samples;
}

static void open_file(struct recorder *r)
{
	if (!r->file && !r->closed && !r->error)
		fail(r, sound_file_open(r->path, r->config.format, r->config.channels, &r->file));
}

static void close_file(struct recorder *r)
{
	if (r->file)
		fail(r, sound_file_close(r->file, &r->size));
	r->file = NULL;
	r->closed = true;
}

int recorder_drain(struct recorder *r, bool last)
{
	struct tape_block block;

	open_file(r);
	while (media_tape_pop(r->tape, &block)) {
		place(r, &block);
		if (r->now > r->written + HOLD + CHUNK)
			write_until(r, r->now - HOLD);
	}
	r->lost = media_tape_lost(r->tape);
	if (r->now > HOLD)
		write_until(r, r->now - HOLD);
	if (last) {
		/* What the filter still holds comes out with the silence after it. */
		write_until(r, r->now + UPSAMPLE_DELAY);
		close_file(r);
	} else if (r->file && !r->error) {
		fail(r, sound_file_flush(r->file));
	}
	return r->error;
}

uint64_t recorder_size(const struct recorder *r)
{
	return r->size;
}

unsigned recorder_ms(const struct recorder *r)
{
	return (unsigned)(r->now / PER_MS);
}

unsigned recorder_silent_ms(const struct recorder *r)
{
	return r->voice < r->now ? (unsigned)((r->now - r->voice) / PER_MS) : 0;
}

unsigned recorder_lost_blocks(const struct recorder *r)
{
	return r->lost;
}
