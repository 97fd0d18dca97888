/* MP3: constant bit rate, 32 kbit/s for each channel. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/mp3_encoder.h"
#include "media/sound_file_private.h"

#define FRAMES_AT_ONCE 16

_Static_assert(MP3_RATE == SOUND_FILE_RATE, "the encoder knows but one rate");

struct mp3_file {
	struct mp3_encoder *encoder;		    /* NULL: nothing was written yet */
	size_t frame;				    /* samples of a channel that it takes at once */
	int16_t rest[MP3_FRAME * MP3_MAX_CHANNELS]; /* not yet a frame */
	size_t count;				    /* samples of a channel in it */
	uint8_t out[FRAMES_AT_ONCE * MP3_FRAME_BYTES * MP3_MAX_CHANNELS];
	size_t length;
};

static int mp3_open(struct sound_file *file)
{
	file->encoder = xcalloc(1, sizeof(struct mp3_file));
	return 0;
}

static void start(struct sound_file *file, struct mp3_file *mp3, bool narrow)
{
	mp3->encoder = mp3_encoder_new(file->channels, narrow);
	mp3->frame = narrow ? MP3_FRAME / 2 : MP3_FRAME;
}

/* What waits for its frame is doubled by lines between the samples: that happens once. */
static void widen(struct sound_file *file, struct mp3_file *mp3)
{
	unsigned channels = file->channels;

	for (size_t i = mp3->count; i-- > 0;) {
		size_t next = i + 1 < mp3->count ? 2 * i + 2 : 2 * i;

		for (unsigned c = 0; c < channels; c++)
			mp3->rest[2 * i * channels + c] = mp3->rest[i * channels + c];
		for (unsigned c = 0; c < channels; c++)
			mp3->rest[(2 * i + 1) * channels + c] =
				(int16_t)((mp3->rest[2 * i * channels + c] +
						  mp3->rest[next * channels + c]) /
					  2);
	}
	mp3->count *= 2;
	mp3->frame = MP3_FRAME;
	mp3_encoder_widen(mp3->encoder);
}

static int put(struct sound_file *file, struct mp3_file *mp3)
{
	int r = mp3->length ? sound_file_put(file, mp3->out, mp3->length) : 0;

	mp3->length = 0;
	return r;
}

static int encode(struct sound_file *file, struct mp3_file *mp3, const int16_t *pcm)
{
	size_t bytes = (size_t)MP3_FRAME_BYTES * file->channels;
	int r = mp3->length + bytes > sizeof(mp3->out) ? put(file, mp3) : 0;

	mp3_encode(mp3->encoder, pcm, mp3->out + mp3->length);
	mp3->length += bytes;
	return r;
}

/* Fills the frame that has begun; returns how many it took. */
static size_t fill(
	struct sound_file *file, struct mp3_file *mp3, const int16_t *pcm, size_t frames, int *r)
{
	size_t room = mp3->frame - mp3->count, part = frames < room ? frames : room;
	unsigned channels = file->channels;

	memcpy(mp3->rest + mp3->count * channels, pcm, part * channels * sizeof(*pcm));
	mp3->count += part;
	if (mp3->count == mp3->frame) {
		*r = encode(file, mp3, mp3->rest);
		mp3->count = 0;
	}
	return part;
}

static int write_all(struct sound_file *file, const int16_t *pcm, size_t frames)
{
	struct mp3_file *mp3 = file->encoder;
	int r = 0, last;

	while (frames > 0 && r == 0) {
		size_t part = mp3->frame;

		if (mp3->count || frames < mp3->frame)
			part = fill(file, mp3, pcm, frames, &r);
		else
			r = encode(file, mp3, pcm);
		pcm += part * file->channels;
		frames -= part;
	}
	last = put(file, mp3);
	return r < 0 ? r : last;
}

static int mp3_write(struct sound_file *file, const int16_t *pcm, size_t frames)
{
	struct mp3_file *mp3 = file->encoder;

	if (!mp3->encoder)
		start(file, mp3, false);
	else if (mp3->frame != MP3_FRAME)
		widen(file, mp3);
	return write_all(file, pcm, frames);
}

static int mp3_write_narrow(struct sound_file *file, const int16_t *pcm, size_t frames)
{
	struct mp3_file *mp3 = file->encoder;

	if (!mp3->encoder)
		start(file, mp3, true);
	return write_all(file, pcm, frames);
}

/* What is still in the encoder comes out with the silence after it. */
static int mp3_close(struct sound_file *file)
{
	static const int16_t silence[MP3_DELAY * MP3_MAX_CHANNELS];
	struct mp3_file *mp3 = file->encoder;
	int r;

	if (!mp3->encoder)
		start(file, mp3, false);
	r = write_all(file, silence, mp3->frame == MP3_FRAME ? MP3_DELAY : MP3_DELAY / 2 + 1);
	if (r == 0 && mp3->count)
		r = write_all(file, silence, mp3->frame - mp3->count);
	mp3_encoder_free(mp3->encoder);
	free(mp3);
	return r;
}

const struct sound_format sound_format_mp3 = {
	.name = "mp3",
	.content_type = "audio/mpeg",
	.max_channels = MP3_MAX_CHANNELS,
	.open = mp3_open,
	.write = mp3_write,
	.write_narrow = mp3_write_narrow,
	.close = mp3_close,
};
