/* MP3: constant bit rate, 32 kbit/s for each channel. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/mp3_encoder.h"
#include "media/sound_file_private.h"

#define FRAMES_AT_ONCE 16

_Static_assert(MP3_RATE == SOUND_FILE_RATE, "the encoder knows but one rate");

struct mp3_file {
	struct mp3_encoder *encoder;
	int16_t rest[MP3_FRAME * MP3_MAX_CHANNELS]; /* not yet a frame */
	size_t count;				    /* samples of a channel in it */
	uint8_t out[FRAMES_AT_ONCE * MP3_FRAME_BYTES * MP3_MAX_CHANNELS];
	size_t length;
};

static int mp3_open(struct sound_file *file)
{
	struct mp3_file *mp3 = xcalloc(1, sizeof(*mp3));

	mp3->encoder = mp3_encoder_new(file->channels);
	file->encoder = mp3;
	return 0;
}

static int put(struct sound_file *file, struct mp3_file *mp3)
{
	int r = mp3->length ? sound_file_put(file, mp3->out, mp3->length) : 0;

	mp3->length = 0;
	return r;
}

static int encode(struct sound_file *file, struct mp3_file *mp3, const int16_t *pcm)
{
	int r = 0;

	if (mp3->length + MP3_FRAME_BYTES * file->channels > sizeof(mp3->out))
		r = put(file, mp3);
	mp3_encode(mp3->encoder, pcm, mp3->out + mp3->length);
	mp3->length += MP3_FRAME_BYTES * file->channels;
	return r;
}

static int mp3_write(struct sound_file *file, const int16_t *pcm, size_t frames)
{
	struct mp3_file *mp3 = file->encoder;
	unsigned channels = file->channels;
	int r = 0, last;

	while (frames > 0 && r == 0) {
		size_t part = MP3_FRAME - mp3->count;

		part = part < frames ? part : frames;
		if (part == MP3_FRAME) {
			r = encode(file, mp3, pcm);
		} else {
			memcpy(mp3->rest + mp3->count * channels, pcm,
				part * channels * sizeof(*pcm));
			mp3->count += part;
			if (mp3->count == MP3_FRAME) {
				r = encode(file, mp3, mp3->rest);
				mp3->count = 0;
			}
		}
		pcm += part * channels;
		frames -= part;
	}
	last = put(file, mp3);
	return r < 0 ? r : last;
}

/* What is still in the encoder comes out with the silence after it. */
static int mp3_close(struct sound_file *file)
{
	static const int16_t silence[MP3_DELAY * MP3_MAX_CHANNELS];
	struct mp3_file *mp3 = file->encoder;
	int r = mp3_write(file, silence, MP3_DELAY);

	if (r == 0 && mp3->count)
		r = mp3_write(file, silence, MP3_FRAME - mp3->count);
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
	.close = mp3_close,
};
