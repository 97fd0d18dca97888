#include "speech/breaker.h"

bool breaker_ask(struct breaker *breaker, uint64_t now)
{
	if (!breaker->resting)
		return true;
	if (breaker->trying || now < breaker->until)
		return false;
	breaker->trying = true;
	return true;
}

bool breaker_worked(struct breaker *breaker)
{
	bool rested = breaker->resting;

	*breaker = (struct breaker){0};
	return rested;
}

/* A run that began before the rest and fails in it changes nothing. */
bool breaker_failed(struct breaker *breaker, const struct breaker_rules *rules, uint64_t now)
{
	if (breaker->resting && !breaker->trying)
		return false;
	breaker->failures++;
	if (!rules->failures || breaker->failures < rules->failures)
		return false;
	breaker->resting = true;
	breaker->trying = false;
	breaker->until = now + rules->rest_us;
	return true;
}

void breaker_dropped(struct breaker *breaker)
{
	breaker->trying = false;
}
