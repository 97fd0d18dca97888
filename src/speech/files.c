#include "speech/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "speech/speech.h"

#define TEMPORARY ".part-"

struct files {
	int dir;
	uint64_t max_bytes;
	pthread_mutex_t lock; /* guards bytes; held while trimming */
	uint64_t bytes;
};

struct files_writer {
	struct files *files;
	int fd;
	bool spoiled;
	uint64_t bytes;
	char name[FILES_NAME_SIZE];
	char temporary[sizeof(TEMPORARY) + ID_SIZE];
};

static int make_directories(const char *path)
{
	char *copy = xstrdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0777);
		*slash = '/';
	}
	free(copy);
	return mkdir(path, 0750) < 0 && errno != EEXIST ? -errno : 0;
}

struct listed {
	char *name;
	uint64_t bytes;
	struct timespec used;
};

struct listing {
	struct listed *files;
	size_t count;
	uint64_t bytes;
};

static int by_use(const void *a, const void *b)
{
	const struct timespec *x = &((const struct listed *)a)->used;
	const struct timespec *y = &((const struct listed *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

static void list_file(struct listing *listing, const char *name, const struct stat *st)
{
	if ((listing->count & (listing->count - 1)) == 0)
		listing->files = xrealloc(listing->files,
			(listing->count ? listing->count * 2 : 1) * sizeof(*listing->files));
	listing->files[listing->count++] = (struct listed){
		.name = xstrdup(name), .bytes = (uint64_t)st->st_size, .used = st->st_mtim};
	listing->bytes += (uint64_t)st->st_size;
}

/* All finished files; what an earlier process left unfinished goes when `sweep`. */
static struct listing list_files(struct files *files, bool sweep)
{
	struct listing listing = {0};
	int fd = openat(files->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	struct stat st;

	if (!dir)
		return listing;
	while ((d = readdir(dir))) {
		if (fstatat(files->dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!S_ISREG(st.st_mode))
			continue;
		if (strncmp(d->d_name, TEMPORARY, strlen(TEMPORARY)) != 0)
			list_file(&listing, d->d_name, &st);
		else if (sweep)
			unlinkat(files->dir, d->d_name, 0);
	}
	closedir(dir);
	return listing;
}

static void release_listing(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->files[i].name);
	free(listing->files);
}

/* Down to 9/10 of the bound, so that it does not happen for every file. Lock held. */
static void trim(struct files *files)
{
	struct listing listing = list_files(files, false);

	qsort(listing.files, listing.count, sizeof(*listing.files), by_use);
	files->bytes = listing.bytes;
	for (size_t i = 0; i < listing.count && files->bytes > files->max_bytes / 10 * 9; i++) {
		if (unlinkat(files->dir, listing.files[i].name, 0) == 0)
			files->bytes -= listing.files[i].bytes;
	}
	release_listing(&listing);
}

struct files *files_new(const char *dir, uint64_t max_bytes)
{
	struct files *files;
	struct listing listing;
	int fd, error = make_directories(dir);

	fd = error ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && faccessat(fd, ".", W_OK | X_OK, 0) < 0) {
		error = -errno;
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		errno = error ? -error : errno;
		return NULL;
	}
	files = xcalloc(1, sizeof(*files));
	files->dir = fd;
	files->max_bytes = max_bytes;
	pthread_mutex_init(&files->lock, NULL);
	listing = list_files(files, true);
	files->bytes = listing.bytes;
	release_listing(&listing);
	return files;
}

struct files *files_free(struct files *files)
{
	if (!files)
		return NULL;
	close(files->dir);
	pthread_mutex_destroy(&files->lock);
	free(files);
	return NULL;
}

/* With its length, so that no two requests have the same sequence of bytes. */
static void add_field(struct strbuf *sb, const char *text)
{
	strbuf_addf(sb, "%zu:%s", strlen(text), text);
}

static void add_options(struct strbuf *sb, struct json_object *options)
{
	strbuf_addf(sb, "%d,", options ? json_object_object_length(options) : 0);
	if (!options)
		return;
	json_object_object_foreach (options, name, value) {
		add_field(sb, name);
		add_field(sb, json_object_get_string(value));
	}
}

void files_name(const struct speech_request *request, const char *adapter,
	struct json_object *options, char out[FILES_NAME_SIZE])
{
	struct strbuf sb = STRBUF_INIT;
	unsigned char hash[32];

	add_field(&sb, adapter);
	add_field(&sb, request->language ? request->language : "en-US");
	add_field(&sb, request->voice ? request->voice : "");
	strbuf_addf(&sb, "%u,%u,%d,", request->style, request->rate, request->premium);
	add_options(&sb, options);
	add_options(&sb, request->options);
	add_field(&sb, request->text);
	if (EVP_Digest(sb.data, sb.length, hash, NULL, EVP_sha256(), NULL) != 1)
		abort();
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
	strbuf_release(&sb);
}

int files_open(struct files *files, const char *name)
{
	int fd = openat(files->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	futimens(fd, NULL); /* used now, for trim() */
	return fd;
}

struct files_writer *files_begin(struct files *files, const char *name)
{
	struct files_writer *writer = xcalloc(1, sizeof(*writer));
	char id[ID_SIZE];

	writer->files = files;
	memcpy(writer->name, name, FILES_NAME_SIZE);
	snprintf(writer->temporary, sizeof(writer->temporary), "%s%s", TEMPORARY, id_new(id));
	writer->fd = openat(
		files->dir, writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (writer->fd >= 0)
		return writer;
	free(writer);
	return NULL;
}

void files_write(struct files_writer *writer, const void *data, size_t length)
{
	const char *next = data;

	if (!writer || writer->spoiled)
		return;
	writer->bytes += length;
	while (length) {
		ssize_t n = write(writer->fd, next, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			writer->spoiled = true;
			return;
		}
		next += n;
		length -= (size_t)n;
	}
}

void files_commit(struct files_writer *writer)
{
	struct files *files;

	if (!writer)
		return;
	files = writer->files;
	if (writer->spoiled ||
		renameat(files->dir, writer->temporary, files->dir, writer->name) < 0) {
		files_abandon(writer);
		return;
	}
	close(writer->fd);
	pthread_mutex_lock(&files->lock);
	files->bytes += writer->bytes;
	if (files->bytes > files->max_bytes)
		trim(files);
	pthread_mutex_unlock(&files->lock);
	free(writer);
}

void files_abandon(struct files_writer *writer)
{
	if (!writer)
		return;
	close(writer->fd);
	unlinkat(writer->files->dir, writer->temporary, 0);
	free(writer);
}
