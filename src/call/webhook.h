/* webhook.h - a call's line to its web application: events out, scripts back.
 *
 * Events of one call are delivered in order, one at a time; another call's slow receiver
 * delays nobody. An event that could not be delivered goes to the spool (spool.h), and the later
 * ones of its call to that URL follow it there. A request is tried twice when the connection
 * failed, timed out, or was answered 429, 503 or 504; one whose answer the call waits for then goes
 * to the fallback URL, twice again, with `reason` and `original_request`. Success is 200 to 205.
 * Every request to an application with a signature_secret is signed (jwt.h). Core thread only. */
#ifndef CALL_WEBHOOK_H
#define CALL_WEBHOOK_H

#include <stdbool.h>
#include <sys/queue.h>

#include "call/config.h"
#include "http/client.h"
#include "ncco/document.h"

struct spool;

struct webhook_env {
	struct http_client *trusted; /* for URLs of the configuration: any address */
	struct http_client *guarded; /* for URLs of scripts: addresses as limits allow */
	struct ncco_limits limits;
	struct measures *measures; /* counts the tries; NULL: nobody does */
	struct spool *spool;	   /* of events that could not be delivered; NULL: they are lost */
	/* Called when the last line that was closed has delivered all; may be NULL. */
	void (*on_drained)(void *arg);
	void *arg;
	unsigned lines; /* alive, closed ones that still deliver included */
	TAILQ_HEAD(webhook_line_list, webhook_line) all;
};

/* Fill in trusted, guarded, limits, measures and the callback afterwards. */
void webhook_env_init(struct webhook_env *env);

/* At the end of the process: what was not delivered goes to the spool. */
void webhook_env_release(struct webhook_env *env);

/* Events that wait or are on their way, of all lines. */
size_t webhook_waiting(const struct webhook_env *env);

struct webhook_line;

/* id is the call's uuid, for logs and for the events that arise here. app is borrowed and lives as
 * long as the configuration; NULL: events without a URL of their own go nowhere, and there is no
 * fallback. */
struct webhook_line *webhook_line_new(struct webhook_env *env, const char *id,
	const char *conversation_uuid, const struct config_application *app);

void webhook_set_conversation(struct webhook_line *line, const char *conversation_uuid);

/* Events without a URL of their own go there instead of to the application (url NULL: they do
 * not), and every request carries client_state (NULL: none). */
void webhook_set_receiver(
	struct webhook_line *line, const char *url, const char *method, const char *client_state);
/* Where they go; NULL: nowhere. */
const char *webhook_receiver(const struct webhook_line *line, const char **ret_method);

/* No more is asked and nothing told; queued events are still delivered, then it frees
 * itself. NULL allowed; returns NULL. */
struct webhook_line *webhook_line_close(struct webhook_line *line);

/* Queues an event for the line's receiver, or for url when given. Takes body, adds
 * event_id, sequence, timestamp and client_state. At most WEBHOOK_MAX_QUEUED wait; more are dropped
 * with a log line. */
#define WEBHOOK_MAX_QUEUED 1000
void webhook_event(
	struct webhook_line *line, const char *url, const char *method, struct json_object *body);

enum webhook_kind {
	WEBHOOK_ANSWER, /* must be answered by a script; not behind events */
	WEBHOOK_EVENT	/* may be answered by a script or by data; in the order of events */
};

struct webhook_reply {
	struct ncco_document *document; /* the callee's, or NULL: go on */
	struct json_object *data;	/* the answer as JSON, borrowed; NULL: it was empty */
	bool failed;			/* nothing usable came from any URL */
	const char *reason;		/* of the failure: "Socket timeout." */
};

typedef void (*webhook_fn)(void *arg, struct webhook_reply *reply);

/* Asks url (absolute), then the application's fallback. done is called once, unless
 * webhook_forget() is called with its arg before: what is on its way is then delivered unheard. */
void webhook_ask(struct webhook_line *line, enum webhook_kind kind, const char *url,
	const char *method, struct json_object *body, webhook_fn done, void *arg);
void webhook_forget(struct webhook_line *line, const void *arg); /* NULL: whatever it is */

#endif
