/* Below /v1/calls/{uuid}: its recordings and its media fork. */
#include "api/api_private.h"
#include "call/control.h"

static void refuse(struct http_exchange *exchange, const char *detail, struct ncco_faults *faults)
{
	struct json_object *list = NULL;

	api_add_faults(&list, faults);
	http_reply_invalid(exchange, 400, detail, list);
}

/* --- recordings --- */

void api_start_record(void *arg, struct http_exchange *exchange, const char *id)
{
	struct call *call = api_answered_call(arg, exchange, id);
	struct json_object *body = call ? api_body(exchange) : NULL;
	struct ncco_document *document;
	struct ncco_recording recording;
	struct ncco_faults faults;

	if (!body)
		return;
	if (ncco_order_read_recording(body, &document, &recording, &faults) == 0) {
		call_record(call, &recording, api_pending_done,
			api_pending_new(exchange, "Recording started", NULL, id));
		ncco_document_free(document);
	} else {
		refuse(exchange, "the recording has faults", &faults);
	}
	json_object_put(body);
}

/* NULL when it was answered. */
static struct call *recorded_call(
	const struct api *api, struct http_exchange *exchange, const char *id)
{
	struct call *call = api_answered_call(api, exchange, id);

	if (!call || call_is_recorded(call))
		return call;
	http_reply_problem(exchange, 409, "the call is not being recorded");
	return NULL;
}

void api_stop_record(void *arg, struct http_exchange *exchange, const char *id)
{
	struct call *call = recorded_call(arg, exchange, id);

	if (call)
		call_end_records(call, api_pending_done,
			api_pending_new(exchange, "Recording stopped", NULL, id));
}

static void pause_record(
	const struct api *api, struct http_exchange *exchange, const char *id, bool on)
{
	struct call *call = recorded_call(api, exchange, id);

	if (!call)
		return;
	call_pause_records(call, on);
	api_reply_done(exchange, on ? "Recording paused" : "Recording resumed", id);
}

void api_pause_record(void *arg, struct http_exchange *exchange, const char *id)
{
	pause_record(arg, exchange, id, true);
}

void api_resume_record(void *arg, struct http_exchange *exchange, const char *id)
{
	pause_record(arg, exchange, id, false);
}

/* --- the fork --- */

void api_start_fork(void *arg, struct http_exchange *exchange, const char *id)
{
	struct call *call = api_answered_call(arg, exchange, id);
	struct json_object *body = call ? api_body(exchange) : NULL;
	struct ncco_document *document;
	struct ncco_fork fork;
	struct ncco_faults faults;

	if (!body)
		return;
	if (ncco_order_read_fork(body, &document, &fork, &faults) == 0) {
		call_start_fork(call, &fork, api_pending_done,
			api_pending_new(exchange, "Fork started", NULL, id));
		ncco_document_free(document);
	} else {
		refuse(exchange, "the fork has faults", &faults);
	}
	json_object_put(body);
}

void api_stop_fork(void *arg, struct http_exchange *exchange, const char *id)
{
	struct call *call = api_answered_call(arg, exchange, id);

	if (!call)
		return;
	if (!call_is_forked(call)) {
		http_reply_problem(exchange, 409, "the call has no fork");
		return;
	}
	call_stop_fork(call);
	api_reply_done(exchange, "Fork stopped", id);
}
