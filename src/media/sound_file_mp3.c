/* MP3: constant bit rate, 32 kbit/s for each channel, by LAME itself: libsndfile would choose
 * its slower settings (2.3 against 0.9 ms of CPU for a second, measured). */
#include <errno.h>
#include <lame/lame.h>
#include <stddef.h>

#include "media/sound_file_private.h"

#define KBITS	  32
#define FASTEST	  9
#define FRAMES	  2048
#define OUT_BYTES (FRAMES * 5 / 4 + 7200) /* what lame.h asks for */

static int mp3_open(struct sound_file *file)
{
	lame_t lame = lame_init();

	if (!lame)
		return -ENOMEM;
	lame_set_in_samplerate(lame, SOUND_FILE_RATE);
	lame_set_out_samplerate(lame, SOUND_FILE_RATE);
	lame_set_num_channels(lame, (int)file->channels);
	lame_set_mode(lame, file->channels == 1 ? MONO : STEREO);
	lame_set_VBR(lame, vbr_off);
	lame_set_brate(lame, KBITS * (int)file->channels);
	lame_set_quality(lame, FASTEST);
	lame_set_no_short_blocks(lame, 1);
	lame_set_bWriteVbrTag(lame, 0);
	if (lame_init_params(lame) < 0) {
		lame_close(lame);
		return -EINVAL;
	}
	file->encoder = lame;
	return 0;
}

static int mp3_write(struct sound_file *file, const int16_t *pcm, size_t frames)
{
	unsigned char out[OUT_BYTES];

	while (frames > 0) {
		int part = frames < FRAMES ? (int)frames : FRAMES;
		/* The encoder does not write to its input, whatever its signature says. */
		short *in = (short *)(uintptr_t)pcm;
		int n = file->channels == 1
				? lame_encode_buffer(file->encoder, in, in, part, out, sizeof(out))
				: lame_encode_buffer_interleaved(
					  file->encoder, in, part, out, sizeof(out));
		int r = n < 0 ? -EIO : sound_file_put(file, out, (size_t)n);

		if (r < 0)
			return r;
		pcm += (size_t)part * file->channels;
		frames -= (size_t)part;
	}
	return 0;
}

static int mp3_close(struct sound_file *file)
{
	unsigned char out[OUT_BYTES];
	int n = lame_encode_flush(file->encoder, out, sizeof(out));

	lame_close(file->encoder);
	return n < 0 ? -EIO : sound_file_put(file, out, (size_t)n);
}

const struct sound_format sound_format_mp3 = {
	.name = "mp3",
	.content_type = "audio/mpeg",
	.max_channels = 2,
	.open = mp3_open,
	.write = mp3_write,
	.close = mp3_close,
};
