/* sound_file.h - writes a sound file as it comes in; any one thread that may block.
 *
 * To add a format: a struct sound_format and a row in sound_formats[]. A file can be played
 * after every sound_file_flush(), whatever becomes of the process. 16 bits, SOUND_FILE_RATE. */
#ifndef MEDIA_SOUND_FILE_H
#define MEDIA_SOUND_FILE_H

#include <stddef.h>
#include <stdint.h>

#define SOUND_FILE_RATE	    16000
#define SOUND_FILE_CHANNELS 32

struct sound_file;

struct sound_format {
	const char *name; /* and the file's ending */
	const char *content_type;
	unsigned max_channels;
	int (*open)(struct sound_file *file);
	int (*write)(struct sound_file *file, const int16_t *pcm, size_t frames);
	/* The same of sound of half the rate, half as many frames, for a format that doubles it
	 * best by itself; NULL: the caller has to. Not after a write(). */
	int (*write_narrow)(struct sound_file *file, const int16_t *pcm, size_t frames);
	int (*flush)(struct sound_file *file); /* may be NULL */
	int (*close)(struct sound_file *file); /* frees what open made; fd stays open */
};

extern const struct sound_format *const sound_formats[];	/* wav, mp3, ogg; ends with NULL */
const struct sound_format *sound_format_find(const char *name); /* NULL: unknown */

/* Makes the file, which must not exist, with mode 0600. 0 or negative errno. */
int sound_file_open(const char *path, const struct sound_format *format, unsigned channels,
	struct sound_file **ret_file);

/* Interleaved frames. 0 or negative errno: -ENOSPC, -EFBIG past what the format can hold. */
int sound_file_write(struct sound_file *file, const int16_t *pcm, size_t frames);
int sound_file_write_narrow(struct sound_file *file, const int16_t *pcm, size_t frames);
int sound_file_flush(struct sound_file *file);

/* Finishes and frees it; 0 or the errno of the last write. *ret_size in bytes. */
int sound_file_close(struct sound_file *file, uint64_t *ret_size);

#endif
