#include "base/histogram.h"

void histogram_add(struct histogram *histogram, const uint64_t *bounds, size_t n, uint64_t value)
{
	histogram->count++;
	histogram->sum += value;
	for (size_t i = 0; i < n; i++) {
		if (value <= bounds[i]) {
			histogram->buckets[i]++;
			return;
		}
	}
}
