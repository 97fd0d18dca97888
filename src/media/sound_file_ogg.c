/* Ogg Vorbis, by libsndfile. */
#include <errno.h>
#include <sndfile.h>

#include "media/sound_file_private.h"

static int ogg_open(struct sound_file *file)
{
	SF_INFO info = {.samplerate = SOUND_FILE_RATE,
		.channels = (int)file->channels,
		.format = SF_FORMAT_OGG | SF_FORMAT_VORBIS};
	double fast_and_small = 0.9;

	file->encoder = sf_open_fd(file->fd, SFM_WRITE, &info, 0);
	if (!file->encoder)
		return -EINVAL;
	sf_command(
		file->encoder, SFC_SET_COMPRESSION_LEVEL, &fast_and_small, sizeof(fast_and_small));
	return 0;
}

static int error_of(struct sound_file *file)
{
	return sf_error(file->encoder) == SF_ERR_SYSTEM && errno ? -errno : -EIO;
}

static int ogg_write(struct sound_file *file, const int16_t *pcm, size_t frames)
{
	sf_count_t want = (sf_count_t)frames;

	errno = 0;
	return sf_writef_short(file->encoder, pcm, want) == want ? 0 : error_of(file);
}

static int ogg_close(struct sound_file *file)
{
	return sf_close(file->encoder) == 0 ? 0 : -EIO;
}

const struct sound_format sound_format_ogg = {
	.name = "ogg",
	.content_type = "audio/ogg",
	.max_channels = SOUND_FILE_CHANNELS,
	.open = ogg_open,
	.write = ogg_write,
	.close = ogg_close,
};
