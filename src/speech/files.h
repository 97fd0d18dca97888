/* files.h - finished speech on disk, inside src/speech/. Any thread; for speech threads,
 * since the functions block.
 *
 * A file is named by the SHA-256 of all that decides how the speech sounds. It is written
 * under a temporary name and renamed when complete, so a file that exists is whole. */
#ifndef SPEECH_FILES_H
#define SPEECH_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

struct speech_request;
struct files;
struct files_writer;

/* Makes the directory, with its parents. max_bytes bounds it: the longest unused files go.
 * NULL when it cannot be made or written; errno tells why. */
struct files *files_new(const char *dir, uint64_t max_bytes);
struct files *files_free(struct files *files); /* NULL allowed; returns NULL */

/* The name for request as spoken by adapter; its own options and those of the request are tables
 * of texts or NULL. */
#define FILES_NAME_SIZE 65
void files_name(const struct speech_request *request, const char *adapter,
	struct json_object *options, char out[FILES_NAME_SIZE]);

/* A descriptor for reading, or -ENOENT or another negative errno. */
int files_open(struct files *files, const char *name);

/* NULL when no file can be made; NULL is allowed below and does nothing. A failed write
 * (a full disk) spoils the writer and is not reported: speech goes on without the file. */
struct files_writer *files_begin(struct files *files, const char *name);
void files_write(struct files_writer *writer, const void *data, size_t length);
void files_commit(struct files_writer *writer); /* and frees writer */
void files_abandon(struct files_writer *writer);

#endif
