/* WAV: RIFF with a PCM `fmt ` chunk and one `data` chunk. The header's sizes are written anew at
 * each flush, so that they are true of what is there. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "media/sound_file_private.h"

#define HEADER 44
#define MAX    (UINT32_MAX - 4096)

static void put_le(uint8_t *out, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

static int write_header(struct sound_file *file)
{
	uint32_t data = (uint32_t)(file->bytes - HEADER), frame = file->channels * 2;
	uint8_t header[HEADER] = "RIFF....WAVEfmt ";

	put_le(header + 4, data + HEADER - 8, 4);
	put_le(header + 16, 16, 4);
	put_le(header + 20, 1, 2); /* PCM */
	put_le(header + 22, file->channels, 2);
	put_le(header + 24, SOUND_FILE_RATE, 4);
	put_le(header + 28, SOUND_FILE_RATE * frame, 4);
	put_le(header + 32, frame, 2);
	put_le(header + 34, 16, 2);
	memcpy(header + 36, "data", 4);
	put_le(header + 40, data, 4);
	return pwrite(file->fd, header, HEADER, 0) == HEADER ? 0 : -errno;
}

static int wav_open(struct sound_file *file)
{
	uint8_t nothing[HEADER] = {0};
	int r = sound_file_put(file, nothing, HEADER);

	return r < 0 ? r : write_header(file);
}

static int wav_write(struct sound_file *file, const int16_t *pcm, size_t frames)
{
	size_t bytes = frames * file->channels * 2;

	if (file->bytes + bytes > MAX)
		return -EFBIG;
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "samples are written as they are in memory"
#endif
	return sound_file_put(file, pcm, bytes);
}

const struct sound_format sound_format_wav = {
	.name = "wav",
	.content_type = "audio/wav",
	.max_channels = SOUND_FILE_CHANNELS,
	.open = wav_open,
	.write = wav_write,
	.flush = write_header,
	.close = write_header,
};
