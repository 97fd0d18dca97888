/* nccoctl calls, show, call: which calls there are, and a new one. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "nccoctl/pages.h"
#include "nccoctl/remote.h"
#include "nccoctl/table.h"

static const char *const titles[] = {
	"UUID", "BEGUN (UTC)", "DIRECTION", "STATUS", "FROM", "TO", ">LENGTH"};

/* Who that is: {"type":"phone","number":"..."} has it in the one member that is not the type. */
static const char *party(struct json_object *party)
{
	static const char *const members[] = {"number", "uri", "user", "extension"};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *text = json_text(party, members[i], NULL);

		if (text)
			return text;
	}
	return "-";
}

static const char *length(struct json_object *row, char out[TABLE_TEXT_SIZE])
{
	const char *seconds = json_text(row, "duration", NULL);

	return seconds ? table_duration(strtod(seconds, NULL), out) : "-";
}

static void add_row(struct table *table, struct json_object *row)
{
	char when[TABLE_TEXT_SIZE], lasted[TABLE_TEXT_SIZE];

	table_add(table, (const char *[]){json_text(row, "uuid", NULL),
				 pages_time(json_text(row, "start_time", NULL), when, sizeof(when)),
				 json_text(row, "direction", NULL), json_text(row, "status", NULL),
				 party(json_member(row, "from")), party(json_member(row, "to")),
				 length(row, lasted)});
}

static void print_rows(struct json_object *rows)
{
	struct table *table = table_new(titles, ARRAY_SIZE(titles));

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		add_row(table, json_object_array_get_idx(rows, i));
	table_print(table);
	table_free(table);
}

static int list(const struct ctl *ctl, const char *path, unsigned long limit)
{
	struct json_object *rows;
	int status = pages_read(ctl, path, "calls", limit, &rows);

	if (status == 0 && ctl->json)
		puts(json_print(rows));
	else if (status == 0)
		print_rows(rows);
	json_object_put(rows);
	return status;
}

static void add_query(struct strbuf *path, const char *name, const char *value)
{
	char *escaped = remote_escape(value);

	strbuf_addf(path, "&%s=%s", name, escaped);
	free(escaped);
}

int run_calls(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{"status", required_argument, NULL, 's'},
		{"since", required_argument, NULL, 'a'},
		{"until", required_argument, NULL, 'b'},
		{"conversation", required_argument, NULL, 'c'},
		{"limit", required_argument, NULL, 'l'},
		{NULL, 0, NULL, 0},
	};
	struct strbuf path = STRBUF_INIT;
	unsigned long limit = 20;
	int option, status = 0;

	strbuf_adds(&path, "/v1/calls?order=desc");
	optind = 0;
	while (status == 0 && (option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 'l')
			status = pages_limit(optarg, &limit)
					 ? 0
					 : usage_error("--limit wants a number", optarg);
		else if (option == '?')
			status = usage_error("calls does not know that option", NULL);
		else
			add_query(&path,
				option == 's'	? "status"
				: option == 'a' ? "date_start"
				: option == 'b' ? "date_end"
						: "conversation_uuid",
				optarg);
	}
	if (status == 0 && optind < argc)
		status = usage_error("calls does not know", argv[optind]);
	if (status == 0)
		status = list(ctl, path.data, limit);
	strbuf_release(&path);
	return status;
}

/* --- one --- */

static void print_call(struct json_object *call)
{
	json_object_object_foreach (call, name, value) {
		const char *text = json_object_is_type(value, json_type_object)
					   ? party(value)
					   : json_object_get_string(value);

		if (strcmp(name, "_links") == 0)
			continue;
		printf("%-18s ", name);
		table_print_text(text);
	}
}

int run_show(const struct ctl *ctl, int argc, char **argv)
{
	struct json_object *call = NULL;
	char *escaped, *path;
	int status;

	if (argc != 2)
		return usage_error("show wants the UUID of a call", NULL);
	escaped = remote_escape(argv[1]);
	path = xasprintf("/v1/calls/%s", escaped);
	status = remote_ask(ctl, "GET", path, NULL, &call);
	if (status == 0 && ctl->json)
		puts(json_print(call));
	else if (status == 0)
		print_call(call);
	json_object_put(call);
	free(escaped);
	free(path);
	return status;
}

/* --- a new one --- */

enum call_option { FROM, ANSWER, SCRIPT, SAY, EVENT, RINGING, LENGTH, TRUNK, STATE, APPLICATION };

static const struct option call_options[] = {
	[FROM] = {"from", required_argument, NULL, FROM},
	[ANSWER] = {"answer", required_argument, NULL, ANSWER},
	[SCRIPT] = {"script", required_argument, NULL, SCRIPT},
	[SAY] = {"say", required_argument, NULL, SAY},
	[EVENT] = {"event", required_argument, NULL, EVENT},
	[RINGING] = {"ringing", required_argument, NULL, RINGING},
	[LENGTH] = {"length", required_argument, NULL, LENGTH},
	[TRUNK] = {"trunk", required_argument, NULL, TRUNK},
	[STATE] = {"client-state", required_argument, NULL, STATE},
	[APPLICATION] = {"application", required_argument, NULL, APPLICATION},
	{NULL, 0, NULL, 0},
};

static const char *const call_members[] = {"from", "answer_url", "ncco", "ncco", "event_url",
	"ringing_timer", "length_timer", "trunk", "client_state", "application_id"};

/* [{"action":"talk","text":TEXT}] */
static struct json_object *say(const char *text)
{
	struct json_object *steps = json_object_new_array(), *step = json_object_new_object();

	json_add_text(step, "action", "talk");
	json_add_text(step, "text", text);
	json_object_array_add(steps, step);
	return steps;
}

static int add_option(struct json_object *body, enum call_option option, const char *value)
{
	struct json_object *script = NULL;
	unsigned long seconds;

	if (option == SCRIPT && remote_load(value, &script) != 0)
		return 1;
	if (option == SAY)
		script = say(value);
	if (script) {
		json_object_object_add(body, "ncco", script);
	} else if (option == RINGING || option == LENGTH) {
		if (!pages_limit(value, &seconds))
			return usage_error("call wants a number of seconds, not", value);
		json_add_int(body, call_members[option], (int64_t)seconds);
	} else {
		json_add_text(body, call_members[option], value);
	}
	return 0;
}

static int make(const struct ctl *ctl, struct json_object *body)
{
	struct json_object *made = NULL;
	int status = remote_ask(ctl, "POST", "/v1/calls", body, &made);

	if (status == 0)
		puts(ctl->json ? json_print(made) : json_text(made, "uuid", "?"));
	json_object_put(made);
	return status;
}

int run_call(const struct ctl *ctl, int argc, char **argv)
{
	struct json_object *body = json_object_new_object();
	int option, status = 0;

	optind = 0;
	while (status == 0 && (option = getopt_long(argc, argv, "", call_options, NULL)) != -1)
		status = option == '?' ? usage_error("call does not know that option", NULL)
				       : add_option(body, (enum call_option)option, optarg);
	if (status == 0 && optind + 1 != argc)
		status = usage_error("call wants one who is to be called", NULL);
	if (status == 0 && !json_member(body, "ncco") && !json_member(body, "answer_url"))
		status = usage_error("call wants --answer URL, --script FILE or --say TEXT", NULL);
	if (status == 0) {
		json_add_text(body, "to", argv[optind]);
		status = make(ctl, body);
	}
	json_object_put(body);
	return status;
}
