/* Pages of lists, as the Voice API has them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* The client's name for us has been read strictly (head.h); without one, the path must do. */
char *api_url(const struct http_exchange *exchange, const char *path)
{
	const char *host = http_exchange_host(exchange);

	if (!*host)
		return xstrdup(path);
	return xasprintf(
		"%s://%s%s", http_exchange_is_tls(exchange) ? "https" : "http", host, path);
}

/* The URL of the request with another record_index. */
static void add_link(struct json_object *links, const char *name,
	const struct http_exchange *exchange, uint64_t index)
{
	char *base = api_url(exchange, http_exchange_path(exchange));
	struct json_object *link = json_object_new_object();
	const char *query = http_exchange_query(exchange);
	struct strbuf href = STRBUF_INIT;

	strbuf_addf(&href, "%s?", base);
	while (*query) {
		size_t length = strcspn(query, "&");

		if (length && strncmp(query, "record_index=", 13) != 0) {
			strbuf_add(&href, query, length);
			strbuf_addc(&href, '&');
		}
		query += length + (query[length] == '&');
	}
	strbuf_addf(&href, "record_index=%" PRIu64, index);
	json_add_text(link, "href", href.data);
	json_object_object_add(links, name, link);
	strbuf_release(&href);
	free(base);
}

struct api_listing *api_listing_new(struct http_exchange *exchange, struct json_object *query)
{
	struct api_listing *listing = xcalloc(1, sizeof(*listing));

	listing->exchange = exchange;
	listing->size = (unsigned)json_int(query, "page_size", 0);
	listing->index = (uint64_t)json_int(query, "record_index", 0);
	return listing;
}

void api_listing_reply(struct api_listing *listing, int error, uint64_t total, const char *name,
	struct json_object *rows)
{
	if (error) {
		json_object_put(rows);
		http_reply_problem(listing->exchange, 503, "the store cannot be read");
	} else {
		http_reply_json(listing->exchange, 200,
			api_page(listing->exchange, total, listing->size, listing->index, name,
				rows));
	}
	free(listing);
}

struct json_object *api_page(const struct http_exchange *exchange, uint64_t total, unsigned size,
	uint64_t index, const char *name, struct json_object *rows)
{
	struct json_object *page = json_object_new_object(), *links = json_object_new_object();
	struct json_object *embedded = json_object_new_object();
	uint64_t last = total ? (total - 1) / size : 0;

	json_add_int(page, "count", (int64_t)total);
	json_add_int(page, "page_size", size);
	json_add_int(page, "record_index", (int64_t)index);
	add_link(links, "self", exchange, index);
	add_link(links, "first", exchange, 0);
	add_link(links, "last", exchange, last);
	if (index > 0)
		add_link(links, "prev", exchange, index - 1 < last ? index - 1 : last);
	if (index < last)
		add_link(links, "next", exchange, index + 1);
	json_object_object_add(page, "_links", links);
	json_object_object_add(embedded, name, rows);
	json_object_object_add(page, "_embedded", embedded);
	return page;
}
