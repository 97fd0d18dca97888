/* route.h - asks [proxy.http_router] what an inbound call is to do. Core thread only. */
#ifndef CALL_ROUTE_H
#define CALL_ROUTE_H

#include "call/config.h"
#include "http/client.h"
#include "ncco/document.h"
#include "sip/leg.h"

enum route_action {
	ROUTE_ANSWER,	   /* document */
	ROUTE_APPLICATION, /* application */
	ROUTE_FORWARD,	   /* forward */
	ROUTE_REJECT,	   /* status, reason; also for "abort" */
	ROUTE_SPAM,	   /* no answer at all */
	ROUTE_NOT_HANDLED,
	ROUTE_FAILED /* status 503 or 500 for when there is no fallback; reason */
};

#define ROUTE_MAX_TARGETS 10
#define ROUTE_MAX_CODECS  16

/* Where a call is sent, as in RustPBX. Texts are borrowed for the callback. */
struct route_forward {
	const char *targets[ROUTE_MAX_TARGETS]; /* SIP URIs */
	unsigned target_count;
	bool parallel;			      /* else one after the other */
	struct json_object *headers;	      /* for each INVITE, as they are; NULL: none */
	bool with_original_headers;	      /* custom ones of the caller */
	bool record, record_early;	      /* with what is heard before the answer */
	unsigned timeout_s;		      /* of the call, 0: none */
	unsigned max_ring_s;		      /* of each attempt, 0: none */
	const char *codecs[ROUTE_MAX_CODECS]; /* that may be offered; none: all of ours */
	unsigned codec_count;
};

struct route_decision {
	enum route_action action;
	struct ncco_document *document; /* the callee's */
	struct route_forward forward;
	const char *application; /* borrowed, like reason, for the callback */
	int status;
	const char *reason; /* NULL when none */
};

struct route_query;

typedef void (*route_fn)(void *arg, const struct route_decision *decision);

struct route_query *route_ask(struct http_client *client, const struct config_router *router,
	const struct ncco_limits *limits, struct sip_leg *leg, const char *uuid,
	const char *conversation_uuid, route_fn done, void *arg);
void route_cancel(struct route_query *query); /* NULL allowed */

/* The router's answer read: pure, for tests. body and url as in the HTTP response;
 * *ret_holder keeps borrowed strings alive and is put by the caller. */
void route_read(const char *body, size_t length, const char *url, const struct ncco_limits *limits,
	struct route_decision *ret_decision, struct json_object **ret_holder);

/* Phone numbers travel without their "+" (E.164 digits); other users as they are. */
const char *route_plain_number(const char *user);

#endif
