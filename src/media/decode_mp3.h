/* decode_mp3.h - MP3 for decode.c. Worker threads. */
#ifndef MEDIA_DECODE_MP3_H
#define MEDIA_DECODE_MP3_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "media/sink.h"

/* As decode_file(), without finishing the prompt. */
int decode_mp3(const unsigned char *data, size_t length, const atomic_bool *cancelled,
	struct sink *sink, const char **ret_error);

#endif
