/* How calls that were not answered ended, in the words of the Voice API (core thread). */
#include "base/mem.h"
#include "call/call_private.h"

/* SIP statuses of the other side, of calls that we made. The first row that fits. */
static const struct {
	int from, to;
	const char *status, *detail;
} outcome_table[] = {
	{486, 486, "busy", NULL},
	{600, 600, "busy", NULL},
	{480, 480, "unanswered", "unavailable"},
	{408, 408, "unanswered", "carrier_timeout"},
	{487, 487, "unanswered", "carrier_timeout"},
	{504, 504, "unanswered", "carrier_timeout"},
	{404, 404, "rejected", "invalid_number"},
	{484, 485, "rejected", "invalid_number"},
	{414, 416, "rejected", "invalid_number"},
	{604, 604, "rejected", "invalid_number"},
	{401, 403, "rejected", "restricted"},
	{407, 407, "rejected", "restricted"},
	{433, 438, "rejected", "restricted"},
	{603, 603, "rejected", "declined"},
	{607, 608, "rejected", "declined"},
	{410, 410, "failed", "number_out_of_service"},
	{500, 501, "failed", "internal_error"},
	{502, 503, "failed", "cannot_route"},
	{400, 499, "rejected", "restricted"},
	{300, 399, "failed", "cannot_route"},
	{500, 699, "failed", "internal_error"},
};

static struct call_outcome outbound(const struct call *call, const struct leg_end *end)
{
	if (call->dial.unborn.status)
		return call->dial.unborn;
	if (call->dial.cancelled)
		return (struct call_outcome){.status = call->dial.cancelled};
	if (call->ended_by_us)
		return (struct call_outcome){.status = "cancelled"};
	if (end->detail) /* no SIP */
		return (struct call_outcome){
			end->status == 480 ? "unanswered" : "failed", end->detail, 0};
	if (!end->by_peer) /* no answer at all, or the host is unknown */
		return (struct call_outcome){"failed", "cannot_route", end->status};
	for (size_t i = 0; i < ARRAY_SIZE(outcome_table); i++) {
		if (end->status >= outcome_table[i].from && end->status <= outcome_table[i].to)
			return (struct call_outcome){
				outcome_table[i].status, outcome_table[i].detail, end->status};
	}
	return (struct call_outcome){"failed", "internal_error", end->status};
}

/* A caller that gave up, or what our script or configuration refused it with. */
static const char *inbound(const struct leg_end *end)
{
	if (end->by_peer)
		return "cancelled";
	switch (end->status) {
	case 486:
	case 600:
		return "busy";
	case 408:
		return "timeout";
	case 480:
		return "unanswered";
	default:
		return end->status >= 500 && end->status != 603 ? "failed" : "rejected";
	}
}

struct call_outcome call_outcome(const struct call *call, const struct leg_end *end)
{
	if (end->answered)
		return (struct call_outcome){"completed", NULL,
			call->outbound && call->dial.type == NCCO_WEBSOCKET ? 0 : end->status};
	if (call->outbound)
		return outbound(call, end);
	return (struct call_outcome){inbound(end), NULL, end->status};
}
