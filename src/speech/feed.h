/* feed.h - what goes into an adapter while it runs: bytes that one thread puts in and that another
 * writes to the adapter's stdin, from the beginning again for each adapter that is tried.
 *
 * feed_put() and feed_end() are for the core thread and never wait for longer than a copy takes;
 * the rest is for the thread that runs the adapter. */
#ifndef SPEECH_FEED_H
#define SPEECH_FEED_H

#include <stdbool.h>
#include <stddef.h>

struct feed;

/* At most max_bytes are kept, and all of them until the end. NULL: no descriptor is free. */
struct feed *feed_new(size_t max_bytes);
struct feed *feed_free(struct feed *feed); /* NULL allowed; returns NULL */

/* False when there is no room; nothing is taken then. */
bool feed_put(struct feed *feed, const void *data, size_t length);
void feed_end(struct feed *feed); /* nothing more comes; idempotent */

/* Copies what lies at offset, at most size bytes; *ret_ended when nothing comes after it. */
size_t feed_get(struct feed *feed, size_t offset, void *data, size_t size, bool *ret_ended);
/* Readable when something has changed since the last feed_clear(). */
int feed_fd(const struct feed *feed);
void feed_clear(struct feed *feed);

#endif
