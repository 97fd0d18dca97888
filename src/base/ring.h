/* ring.h - a ring between exactly one writing and one reading thread, without locks.
 *
 * Entries are small structs of one size, copied in and out; ownership of what they point to
 * moves with them. ring_new() allocates, nothing else does. ring_push() is for the writer
 * only, ring_pop() for the reader only; neither blocks. Capacity is rounded up to a power
 * of two. */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

struct ring *ring_new(size_t entry_size, size_t capacity);
struct ring *ring_free(struct ring *ring); /* NULL allowed; returns NULL */

/* False when the ring is full: nothing was written. */
bool ring_push(struct ring *ring, const void *entry);

/* False when the ring is empty: *entry is untouched. */
bool ring_pop(struct ring *ring, void *entry);

/* Entries waiting; exact for the two threads of the ring, an estimate for others. */
size_t ring_length(const struct ring *ring);

#endif
