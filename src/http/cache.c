#include "http/cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/freshness.h"

#define CONNECT_TIMEOUT_MS 3000
#define TOTAL_TIMEOUT_MS   30000
#define REDIRECTS	   5
/* How long a stale copy serves before the failed server is asked again. */
#define RETRY_AFTER (5 * USEC_PER_SEC)

struct blob {
	atomic_uint refs;
	uint64_t version;
	size_t length;
	char *data; /* NULL: shed */
};

struct http_cache_handle {
	TAILQ_ENTRY(http_cache_handle) entry;
	struct waiting *list;
	struct entry *owner; /* NULL once its answer is being delivered */
	http_cache_fn done;
	void *arg;
};

TAILQ_HEAD(waiting, http_cache_handle);

/* A URL. Without waiting requests it has a blob; with some it also has a fetch. */
struct entry {
	UT_hash_handle hh;
	TAILQ_ENTRY(entry) lru;
	struct http_cache *cache;
	char *url;
	struct blob *blob; /* NULL until the first answer */
	char *etag, *last_modified;
	uint64_t fresh_until, stale_until; /* on cache->now() */
	struct http_request_handle *fetch;
	struct waiting waiting;
};

TAILQ_HEAD(entry_list, entry);

struct http_cache {
	struct http_client *client;
	size_t max_bytes, max_file_bytes, bytes;
	uint64_t (*now)(void);
	struct entry *by_url;
	struct entry_list lru; /* most recently used first */
};

struct blob *blob_ref(struct blob *blob)
{
	atomic_fetch_add_explicit(&blob->refs, 1, memory_order_relaxed);
	return blob;
}

void blob_unref(struct blob *blob)
{
	if (!blob || atomic_fetch_sub_explicit(&blob->refs, 1, memory_order_acq_rel) != 1)
		return;
	free(blob->data);
	free(blob);
}

const void *blob_data(const struct blob *blob, size_t *ret_length)
{
	*ret_length = blob->length;
	return blob->data;
}

uint64_t blob_version(const struct blob *blob)
{
	return blob->version;
}

static struct blob *blob_new(const char *data, size_t length)
{
	static atomic_uint_fast64_t versions;
	struct blob *blob = xcalloc(1, sizeof(*blob));

	atomic_init(&blob->refs, 1);
	blob->version = atomic_fetch_add(&versions, 1) + 1;
	blob->length = length;
	blob->data = xmemdup(data, length);
	return blob;
}

/* Entries */

static void entry_drop_blob(struct entry *entry)
{
	if (entry->blob)
		entry->cache->bytes -= entry->blob->length;
	blob_unref(entry->blob);
	entry->blob = NULL;
}

static struct entry *entry_new(struct http_cache *cache, const char *url)
{
	struct entry *entry = xcalloc(1, sizeof(*entry));

	entry->cache = cache;
	entry->url = xstrdup(url);
	TAILQ_INIT(&entry->waiting);
	HASH_ADD_KEYPTR(hh, cache->by_url, entry->url, strlen(entry->url), entry);
	TAILQ_INSERT_HEAD(&cache->lru, entry, lru);
	return entry;
}

static void entry_free(struct entry *entry)
{
	struct http_cache_handle *handle;

	while ((handle = TAILQ_FIRST(&entry->waiting))) {
		TAILQ_REMOVE(&entry->waiting, handle, entry);
		free(handle);
	}
	http_cancel(entry->fetch);
	entry_drop_blob(entry);
	HASH_DEL(entry->cache->by_url, entry);
	TAILQ_REMOVE(&entry->cache->lru, entry, lru);
	free(entry->etag);
	free(entry->last_modified);
	free(entry->url);
	free(entry);
}

static void entry_touch(struct entry *entry)
{
	TAILQ_REMOVE(&entry->cache->lru, entry, lru);
	TAILQ_INSERT_HEAD(&entry->cache->lru, entry, lru);
}

/* Until the bytes fit. An entry being fetched stays: a 304 would need its blob. */
static void evict(struct http_cache *cache)
{
	struct entry *entry = TAILQ_LAST(&cache->lru, entry_list), *before;

	for (; entry && cache->bytes > cache->max_bytes; entry = before) {
		before = TAILQ_PREV(entry, entry_list, lru);
		if (!entry->fetch)
			entry_free(entry);
	}
}

/* Answers */

/* Hands blob or error to all who wait. The entry may be gone or fetched anew before this
 * returns, so nothing but the batch is touched. */
static void deliver(struct waiting *batch, struct blob *blob, const char *error)
{
	struct http_cache_handle *handle;

	while ((handle = TAILQ_FIRST(batch))) {
		TAILQ_REMOVE(batch, handle, entry);
		handle->list = NULL;
		handle->done(handle->arg, blob, error);
		free(handle);
	}
}

static void take_waiting(struct entry *entry, struct waiting *batch)
{
	struct http_cache_handle *handle;

	TAILQ_INIT(batch);
	TAILQ_CONCAT(batch, &entry->waiting, entry);
	TAILQ_FOREACH (handle, batch, entry) {
		handle->list = batch;
		handle->owner = NULL;
	}
}

static void set_validator(char **slot, const char *value)
{
	size_t length = strlen(value);

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			length = 0;
	}
	xstrset(slot, length && length <= 256 ? value : NULL);
}

/* What the headers of a 200 or 304 say about keeping the entry; false: not to be kept. */
static bool entry_refresh(struct entry *entry, const struct http_response *response)
{
	struct freshness fresh = freshness_of(response->headers, clock_wall());
	uint64_t asked = entry->cache->now() - response->duration_us;
	const char *etag = json_text(response->headers, "etag", NULL);
	const char *modified = json_text(response->headers, "last-modified", NULL);

	entry->fresh_until = asked + fresh.fresh_us;
	entry->stale_until = entry->fresh_until + fresh.stale_us;
	if (etag || response->status != 304)
		set_validator(&entry->etag, etag ? etag : "");
	if (modified || response->status != 304)
		set_validator(&entry->last_modified, modified ? modified : "");
	return fresh.store;
}

static struct blob *entry_replace(struct entry *entry, const struct http_response *response)
{
	struct blob *old = entry->blob;

	if (old && old->data && old->length == response->body_length &&
		memcmp(old->data, response->body, old->length) == 0)
		return old;
	entry_drop_blob(entry);
	entry->blob = blob_new(response->body, response->body_length);
	entry->cache->bytes += entry->blob->length;
	return entry->blob;
}

static char *error_text(const struct http_response *response)
{
	if (response->outcome == HTTP_ANSWERED)
		return xasprintf("the server answered with status %d", response->status);
	if (!*response->detail)
		return xstrdup(http_outcome_text(response->outcome));
	return xasprintf("%s: %s", http_outcome_text(response->outcome), response->detail);
}

/* The server is down, perhaps only a while; a 404 or a forbidden address is an answer. */
static bool is_outage(const struct http_response *response)
{
	switch (response->outcome) {
	case HTTP_ANSWERED:
		return response->status >= 500;
	case HTTP_TOO_LARGE:
	case HTTP_FORBIDDEN:
	case HTTP_BAD_URL:
		return false;
	default:
		return true;
	}
}

/* The blob to hand out, or NULL; *ret_keep tells whether the entry stays. */
static struct blob *entry_update(
	struct entry *entry, const struct http_response *response, bool *ret_keep)
{
	const bool answered = response->outcome == HTTP_ANSWERED;
	uint64_t now = entry->cache->now();

	*ret_keep = true;
	if (answered && response->status >= 200 && response->status <= 299) {
		*ret_keep = entry_refresh(entry, response);
		return entry_replace(entry, response);
	}
	if (answered && response->status == 304 && entry->blob) {
		*ret_keep = entry_refresh(entry, response);
		return entry->blob;
	}
	if (entry->blob && is_outage(response) && now < entry->stale_until) {
		entry->fresh_until = now + RETRY_AFTER;
		if (entry->fresh_until > entry->stale_until)
			entry->fresh_until = entry->stale_until;
		return entry->blob;
	}
	*ret_keep = false;
	return NULL;
}

static void on_fetched(void *arg, const struct http_response *response)
{
	struct entry *entry = arg;
	struct http_cache *cache = entry->cache;
	struct waiting batch;
	struct blob *blob;
	char *error;
	bool keep;

	entry->fetch = NULL;
	take_waiting(entry, &batch);
	blob = entry_update(entry, response, &keep);
	if (blob)
		blob_ref(blob);
	if (keep)
		evict(cache);
	else
		entry_free(entry);
	error = blob ? NULL : error_text(response);
	deliver(&batch, blob, error);
	blob_unref(blob);
	free(error);
}

/* Requests */

static void start_fetch(struct entry *entry)
{
	struct http_request request = {
		.method = "GET",
		.url = entry->url,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.total_timeout_ms = TOTAL_TIMEOUT_MS,
		.max_bytes = entry->cache->max_file_bytes,
		.redirects = REDIRECTS,
		.headers = json_object_new_object(),
	};

	if (entry->blob && entry->etag)
		json_add_text(request.headers, "If-None-Match", entry->etag);
	if (entry->blob && entry->last_modified)
		json_add_text(request.headers, "If-Modified-Since", entry->last_modified);
	entry->fetch = http_send(entry->cache->client, &request, on_fetched, entry);
	json_object_put(request.headers);
}

struct http_cache_handle *http_cache_get(struct http_cache *cache, const char *url,
	struct blob **ret_blob, http_cache_fn done, void *arg)
{
	struct http_cache_handle *handle;
	struct entry *entry;

	HASH_FIND_STR(cache->by_url, url, entry);
	if (!entry)
		entry = entry_new(cache, url);
	entry_touch(entry);
	if (entry->blob && cache->now() < entry->fresh_until) {
		*ret_blob = entry->blob;
		return NULL;
	}
	handle = xcalloc(1, sizeof(*handle));
	handle->done = done;
	handle->arg = arg;
	handle->owner = entry;
	handle->list = &entry->waiting;
	TAILQ_INSERT_TAIL(&entry->waiting, handle, entry);
	if (!entry->fetch)
		start_fetch(entry);
	return handle;
}

void http_cache_cancel(struct http_cache_handle *handle)
{
	struct entry *entry;

	if (!handle || !handle->list) /* or its callback is running */
		return;
	entry = handle->owner;
	TAILQ_REMOVE(handle->list, handle, entry);
	free(handle);
	if (!entry || !TAILQ_EMPTY(&entry->waiting))
		return;
	http_cancel(entry->fetch);
	entry->fetch = NULL;
	if (!entry->blob)
		entry_free(entry);
}

void http_cache_shed(struct http_cache *cache, struct blob *blob)
{
	/* References rise on this thread only, so two are the cache's and the caller's. */
	if (atomic_load_explicit(&blob->refs, memory_order_acquire) != 2 || !blob->data)
		return;
	cache->bytes -= blob->length;
	blob->length = 0;
	free(blob->data);
	blob->data = NULL;
}

void http_cache_forget(struct http_cache *cache, const char *url)
{
	struct entry *entry;

	HASH_FIND_STR(cache->by_url, url, entry);
	if (entry && !entry->fetch)
		entry_free(entry);
}

/* The cache */

struct http_cache *http_cache_new(
	struct http_client *client, size_t max_bytes, size_t max_file_bytes)
{
	struct http_cache *cache = xcalloc(1, sizeof(*cache));

	cache->client = client;
	cache->max_bytes = max_bytes;
	cache->max_file_bytes = max_file_bytes;
	cache->now = clock_mono;
	TAILQ_INIT(&cache->lru);
	return cache;
}

struct http_cache *http_cache_free(struct http_cache *cache)
{
	struct entry *entry;

	if (!cache)
		return NULL;
	while ((entry = TAILQ_FIRST(&cache->lru)))
		entry_free(entry);
	free(cache);
	return NULL;
}

void http_cache_set_clock(struct http_cache *cache, uint64_t (*now)(void))
{
	cache->now = now;
}
