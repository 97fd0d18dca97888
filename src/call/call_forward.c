/* A call that the router sends to other targets: connected without a script (core thread). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "call/call_private.h"
#include "call/connect.h"

#define RECORD_CHANNELS 2 /* the caller, the other side */

struct call_forward {
	char *targets[ROUTE_MAX_TARGETS];
	unsigned count, next;
	bool parallel, record, record_early, recording;
	unsigned limit_s, ring_s;
	struct json_object *headers; /* of the router, and of the caller */
	char *codecs;
};

static void start_recording(struct call *call)
{
	struct call_forward *forward = call->forward;

	if (!forward->record || forward->recording)
		return;
	forward->recording = true;
	call_record_start(call,
		&(struct ncco_record){.number = 1, .pointer = "", .channels = RECORD_CHANNELS});
}

static void try_next(struct call *call);

static void on_early(void *arg)
{
	struct call *call = arg;

	if (call->forward->record_early)
		start_recording(call);
}

static void on_connected(void *arg, struct call *callee)
{
	(void)callee;
	start_recording(arg);
}

/* What the caller is refused with when nobody took the call. */
static int refusal(const struct call_outcome *outcome)
{
	if (outcome->sip_code >= 400)
		return outcome->sip_code;
	return strcmp(outcome->status, "timeout") == 0 ? 480 : 503;
}

static void on_failed(void *arg, const struct call_outcome *outcome)
{
	struct call *call = arg;

	log_info(call->uuid, "forward: %s", outcome->status);
	if (call->forward->next < call->forward->count)
		try_next(call);
	else
		call_reject(call, refusal(outcome), NULL, NULL);
}

static const struct connect_handler handler = {
	.on_early = on_early,
	.on_connected = on_connected,
	.on_failed = on_failed,
};

static void try_next(struct call *call)
{
	struct call_forward *forward = call->forward;
	struct ncco_endpoint endpoints[ROUTE_MAX_TARGETS] = {0};
	unsigned count = forward->parallel ? forward->count : 1;
	struct ncco_connect spec = {
		.pointer = "",
		.endpoints = endpoints,
		.count = count,
		.timeout_s = forward->ring_s,
		.limit_s = forward->limit_s,
	};

	for (unsigned i = 0; i < count; i++)
		endpoints[i] = (struct ncco_endpoint){.type = NCCO_SIP,
			.pointer = "",
			.target = forward->targets[forward->next + i],
			.standard_headers = forward->headers};
	forward->next += count;
	connect_start(call, &spec, &handler, call);
}

static struct json_object *headers_of(struct call *call, const struct route_forward *wanted)
{
	struct json_object *out = json_object_new_object();

	if (wanted->with_original_headers) {
		json_object_object_foreach (call->headers, name, value)
			json_object_object_add(out, name, json_object_get(value));
	}
	if (wanted->headers) {
		json_object_object_foreach (wanted->headers, name, value)
			json_object_object_add(out, name, json_object_get(value));
	}
	return out;
}

static char *codecs_of(const struct route_forward *wanted)
{
	struct strbuf out = STRBUF_INIT;

	if (wanted->codec_count == 0)
		return NULL;
	for (unsigned i = 0; i < wanted->codec_count; i++)
		strbuf_addf(&out, "%s%s", i ? "," : "", wanted->codecs[i]);
	return strbuf_detach(&out);
}

void call_forward_start(struct call *call, const struct route_forward *wanted)
{
	struct call_forward *forward = xcalloc(1, sizeof(*forward));

	for (unsigned i = 0; i < wanted->target_count; i++)
		forward->targets[i] = xstrdup(wanted->targets[i]);
	forward->count = wanted->target_count;
	forward->parallel = wanted->parallel;
	forward->record = wanted->record;
	forward->record_early = wanted->record_early;
	forward->limit_s = wanted->timeout_s;
	forward->ring_s = wanted->max_ring_s;
	forward->headers = headers_of(call, wanted);
	forward->codecs = codecs_of(wanted);
	call->forward = forward;
	call->line = webhook_line_new(
		&call->server->webhooks, call->uuid, call->conversation_uuid, NULL);
	call_set_state(call, CALL_BRIDGED);
	try_next(call);
}

const char *call_forward_codecs(const struct call *call)
{
	return call->forward ? call->forward->codecs : NULL;
}

void call_forward_free(struct call *call)
{
	struct call_forward *forward = call->forward;

	call->forward = NULL;
	if (!forward)
		return;
	for (unsigned i = 0; i < forward->count; i++)
		free(forward->targets[i]);
	json_object_put(forward->headers);
	free(forward->codecs);
	free(forward);
}
