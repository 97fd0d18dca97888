/* nccoctl recordings: which there are, and the sound of one. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nccoctl/pages.h"
#include "nccoctl/remote.h"
#include "nccoctl/table.h"

static const char *const titles[] = {
	"ID", "BEGUN (UTC)", ">LENGTH", "FORMAT", ">SIZE", "APPLICATION", "CALL"};

struct listing {
	const char *application;
	unsigned long limit;
	struct table *table;
};

static void add_row(struct listing *l, struct json_object *row)
{
	const char *begun = json_text(row, "start_time", NULL);
	double length = pages_between(begun, json_text(row, "end_time", NULL));
	char when[TABLE_TEXT_SIZE], long_for[TABLE_TEXT_SIZE], size[TABLE_TEXT_SIZE];

	table_add(l->table,
		(const char *[]){json_text(row, "id", NULL), pages_time(begun, when, sizeof(when)),
			length < 0 ? "goes on" : table_duration(length, long_for),
			json_text(row, "format", NULL),
			table_size((double)json_int(row, "size", 0), size),
			json_text(row, "application", NULL), json_text(row, "uuid", NULL)});
}

static int list(const struct ctl *ctl, struct listing *l)
{
	char *application = l->application ? remote_escape(l->application) : NULL;
	char *path = xasprintf("/v1/files?%s%s", application ? "application=" : "",
		application ? application : "");
	struct json_object *rows;
	int status = pages_read(ctl, path, "files", l->limit, &rows);

	l->table = table_new(titles, ARRAY_SIZE(titles));
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		add_row(l, json_object_array_get_idx(rows, i));
	if (status == 0 && ctl->json)
		puts(json_print(rows));
	else if (status == 0)
		table_print(l->table);
	table_free(l->table);
	json_object_put(rows);
	free(path);
	free(application);
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
		else if (!pages_limit(optarg, &l.limit))
			return usage_error("--limit wants a number", optarg);
	}
	if (optind < argc)
		return usage_error("recordings does not know", argv[optind]);
	return list(ctl, &l);
}
