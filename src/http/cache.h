/* cache.h - the media cache: files fetched over HTTP once, kept as their Cache-Control
 * allows (RFC 9111), revalidated by ETag or Last-Modified.
 *
 * In memory, bounded in bytes, least recently used out first. Requests for one URL that is
 * on its way share the fetch. While a server is down (no answer, or 5xx) what was fetched
 * before serves for 24 h past its freshness, or as stale-if-error says, unless no-cache or
 * must-revalidate forbid it. Core thread only. */
#ifndef HTTP_CACHE_H
#define HTTP_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "http/client.h"

struct http_cache;
struct http_cache_handle;

/* A file's bytes, reference-counted and immutable; refs from any thread. version is unique
 * for each different content in the life of the process: a key for what was made of it. */
struct blob;
struct blob *blob_ref(struct blob *blob);
void blob_unref(struct blob *blob); /* NULL allowed */
/* NULL and 0 for a blob that was shed. */
const void *blob_data(const struct blob *blob, size_t *ret_length);
uint64_t blob_version(const struct blob *blob);

struct http_cache *http_cache_new(
	struct http_client *client, size_t max_bytes, size_t max_file_bytes);
struct http_cache *http_cache_free(struct http_cache *cache); /* NULL allowed; returns NULL */

/* blob is borrowed for the callback (take a reference to keep it), NULL on failure with
 * error a text for people that names status or reason. */
typedef void (*http_cache_fn)(void *arg, struct blob *blob, const char *error);

/* Fresh: *ret_blob is set (a borrowed pointer, valid until the next call into the cache) and
 * the result is NULL with no callback. Else a handle, and later the callback. */
struct http_cache_handle *http_cache_get(struct http_cache *cache, const char *url,
	struct blob **ret_blob, http_cache_fn done, void *arg);
void http_cache_cancel(struct http_cache_handle *handle); /* NULL allowed */

/* What the blob was kept for is done (it was decoded): its bytes may go, while the cache goes
 * on knowing its version and how long it is fresh. Only when nobody but the cache and the
 * caller holds a reference; else nothing happens. */
void http_cache_shed(struct http_cache *cache, struct blob *blob);

/* Fetches anew at the next http_cache_get(), without asking whether it has changed: for a
 * blob that was shed and whose bytes are wanted again. */
void http_cache_forget(struct http_cache *cache, const char *url);

/* For tests: a clock instead of clock_mono(). */
void http_cache_set_clock(struct http_cache *cache, uint64_t (*now)(void));

#endif
