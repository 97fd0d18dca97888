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
	{.name = "page_size", .type = API_INTEGER, .fallback = 10, .min = 1, .max = 100},
	{.name = "record_index",
		.type = API_INTEGER,
		.min = 0,
		.max = INT32_MAX,
		.about = "The number of the page, from 0"},
	{.name = "order",
		.type = API_TEXT,
		.names = orders,
		.text = "asc",
		.about = "asc: the first call first"},
	{.name = "conversation_uuid", .type = API_TEXT},
	{.name = NULL},
};

struct listing {
	struct http_exchange *exchange;
	unsigned size;
	uint64_t index;
};

static void on_listed(void *arg, int error, const struct store_page *page)
{
	struct listing *l = arg;
	struct json_object *rows;

	if (error) {
		http_reply_problem(l->exchange, 503, "the store cannot be read");
	} else {
		rows = json_object_new_array();
		for (size_t i = 0; i < page->count; i++)
			json_object_array_add(rows, api_call(l->exchange, &page->rows[i]));
		http_reply_json(l->exchange, 200,
			api_page(l->exchange, page->total, l->size, l->index, "calls", rows));
	}
	free(l);
}

void api_list_calls(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	struct json_object *query = api_query(exchange);
	struct store_filter filter;
	struct listing *l;

	(void)id;
	if (!query)
		return;
	l = xcalloc(1, sizeof(*l));
	l->exchange = exchange;
	l->size = (unsigned)json_int(query, "page_size", 10);
	l->index = (uint64_t)json_int(query, "record_index", 0);
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
