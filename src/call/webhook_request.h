/* webhook_request.h - one request of a webhook: signed, with a traceparent, as GET or POST. Core
 * thread only. */
#ifndef CALL_WEBHOOK_REQUEST_H
#define CALL_WEBHOOK_REQUEST_H

#include "call/config.h"
#include "http/client.h"

#define WEBHOOK_TRACE_SIZE 33
void webhook_new_trace(char ret_trace_id[WEBHOOK_TRACE_SIZE]);

struct webhook_request {
	struct http_client *client;
	const struct config_application *app; /* its secret and policy */
	const char *url, *method;	      /* GET: the body becomes the query */
	const char *trace_id;
	struct json_object *body;
	unsigned timeout_ms;
	size_t max_bytes;
};

/* All is borrowed for the call. As http_send(). */
struct http_request_handle *webhook_send(
	const struct webhook_request *request, http_done_fn done, void *arg);

/* Why a request has failed, as the Voice API says it. */
const char *webhook_reason(const struct http_response *r);
/* Whether the receiver has it: any 200 to 205. */
bool webhook_delivered(const struct http_response *r);
/* Whether a request that was not delivered may be some other time: a receiver that answers 404 has
 * had it and does not want it. */
bool webhook_may_come_through(const struct http_response *r);

/* Whether the URL is one of the configuration, whose address is not checked. */
bool webhook_configured(const struct config_application *app, const char *url);

#endif
