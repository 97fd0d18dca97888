/* rate.h - at most so many events in any second. One owner; the clock is the caller's. */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_MAX 10000 /* events in a second */

struct rate {
	uint64_t *times; /* of the last `limit` events, in a ring */
	unsigned limit;	 /* 0: no limit */
	uint64_t count;	 /* events so far */
};

void rate_init(struct rate *rate, unsigned limit);
void rate_release(struct rate *rate);
void rate_set(struct rate *rate, unsigned limit); /* another limit; what was counted is forgotten
						   * when it differs */

/* Whether one more may happen now, in microseconds; if so it has. */
bool rate_take(struct rate *rate, uint64_t now);

#endif
