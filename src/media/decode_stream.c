/* decode_stream.c - WAV as it comes out of a pipe. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/decode.h"
#include "media/sink.h"

/* Before the sound there may be chunks to skip, but not for ever. */
#define MAX_HEADER_BYTES (1u << 20)
#define PENDING_BYTES	 4096

#define FORMAT_PCM	  1
#define FORMAT_EXTENSIBLE 0xfffe

enum stage { RIFF, CHUNK, FORMAT, SKIP, SOUND, OVER };

struct decode_stream {
	struct prompt *prompt;
	struct sink *sink;
	enum stage stage;
	bool formatted, bad;
	unsigned channels;
	uint64_t left; /* of the chunk; a data chunk of unknown length never ends */
	size_t header_bytes;
	uint8_t pending[PENDING_BYTES]; /* not yet enough for the next step */
	size_t pending_bytes;
};

static uint32_t little32(const uint8_t *in)
{
	return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static uint16_t little16(const uint8_t *in)
{
	return (uint16_t)(in[0] | in[1] << 8);
}

struct decode_stream *decode_stream_new(struct prompt *prompt, double level)
{
	struct decode_stream *stream = xcalloc(1, sizeof(*stream));

	stream->prompt = prompt;
	stream->sink = sink_new(prompt, level);
	return stream;
}

static int take_riff(struct decode_stream *stream, const uint8_t *in)
{
	if (memcmp(in, "RIFF", 4) != 0 || memcmp(in + 8, "WAVE", 4) != 0)
		return -EINVAL;
	stream->stage = CHUNK;
	return 0;
}

/* A size that no pipe writer can have known stands for "until the end". */
static bool unknown_size(uint32_t size)
{
	return size == 0 || size >= 0x7ffff000;
}

static int take_chunk(struct decode_stream *stream, const uint8_t *in)
{
	uint32_t size = little32(in + 4);

	if (memcmp(in, "data", 4) == 0) {
		stream->left = unknown_size(size) ? UINT64_MAX : size;
		stream->stage = SOUND;
		return stream->formatted ? 0 : -EINVAL;
	}
	stream->left = size + (size & 1);
	stream->stage = SKIP;
	if (memcmp(in, "fmt ", 4) == 0) {
		stream->stage = FORMAT;
		return size >= 16 ? 0 : -EINVAL;
	}
	return 0;
}

static int take_format(struct decode_stream *stream, const uint8_t *in)
{
	uint16_t format = little16(in);

	if ((format != FORMAT_PCM && format != FORMAT_EXTENSIBLE) || little16(in + 14) != 16)
		return -EINVAL;
	stream->channels = little16(in + 2);
	stream->formatted = true;
	stream->left -= 16;
	stream->stage = SKIP;
	return sink_format(stream->sink, little32(in + 4), stream->channels);
}

static int take_sound(struct decode_stream *stream, const uint8_t *in, size_t bytes)
{
	int16_t pcm[PENDING_BYTES / 2];
	size_t samples = bytes / 2;

	for (size_t i = 0; i < samples; i++)
		pcm[i] = (int16_t)little16(in + 2 * i);
	stream->left -= stream->left == UINT64_MAX ? 0 : bytes;
	if (stream->left == 0)
		stream->stage = OVER;
	return sink_write(stream->sink, pcm, samples / stream->channels);
}

/* How many bytes the next step takes of `have`; 0: it needs more first. */
static size_t step_size(const struct decode_stream *stream, size_t have)
{
	size_t frame = 2 * (stream->channels ? stream->channels : 1);
	size_t need[] = {[RIFF] = 12, [CHUNK] = 8, [FORMAT] = 16};

	switch (stream->stage) {
	case RIFF:
	case CHUNK:
	case FORMAT:
		return have >= need[stream->stage] ? need[stream->stage] : 0;
	case SKIP:
		return stream->left < have ? (size_t)stream->left : have;
	case SOUND:
		if (stream->left < have)
			return (size_t)stream->left;
		return have / frame * frame;
	case OVER:
		break;
	}
	return have;
}

static int step(struct decode_stream *stream, const uint8_t *in, size_t bytes)
{
	if (stream->stage != SOUND && stream->stage != OVER) {
		stream->header_bytes += bytes;
		if (stream->header_bytes > MAX_HEADER_BYTES)
			return -EINVAL;
	}
	switch (stream->stage) {
	case RIFF:
		return take_riff(stream, in);
	case CHUNK:
		return take_chunk(stream, in);
	case FORMAT:
		return take_format(stream, in);
	case SKIP:
		stream->left -= bytes;
		break;
	case SOUND:
		return take_sound(stream, in, bytes);
	case OVER:
		break;
	}
	return 0;
}

/* Works off what is pending; what is left over moves to the front. */
static int run_steps(struct decode_stream *stream)
{
	size_t at = 0;
	int error = 0;

	while (error == 0) {
		size_t take;

		if (stream->stage == SKIP && stream->left == 0)
			stream->stage = CHUNK;
		take = step_size(stream, stream->pending_bytes - at);
		if (take == 0)
			break;
		error = step(stream, stream->pending + at, take);
		at += take;
	}
	stream->pending_bytes -= at;
	memmove(stream->pending, stream->pending + at, stream->pending_bytes);
	return error;
}

int decode_stream_feed(struct decode_stream *stream, const void *data, size_t length)
{
	const uint8_t *in = data;
	int error = 0;

	if (stream->bad)
		return -EINVAL;
	while (length > 0 && error == 0) {
		size_t room = PENDING_BYTES - stream->pending_bytes;
		size_t take = length < room ? length : room;

		memcpy(stream->pending + stream->pending_bytes, in, take);
		stream->pending_bytes += take;
		in += take;
		length -= take;
		error = run_steps(stream);
	}
	stream->bad = error < 0;
	return error;
}

struct decode_stream *decode_stream_close(struct decode_stream *stream, bool failed)
{
	if (!stream)
		return NULL;
	if (stream->formatted && !stream->bad)
		sink_flush(stream->sink);
	prompt_finish(stream->prompt, failed || stream->bad || stream->stage < SOUND);
	sink_free(stream->sink);
	free(stream);
	return NULL;
}
