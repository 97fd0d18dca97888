#include "media/sound_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/sound_file_private.h"

const struct sound_format *const sound_formats[] = {
	&sound_format_wav, &sound_format_mp3, &sound_format_ogg, NULL};

const struct sound_format *sound_format_find(const char *name)
{
	for (const struct sound_format *const *row = sound_formats; *row; row++)
		if (strcmp((*row)->name, name) == 0)
			return *row;
	return NULL;
}

int sound_file_put(struct sound_file *file, const void *data, size_t length)
{
	const uint8_t *at = data;

	while (length > 0) {
		ssize_t n = write(file->fd, at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		length -= (size_t)n;
		file->bytes += (uint64_t)n;
	}
	return 0;
}

int sound_file_open(const char *path, const struct sound_format *format, unsigned channels,
	struct sound_file **ret_file)
{
	struct sound_file *file;
	int r, fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	file = xcalloc(1, sizeof(*file));
	file->format = format;
	file->channels = channels;
	file->fd = fd;
	r = channels >= 1 && channels <= format->max_channels ? format->open(file) : -EINVAL;
	if (r < 0) {
		close(fd);
		unlink(path);
		free(file);
		return r;
	}
	*ret_file = file;
	return 0;
}

int sound_file_write(struct sound_file *file, const int16_t *pcm, size_t frames)
{
	return file->format->write(file, pcm, frames);
}

int sound_file_write_narrow(struct sound_file *file, const int16_t *pcm, size_t frames)
{
	return file->format->write_narrow(file, pcm, frames);
}

int sound_file_flush(struct sound_file *file)
{
	return file->format->flush ? file->format->flush(file) : 0;
}

int sound_file_close(struct sound_file *file, uint64_t *ret_size)
{
	struct stat st;
	int r = file->format->close(file);

	*ret_size = fstat(file->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	if (close(file->fd) < 0 && r == 0)
		r = -errno;
	free(file);
	return r;
}
