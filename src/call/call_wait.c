/* Who waits for something to happen to a call (core thread). */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call/call_private.h"

/* A party that does not answer a BYE is not waited for any longer. */
#define END_WAIT_US (2 * USEC_PER_SEC)

struct call_wait {
	TAILQ_ENTRY(call_wait) link;
	struct call *call;
	enum call_wait_kind kind;
	unsigned number;
	struct timer timer; /* of CALL_WAIT_END */
	call_done_fn *done;
	void *arg;
};

static void end(struct call_wait *wait, const char *error)
{
	call_done_fn *done = wait->done;
	void *arg = wait->arg;

	TAILQ_REMOVE(&wait->call->waits, wait, link);
	timer_stop(&wait->timer);
	free(wait);
	done(arg, error);
}

static void on_time_over(void *arg)
{
	end(arg, NULL);
}

void call_wait(
	struct call *call, enum call_wait_kind kind, unsigned number, call_done_fn *done, void *arg)
{
	struct call_wait *wait = xcalloc(1, sizeof(*wait));

	*wait = (struct call_wait){
		.call = call, .kind = kind, .number = number, .done = done, .arg = arg};
	timer_init(&wait->timer, call->server->loop, on_time_over, wait);
	if (kind == CALL_WAIT_END)
		timer_start(&wait->timer, END_WAIT_US);
	TAILQ_INSERT_TAIL(&call->waits, wait, link);
}

void call_waits_end(struct call *call, enum call_wait_kind kind, unsigned number, const char *error)
{
	struct call_wait *wait, *next;

	for (wait = TAILQ_FIRST(&call->waits); wait; wait = next) {
		next = TAILQ_NEXT(wait, link);
		if (wait->kind == kind && wait->number <= number)
			end(wait, error);
	}
}

void call_waits_over(struct call *call)
{
	struct call_wait *wait;

	while ((wait = TAILQ_FIRST(&call->waits)))
		end(wait, wait->kind == CALL_WAIT_END || wait->kind == CALL_WAIT_RECORDS
				  ? NULL
				  : "the call has ended");
}
