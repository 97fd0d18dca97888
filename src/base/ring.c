#include "base/ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CACHE_LINE 64

/* head and tail count entries for ever; each side keeps a copy of the other's counter, so
 * the shared cache lines move only when the copy says full or empty. */
struct ring {
	size_t entry_size;
	size_t mask;
	unsigned char *entries;
	_Alignas(CACHE_LINE) atomic_size_t tail; /* next to write */
	size_t head_seen;
	_Alignas(CACHE_LINE) atomic_size_t head; /* next to read */
	size_t tail_seen;
};

struct ring *ring_new(size_t entry_size, size_t capacity)
{
	struct ring *ring = aligned_alloc(CACHE_LINE, sizeof(*ring));
	size_t size = 2;

	if (!ring)
		abort();
	while (size < capacity)
		size *= 2;
	memset(ring, 0, sizeof(*ring));
	ring->entry_size = entry_size;
	ring->mask = size - 1;
	ring->entries = xmalloc(size * entry_size);
	return ring;
}

struct ring *ring_free(struct ring *ring)
{
	if (ring)
		free(ring->entries);
	free(ring);
	return NULL;
}

bool ring_push(struct ring *ring, const void *entry)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (tail - ring->head_seen > ring->mask) {
		ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
		if (tail - ring->head_seen > ring->mask)
			return false;
	}
	memcpy(ring->entries + (tail & ring->mask) * ring->entry_size, entry, ring->entry_size);
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	return true;
}

bool ring_pop(struct ring *ring, void *entry)
{
	size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	if (head == ring->tail_seen) {
		ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
		if (head == ring->tail_seen)
			return false;
	}
	memcpy(entry, ring->entries + (head & ring->mask) * ring->entry_size, ring->entry_size);
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return true;
}

size_t ring_length(const struct ring *ring)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
	size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

	return tail - head;
}
