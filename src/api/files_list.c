/* GET /v1/files: which recordings there are. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"

const struct api_field api_list_files_query[] = {
	API_PAGE_SIZE(10),
	API_PAGE_INDEX,
	{.name = "application", .type = API_TEXT, .about = "Only those of the application"},
	{.name = NULL},
};

static void add_time(struct json_object *row, const char *name, int64_t time)
{
	char iso[CLOCK_ISO_SIZE];

	json_add_text(row, name, time ? clock_iso((uint64_t)time, iso) : NULL);
}

static struct json_object *row_of(
	const struct http_exchange *exchange, const struct store_recording *recording)
{
	struct json_object *row = json_object_new_object();
	char *path = xasprintf("/v1/files/%s", recording->id), *url = api_url(exchange, path);

	json_add_text(row, "id", recording->id);
	json_add_text(row, "application", recording->application);
	json_add_text(row, "uuid", recording->call_uuid);
	json_add_text(row, "conversation_uuid", recording->conversation_uuid);
	json_add_text(row, "format", recording->format);
	add_time(row, "start_time", recording->begun);
	add_time(row, "end_time", recording->ended);
	json_add_int(row, "size", recording->size);
	json_add_text(row, "recording_url", url);
	free(path);
	free(url);
	return row;
}

static void on_listed(void *arg, int error, const struct store_recording_page *page)
{
	struct api_listing *l = arg;
	struct json_object *rows = json_object_new_array();

	for (size_t i = 0; i < page->count; i++)
		json_object_array_add(rows, row_of(l->exchange, &page->rows[i]));
	api_listing_reply(l, error, page->total, "files", rows);
}

void api_list_files(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	const char *own = api_caller(exchange)->application, *wanted;
	struct json_object *query = api_query(exchange);
	struct api_listing *l;

	(void)id;
	if (!query)
		return;
	wanted = json_text(query, "application", own);
	l = api_listing_new(exchange, query);
	/* Those of another application are not there. */
	if (own && strcmp(own, wanted) != 0)
		on_listed(l, 0, &(struct store_recording_page){0});
	else
		store_list_recordings(server_store(api->server), wanted, l->index * l->size,
			l->size, on_listed, l);
	json_object_put(query);
}
