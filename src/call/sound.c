#include "call/sound.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "media/decode.h"

#define SHED_BYTES  (64 << 10) /* smaller files are not worth fetching again */
#define MAX_FETCHES 3

/* A prompt made or being made. In the table by key; the table holds one reference. It stays
 * until it is evicted, or, when it failed, until the next one wants it. */
struct entry {
	UT_hash_handle hh;
	TAILQ_ENTRY(entry) lru;
	struct sound_store *store;
	char *key;
	struct prompt *prompt;
	char *error;
	bool making; /* a job or an adapter still writes to the prompt */
	atomic_bool cancelled;
	double level;
	struct blob *blob;   /* being decoded; or */
	char *path;	     /* file below the root being decoded */
	struct stat stat;    /* of that file */
	const char *failure; /* constant text from the decoder, set by the worker */
	struct decode_stream *stream;
	struct speech_job *speech;
};

TAILQ_HEAD(entry_list, entry);

struct sound_store {
	struct sound_config config;
	int root_fd;
	struct entry *entries;
	struct entry_list lru; /* head: least recently used */
	TAILQ_HEAD(load_list, sound_load) loads;
};

/* Somebody waits for a fetch; afterwards the prompt is at hand. */
struct sound_load {
	TAILQ_ENTRY(sound_load) link;
	struct sound_store *store;
	struct http_cache_handle *fetch;
	char *url;
	unsigned fetches;
	double level;
	const struct codec *codec;
	sound_fn done; /* NULL: only prepared */
	void *arg;
};

static void entry_free(struct entry *entry)
{
	prompt_unref(entry->prompt);
	blob_unref(entry->blob);
	free(entry->path);
	free(entry->key);
	free(entry->error);
	free(entry);
}

static void forget(struct sound_store *store, struct entry *entry)
{
	HASH_DEL(store->entries, entry);
	TAILQ_REMOVE(&store->lru, entry, lru);
	entry_free(entry);
}

/* Entries in the making are never evicted; they are few, bounded by what calls wait for. */
static void evict(struct sound_store *store)
{
	struct entry *entry, *next;
	size_t total = 0, length;

	for (entry = TAILQ_FIRST(&store->lru); entry; entry = TAILQ_NEXT(entry, lru)) {
		prompt_state(entry->prompt, &length);
		total += length;
	}
	for (entry = TAILQ_FIRST(&store->lru); entry && total > store->config.max_bytes;
		entry = next) {
		next = TAILQ_NEXT(entry, lru);
		if (entry->making)
			continue;
		prompt_state(entry->prompt, &length);
		total -= length;
		forget(store, entry);
	}
}

static struct entry *entry_new(
	struct sound_store *store, const char *key, const struct codec *codec, double level)
{
	struct entry *entry = xcalloc(1, sizeof(*entry));

	entry->store = store;
	entry->key = xstrdup(key);
	entry->prompt = prompt_new(codec);
	entry->level = level;
	entry->making = true;
	atomic_init(&entry->cancelled, false);
	HASH_ADD_KEYPTR(hh, store->entries, entry->key, strlen(entry->key), entry);
	TAILQ_INSERT_TAIL(&store->lru, entry, lru);
	return entry;
}

/* An entry that can be used, or NULL; one that failed is forgotten, so that it is tried anew. */
static struct entry *entry_find(struct sound_store *store, const char *key)
{
	struct entry *entry;

	HASH_FIND_STR(store->entries, key, entry);
	if (!entry)
		return NULL;
	if (entry->error && !entry->making) {
		forget(store, entry);
		return NULL;
	}
	TAILQ_REMOVE(&store->lru, entry, lru);
	TAILQ_INSERT_TAIL(&store->lru, entry, lru);
	return entry;
}

/* --- decoding on a worker thread --- */

/* The file's bytes, mapped; NULL with entry->failure. Links cannot lead out of the root. */
static void *map_file(struct entry *entry, size_t *ret_length)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	struct sound_store *store = entry->store;
	long fd = syscall(SYS_openat2, store->root_fd, entry->path, &how, sizeof(how));
	void *data = MAP_FAILED;

	if (fd < 0) {
		entry->failure = "no such file below the media root";
		return NULL;
	}
	if (fstat((int)fd, &entry->stat) < 0 || !S_ISREG(entry->stat.st_mode))
		entry->failure = "not a regular file";
	else if ((size_t)entry->stat.st_size > store->config.max_file_bytes)
		entry->failure = "larger than max_media_bytes";
	else if (entry->stat.st_size == 0)
		entry->failure = "the file is empty";
	else
		data = mmap(NULL, (size_t)entry->stat.st_size, PROT_READ, MAP_PRIVATE, (int)fd, 0);
	close((int)fd);
	*ret_length = (size_t)entry->stat.st_size;
	if (data == MAP_FAILED && !entry->failure)
		entry->failure = "the file cannot be read";
	return data == MAP_FAILED ? NULL : data;
}

static void decode_run(void *arg)
{
	struct entry *entry = arg;
	size_t length;

	if (entry->blob) {
		const void *data = blob_data(entry->blob, &length);
		decode_file(data, length, entry->level, &entry->cancelled, entry->prompt,
			&entry->failure);
		return;
	}
	void *data = map_file(entry, &length);
	if (!data) {
		prompt_finish(entry->prompt, true);
		return;
	}
	decode_file(data, length, entry->level, &entry->cancelled, entry->prompt, &entry->failure);
	munmap(data, length);
}

/* A large file is kept as a prompt or as bytes, not as both. */
static void shed(struct entry *entry)
{
	size_t length;

	blob_data(entry->blob, &length);
	if (length >= SHED_BYTES)
		http_cache_shed(entry->store->config.cache, entry->blob);
}

static void decode_done(void *arg)
{
	struct entry *entry = arg;

	entry->making = false;
	if (entry->failure)
		entry->error = xstrdup(entry->failure);
	else if (entry->blob)
		shed(entry);
	blob_unref(entry->blob);
	entry->blob = NULL;
	evict(entry->store);
}

static void decode_drop(void *arg)
{
	struct entry *entry = arg;

	entry->making = false;
	prompt_finish(entry->prompt, true);
}

static const struct job_ops decode_ops = {
	.run = decode_run, .done = decode_done, .drop = decode_drop};

/* --- speech --- */

/* Speech thread: the only writer of the prompt until on_spoken. */
static int on_speech_data(void *arg, const void *data, size_t length)
{
	struct entry *entry = arg;

	return decode_stream_feed(entry->stream, data, length);
}

static void on_spoken(void *arg, int error, const char *message)
{
	struct entry *entry = arg;

	if (error < 0)
		entry->error = xstrdup(message ? message : "speech failed");
	entry->stream = decode_stream_close(entry->stream, error < 0);
	entry->speech = NULL;
	entry->making = false;
	if (error != -ECANCELED)
		evict(entry->store);
}

static const struct speech_sink speech_sink = {.data = on_speech_data, .done = on_spoken};

static struct prompt *speak(struct sound_store *store, const struct sound_spec *spec)
{
	struct speech_request request = {.text = spec->text,
		.adapter = spec->adapter,
		.language = spec->language,
		.voice = spec->voice,
		.options = spec->options,
		.premium = spec->premium,
		.style = spec->style,
		.rate = spec->codec->sample_rate};
	char *key = xasprintf("say %s %u %.2f %s %s %s %u %d %s %s", spec->codec->name,
		spec->codec->sample_rate, spec->level, spec->language ? spec->language : "",
		spec->voice ? spec->voice : "", spec->adapter ? spec->adapter : "", spec->style,
		spec->premium, spec->options ? json_print(spec->options) : "", spec->text);
	struct entry *entry = entry_find(store, key);

	if (!entry) {
		entry = entry_new(store, key, spec->codec, spec->level);
		entry->stream = decode_stream_new(entry->prompt, spec->level);
		entry->speech = speech_start(store->config.speech, &request, &speech_sink, entry);
	}
	free(key);
	return prompt_ref(entry->prompt);
}

/* --- URLs and files --- */

/* NULL when the prompt is gone and so are the bytes that it was made of. */
static struct prompt *from_blob(
	struct sound_store *store, struct blob *blob, double level, const struct codec *codec)
{
	char key[128];
	struct entry *entry;
	size_t length;

	snprintf(key, sizeof(key), "blob %llu %s %u %.2f", (unsigned long long)blob_version(blob),
		codec->name, codec->sample_rate, level);
	entry = entry_find(store, key);
	if (!entry) {
		if (!blob_data(blob, &length))
			return NULL;
		entry = entry_new(store, key, codec, level);
		entry->blob = blob_ref(blob);
		worker_submit(store->config.workers, &decode_ops, entry);
	}
	return prompt_ref(entry->prompt);
}

/* Whether the file below the root is still what was decoded. A stat of a local file does not
 * wait for anything that blocks for long; reading it is left to the workers. */
static bool unchanged(struct sound_store *store, const struct entry *entry)
{
	struct stat now;

	return fstatat(store->root_fd, entry->path, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_ino == entry->stat.st_ino && now.st_size == entry->stat.st_size &&
	       now.st_mtim.tv_sec == entry->stat.st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == entry->stat.st_mtim.tv_nsec;
}

static struct prompt *from_file(struct sound_store *store, const struct sound_spec *spec)
{
	const char *path = spec->url;
	char *key = xasprintf("file %s %u %.2f %s", spec->codec->name, spec->codec->sample_rate,
		spec->level, path);
	struct entry *entry = entry_find(store, key);

	if (entry && !entry->making && !unchanged(store, entry)) {
		forget(store, entry);
		entry = NULL;
	}
	if (!entry) {
		entry = entry_new(store, key, spec->codec, spec->level);
		while (*path == '/')
			path++;
		entry->path = xstrdup(path);
		worker_submit(store->config.workers, &decode_ops, entry);
	}
	free(key);
	return prompt_ref(entry->prompt);
}

static void load_free(struct sound_load *load)
{
	TAILQ_REMOVE(&load->store->loads, load, link);
	free(load->url);
	free(load);
}

static void on_fetched(void *arg, struct blob *blob, const char *error);

/* Asks the cache, and once more from the server where only the prompt had been kept: the
 * prompt, or NULL with load->fetch under way (or, after too many tries, neither). */
static struct prompt *load_step(struct sound_load *load, struct blob *blob)
{
	struct http_cache *cache = load->store->config.cache;
	struct prompt *prompt = NULL;

	for (;;) {
		if (blob)
			prompt = from_blob(load->store, blob, load->level, load->codec);
		if (prompt || load->fetches++ == MAX_FETCHES)
			return prompt;
		if (blob)
			http_cache_forget(cache, load->url);
		blob = NULL;
		load->fetch = http_cache_get(cache, load->url, &blob, on_fetched, load);
		if (load->fetch)
			return NULL;
	}
}

static void on_fetched(void *arg, struct blob *blob, const char *error)
{
	struct sound_load *load = arg;
	sound_fn done = load->done;
	void *done_arg = load->arg;
	struct prompt *prompt;

	load->fetch = NULL;
	prompt = blob ? load_step(load, blob) : NULL;
	if (load->fetch)
		return;
	load_free(load);
	if (done)
		done(done_arg, prompt, error ? error : "the sound changes with every fetch");
	prompt_unref(prompt);
}

static enum sound_outcome fetch(struct sound_store *store, const struct sound_spec *spec,
	struct sound_result *ret, sound_fn done, void *arg)
{
	struct sound_load *load = xcalloc(1, sizeof(*load));

	load->store = store;
	load->url = xstrdup(spec->url);
	load->level = spec->level;
	load->codec = spec->codec;
	load->done = done;
	load->arg = arg;
	TAILQ_INSERT_TAIL(&store->loads, load, link);
	ret->prompt = load_step(load, NULL);
	if (load->fetch) {
		ret->load = load;
		return SOUND_PENDING;
	}
	load_free(load);
	ret->error = "the sound changes with every fetch";
	return ret->prompt ? SOUND_READY : SOUND_FAILED;
}

/* --- the store --- */

struct sound_store *sound_store_new(const struct sound_config *config)
{
	struct sound_store *store = xcalloc(1, sizeof(*store));

	store->config = *config;
	store->root_fd = -1;
	TAILQ_INIT(&store->lru);
	TAILQ_INIT(&store->loads);
	if (config->media_root) {
		store->root_fd = open(config->media_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (store->root_fd < 0)
			log_warn(NULL, "media root %s: %s; files cannot be played",
				config->media_root, strerror(errno));
	}
	return store;
}

struct sound_store *sound_store_free(struct sound_store *store)
{
	struct sound_load *load;
	struct entry *entry;

	if (!store)
		return NULL;
	while ((load = TAILQ_FIRST(&store->loads)))
		sound_cancel(load);
	while ((entry = TAILQ_FIRST(&store->lru)))
		forget(store, entry);
	if (store->root_fd >= 0)
		close(store->root_fd);
	free(store);
	return NULL;
}

static bool is_http(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

enum sound_outcome sound_get(struct sound_store *store, const struct sound_spec *spec,
	struct sound_result *ret, sound_fn done, void *arg)
{
	*ret = (struct sound_result){0};
	if (spec->url && is_http(spec->url))
		return fetch(store, spec, ret, done, arg);
	if (spec->url && store->root_fd < 0)
		ret->error = "files can be played only when media.root is configured";
	else if (!spec->url && !store->config.speech)
		ret->error = "no speech adapter is configured";
	else
		ret->prompt = spec->url ? from_file(store, spec) : speak(store, spec);
	return ret->prompt ? SOUND_READY : SOUND_FAILED;
}

void sound_cancel(struct sound_load *load)
{
	if (!load)
		return;
	http_cache_cancel(load->fetch);
	load_free(load);
}

void sound_prepare(struct sound_store *store, const struct sound_spec *spec)
{
	struct sound_result result;

	if (sound_get(store, spec, &result, NULL, NULL) == SOUND_READY)
		prompt_unref(result.prompt);
}

const char *sound_failure(struct sound_store *store, const struct prompt *prompt)
{
	struct entry *entry;

	TAILQ_FOREACH_REVERSE(entry, &store->lru, entry_list, lru)
	{
		if (entry->prompt != prompt)
			continue;
		if (!entry->error && entry->making)
			return NULL;
		return entry->error ? entry->error : "the sound broke off";
	}
	return "the sound broke off";
}
