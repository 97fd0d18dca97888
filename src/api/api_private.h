/* api_private.h - what the files of this folder share. */
#ifndef API_API_PRIVATE_H
#define API_API_PRIVATE_H

#include <sys/queue.h>

#include "api/api.h"
#include "api/caller.h"
#include "api/operation.h"
#include "http/server.h"
#include "ncco/document.h"

struct api {
	struct server *server;
	struct http_server *http;
	struct callers *callers;
	struct api_metrics *metrics;
	char *openapi;	  /* made when it is first asked for */
	uint64_t started; /* us, monotonic */
	LIST_HEAD(, api_claim) claims;
	struct api_limit *limits;
};

/* routes.c; the `about` of each is its struct api_operation. */
extern const struct http_route api_routes[];

/* authorize.c: the one place that says who may. False when it has answered. */
bool api_authorize(void *arg, struct http_exchange *exchange, const struct http_route *route);

/* Who asks. Not for open routes. */
const struct api_caller *api_caller(const struct http_exchange *exchange);
/* Whether things of that application (NULL: of none) exist for who asks. */
bool api_sees(const struct http_exchange *exchange, const char *application);

/* A name for who asks that no other key and no other application has; malloc'd. */
char *api_owner(const struct http_exchange *exchange);

/* limit.c: whether that owner may make one more call now; if so it counts. */
bool api_limit_call(struct api *api, const char *owner);
void api_limits_free(struct api *api);

/* idempotency.c: does what is asked for and returns the answer, of the status of the operation; or
 * NULL when it has answered that it cannot. */
typedef struct json_object *api_do_fn(struct api *api, struct http_exchange *exchange, void *arg);
/* Does that once for each Idempotency-Key of who asks, or at once if there is none, and answers;
 * then, now or later, arg is released. */
void api_do_once(struct api *api, struct http_exchange *exchange, api_do_fn *run_once,
	void (*release)(void *arg), void *arg);
void api_claims_end(struct api *api); /* answers those that wait for the store */

/* The query by the fields of the route's operation: an object to be put, or NULL when it was
 * answered with 400. */
struct json_object *api_query(struct http_exchange *exchange);

/* page.c: a page of a list as the Voice API has it: count, page_size, record_index (the number of
 * the page), _links and _embedded with the rows under `name`; takes them. */
struct json_object *api_page(const struct http_exchange *exchange, uint64_t total, unsigned size,
	uint64_t index, const char *name, struct json_object *rows);
/* "http://host/path" of the request, as the client has it, without its query; malloc'd. */
char *api_url(const struct http_exchange *exchange, const char *path);

/* The query of every list; page_size has its default. */
#define API_PAGE_SIZE(size)                                                                        \
	{                                                                                          \
		.name = "page_size", .type = API_INTEGER, .fallback = (size), .min = 1, .max = 100 \
	}
#define API_PAGE_INDEX                                                                   \
	{                                                                                \
		.name = "record_index", .type = API_INTEGER, .min = 0, .max = INT32_MAX, \
		.about = "The number of the page, from 0"                                \
	}
/* A page of what the store has, until it has been read: the answer, and an end to the listing. */
struct api_listing {
	struct http_exchange *exchange;
	unsigned size;
	uint64_t index;
};
struct api_listing *api_listing_new(struct http_exchange *exchange, struct json_object *query);
void api_listing_reply(struct api_listing *listing, int error, uint64_t total, const char *name,
	struct json_object *rows);

/* cors.c: what browsers are told about web pages from elsewhere. False when it has answered. */
bool api_prepare(void *arg, struct http_exchange *exchange);
/* Whether a page of that origin may use the API. */
bool api_origin_allowed(const struct api *api, const char *origin);

/* openapi.c: the document for these routes; malloc'd. */
char *openapi_print(const struct http_route *routes);
/* A JSON Schema (2020-12); the table of those of calls and that of rooms end with NULL
 * (schema_calls.c, schema_rooms.c). */
struct api_schema {
	const char *name, *text;
};
extern const struct api_schema api_call_schemas[], api_room_schemas[];
/* schema.c: the JSON Schema of that name, or NULL when there is none; to be put. */
struct json_object *api_schema(const char *name);
struct json_object *api_schemas(void); /* all of them, by name */

/* metrics.c */
struct api_metrics *api_metrics_new(struct loop *loop);
struct api_metrics *api_metrics_free(struct api_metrics *metrics); /* NULL allowed */
void api_metrics_answered(struct api_metrics *metrics, int status, uint64_t us);

/* body.c: the body as a JSON object to be put, or NULL when it was answered with 400. Without one
 * an object without members. */
struct json_object *api_body(struct http_exchange *exchange);
/* Adds {name, reason} to *list, which is made if it is NULL. */
void api_add_fault(struct json_object **list, const char *name, const char *reason);
/* The same of what a reader of ncco/ has found; releases it. */
void api_add_faults(struct json_object **list, struct ncco_faults *faults);

/* rooms.c: the room of that name or uuid, of those that the caller sees and of the query's
 * application; NULL when it was answered with 400, 404 or 409. */
struct conversation;
struct conversation *api_room(
	const struct api *api, struct http_exchange *exchange, const char *name);

/* call_row.c: what a call looks like; to be put. */
struct call;
struct store_call;
struct json_object *api_call(const struct http_exchange *exchange, const struct store_call *row);
/* The live call of that uuid, or NULL when it was answered with 404: there is none, it is over, or
 * it is none of the caller's. */
struct call *api_live_call(const struct api *api, struct http_exchange *exchange, const char *id);
/* The same, and it has been answered; else 409. */
struct call *api_answered_call(
	const struct api *api, struct http_exchange *exchange, const char *id);
/* An absolute URL, a text or an array of one; else a fault. Borrowed. */
const char *api_url_of(struct json_object *object, const char *key, struct json_object **faults);

/* pending.c: {"message":"Talk started","uuid":...}, at once or when it has happened. message is
 * constant; member (constant) of the body is to blame for an error, which then is 400; NULL: none,
 * and it is 409. done() frees it. */
struct api_pending;
void api_reply_done(struct http_exchange *exchange, const char *message, const char *uuid);
struct api_pending *api_pending_new(
	struct http_exchange *exchange, const char *message, const char *member, const char *uuid);
void api_pending_done(void *arg, const char *error); /* a call_done_fn */
void api_pending_free(struct api_pending *pending);  /* unanswered */

/* Handlers; arg is the struct api. calls.c, calls_change.c, calls_list.c, calls_make.c,
 * calls_media.c, calls_record.c */
void api_start_record(void *arg, struct http_exchange *exchange, const char *id);
void api_stop_record(void *arg, struct http_exchange *exchange, const char *id);
void api_pause_record(void *arg, struct http_exchange *exchange, const char *id);
void api_resume_record(void *arg, struct http_exchange *exchange, const char *id);
void api_start_fork(void *arg, struct http_exchange *exchange, const char *id);
void api_stop_fork(void *arg, struct http_exchange *exchange, const char *id);
extern const struct api_field api_list_calls_query[];
void api_change_call(void *arg, struct http_exchange *exchange, const char *id);
void api_start_stream(void *arg, struct http_exchange *exchange, const char *id);
void api_stop_stream(void *arg, struct http_exchange *exchange, const char *id);
void api_start_talk(void *arg, struct http_exchange *exchange, const char *id);
void api_stop_talk(void *arg, struct http_exchange *exchange, const char *id);
void api_send_digits(void *arg, struct http_exchange *exchange, const char *id);
void api_start_listener(void *arg, struct http_exchange *exchange, const char *id);
void api_stop_listener(void *arg, struct http_exchange *exchange, const char *id);
void api_get_call(void *arg, struct http_exchange *exchange, const char *id);
void api_list_calls(void *arg, struct http_exchange *exchange, const char *id);
void api_make_call(void *arg, struct http_exchange *exchange, const char *id);
/* files.c */
void api_get_file(void *arg, struct http_exchange *exchange, const char *id);
/* files_list.c */
void api_list_files(void *arg, struct http_exchange *exchange, const char *id);
extern const struct api_field api_list_files_query[];
/* metrics.c */
void api_get_metrics(void *arg, struct http_exchange *exchange, const char *id);
/* rooms.c, rooms_change.c */
extern const struct api_field api_list_rooms_query[], api_room_query[];
void api_list_rooms(void *arg, struct http_exchange *exchange, const char *id);
void api_get_room(void *arg, struct http_exchange *exchange, const char *id);
void api_change_room(void *arg, struct http_exchange *exchange, const char *id);
void api_change_member(void *arg, struct http_exchange *exchange, const char *id);
/* openapi.c */
void api_get_openapi(void *arg, struct http_exchange *exchange, const char *id);
/* spool.c */
extern const struct api_field api_list_spool_query[];
void api_list_spool(void *arg, struct http_exchange *exchange, const char *id);
void api_retry_spool(void *arg, struct http_exchange *exchange, const char *id);
void api_drop_event(void *arg, struct http_exchange *exchange, const char *id);
/* status.c */
void api_get_healthz(void *arg, struct http_exchange *exchange, const char *id);
void api_get_readyz(void *arg, struct http_exchange *exchange, const char *id);
void api_get_status(void *arg, struct http_exchange *exchange, const char *id);

#endif
