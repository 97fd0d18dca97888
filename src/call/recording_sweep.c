#include "call/recording_sweep.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/recording.h"

#define DAY_S		  86400
#define TRANSCRIPT_ENDING "json"

bool recording_is_id(const char *text)
{
	if (strlen(text) != ID_SIZE - 1)
		return false;
	for (unsigned i = 0; i < ID_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-'
			 : !isxdigit((unsigned char)text[i]) || isupper((unsigned char)text[i]))
			return false;
	}
	return true;
}

/* Of a file in the directory of recordings, by its ending; NULL: it is none of ours. */
static const char *content_type(const char *ending)
{
	const struct sound_format *format = sound_format_find(ending);

	if (strcmp(ending, TRANSCRIPT_ENDING) == 0)
		return "application/json";
	return format ? format->content_type : NULL;
}

static bool find(const char *directory, const char *id, const char *ending, char **ret_path)
{
	char *path = xasprintf("%s/%s.%s", directory, id, ending);

	if (access(path, R_OK) == 0) {
		*ret_path = path;
		return true;
	}
	free(path);
	return false;
}

int recording_find(
	const char *directory, const char *id, char **ret_path, const char **ret_content_type)
{
	const char *ending = NULL;

	if (!recording_is_id(id))
		return -ENOENT;
	for (const struct sound_format *const *row = sound_formats; *row && !ending; row++) {
		if (find(directory, id, (*row)->name, ret_path))
			ending = (*row)->name;
	}
	if (!ending && find(directory, id, TRANSCRIPT_ENDING, ret_path))
		ending = TRANSCRIPT_ENDING;
	if (!ending)
		return -ENOENT;
	*ret_content_type = content_type(ending);
	return 0;
}

struct sweep {
	char *directory;
	uint64_t before; /* seconds of the wall clock */
	unsigned deleted;
};

static bool is_recording(const char *name)
{
	char id[ID_SIZE] = "";

	if (strlen(name) < ID_SIZE || name[ID_SIZE - 1] != '.')
		return false;
	memcpy(id, name, ID_SIZE - 1);
	return recording_is_id(id) && content_type(name + ID_SIZE);
}

static void run_sweep(void *arg)
{
	struct sweep *sweep = arg;
	DIR *dir = opendir(sweep->directory);
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (is_recording(entry->d_name) &&
			fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode) && (uint64_t)st.st_mtime < sweep->before &&
			unlinkat(dirfd(dir), entry->d_name, 0) == 0)
			sweep->deleted++;
	}
	if (dir)
		closedir(dir);
}

static void drop_sweep(void *arg)
{
	struct sweep *sweep = arg;

	free(sweep->directory);
	free(sweep);
}

static void sweep_done(void *arg)
{
	struct sweep *sweep = arg;

	if (sweep->deleted)
		log_info(NULL, "%u old recordings are deleted", sweep->deleted);
	drop_sweep(arg);
}

static const struct job_ops sweep_ops = {.run = run_sweep, .done = sweep_done, .drop = drop_sweep};

void recording_sweep(struct worker_pool *workers, const char *directory, unsigned days)
{
	struct sweep *sweep = xcalloc(1, sizeof(*sweep));

	sweep->directory = xstrdup(directory);
	sweep->before = clock_wall() / USEC_PER_SEC - (uint64_t)days * DAY_S;
	worker_submit(workers, &sweep_ops, sweep);
}
