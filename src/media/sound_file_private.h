/* sound_file_private.h - for the formats: the file that they write. */
#ifndef MEDIA_SOUND_FILE_PRIVATE_H
#define MEDIA_SOUND_FILE_PRIVATE_H

#include "media/sound_file.h"

struct sound_file {
	const struct sound_format *format;
	int fd;
	unsigned channels;
	uint64_t bytes; /* written by sound_file_put() */
	void *encoder;	/* the format's */
};

extern const struct sound_format sound_format_wav, sound_format_mp3, sound_format_ogg;

/* Appends all of it: 0 or negative errno. */
int sound_file_put(struct sound_file *file, const void *data, size_t length);

#endif
