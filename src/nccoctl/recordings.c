/* nccoctl recordings: which there are, and the sound of one. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "nccoctl/remote.h"
#include "nccoctl/table.h"

#define PAGE 100

static const char *const titles[] = {
	"ID", "BEGUN (UTC)", ">LENGTH", "FORMAT", ">SIZE", "APPLICATION", "CALL"};

struct listing {
	const char *application;
	unsigned long limit, count;
	struct table *table;
	struct json_object *rows; /* with --json */
};

/* Seconds between two times as the API has them; -1 if one is none. */
static double between(const char *begun, const char *ended)
{
	struct tm a = {0}, b = {0};

	if (!begun || !ended || !strptime(begun, "%Y-%m-%dT%H:%M:%S", &a) ||
		!strptime(ended, "%Y-%m-%dT%H:%M:%S", &b))
		return -1;
	return difftime(timegm(&b), timegm(&a));
}

static void add_row(struct listing *l, struct json_object *row)
{
	const char *begun = json_text(row, "start_time", NULL);
	double length = between(begun, json_text(row, "end_time", NULL));
	char when[TABLE_TEXT_SIZE] = "-", long_for[TABLE_TEXT_SIZE], size[TABLE_TEXT_SIZE];

	if (begun && strlen(begun) > 19)
		snprintf(when, sizeof(when), "%.10s %.8s", begun, begun + 11);
	table_add(l->table,
		(const char *[]){json_text(row, "id", NULL), when,
			length < 0 ? "goes on" : table_duration(length, long_for),
			json_text(row, "format", NULL),
			table_size((double)json_int(row, "size", 0), size),
			json_text(row, "application", NULL), json_text(row, "uuid", NULL)});
}

static void add_page(struct listing *l, struct json_object *page)
{
	struct json_object *rows = json_member(json_member(page, "_embedded"), "files");
	size_t count =
		json_object_is_type(rows, json_type_array) ? json_object_array_length(rows) : 0;

	for (size_t i = 0; i < count && l->count < l->limit; i++, l->count++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		add_row(l, row);
		json_object_array_add(l->rows, json_object_get(row));
	}
}

static int read_pages(const struct ctl *ctl, struct listing *l)
{
	char *application = l->application ? remote_escape(l->application) : NULL;
	bool more = true;
	int status = 0;

	for (unsigned index = 0; status == 0 && more && l->count < l->limit; index++) {
		unsigned long size = l->limit < PAGE ? l->limit : PAGE;
		char *path = xasprintf("/v1/files?page_size=%lu&record_index=%u%s%s", size, index,
			application ? "&application=" : "", application ? application : "");
		struct json_object *page = NULL;

		status = remote_ask(ctl, "GET", path, NULL, &page);
		add_page(l, page);
		more = json_member(json_member(page, "_links"), "next") != NULL;
		json_object_put(page);
		free(path);
	}
	free(application);
	return status;
}

static int list(const struct ctl *ctl, struct listing *l)
{
	int status;

	l->table = table_new(titles, ARRAY_SIZE(titles));
	l->rows = json_object_new_array();
	status = read_pages(ctl, l);
	if (status == 0 && ctl->json)
		puts(json_print(l->rows));
	else if (status == 0)
		table_print(l->table);
	table_free(l->table);
	json_object_put(l->rows);
	return status;
}

static int finish(FILE *out)
{
	return out == stdout ? fflush(out) : fclose(out);
}

static int get(const struct ctl *ctl, const char *id, const char *path)
{
	FILE *out = path ? fopen(path, "w") : stdout;
	char *escaped, *url;
	int status;

	if (!out) {
		fprintf(stderr, "nccoctl: %s: %s\n", path, strerror(errno));
		return 1;
	}
	escaped = remote_escape(id);
	url = xasprintf("/v1/files/%s", escaped);
	status = remote_fetch(ctl, url, out);
	if (finish(out) != 0 && status == 0) {
		fprintf(stderr, "nccoctl: %s: %s\n", path ? path : "standard output",
			strerror(errno));
		status = 1;
	}
	if (status && path)
		remove(path);
	free(escaped);
	free(url);
	return status;
}

static bool read_limit(const char *text, unsigned long *ret_limit)
{
	char *end;

	errno = 0;
	*ret_limit = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *ret_limit > 0;
}

int run_recordings(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{"application", required_argument, NULL, 'a'},
		{"limit", required_argument, NULL, 'l'},
		{NULL, 0, NULL, 0},
	};
	struct listing l = {.limit = 20};
	int option;

	if (argc > 1 && strcmp(argv[1], "get") == 0) {
		if (argc < 3 || argc > 4)
			return usage_error("recordings get wants an ID and perhaps a FILE", NULL);
		return get(ctl, argv[2], argc > 3 ? argv[3] : NULL);
	}
	optind = 0;
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 'a')
			l.application = optarg;
		else if (option != 'l')
			return usage_error("recordings does not know that option", NULL);
		else if (!read_limit(optarg, &l.limit))
			return usage_error("--limit wants a number", optarg);
	}
	if (optind < argc)
		return usage_error("recordings does not know", argv[optind]);
	return list(ctl, &l);
}
