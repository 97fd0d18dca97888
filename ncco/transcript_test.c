/* Runs every test-fixtures/ncco/NAME.json as test-fixtures/ncco/NAME.trace tells.
 *
 * A trace is read line by line:
 *
 *	# text			a comment
 *	max_executed N		for the interpreter; at the top
 *	base URL		of the documents; at the top
 *	> run			the script NAME.json is run
 *	> run JSON		another script is run in its place
 *	> played		the sound has ended
 *	> failed REASON		the sound could not be played
 *	> digit D
 *	> timer
 *	> recorded N		recording N has ended
 *	> recorded N REASON	and could not be written
 *	> reply			the webhook's answer was empty
 *	> reply failed REASON	no answer came
 *	> reply JSON		a new script came, or data
 *	> sent			the digits are sent
 *	> sent failed REASON	they could not be sent
 *	> early_media		the callee's own ringback is there
 *	> connected		somebody has answered, or taken the caller from the queue
 *	> connected failed REASON
 *	> speech_began
 *	> speech TEXT		what was said, all of it; nothing: it was silent
 *	> partial TEXT		what was said so far
 *	> speech_failed REASON	it cannot be recognised
 *	> position N		in the queue
 *	> amd JSON		who is there, or failed REASON
 *	> referred N		the status that the other call came to, or failed REASON
 *	> joined		the conversation has begun
 *	> left			it is over for this leg; failed REASON
 *	> hangup		the leg is gone
 *
 * Every other line is one effect, as trace.c writes it, of the event above; there must be no
 * more and no fewer. NCCO_TRACE_UPDATE=1 writes the effects into the files instead: read the
 * difference before you commit it. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ncco/interp.h"
#include "ncco/trace.h"

#define FIXTURES TOP_SRCDIR "/test-fixtures/ncco"

struct transcript {
	const char *name;
	char *script;
	char *base;
	unsigned max_executed;
	struct interp *interp;
	struct strbuf effects; /* of the event that was told last */
	struct strbuf actual;  /* the whole file as it should read */
};

static char *read_file(const char *name, const char *suffix)
{
	char *path = xasprintf("%s/%s%s", FIXTURES, name, suffix);
	FILE *file = fopen(path, "r");
	struct strbuf text = STRBUF_INIT;
	char part[4096];
	size_t length;

	if (!file)
		fail_msg("%s cannot be read", path);
	while ((length = fread(part, 1, sizeof part, file)) > 0)
		strbuf_add(&text, part, length);
	fclose(file);
	free(path);
	return strbuf_detach(&text);
}

static struct ncco_document *parse(struct transcript *t, const char *text)
{
	struct ncco_document *document = NULL;
	struct ncco_faults faults;

	if (ncco_parse_text(text, strlen(text), t->base, NULL, &document, &faults) < 0)
		fail_msg("%s: %s: %s", t->name, faults.items[0].pointer, faults.items[0].message);
	return document;
}

static void parse_answer(struct transcript *t, const char *text, struct ncco_event *event)
{
	struct ncco_faults faults;

	if (ncco_parse_answer(
		    text, strlen(text), t->base, NULL, &event->document, &event->data, &faults) < 0)
		fail_msg("%s: %s: %s", t->name, faults.items[0].pointer, faults.items[0].message);
}

static struct ncco_event reply_event(struct transcript *t, const char *rest)
{
	struct ncco_event event = {.type = NCCO_REPLY};

	if (strncmp(rest, "failed", 6) == 0) {
		event.failed = true;
		event.reason = rest[6] ? rest + 7 : NULL;
	} else if (*rest) {
		parse_answer(t, rest, &event);
	}
	return event;
}

/* Events that have a name and may have failed for a reason; false: it is none. */
static bool named_event(const char *line, const char *rest, struct ncco_event *event)
{
	static const struct {
		const char *name;
		enum ncco_event_type type;
	} rows[] = {
		{"played", NCCO_PLAYED},
		{"timer", NCCO_TIMER},
		{"sent", NCCO_DIGITS_SENT},
		{"early_media", NCCO_EARLY_MEDIA},
		{"connected", NCCO_CONNECTED},
		{"joined", NCCO_JOINED},
		{"speech_began", NCCO_SPEECH_BEGAN},
		{"position", NCCO_QUEUE_POSITION},
		{"amd", NCCO_AMD},
		{"referred", NCCO_REFERRED},
		{"left", NCCO_LEFT},
	};
	size_t length = strcspn(line, " ");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strlen(rows[i].name) != length || strncmp(rows[i].name, line, length) != 0)
			continue;
		event->type = rows[i].type;
		event->failed = strncmp(rest, "failed", 6) == 0;
		event->reason = event->failed && rest[6] ? rest + 7 : NULL;
		event->number = (unsigned)strtoul(rest, NULL, 10);
		event->data = *rest == '{' ? json_tokener_parse(rest) : NULL;
		return true;
	}
	return false;
}

static struct ncco_event speech_event(const char *line, const char *rest)
{
	struct ncco_event event = {.type = NCCO_SPEECH, .final = line[0] != 'p', .text = rest};
	struct json_object *results, *result;

	if (strncmp(line, "speech_failed", 13) == 0)
		return (struct ncco_event){.type = NCCO_SPEECH,
			.final = true,
			.failed = true,
			.reason = *rest ? rest : NULL};
	event.data = json_object_new_object();
	results = json_object_new_array();
	json_object_object_add(event.data, "results", results);
	if (*rest) {
		result = json_object_new_object();
		json_add_text(result, "text", rest);
		json_object_array_add(results, result);
	}
	return event;
}

static struct interp *new_interp(struct transcript *t)
{
	struct interp *interp = interp_new(&trace_host, &t->effects, t->max_executed);
	struct json_object *from = json_object_new_string("15550100");

	interp_set_variable(interp, VARIABLE_FROM, from);
	json_object_put(from);
	return interp;
}

static void tell(struct transcript *t, const char *line)
{
	struct ncco_event event = {.type = NCCO_PLAYED};
	const char *rest = line + strcspn(line, " ");

	rest += *rest == ' ';
	if (!t->interp)
		t->interp = new_interp(t);
	if (strncmp(line, "run", 3) == 0) {
		interp_run(t->interp, parse(t, *rest ? rest : t->script));
		return;
	}
	if (strcmp(line, "hangup") == 0) {
		interp_hangup(t->interp);
		return;
	}
	if (strncmp(line, "failed", 6) == 0) {
		event.type = NCCO_PLAY_FAILED;
		event.reason = *rest ? rest : NULL;
	} else if (strncmp(line, "digit ", 6) == 0) {
		event.type = NCCO_DIGIT;
		event.digit = rest[0];
	} else if (strncmp(line, "recorded ", 9) == 0) {
		event.type = NCCO_RECORDED;
		event.number = (unsigned)atoi(rest);
		event.reason = strchr(rest, ' ') ? strchr(rest, ' ') + 1 : NULL;
		event.failed = event.reason != NULL;
		event.url = "http://a/v1/files/1";
	} else if (strncmp(line, "reply", 5) == 0) {
		event = reply_event(t, rest);
	} else if (strcmp(line, "speech_began") != 0 &&
		   (strncmp(line, "speech", 6) == 0 || strncmp(line, "partial", 7) == 0)) {
		event = speech_event(line, rest);
	} else if (!named_event(line, rest, &event)) {
		fail_msg("%s: no such event: %s", t->name, line);
	}
	interp_event(t->interp, &event);
	json_object_put(event.data);
}

/* A line of the file is kept, or is an effect, which the run writes anew. */
static void take_line(struct transcript *t, const char *line)
{
	bool kept = !*line || line[0] == '#' || line[0] == '>' ||
		    strncmp(line, "max_executed ", 13) == 0 || strncmp(line, "base ", 5) == 0;

	if (!kept)
		return;
	strbuf_addf(&t->actual, "%s\n", line);
	if (strncmp(line, "max_executed ", 13) == 0)
		t->max_executed = (unsigned)atoi(line + 13);
	else if (strncmp(line, "base ", 5) == 0)
		xstrset(&t->base, line + 5);
	if (line[0] != '>')
		return;
	strbuf_reset(&t->effects);
	tell(t, line + 2);
	strbuf_add(&t->actual, t->effects.data, t->effects.length);
}

static void update_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s.trace", FIXTURES, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	free(path);
}

static void run_transcript(const char *name)
{
	struct transcript t = {.name = name, .effects = STRBUF_INIT, .actual = STRBUF_INIT};
	char *expected = read_file(name, ".trace");
	char *copy = xstrdup(expected), *rest = copy, *line;

	t.script = read_file(name, ".json");
	while ((line = strsep(&rest, "\n")))
		if (line[0] || rest)
			take_line(&t, line);
	if (getenv("NCCO_TRACE_UPDATE"))
		update_file(name, t.actual.data);
	else if (strcmp(expected, t.actual.data) != 0)
		fail_msg("%s.trace: the run was:\n%s", name, t.actual.data);
	interp_free(t.interp);
	strbuf_release(&t.effects);
	strbuf_release(&t.actual);
	free(t.base);
	free(t.script);
	free(expected);
	free(copy);
}

static void test_transcripts__are_as_written(void **state)
{
	struct dirent **entries;
	int count = scandir(FIXTURES, &entries, NULL, alphasort), ran = 0;

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		char *suffix = strrchr(entries[i]->d_name, '.');

		if (suffix && strcmp(suffix, ".trace") == 0) {
			*suffix = 0;
			run_transcript(entries[i]->d_name);
			ran++;
		}
		free(entries[i]);
	}
	free(entries);
	assert_true(ran >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transcripts__are_as_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
