/* ncco(7) and the JSON Schema say what the parameter tables say: no key more, none less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ncco/schema.h"
#include "ncco/verb.h"

static char *read_file(const char *path)
{
	struct strbuf text = STRBUF_INIT;
	FILE *file = fopen(path, "r");
	int c;

	if (!file)
		fail_msg("%s cannot be read", path);
	while ((c = getc(file)) != EOF)
		strbuf_addc(&text, (char)c);
	fclose(file);
	return strbuf_detach(&text);
}

static void test_schema__file_is_up_to_date(void **state)
{
	char *file = read_file(TOP_SRCDIR "/ncco/ncco.schema.json");
	struct json_object *schema = schema_new();
	char *fresh = xasprintf(
		"%s\n", json_object_to_json_string_ext(
				schema, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));

	(void)state;
	if (strcmp(file, fresh) != 0)
		fail_msg("run: nccoctl schema >ncco/ncco.schema.json");
	json_object_put(schema);
	free(fresh);
	free(file);
}

/* ".It Cm a , b" as the table has the names. */
static char *item_line(const struct param *p)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "\n.It Cm %s", p->name);
	for (size_t i = 0; i < ARRAY_SIZE(p->aliases) && p->aliases[i]; i++)
		strbuf_addf(&line, " , %s", p->aliases[i]);
	strbuf_addc(&line, '\n');
	return strbuf_detach(&line);
}

/* The part of the page from ".Ss NAMES" to the next section. */
static char *verb_section(const char *page, const struct verb *verb)
{
	static const char *const next[] = {"\n.Ss ", "\n.Sh "};
	struct strbuf title = STRBUF_INIT;
	const char *start, *end;

	strbuf_addf(&title, "\n.Ss %s", verb->name);
	for (size_t i = 0; i < ARRAY_SIZE(verb->aliases) && verb->aliases[i]; i++)
		strbuf_addf(&title, ", %s", verb->aliases[i]);
	strbuf_addc(&title, '\n');
	start = strstr(page, title.data);
	if (!start)
		fail_msg("ncco(7) has no section%s", title.data);
	start += title.length - 1;
	end = start + strlen(start) - 1;
	for (size_t i = 0; i < ARRAY_SIZE(next); i++) {
		const char *at = strstr(start, next[i]);

		end = at && at < end ? at : end;
	}
	strbuf_release(&title);
	return xstrndup(start, (size_t)(end - start) + 1);
}

static void check_section(const char *section, const struct verb *verb)
{
	size_t described = 0, known = 0;

	for (const struct param *p = verb->params; p->name; p++, known++) {
		char *line = item_line(p);

		if (!strstr(section, line))
			fail_msg("ncco(7), %s: lacks%s", verb->name, line);
		free(line);
	}
	for (const char *at = section; (at = strstr(at, "\n.It Cm ")); at++)
		described++;
	if (described != known)
		fail_msg("ncco(7), %s: describes an option that is not there", verb->name);
}

static void test_manual__has_every_option(void **state)
{
	char *page = read_file(TOP_SRCDIR "/man/ncco.7");

	(void)state;
	for (const struct verb *const *verb = verb_table; *verb; verb++) {
		char *section = verb_section(page, *verb);

		check_section(section, *verb);
		free(section);
	}
	for (const struct param *p = step_params; p->name; p++) {
		char *line = item_line(p);

		assert_non_null(strstr(page, line));
		free(line);
	}
	free(page);
}

static void check_example(const char *text, size_t length)
{
	struct ncco_document *document;
	struct ncco_faults faults;

	if (ncco_parse_text(text, length, NULL, NULL, &document, &faults) < 0)
		fail_msg("%.*s: %s: %s", (int)length, text, faults.items[0].pointer,
			faults.items[0].message);
	assert_true(ncco_document_length(document) > 0);
	ncco_document_free(document);
}

static void test_manual__examples_are_good_scripts(void **state)
{
	static const char begin[] = "\n.Bd -literal -offset indent\n";
	char *page = read_file(TOP_SRCDIR "/man/ncco.7");
	unsigned examples = 0;

	(void)state;
	for (char *at = page; (at = strstr(at, begin));) {
		char *end;

		at += sizeof begin - 1;
		end = strstr(at, "\n.Ed");
		assert_non_null(end);
		if (*at == '[') {
			check_example(at, (size_t)(end - at));
			examples++;
		}
	}
	assert_true(examples >= 7);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema__file_is_up_to_date),
		cmocka_unit_test(test_manual__has_every_option),
		cmocka_unit_test(test_manual__examples_are_good_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
