/* lag.h - how late the loop is: a timer that is due every 50 ms, and by how much it comes late.
 * What holds up the timer holds up everything on the core thread. Core thread only. */
#ifndef LOOP_LAG_H
#define LOOP_LAG_H

#include "loop/loop.h"

#define LAG_BUCKETS  7
#define LAG_STALL_US (100 * UINT64_C(1000)) /* a turn of the loop that is counted as a stall */

struct loop_lag;

struct loop_lag_counts {
	uint64_t buckets[LAG_BUCKETS]; /* at most loop_lag_bounds[i]; not of those before */
	uint64_t count, sum_us;	       /* of all, those above the last bound too */
	uint64_t stalls;	       /* turns of LAG_STALL_US or more */
	uint64_t longest_us;
};

extern const uint64_t loop_lag_bounds[LAG_BUCKETS]; /* us */

struct loop_lag *loop_lag_new(struct loop *loop);
struct loop_lag *loop_lag_free(struct loop_lag *lag); /* NULL allowed; returns NULL */
void loop_lag_read(const struct loop_lag *lag, struct loop_lag_counts *ret_counts);

/* For the timer and for tests: it came so late. */
void loop_lag_note(struct loop_lag *lag, uint64_t late_us);

#endif
