#include "media/decode.h"

#include <errno.h>
#include <sndfile.h>
#include <stdio.h>
#include <string.h>

#include "media/decode_mp3.h"
#include "media/sink.h"

#define BLOCK_FRAMES 1024

/* The file in memory that libsndfile reads. */
struct source {
	const unsigned char *data;
	sf_count_t length, at;
};

static sf_count_t source_length(void *arg)
{
	return ((struct source *)arg)->length;
}

static sf_count_t source_seek(sf_count_t offset, int whence, void *arg)
{
	struct source *source = arg;
	sf_count_t base = whence == SEEK_CUR ? source->at : whence == SEEK_END ? source->length : 0;

	if (offset < -base || offset > source->length - base)
		return -1;
	return source->at = base + offset;
}

static sf_count_t source_read(void *out, sf_count_t count, void *arg)
{
	struct source *source = arg;

	if (count < 0)
		return 0;
	if (count > source->length - source->at)
		count = source->length - source->at;
	memcpy(out, source->data + source->at, (size_t)count);
	source->at += count;
	return count;
}

static sf_count_t source_tell(void *arg)
{
	return ((struct source *)arg)->at;
}

static SF_VIRTUAL_IO source_io = {
	.get_filelen = source_length,
	.seek = source_seek,
	.read = source_read,
	.tell = source_tell,
};

/* Sound files that hold floating point or Vorbis are scaled to 16 bits and clipped. */
static SNDFILE *open_sound(struct source *source, SF_INFO *ret_info)
{
	SNDFILE *file;

	memset(ret_info, 0, sizeof(*ret_info));
	file = sf_open_virtual(&source_io, SFM_READ, ret_info, source);
	if (!file)
		return NULL;
	sf_command(file, SFC_SET_SCALE_FLOAT_INT_READ, NULL, SF_TRUE);
	sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
	return file;
}

static int copy_sound(SNDFILE *file, const atomic_bool *cancelled, struct sink *sink)
{
	int16_t pcm[BLOCK_FRAMES * SINK_MAX_CHANNELS];
	sf_count_t frames;
	bool sound = false;
	int error;

	while ((frames = sf_readf_short(file, pcm, BLOCK_FRAMES)) > 0) {
		if (cancelled && atomic_load(cancelled))
			return -ECANCELED;
		error = sink_write(sink, pcm, (size_t)frames);
		if (error < 0)
			return error;
		sound = true;
	}
	return sound ? 0 : -ENODATA;
}

static int decode_sndfile(const void *data, size_t length, const atomic_bool *cancelled,
	struct sink *sink, const char **ret_error)
{
	struct source source = {.data = data, .length = (sf_count_t)length};
	SF_INFO info;
	SNDFILE *file = open_sound(&source, &info);
	int error;

	if (!file) {
		*ret_error = "the sound file cannot be read";
		return -EINVAL;
	}
	if (info.samplerate <= 0 || info.channels <= 0 ||
		sink_format(sink, (unsigned)info.samplerate, (unsigned)info.channels) < 0) {
		*ret_error = "the sound file's sample rate or channel count is out of bounds";
		error = -EINVAL;
	} else {
		error = copy_sound(file, cancelled, sink);
	}
	sf_close(file);
	if (error == -ENODATA) {
		*ret_error = "the sound file holds no sound";
		error = -EINVAL;
	}
	return error;
}

static bool begins(const unsigned char *data, size_t length, const char *magic)
{
	return length >= strlen(magic) && memcmp(data, magic, strlen(magic)) == 0;
}

/* ISO 11172-3 2.4.2.3: eleven set bits, then version and layer III. */
static bool begins_mp3(const unsigned char *data, size_t length)
{
	return begins(data, length, "ID3") ||
	       (length >= 4 && data[0] == 0xff && (data[1] & 0xe6) == 0xe2);
}

static int decode_known(const void *data, size_t length, const atomic_bool *cancelled,
	struct sink *sink, const char **ret_error)
{
	*ret_error = "the file is not WAV, MP3, Ogg or FLAC";
	if (length == 0)
		*ret_error = "the file is empty";
	if (begins_mp3(data, length))
		return decode_mp3(data, length, cancelled, sink, ret_error);
	if (begins(data, length, "RIFF") || begins(data, length, "RF64") ||
		begins(data, length, "OggS") || begins(data, length, "fLaC"))
		return decode_sndfile(data, length, cancelled, sink, ret_error);
	return -EINVAL;
}

int decode_file(const void *data, size_t length, double level, const atomic_bool *cancelled,
	struct prompt *prompt, const char **ret_error)
{
	struct sink *sink = sink_new(prompt, level);
	const char *text = NULL;
	int error = decode_known(data, length, cancelled, sink, &text);

	if (error == 0)
		error = sink_flush(sink);
	if (error == -EFBIG)
		text = "the sound is longer than the limit";
	else if (error == -ECANCELED)
		text = "cancelled";
	else if (error == -ENOMEM)
		text = "out of memory";
	if (error < 0)
		*ret_error = text;
	prompt_finish(prompt, error < 0);
	sink_free(sink);
	return error;
}
