/* What the server counts, with what is true now (core thread). */
#include "call/call_private.h"
#include "call/measures.h"

const struct measures *server_measures(struct server *server)
{
	struct measures *measures = server->measures;
	const struct call *call;

	for (size_t i = 0; i < measures->count; i++)
		measures->rows[i].active[0] = measures->rows[i].active[1] = 0;
	TAILQ_FOREACH (call, &server->calls, link) {
		if (call->state < CALL_ENDED)
			measures_of(measures, call_application(call))->active[call->outbound]++;
	}
	return measures;
}

size_t server_callers_waiting(const struct server *server)
{
	const struct call *call;
	size_t waiting = 0;

	TAILQ_FOREACH (call, &server->calls, link)
		waiting += call->place.queue && !call->place.takes;
	return waiting;
}
