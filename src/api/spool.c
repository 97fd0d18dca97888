/* /console/spool: events that could not be delivered: which there are, again, no more. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/mem.h"
#include "call/spool.h"

const struct api_field api_list_spool_query[] = {
	API_PAGE_SIZE(20),
	API_PAGE_INDEX,
	{.name = "application", .type = API_TEXT, .about = "Only those of the application"},
	{.name = NULL},
};

static void add_time(struct json_object *row, const char *name, int64_t time)
{
	char iso[CLOCK_ISO_SIZE];

	json_add_text(row, name, clock_iso((uint64_t)time, iso));
}

static struct json_object *row_of(const struct store_event *event)
{
	struct json_object *row = json_object_new_object();

	json_add_int(row, "id", event->id);
	json_add_text(row, "event_id", event->event_id);
	json_add_text(row, "application", event->application);
	json_add_text(row, "uuid", event->lane);
	json_add_text(row, "url", event->url);
	json_add_text(row, "method", event->method);
	json_add_int(row, "tries", event->tries);
	json_add_text(row, "error", event->error);
	add_time(row, "begun", event->begun);
	add_time(row, "next", event->next);
	return row;
}

static void on_listed(void *arg, int error, const struct store_event_page *page)
{
	struct api_listing *l = arg;
	struct json_object *rows = json_object_new_array();

	for (size_t i = 0; i < page->count; i++)
		json_object_array_add(rows, row_of(&page->rows[i]));
	api_listing_reply(l, error, page->total, "events", rows);
}

void api_list_spool(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	struct json_object *query = api_query(exchange);
	struct api_listing *l;

	(void)id;
	if (!query)
		return;
	l = api_listing_new(exchange, query);
	store_list_events(server_store(api->server), json_text(query, "application", NULL),
		l->index * l->size, l->size, on_listed, l);
	json_object_put(query);
}

void api_retry_spool(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;

	(void)id;
	spool_retry(server_spool(api->server));
	http_reply_empty(exchange, 204);
}

static void on_dropped(void *arg, int error)
{
	if (error == -ENOENT)
		http_reply_problem(arg, 404, "there is no such event in the spool");
	else if (error)
		http_reply_problem(arg, 503, "the store cannot be written");
	else
		http_reply_empty(arg, 204);
}

void api_drop_event(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	char *end;
	long long number;

	errno = 0;
	number = strtoll(id, &end, 10);
	if (*end || end == id || errno || number <= 0)
		on_dropped(exchange, -ENOENT);
	else
		spool_drop(server_spool(api->server), number, on_dropped, exchange);
}
