/* webhook_private.h - a line and its deliveries, for webhook.c and what reads answers. */
#ifndef CALL_WEBHOOK_PRIVATE_H
#define CALL_WEBHOOK_PRIVATE_H

#include <sys/queue.h>

#include "base/id.h"
#include "call/webhook.h"
#include "call/webhook_request.h"

/* One request and its tries, at the first URL and at the fallback. */
struct delivery {
	TAILQ_ENTRY(delivery) link;
	struct webhook_line *line;
	enum webhook_kind kind;
	bool queued;	    /* in the line's queue of events, else beside it */
	char *url, *method; /* as asked for */
	bool from_script;   /* the URL, so its address is checked */
	struct json_object *body;
	bool started; /* its turn has come; between two tries there is no request */
	bool at_fallback;
	unsigned tries;	    /* at the URL that is being tried */
	const char *reason; /* why the URL before failed */
	struct http_request_handle *request;
	webhook_fn done; /* NULL: nobody waits (any more) */
	void *arg;
};

TAILQ_HEAD(delivery_list, delivery);

struct webhook_line {
	TAILQ_ENTRY(webhook_line) link;
	struct webhook_env *env;
	const struct config_application *app;
	char id[ID_SIZE];
	char conversation_uuid[ID_SIZE + 4];
	char trace_id[WEBHOOK_TRACE_SIZE];
	int64_t sequence;
	char *receiver, *receiver_method, *client_state; /* NULL: the application's; none */
	bool closed;
	bool telling; /* a callback runs: the line stays until it has returned */
	unsigned queue_length;
	struct delivery_list queue; /* the first is on its way */
	struct delivery_list asked; /* answers and redirects, not behind events */
};

/* webhook_answer.c: a script or data from a 2xx answer: NULL, or the reason of failure. */
const char *webhook_read_answer(
	struct delivery *d, const struct http_response *r, struct webhook_reply *reply);

#endif
