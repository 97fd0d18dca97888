#include "call/webhook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "call/measures.h"
#include "call/spool.h"
#include "call/webhook_request.h"
#include "http/url.h"

#define TRIES_PER_URL 2

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

/* For calls that belong to no application: whole URLs still work, with the defaults. */
static const struct config_application no_application = {
	.webhook_policy = {.connect_timeout_ms = 1000,
		.answer_timeout_ms = 5000,
		.event_timeout_ms = 10000},
};

static void on_response(void *arg, const struct http_response *response);

static void line_free(struct webhook_line *line)
{
	TAILQ_REMOVE(&line->env->all, line, link);
	line->env->lines--;
	free(line->receiver);
	free(line->receiver_method);
	free(line->client_state);
	free(line);
}

static void line_free_if_done(struct webhook_line *line)
{
	struct webhook_env *env = line->env;

	if (!line->closed || line->telling || !TAILQ_EMPTY(&line->queue) ||
		!TAILQ_EMPTY(&line->asked))
		return;
	line_free(line);
	if (env->lines == 0 && env->on_drained)
		env->on_drained(env->arg);
}

void webhook_set_conversation(struct webhook_line *line, const char *conversation_uuid)
{
	snprintf(line->conversation_uuid, sizeof(line->conversation_uuid), "%s", conversation_uuid);
}

void webhook_set_receiver(
	struct webhook_line *line, const char *url, const char *method, const char *client_state)
{
	xstrset(&line->client_state, client_state);
	xstrset(&line->receiver, url);
	xstrset(&line->receiver_method, method);
}

const char *webhook_receiver(const struct webhook_line *line, const char **ret_method)
{
	const char *method = line->receiver ? line->receiver_method : line->app->event_method;

	*ret_method = method ? method : "POST";
	return line->receiver ? line->receiver : line->app->event_url;
}

struct webhook_line *webhook_line_new(struct webhook_env *env, const char *id,
	const char *conversation_uuid, const struct config_application *app)
{
	struct webhook_line *line = xcalloc(1, sizeof(*line));

	line->env = env;
	line->app = app ? app : &no_application;
	snprintf(line->id, sizeof(line->id), "%s", id);
	webhook_set_conversation(line, conversation_uuid);
	webhook_new_trace(line->trace_id);
	TAILQ_INIT(&line->queue);
	TAILQ_INIT(&line->asked);
	env->lines++;
	TAILQ_INSERT_TAIL(&env->all, line, link);
	return line;
}

struct webhook_line *webhook_line_close(struct webhook_line *line)
{
	if (!line)
		return NULL;
	webhook_forget(line);
	line->closed = true;
	line_free_if_done(line);
	return NULL;
}

static void delivery_free(struct delivery *d)
{
	if (d->queued)
		TAILQ_REMOVE(&d->line->queue, d, link);
	else
		TAILQ_REMOVE(&d->line->asked, d, link);
	d->line->queue_length -= d->queued;
	http_cancel(d->request);
	json_object_put(d->body);
	free(d->url);
	free(d->method);
	free(d);
}

/* --- sending --- */

/* The body of a try at the fallback: the original one and why it is asked. */
static struct json_object *fallback_body(const struct delivery *d)
{
	struct json_object *body = NULL, *original = json_object_new_object();

	json_object_deep_copy(d->body, &body, NULL);
	json_add_text(original, "url", d->url);
	json_add_text(original, "type", d->kind == WEBHOOK_ANSWER ? "answer" : "event");
	json_add_text(body, "reason", d->reason);
	json_object_object_add(body, "original_request", original);
	return body;
}

static void try_once(struct delivery *d)
{
	struct webhook_env *env = d->line->env;
	const struct config_application *app = d->line->app;
	const char *url = d->at_fallback ? app->fallback_answer_url : d->url;
	const char *method = d->at_fallback ? app->fallback_answer_method : d->method;
	struct json_object *body = d->at_fallback ? fallback_body(d) : json_object_get(d->body);
	struct webhook_request request = {
		.client = d->from_script && !d->at_fallback ? env->guarded : env->trusted,
		.app = app,
		.url = url,
		.method = method,
		.trace_id = d->line->trace_id,
		.body = body,
		.timeout_ms = d->kind == WEBHOOK_ANSWER || d->at_fallback
				      ? app->webhook_policy.answer_timeout_ms
				      : app->webhook_policy.event_timeout_ms,
		.max_bytes = env->limits.max_bytes,
	};

	d->started = true;
	d->tries++;
	d->request = webhook_send(&request, on_response, d);
	json_object_put(body);
}

/* Behind an event that is in the spool those that nobody waits for go there too, in their order. */
static bool goes_to_spool(const struct delivery *d)
{
	return !d->started && !d->done && spool_holds(d->line->env->spool, d->line->id, d->url);
}

static void keep(const struct delivery *d, const char *reason)
{
	const struct webhook_line *line = d->line;

	spool_add(line->env->spool, line->id, line->app->id, d->url, d->method, d->body, reason);
}

static void start_next(struct webhook_line *line)
{
	struct delivery *d;

	while ((d = TAILQ_FIRST(&line->queue)) && goes_to_spool(d)) {
		keep(d, "Waits for one before.");
		delivery_free(d);
	}
	if (d && !d->started)
		try_once(d);
}

/* --- what came back --- */

static bool worth_retrying(const struct http_response *r)
{
	switch (r->outcome) {
	case HTTP_REFUSED:
	case HTTP_RESET:
	case HTTP_CONNECT_TIMEOUT:
	case HTTP_TIMEOUT:
		return true;
	case HTTP_ANSWERED:
		return r->status == 429 || r->status == 503 || r->status == 504;
	default:
		return false;
	}
}

static void tell_faults(struct webhook_line *line, const struct ncco_faults *faults)
{
	struct json_object *body = json_object_new_object();
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "Syntax error in NCCO. ");
	for (size_t i = 0; i < faults->count && i < 8; i++)
		strbuf_addf(&text, "%s%s: %s", i ? "; " : "", faults->items[i].pointer,
			faults->items[i].message);
	log_warn(line->id, "%s", text.data);
	json_add_text(body, "reason", text.data);
	json_add_text(body, "conversation_uuid", line->conversation_uuid);
	json_add_text(body, "uuid", line->id);
	strbuf_release(&text);
	if (line->closed)
		json_object_put(body);
	else
		webhook_event(line, NULL, NULL, body);
}

/* A script or data from a 2xx answer: NULL, or the reason of failure. */
static const char *read_answer(
	struct delivery *d, const struct http_response *r, struct webhook_reply *reply)
{
	struct ncco_faults faults = {0};
	int err;

	if (d->kind == WEBHOOK_EVENT && r->body[strspn(r->body, " \t\r\n")] == '\0')
		return NULL;
	err = ncco_parse_answer(r->body, r->body_length, r->url, &d->line->env->limits,
		&reply->document, &reply->data, &faults);
	if (err == 0 && (reply->document || d->kind == WEBHOOK_EVENT))
		return NULL;
	if (err == 0) /* data, where a script is needed: its faults are those of the document */
		ncco_parse_json(
			reply->data, r->url, &d->line->env->limits, &reply->document, &faults);
	tell_faults(d->line, &faults);
	ncco_faults_release(&faults);
	return "Invalid NCCO.";
}

/* Takes what the reply holds. */
static void finish(struct delivery *d, struct webhook_reply *reply)
{
	struct webhook_line *line = d->line;
	webhook_fn done = d->done;
	void *arg = d->arg;

	delivery_free(d);
	line->telling = true;
	if (done)
		done(arg, reply);
	else
		ncco_document_free(reply->document);
	json_object_put(reply->data);
	line->telling = false;
	start_next(line);
	line_free_if_done(line);
}

static void fail(struct delivery *d, const struct http_response *r, const char *reason)
{
	const struct config_application *app = d->line->app;
	bool retry = worth_retrying(r) && d->tries < TRIES_PER_URL;
	char *url = url_for_log(d->at_fallback ? app->fallback_answer_url : d->url);

	log_warn(d->line->id, "webhook %s: %s (status %d, %llu ms%s%s)%s", url, reason, r->status,
		(unsigned long long)(r->duration_us / USEC_PER_MSEC), *r->detail ? ", " : "",
		r->detail, retry ? "; trying again" : "");
	free(url);
	if (!retry) {
		if (d->at_fallback || !d->done || !app->fallback_answer_url) {
			if (d->queued && webhook_may_come_through(r))
				keep(d, reason);
			finish(d, &(struct webhook_reply){.failed = true, .reason = reason});
			return;
		}
		d->at_fallback = true;
		d->reason = reason;
		d->tries = 0;
	}
	try_once(d);
}

static void on_response(void *arg, const struct http_response *r)
{
	struct delivery *d = arg;
	struct webhook_reply reply = {0};
	const char *reason;

	d->request = NULL;
	measures_webhook(d->line->env->measures, d->line->app->id, r);
	if (!webhook_delivered(r)) {
		fail(d, r, webhook_reason(r));
		return;
	}
	log_debug(d->line->id, "webhook answered %d in %llu ms", r->status,
		(unsigned long long)(r->duration_us / USEC_PER_MSEC));
	reason = d->done ? read_answer(d, r, &reply) : NULL;
	if (!reason) {
		finish(d, &reply);
		return;
	}
	json_object_put(reply.data);
	fail(d, r, reason);
}

/* --- asking --- */

static struct delivery *delivery_new(struct webhook_line *line, enum webhook_kind kind,
	const char *url, const char *method, struct json_object *body)
{
	struct delivery *d = xcalloc(1, sizeof(*d));
	char event_id[ID_SIZE], iso[CLOCK_ISO_SIZE];

	d->line = line;
	d->kind = kind;
	d->url = xstrdup(url);
	d->method = xstrdup(method);
	d->from_script = !webhook_configured(line->app, url);
	d->body = body;
	json_add_text(body, "event_id", id_new(event_id));
	json_add_int(body, "sequence", ++line->sequence);
	if (line->client_state)
		json_add_text(body, "client_state", line->client_state);
	if (kind == WEBHOOK_EVENT && !json_member(body, "timestamp"))
		json_add_text(body, "timestamp", clock_iso(clock_wall(), iso));
	return d;
}

static void enqueue(struct delivery *d)
{
	struct webhook_line *line = d->line;

	d->queued = true;
	TAILQ_INSERT_TAIL(&line->queue, d, link);
	line->queue_length++;
	start_next(line);
}

void webhook_event(
	struct webhook_line *line, const char *url, const char *method, struct json_object *body)
{
	const char *usual;

	if (!url) {
		url = webhook_receiver(line, &usual);
		method = method ? method : usual;
	}
	if (!url || line->queue_length >= WEBHOOK_MAX_QUEUED) {
		if (url)
			log_error(line->id, "an event is dropped: %u wait already",
				line->queue_length);
		json_object_put(body);
		return;
	}
	enqueue(delivery_new(line, WEBHOOK_EVENT, url, method ? method : "POST", body));
}

void webhook_ask(struct webhook_line *line, enum webhook_kind kind, const char *url,
	const char *method, struct json_object *body, webhook_fn done, void *arg)
{
	struct delivery *d = delivery_new(line, kind, url, method, body);

	d->done = done;
	d->arg = arg;
	if (kind == WEBHOOK_EVENT) {
		enqueue(d);
		return;
	}
	TAILQ_INSERT_TAIL(&line->asked, d, link);
	try_once(d);
}

void webhook_forget(struct webhook_line *line)
{
	struct delivery *d;

	TAILQ_FOREACH (d, &line->asked, link)
		d->done = NULL;
	TAILQ_FOREACH (d, &line->queue, link)
		d->done = NULL;
}

void webhook_env_init(struct webhook_env *env)
{
	*env = (struct webhook_env){0};
	TAILQ_INIT(&env->all);
}

void webhook_env_release(struct webhook_env *env)
{
	struct webhook_line *line;
	struct delivery *d;

	while ((line = TAILQ_FIRST(&env->all))) {
		TAILQ_FOREACH (d, &line->queue, link)
			keep(d, "nccod has ended.");
		while ((d = TAILQ_FIRST(&line->queue)) || (d = TAILQ_FIRST(&line->asked)))
			delivery_free(d);
		line_free(line);
	}
}

size_t webhook_waiting(const struct webhook_env *env)
{
	const struct webhook_line *line;
	size_t waiting = 0;

	TAILQ_FOREACH (line, &env->all, link)
		waiting += line->queue_length;
	return waiting;
}
