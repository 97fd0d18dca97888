/* nccoctl spool: events that could not be delivered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nccoctl/remote.h"
#include "nccoctl/table.h"

static const char *const titles[] = {
	">ID", "SINCE (UTC)", "NEXT (UTC)", ">TRIES", "ERROR", "APPLICATION", "CALL", "URL"};

static void short_time(const char *iso, char ret_text[TABLE_TEXT_SIZE])
{
	if (iso && strlen(iso) > 19)
		snprintf(ret_text, TABLE_TEXT_SIZE, "%.10s %.8s", iso, iso + 11);
	else
		snprintf(ret_text, TABLE_TEXT_SIZE, "-");
}

static void add_row(struct table *table, struct json_object *row)
{
	char begun[TABLE_TEXT_SIZE], next[TABLE_TEXT_SIZE], id[TABLE_TEXT_SIZE];
	char tries[TABLE_TEXT_SIZE];

	short_time(json_text(row, "begun", NULL), begun);
	short_time(json_text(row, "next", NULL), next);
	snprintf(id, sizeof(id), "%lld", (long long)json_int(row, "id", 0));
	snprintf(tries, sizeof(tries), "%lld", (long long)json_int(row, "tries", 0));
	table_add(table, (const char *[]){id, begun, next, tries, json_text(row, "error", NULL),
				 json_text(row, "application", NULL), json_text(row, "uuid", NULL),
				 json_text(row, "url", NULL)});
}

/* All pages: their rows are added to `rows`. */
static int read_pages(const struct ctl *ctl, struct json_object *rows)
{
	bool more = true;
	int status = 0;

	for (unsigned index = 0; status == 0 && more; index++) {
		char *path = xasprintf("/console/spool?page_size=100&record_index=%u", index);
		struct json_object *page = NULL, *list;

		status = remote_ask(ctl, "GET", path, NULL, &page);
		list = json_member(json_member(page, "_embedded"), "events");
		for (size_t i = 0; list && i < json_object_array_length(list); i++)
			json_object_array_add(
				rows, json_object_get(json_object_array_get_idx(list, i)));
		more = json_member(json_member(page, "_links"), "next") != NULL;
		json_object_put(page);
		free(path);
	}
	return status;
}

static int list(const struct ctl *ctl)
{
	struct json_object *rows = json_object_new_array();
	struct table *table = table_new(titles, ARRAY_SIZE(titles));
	int status = read_pages(ctl, rows);

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		add_row(table, json_object_array_get_idx(rows, i));
	if (status == 0 && ctl->json)
		puts(json_print(rows));
	else if (status == 0)
		table_print(table);
	table_free(table);
	json_object_put(rows);
	return status;
}

static int ask(const struct ctl *ctl, const char *method, const char *path)
{
	struct json_object *body = NULL;
	int status = remote_ask(ctl, method, path, NULL, &body);

	json_object_put(body);
	return status;
}

static int drop(const struct ctl *ctl, const char *id)
{
	char *escaped = remote_escape(id), *path = xasprintf("/console/spool/%s", escaped);
	int status = ask(ctl, "DELETE", path);

	free(escaped);
	free(path);
	return status;
}

int run_spool(const struct ctl *ctl, int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "list";
	int status = 0;

	if (strcmp(what, "list") == 0 && argc <= 2)
		return list(ctl);
	if (strcmp(what, "retry") == 0 && argc == 2)
		return ask(ctl, "POST", "/console/spool/retry");
	if (strcmp(what, "drop") != 0 || argc < 3)
		return usage_error("spool wants list, retry, or drop and IDs", NULL);
	for (int i = 2; i < argc; i++)
		status |= drop(ctl, argv[i]);
	return status;
}
