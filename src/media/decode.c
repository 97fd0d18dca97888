#include "media/decode.h"

#include <errno.h>
#include <math.h>
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

/* libsndfile's own conversion to 16 bits scales floating point and Vorbis by the file's peak;
 * by way of float the level stays what it was, and 16-bit samples stay exact. */
static void to_pcm(const float *sound, size_t samples, int16_t *pcm)
{
	for (size_t i = 0; i < samples; i++) {
		float value = sound[i] * 32768.0f;

		if (!(value > -32768.0f)) /* also NaN */
			value = -32768.0f;
		else if (value > 32767.0f)
			value = 32767.0f;
		pcm[i] = (int16_t)lrintf(value);
	}
}

static int copy_sound(
	SNDFILE *file, unsigned channels, const atomic_bool *cancelled, struct sink *sink)
{
	float sound[BLOCK_FRAMES * SINK_MAX_CHANNELS];
	int16_t pcm[BLOCK_FRAMES * SINK_MAX_CHANNELS];
	sf_count_t frames;
	bool any = false;
	int error;

	while ((frames = sf_readf_float(file, sound, BLOCK_FRAMES)) > 0) {
		if (cancelled && atomic_load(cancelled))
			return -ECANCELED;
		to_pcm(sound, (size_t)frames * channels, pcm);
		error = sink_write(sink, pcm, (size_t)frames);
		if (error < 0)
			return error;
		any = true;
	}
	return any ? 0 : -ENODATA;
}

static int decode_sndfile(const void *data, size_t length, const atomic_bool *cancelled,
	struct sink *sink, const char **ret_error)
{
	struct source source = {.data = data, .length = (sf_count_t)length};
	SF_INFO info = {0};
	SNDFILE *file = sf_open_virtual(&source_io, SFM_READ, &info, &source);
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
		error = copy_sound(file, (unsigned)info.channels, cancelled, sink);
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
