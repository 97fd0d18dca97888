#include "call/saved_speech.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "media/sound_file.h"
#include "media/upsample.h"

struct saved_speech {
	char id[ID_SIZE];
	char *path;
	unsigned rate;
	struct strbuf pcm;
	struct job *job; /* NULL: not being written */
	int error;
	void (*done)(void *arg, int error);
	void *arg;
};

struct saved_speech *saved_speech_new(const char *directory, unsigned rate)
{
	struct saved_speech *saved = xcalloc(1, sizeof(*saved));

	id_new(saved->id);
	saved->path = xasprintf("%s/%s.wav", directory, saved->id);
	saved->rate = rate;
	saved->pcm = (struct strbuf)STRBUF_INIT;
	return saved;
}

static void destroy(struct saved_speech *saved)
{
	strbuf_release(&saved->pcm);
	free(saved->path);
	free(saved);
}

void saved_speech_add(struct saved_speech *saved, const int16_t *pcm, size_t samples)
{
	strbuf_add(&saved->pcm, pcm, samples * sizeof(*pcm));
}

/* Files have 16 kHz. */
static int write_doubled(struct sound_file *file, const int16_t *pcm, size_t samples)
{
	struct upsample *up = xmalloc(sizeof(*up));
	int16_t *out = xmalloc(2 * UPSAMPLE_MAX * sizeof(*out));
	int err = 0;

	upsample_init(up);
	while (samples > 0 && err == 0) {
		size_t count = samples < UPSAMPLE_MAX ? samples : UPSAMPLE_MAX;

		upsample_run(up, pcm, count, out, 1);
		err = sound_file_write(file, out, 2 * count);
		pcm += count;
		samples -= count;
	}
	free(out);
	free(up);
	return err;
}

static void run_write(void *arg)
{
	struct saved_speech *saved = arg;
	const int16_t *pcm = (const int16_t *)(void *)saved->pcm.data;
	size_t samples = saved->pcm.length / sizeof(*pcm);
	struct sound_file *file;
	uint64_t size;
	int err = sound_file_open(saved->path, sound_format_find("wav"), 1, &file);

	if (err == 0) {
		err = saved->rate == SOUND_FILE_RATE ? sound_file_write(file, pcm, samples)
						     : write_doubled(file, pcm, samples);
		if (err == 0)
			err = sound_file_close(file, &size);
		else
			sound_file_close(file, &size);
	}
	saved->error = err;
}

static void write_done(void *arg)
{
	struct saved_speech *saved = arg;

	saved->job = NULL;
	saved->done(saved->arg, saved->error);
}

static void write_dropped(void *arg)
{
	struct saved_speech *saved = arg;

	unlink(saved->path);
	destroy(saved);
}

static const struct job_ops write_ops = {
	.run = run_write, .done = write_done, .drop = write_dropped};

void saved_speech_write(struct saved_speech *saved, struct worker_pool *workers,
	void (*done)(void *arg, int error), void *arg)
{
	saved->done = done;
	saved->arg = arg;
	saved->job = worker_submit(workers, &write_ops, saved);
}

struct saved_speech *saved_speech_free(struct saved_speech *saved)
{
	if (!saved)
		return NULL;
	if (saved->job)
		worker_cancel(saved->job);
	else
		destroy(saved);
	return NULL;
}

const char *saved_speech_id(const struct saved_speech *saved)
{
	return saved->id;
}
