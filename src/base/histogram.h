/* histogram.h - how often something lay between which bounds. Pure.
 *
 * Bounds are an ascending array of at most HISTOGRAM_BUCKETS, the same for every use of one
 * histogram; what lies above the last is in `count` and `sum` alone. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 12

struct histogram {
	uint64_t buckets[HISTOGRAM_BUCKETS]; /* at most bounds[i]; not of those before */
	uint64_t count, sum;
};

void histogram_add(struct histogram *histogram, const uint64_t *bounds, size_t n, uint64_t value);

#endif
