/* breaker.h - when to leave out an adapter that keeps failing. Pure: the caller brings the time
 * (clock_mono()) and a lock.
 *
 * After `failures` in a row it rests for `rest_us`; then one run tries it, and whoever comes
 * meanwhile goes on without it. The trial ends the rest or begins another. */
#ifndef SPEECH_BREAKER_H
#define SPEECH_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct breaker_rules {
	unsigned failures; /* 0: it never rests */
	uint64_t rest_us;
};

struct breaker { /* zeroed: works */
	unsigned failures;
	bool resting, trying;
	uint64_t until; /* of the rest */
};

/* True when it may run now; breaker_worked(), _failed() or _dropped() must follow. */
bool breaker_ask(struct breaker *breaker, uint64_t now);

/* True when this ended a rest, or began one: for the log. */
bool breaker_worked(struct breaker *breaker);
bool breaker_failed(struct breaker *breaker, const struct breaker_rules *rules, uint64_t now);

/* The run says nothing about the adapter: cancelled, or the request was at fault. */
void breaker_dropped(struct breaker *breaker);

#endif
