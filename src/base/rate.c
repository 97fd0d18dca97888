#include "base/rate.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

void rate_init(struct rate *rate, unsigned limit)
{
	*rate = (struct rate){.limit = limit};
	if (limit)
		rate->times = xcalloc(limit, sizeof(*rate->times));
}

void rate_release(struct rate *rate)
{
	free(rate->times);
	*rate = (struct rate){0};
}

void rate_set(struct rate *rate, unsigned limit)
{
	if (limit == rate->limit)
		return;
	rate_release(rate);
	rate_init(rate, limit);
}

bool rate_take(struct rate *rate, uint64_t now)
{
	uint64_t *oldest;

	if (!rate->limit)
		return true;
	oldest = &rate->times[rate->count % rate->limit];
	if (rate->count >= rate->limit && now < *oldest + USEC_PER_SEC)
		return false;
	*oldest = now;
	rate->count++;
	return true;
}
