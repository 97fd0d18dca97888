/* saved_speech.h - what was said to a speech input, kept as a recording: a WAV in the directory of
 * recordings, written by a worker. Core thread only. */
#ifndef CALL_SAVED_SPEECH_H
#define CALL_SAVED_SPEECH_H

#include <stddef.h>
#include <stdint.h>

#include "loop/worker.h"

struct saved_speech;

/* rate: 8000 or 16000 Hz. */
struct saved_speech *saved_speech_new(const char *directory, unsigned rate);
struct saved_speech *saved_speech_free(
	struct saved_speech *saved); /* no file stays unless asked for
				      * and written; NULL allowed */

void saved_speech_add(struct saved_speech *saved, const int16_t *pcm, size_t samples);
/* Writes it; done is called once, unless it is freed before. error: negative errno, or 0. */
void saved_speech_write(struct saved_speech *saved, struct worker_pool *workers,
	void (*done)(void *arg, int error), void *arg);
/* A UUID, the name of the file without its ending. */
const char *saved_speech_id(const struct saved_speech *saved);

#endif
