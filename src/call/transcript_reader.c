#include "call/transcript_reader.h"

#include <errno.h>
#include <sndfile.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "media/segmenter.h"
#include "media/sound_file.h"

#define SENSITIVITY 90
#define PAUSE_MS    700
#define SEGMENT_MS  15000 /* a longer one would keep the recogniser busy for too long */
#define MIN_RATE    8000
#define MAX_RATE    48000

struct piece {
	STAILQ_ENTRY(piece) link;
	struct spoken spoken;
};

struct channel {
	struct transcript_reader *reader;
	unsigned number;
	struct segmenter *segmenter;
	uint64_t at_ms;
	struct strbuf pcm; /* of the segment that goes on */
};

struct transcript_reader {
	SNDFILE *file;
	SF_INFO info;
	sf_count_t frames; /* read so far */
	size_t samples;	   /* of a frame of the detector, of one channel */
	int16_t *block, *one;
	struct channel *channels;
	STAILQ_HEAD(pieces, piece) pieces; /* that have ended */
};

static void on_begin(void *arg, uint64_t at_ms)
{
	struct channel *channel = arg;

	channel->at_ms = at_ms;
	strbuf_reset(&channel->pcm);
}

static void on_sound(void *arg, const int16_t *pcm, size_t samples)
{
	struct channel *channel = arg;

	strbuf_add(&channel->pcm, pcm, samples * sizeof(*pcm));
}

static void on_end(void *arg, enum segment_end why)
{
	struct channel *channel = arg;
	struct piece *piece = xcalloc(1, sizeof(*piece));
	size_t samples = channel->pcm.length / sizeof(int16_t);

	(void)why;
	piece->spoken = (struct spoken){
		.channel = channel->number,
		.at_ms = channel->at_ms,
		.ms = samples * 1000 / (unsigned)channel->reader->info.samplerate,
		.samples = samples,
		.pcm = (int16_t *)(void *)strbuf_detach(&channel->pcm),
	};
	STAILQ_INSERT_TAIL(&channel->reader->pieces, piece, link);
}

static const struct segmenter_handler segmenter_handler = {
	.on_begin = on_begin, .on_sound = on_sound, .on_end = on_end};

static void open_channels(struct transcript_reader *r)
{
	unsigned count = (unsigned)r->info.channels;

	r->samples = (size_t)r->info.samplerate * VAD_FRAME_MS / 1000;
	r->block = xcalloc(r->samples * count, sizeof(*r->block));
	r->one = xcalloc(r->samples, sizeof(*r->one));
	r->channels = xcalloc(count, sizeof(*r->channels));
	for (unsigned i = 0; i < count; i++) {
		struct channel *channel = &r->channels[i];

		channel->reader = r;
		channel->number = i;
		channel->pcm = (struct strbuf)STRBUF_INIT;
		channel->segmenter = segmenter_new(
			&(struct segmenter_config){.rate = (unsigned)r->info.samplerate,
				.sensitivity = SENSITIVITY,
				.end_ms = PAUSE_MS,
				.max_ms = SEGMENT_MS},
			&segmenter_handler, channel);
	}
}

int transcript_reader_open(const char *path, struct transcript_reader **ret_reader)
{
	struct transcript_reader *r = xcalloc(1, sizeof(*r));

	STAILQ_INIT(&r->pieces);
	r->file = sf_open(path, SFM_READ, &r->info);
	if (!r->file || r->info.samplerate < MIN_RATE || r->info.samplerate > MAX_RATE ||
		r->info.channels > SOUND_FILE_CHANNELS) {
		transcript_reader_free(r);
		return -EIO;
	}
	open_channels(r);
	*ret_reader = r;
	return 0;
}

struct transcript_reader *transcript_reader_free(struct transcript_reader *r)
{
	struct piece *piece;

	if (!r)
		return NULL;
	for (int i = 0; r->channels && i < r->info.channels; i++) {
		segmenter_free(r->channels[i].segmenter);
		strbuf_release(&r->channels[i].pcm);
	}
	while ((piece = STAILQ_FIRST(&r->pieces))) {
		STAILQ_REMOVE_HEAD(&r->pieces, link);
		free(piece->spoken.pcm);
		free(piece);
	}
	if (r->file)
		sf_close(r->file);
	free(r->channels);
	free(r->block);
	free(r->one);
	free(r);
	return NULL;
}

/* A frame of each channel; false at the end, where what goes on is ended, too. */
static bool read_block(struct transcript_reader *r)
{
	sf_count_t got = sf_readf_short(r->file, r->block, (sf_count_t)r->samples);

	r->frames += got > 0 ? got : 0;
	for (int i = 0; i < r->info.channels; i++) {
		if (got < (sf_count_t)r->samples) {
			segmenter_end(r->channels[i].segmenter);
			continue;
		}
		for (size_t k = 0; k < r->samples; k++)
			r->one[k] = r->block[k * (size_t)r->info.channels + (size_t)i];
		segmenter_frame(r->channels[i].segmenter, r->one);
	}
	return got == (sf_count_t)r->samples;
}

int transcript_reader_next(struct transcript_reader *r, struct spoken *ret_spoken)
{
	struct piece *piece;
	bool more = true;

	while (STAILQ_EMPTY(&r->pieces) && more)
		more = read_block(r);
	if (STAILQ_EMPTY(&r->pieces))
		return sf_error(r->file) == SF_ERR_NO_ERROR ? 0 : -EIO;
	piece = STAILQ_FIRST(&r->pieces);
	STAILQ_REMOVE_HEAD(&r->pieces, link);
	*ret_spoken = piece->spoken;
	free(piece);
	return 1;
}

unsigned transcript_reader_rate(const struct transcript_reader *r)
{
	return (unsigned)r->info.samplerate;
}

unsigned transcript_reader_channels(const struct transcript_reader *r)
{
	return (unsigned)r->info.channels;
}

uint64_t transcript_reader_ms(const struct transcript_reader *r)
{
	return (uint64_t)r->frames * 1000 / (unsigned)r->info.samplerate;
}
