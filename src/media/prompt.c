#include "media/prompt.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Bytes live in chunks that never move; a two-level directory finds the chunk of an offset
 * without a walk, and costs a short prompt one page of pointers at most. */
#define CHUNK_BYTES 16384
#define GROUP_SIZE  64
#define GROUPS	    (PROMPT_MAX_BYTES / CHUNK_BYTES / GROUP_SIZE)

struct group {
	uint8_t *chunks[GROUP_SIZE];
};

struct prompt {
	const struct codec *codec;
	atomic_uint references;
	_Atomic enum prompt_state state;
	atomic_size_t length; /* published: released after the bytes and pointers below it */
	struct group *groups[GROUPS];
};

struct prompt *prompt_new(const struct codec *codec)
{
	struct prompt *prompt = xcalloc(1, sizeof(*prompt));

	prompt->codec = codec;
	atomic_init(&prompt->references, 1);
	atomic_init(&prompt->state, PROMPT_GROWING);
	atomic_init(&prompt->length, 0);
	return prompt;
}

struct prompt *prompt_ref(struct prompt *prompt)
{
	atomic_fetch_add_explicit(&prompt->references, 1, memory_order_relaxed);
	return prompt;
}

static void group_free(struct group *group)
{
	if (!group)
		return;
	for (size_t i = 0; i < GROUP_SIZE; i++)
		free(group->chunks[i]);
	free(group);
}

void prompt_unref(struct prompt *prompt)
{
	if (!prompt)
		return;
	if (atomic_fetch_sub_explicit(&prompt->references, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < GROUPS; i++)
		group_free(prompt->groups[i]);
	free(prompt);
}

/* The chunk that holds offset; the writer makes it when it is not there. */
static uint8_t *writable_chunk(struct prompt *prompt, size_t offset)
{
	size_t index = offset / CHUNK_BYTES;
	struct group **group = &prompt->groups[index / GROUP_SIZE];
	uint8_t **chunk;

	if (!*group)
		*group = xcalloc(1, sizeof(**group));
	chunk = &(*group)->chunks[index % GROUP_SIZE];
	if (!*chunk)
		*chunk = xmalloc(CHUNK_BYTES);
	return *chunk;
}

int prompt_append(struct prompt *prompt, const uint8_t *data, size_t length)
{
	size_t end = atomic_load_explicit(&prompt->length, memory_order_relaxed);

	if (length > PROMPT_MAX_BYTES - end)
		return -EFBIG;
	while (length > 0) {
		size_t at = end % CHUNK_BYTES;
		size_t take = CHUNK_BYTES - at < length ? CHUNK_BYTES - at : length;

		memcpy(writable_chunk(prompt, end) + at, data, take);
		data += take;
		length -= take;
		end += take;
	}
	atomic_store_explicit(&prompt->length, end, memory_order_release);
	return 0;
}

void prompt_finish(struct prompt *prompt, bool failed)
{
	atomic_store_explicit(
		&prompt->state, failed ? PROMPT_FAILED : PROMPT_COMPLETE, memory_order_release);
}

enum prompt_state prompt_state(const struct prompt *prompt, size_t *ret_length)
{
	enum prompt_state state = atomic_load_explicit(&prompt->state, memory_order_acquire);

	*ret_length = atomic_load_explicit(&prompt->length, memory_order_acquire);
	return state;
}

size_t prompt_peek(
	const struct prompt *prompt, size_t offset, size_t want, const uint8_t **ret_data)
{
	size_t length = atomic_load_explicit(&prompt->length, memory_order_acquire);
	size_t at = offset % CHUNK_BYTES, index = offset / CHUNK_BYTES;
	size_t have;

	if (offset >= length || want == 0)
		return 0;
	have = length - offset;
	if (have > CHUNK_BYTES - at)
		have = CHUNK_BYTES - at;
	*ret_data = prompt->groups[index / GROUP_SIZE]->chunks[index % GROUP_SIZE] + at;
	return have < want ? have : want;
}

const struct codec *prompt_codec(const struct prompt *prompt)
{
	return prompt->codec;
}

void prompt_append_silence(struct prompt *prompt, unsigned ms)
{
	uint8_t block[256];
	size_t left = (size_t)ms * prompt->codec->bytes_per_ms;

	memset(block, prompt->codec->silence, sizeof(block));
	while (left > 0) {
		size_t take = left < sizeof(block) ? left : sizeof(block);

		if (prompt_append(prompt, block, take) < 0)
			return;
		left -= take;
	}
}

struct prompt *prompt_silence(const struct codec *codec, unsigned ms)
{
	struct prompt *prompt = prompt_new(codec);

	prompt_append_silence(prompt, ms);
	prompt_finish(prompt, false);
	return prompt;
}

/* A millisecond at a time: every codec's smallest slice. */
void prompt_append_tone(
	struct prompt *prompt, unsigned hz1, unsigned hz2, double level_db, unsigned ms)
{
	const struct codec *codec = prompt->codec;
	size_t samples = codec->sample_rate / 1000;
	double amplitude = 32767.0 * pow(10.0, level_db / 20.0);
	int16_t pcm[48] = {0};
	uint8_t out[48 * 2];

	for (size_t at = 0; at < (size_t)ms * samples; at += samples) {
		for (size_t i = 0; i < samples; i++) {
			double t = 2.0 * M_PI * (double)(at + i) / codec->sample_rate;
			double sum = (hz1 ? sin(t * hz1) : 0) + (hz2 ? sin(t * hz2) : 0);

			pcm[i] = (int16_t)fmax(-32768.0, fmin(32767.0, amplitude * sum));
		}
		codec->encode(pcm, samples, out);
		if (prompt_append(prompt, out, codec->bytes_per_ms) < 0)
			return;
	}
}

struct prompt *prompt_tone(const struct codec *codec, unsigned hz1, unsigned hz2, double level_db,
	unsigned on_ms, unsigned off_ms)
{
	struct prompt *prompt = prompt_new(codec);

	prompt_append_tone(prompt, hz1, hz2, level_db, on_ms);
	prompt_append_silence(prompt, off_ms);
	prompt_finish(prompt, false);
	return prompt;
}
