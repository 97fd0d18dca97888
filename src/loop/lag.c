#include "loop/lag.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define PERIOD_US (50 * USEC_PER_MSEC)
#define TOLD_US	  USEC_PER_SEC

struct loop_lag {
	struct timer timer;
	uint64_t due;
	struct loop_lag_counts counts;
};

const uint64_t loop_lag_bounds[LAG_BUCKETS] = {1000, 2000, 5000, 10000, 20000, 50000, 100000};

/* A turn that is as long as a stall began at most a period before the timer was due, so the timer
 * is late by what is left of it. */
void loop_lag_note(struct loop_lag *lag, uint64_t late_us)
{
	struct loop_lag_counts *counts = &lag->counts;

	for (size_t i = 0; i < LAG_BUCKETS; i++) {
		if (late_us <= loop_lag_bounds[i]) {
			counts->buckets[i]++;
			break;
		}
	}
	counts->count++;
	counts->sum_us += late_us;
	if (late_us > counts->longest_us)
		counts->longest_us = late_us;
	if (late_us + PERIOD_US < LAG_STALL_US)
		return;
	counts->stalls++;
	if (late_us >= TOLD_US)
		log_warn(NULL, "the core thread was busy for %llu ms or more",
			(unsigned long long)(late_us / USEC_PER_MSEC));
}

static void on_timer(void *arg)
{
	struct loop_lag *lag = arg;
	uint64_t now = clock_mono();

	loop_lag_note(lag, now > lag->due ? now - lag->due : 0);
	lag->due = clock_mono() + PERIOD_US;
	timer_start(&lag->timer, PERIOD_US);
}

struct loop_lag *loop_lag_new(struct loop *loop)
{
	struct loop_lag *lag = xcalloc(1, sizeof(*lag));

	timer_init(&lag->timer, loop, on_timer, lag);
	lag->due = clock_mono() + PERIOD_US;
	timer_start(&lag->timer, PERIOD_US);
	return lag;
}

struct loop_lag *loop_lag_free(struct loop_lag *lag)
{
	if (lag)
		timer_stop(&lag->timer);
	free(lag);
	return NULL;
}

void loop_lag_read(const struct loop_lag *lag, struct loop_lag_counts *ret_counts)
{
	*ret_counts = lag->counts;
}
