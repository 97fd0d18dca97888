/* Scripts as applications for the Voice API have them, of every action and of every SDK, and some
 * in the other spelling (test-fixtures/scripts/): each is a good one, and runs in the simulator,
 * whatever the caller does. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ncco/sim.h"

#define SCRIPTS TOP_SRCDIR "/test-fixtures/scripts"

static const char *const busy[] = {"busy", "timeout", "unanswered", "machine"};
static const char *const speeches[] = {"Berlin", "yes please"};

static const struct sim_options worlds[] = {
	{.limit = 60},
	{.limit = 20000, .keys = "1w2345#ww67890*12"},
	{.limit = 20000, .speeches = speeches, .speech_count = ARRAY_SIZE(speeches)},
	{.limit = 3600, .keys = "#9", .outcomes = busy, .outcome_count = ARRAY_SIZE(busy)},
	{.limit = 0.7},
};

static char *read_file(const char *name)
{
	char *path = xasprintf("%s/%s", SCRIPTS, name);
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

static struct ncco_document *parse(const char *name, const char *text)
{
	struct ncco_document *document = NULL;
	struct ncco_faults faults;

	if (ncco_parse_text(text, strlen(text), "https://app.example.com/answer", NULL, &document,
		    &faults) < 0)
		fail_msg("%s: %s: %s", name, faults.items[0].pointer, faults.items[0].message);
	return document;
}

/* What the run comes to is the last line; nothing in it is an error. */
static void check_run(const char *name, const char *run)
{
	static const char *const ends[] = {"end", "hangup", "limit", "transfer", "room", "queue",
		"connect", "silence", "record", "reject"};
	const char *last = strrchr(run, '\n'), *error = strstr(run, " error ");
	size_t i = 0;

	if (error && !strstr(error, "the simulation has no script"))
		fail_msg("%s: %s", name, run);
	assert_non_null(last);
	while (last > run && last[-1] != '\n')
		last--;
	while (i < ARRAY_SIZE(ends) && strncmp(last + 10, ends[i], strlen(ends[i])) != 0)
		i++;
	if (i == ARRAY_SIZE(ends))
		fail_msg("%s: ends with %s", name, last);
}

static void run_script(const char *name, const char *text, const struct sim_options *world)
{
	struct sim_options options = *world;
	char *run = NULL;
	size_t length;

	options.out = open_memstream(&run, &length);
	assert_non_null(options.out);
	sim_run(parse(name, text), &options);
	fclose(options.out);
	check_run(name, run);
	free(run);
}

static void test_scripts__run_in_the_simulator(void **state)
{
	struct dirent **entries;
	int count = scandir(SCRIPTS, &entries, NULL, alphasort), ran = 0;

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *suffix = strrchr(entries[i]->d_name, '.');

		if (suffix && strcmp(suffix, ".json") == 0) {
			char *text = read_file(entries[i]->d_name);

			for (size_t w = 0; w < ARRAY_SIZE(worlds); w++)
				run_script(entries[i]->d_name, text, &worlds[w]);
			free(text);
			ran++;
		}
		free(entries[i]);
	}
	free(entries);
	assert_true(ran >= 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts__run_in_the_simulator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
