#include "nccoctl/steer.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nccoctl/pages.h"
#include "nccoctl/remote.h"

/* To a call: PUT; with --stop: DELETE. */
static const struct steering {
	const char *name;
	const char *path;     /* after the UUID; NULL: the call itself, and {"action":NAME} */
	const char *argument; /* member that has what follows the UUID; NULL: nothing does */
	bool array;	      /* ... in an array */
	bool stops;
} steerings[] = {
	{"dtmf", "/dtmf", "digits", false, false},
	{"earmuff", NULL, NULL, false, false},
	{"fork", "/fork", "url", false, true},
	{"hangup", NULL, NULL, false, false},
	{"hold", NULL, NULL, false, false},
	{"listen", "/input/dtmf", "event_url", true, true},
	{"mute", NULL, NULL, false, false},
	{"pause", "/record/pause", NULL, false, false},
	{"record", "/record", NULL, false, true},
	{"resume", "/record/resume", NULL, false, false},
	{"stream", "/stream", "stream_url", true, true},
	{"talk", "/talk", "text", false, true},
	{"transfer", NULL, "destination", false, false},
	{"unearmuff", NULL, NULL, false, false},
	{"unhold", NULL, NULL, false, false},
	{"unmute", NULL, NULL, false, false},
};

static const struct steering *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(steerings); i++)
		if (strcmp(steerings[i].name, name) == 0)
			return &steerings[i];
	return NULL;
}

/* A URL, or a file with the script itself. NULL: it was said what is wrong. */
static struct json_object *destination(const char *to)
{
	struct json_object *body = json_object_new_object(), *script = NULL;

	json_add_text(body, "type", "ncco");
	if (strncmp(to, "http://", 7) == 0 || strncmp(to, "https://", 8) == 0) {
		script = json_object_new_array();
		json_object_array_add(script, json_object_new_string(to));
		json_object_object_add(body, "url", script);
	} else if (remote_load(to, &script) == 0) {
		json_object_object_add(body, "ncco", script);
	} else {
		json_object_put(body);
		return NULL;
	}
	return body;
}

static int add_argument(struct json_object *body, const struct steering *row, const char *text)
{
	struct json_object *value;

	if (strcmp(row->argument, "destination") == 0) {
		value = destination(text);
	} else if (row->array) {
		value = json_object_new_array();
		json_object_array_add(value, json_object_new_string(text));
	} else {
		value = json_object_new_string(text);
	}
	if (!value)
		return 1;
	json_object_object_add(body, row->argument, value);
	return 0;
}

/* Of talk, stream and fork; nccod says which do not belong together. */
static const struct {
	const char *member;
	bool number;
} extras[] = {{"language", false}, {"style", true}, {"loop", true}, {"level", false},
	{"track", false}, {"rate", true}, {"dialect", false}, {"format", false}};

static const struct option longs[] = {
	{"language", required_argument, NULL, 0},
	{"style", required_argument, NULL, 1},
	{"loop", required_argument, NULL, 2},
	{"level", required_argument, NULL, 3},
	{"track", required_argument, NULL, 4},
	{"rate", required_argument, NULL, 5},
	{"dialect", required_argument, NULL, 6},
	{"format", required_argument, NULL, 7},
	{"stop", no_argument, NULL, 's'},
	{NULL, 0, NULL, 0},
};

static int add_extra(struct json_object *body, int option, const char *value)
{
	char *end;
	long number = strtol(value, &end, 10);

	if (!extras[option].number)
		json_add_text(body, extras[option].member, value);
	else if (*value && !*end)
		json_add_int(body, extras[option].member, number);
	else
		return usage_error("that wants a number", value);
	return 0;
}

static int read_extras(int argc, char **argv, struct json_object *body, bool *ret_stop)
{
	int option, status = 0;

	optind = 0;
	while (status == 0 && (option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == '?')
			status = usage_error(argv[0], "there is no such option");
		else if (option == 's')
			*ret_stop = true;
		else
			status = add_extra(body, option, optarg);
	}
	return status;
}

static int send(const struct ctl *ctl, const struct steering *row, const char *uuid, bool stop,
	struct json_object *body)
{
	char *escaped = remote_escape(uuid);
	char *path = xasprintf("/v1/calls/%s%s", escaped, row->path ? row->path : "");
	struct json_object *answer = NULL;
	int status = remote_ask(ctl, stop ? "DELETE" : "PUT", path, stop ? NULL : body, &answer);

	if (status == 0 && ctl->json)
		puts(answer ? json_print(answer) : "{}");
	json_object_put(answer);
	free(escaped);
	free(path);
	return status;
}

static int steer(const struct ctl *ctl, const struct steering *row, int argc, char **argv,
	struct json_object *body)
{
	bool stop = false;
	int status = read_extras(argc, argv, body, &stop);
	int wanted = row->argument && !stop ? 2 : 1;

	if (status)
		return status;
	if (stop && !row->stops)
		return usage_error(row->name, "there is nothing to stop");
	if (argc - optind != wanted)
		return usage_error(row->name,
			wanted == 2 ? "a UUID and one more are wanted" : "a UUID is wanted");
	if (!row->path)
		json_add_text(body, "action", row->name);
	if (wanted == 2 && add_argument(body, row, argv[optind + 1]) != 0)
		return 1;
	return send(ctl, row, argv[optind], stop, body);
}

int run_steer(const struct ctl *ctl, int argc, char **argv)
{
	struct json_object *body = json_object_new_object();
	int status = steer(ctl, find(argv[0]), argc, argv, body);

	json_object_put(body);
	return status;
}

/* What others have sent is in it, and a terminal takes control characters as orders. */
static void print_lines(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		putchar((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ? '?' : c);
	}
}

int run_timeline(const struct ctl *ctl, int argc, char **argv)
{
	char *escaped, *path, *text = NULL;
	size_t length = 0;
	FILE *out;
	int status;

	if (argc != 2)
		return usage_error("timeline wants the UUID of a call", NULL);
	escaped = remote_escape(argv[1]);
	path = xasprintf("/v1/calls/%s/timeline%s", escaped, ctl->json ? "" : "?format=ladder");
	out = open_memstream(&text, &length);
	if (!out)
		abort();
	status = remote_fetch(ctl, path, out);
	fclose(out);
	print_lines(text, length);
	free(text);
	free(escaped);
	free(path);
	return status;
}
