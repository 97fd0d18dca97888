/* GET /v1/calls: calls of now and of the past. */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "store/store.h"

static const char *const statuses[] = {"started", "ringing", "answered", "machine", "completed",
	"busy", "cancelled", "failed", "rejected", "timeout", "unanswered", NULL};
static const char *const orders[] = {"asc", "desc", NULL};

const struct api_field api_list_calls_query[] = {
	{.name = "status", .type = API_TEXT, .names = statuses},
	{.name = "date_start", .type = API_TIME, .about = "Those that began then or later"},
	{.name = "date_end", .type = API_TIME, .about = "Those that began then or earlier"},
	API_PAGE_SIZE(10),
	API_PAGE_INDEX,
	{.name = "order",
		.type = API_TEXT,
		.names = orders,
		.text = "asc",
		.about = "asc: the first call first"},
	{.name = "conversation_uuid", .type = API_TEXT},
	{.name = NULL},
};

static void on_listed(void *arg, int error, const struct store_page *page)
{
	struct api_listing *l = arg;
	struct json_object *rows = json_object_new_array();

	for (size_t i = 0; i < page->count; i++)
		json_object_array_add(rows, api_call(l->exchange, &page->rows[i]));
	api_listing_reply(l, error, page->total, "calls", rows);
}

void api_list_calls(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	struct json_object *query = api_query(exchange);
	struct store_filter filter;
	struct api_listing *l;

	(void)id;
	if (!query)
		return;
	l = api_listing_new(exchange, query);
	filter = (struct store_filter){
		.application = api_caller(exchange)->application,
		.status = json_text(query, "status", NULL),
		.conversation_uuid = json_text(query, "conversation_uuid", NULL),
		.from = json_int(query, "date_start", 0),
		.until = json_int(query, "date_end", 0),
		.descending = strcmp(json_text(query, "order", "asc"), "desc") == 0,
		.offset = l->index * l->size,
		.limit = l->size,
	};
	store_list_calls(server_store(api->server), &filter, on_listed, l);
	json_object_put(query);
}
