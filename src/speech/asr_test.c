/* Speech recognition: adapters good and bad, sound that is fed while they run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "speech/asr.h"

struct bench {
	struct loop *loop;
	struct asr *asr;
	char dir[64];
	unsigned expected;
};

struct listener {
	struct bench *bench;
	struct asr_job *job;
	struct strbuf heard; /* "text/confidence" with ! when final */
	bool done, cancel_on_result;
	int error;
	char *message;
	uint64_t start, duration_us;
};

static void add_adapter(struct bench *b, const char *name, const char *script)
{
	char *path = xasprintf("%s/%s", b->dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f,
		"#!/bin/sh\nif [ \"$1\" = --capabilities ]; then echo option:model; exit 0; fi\n"
		"echo %s >>%s/runs\n%s\n",
		name, b->dir, script);
	fclose(f);
	chmod(path, 0755);
	free(path);
}

static unsigned count_runs(struct bench *b, const char *name)
{
	char *path = xasprintf("%s/runs", b->dir), line[256];
	FILE *f = fopen(path, "r");
	unsigned count = 0;

	while (f && fgets(line, sizeof(line), f))
		count += strncmp(line, name, strlen(name)) == 0;
	if (f)
		fclose(f);
	free(path);
	return count;
}

static void open_asr(struct bench *b, struct asr_config config)
{
	char *error = NULL;

	config.adapter_dir = b->dir;
	config.adapter = config.adapter ? config.adapter : "first";
	b->asr = asr_new(b->loop, &config, &error);
	if (!b->asr)
		fail_msg("%s", error);
}

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	snprintf(b->dir, sizeof(b->dir), "/tmp/asr_test.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	b->loop = loop_new();
	add_adapter(b, "first", "n=$(wc -c); echo \"{\\\"text\\\": \\\"$n bytes\\\"}\"");
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	char *command = xasprintf("rm -rf '%s'", b->dir);

	asr_free(b->asr);
	loop_free(b->loop);
	assert_int_equal(system(command), 0);
	free(command);
	free(b);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	return 0;
}

static void on_result(void *arg, const struct asr_result *result)
{
	struct listener *l = arg;

	assert_false(l->done);
	strbuf_addf(&l->heard, "%s%s/%.2f%s", l->heard.length ? " " : "", result->text,
		result->confidence, result->final ? "!" : "");
	if (!l->cancel_on_result)
		return;
	asr_cancel(l->job);
	if (--l->bench->expected == 0)
		loop_stop(l->bench->loop);
}

static void on_done(void *arg, int error, const char *message)
{
	struct listener *l = arg;

	assert_false(l->done);
	l->done = true;
	l->error = error;
	l->message = xstrdup(message);
	l->duration_us = clock_mono() - l->start;
	asr_cancel(l->job); /* does nothing here */
	if (--l->bench->expected == 0)
		loop_stop(l->bench->loop);
}

static const struct asr_handler handler = {.on_result = on_result, .on_done = on_done};

static void begin(struct bench *b, struct listener *l, struct asr_request request)
{
	*l = (struct listener){.bench = b,
		.heard = STRBUF_INIT,
		.start = clock_mono(),
		.cancel_on_result = l->cancel_on_result};
	b->expected++;
	request.rate = request.rate ? request.rate : 8000;
	l->job = asr_start(b->asr, &request, &handler, l);
	assert_non_null(l->job);
}

static void release(struct listener *l)
{
	strbuf_release(&l->heard);
	free(l->message);
}

/* One second of sound, then its end. */
static void say(struct bench *b, struct asr_request request, const char *heard, int error,
	const char *message)
{
	static const int16_t pcm[160];
	struct listener l = {0};

	begin(b, &l, request);
	for (int i = 0; i < 50; i++)
		asr_feed(l.job, pcm, ARRAY_SIZE(pcm));
	asr_finish(l.job);
	loop_run(b->loop);
	assert_true(l.done);
	if (l.error != error || !strstr(l.message, message) || strcmp(l.heard.data, heard) != 0)
		fail_msg("%s: %d %s", l.heard.data, l.error, l.message);
	assert_in_range(l.duration_us, 0, 5 * USEC_PER_SEC);
	release(&l);
}

static void test_asr__feeds_all_sound(void **state)
{
	struct bench *b = *state;

	open_asr(b, (struct asr_config){0});
	say(b, (struct asr_request){0}, "16000 bytes/1.00!", 0, "");
}

static void test_asr__tells_the_adapter_what_is_wanted(void **state)
{
	static const char *const hints[] = {"yes", "New\tYork", NULL};
	struct bench *b = *state;
	struct json_object *options = NULL, *own = NULL;

	json_parse("{\"tells\":{\"api_key\":\"k\",\"model\":\"m\"},\"first\":{\"x\":\"y\"}}", 55,
		&options, NULL, NULL);
	json_parse("{\"model\":\"large\",\"url\":\"http://evil\"}", 37, &own, NULL, NULL);
	assert_non_null(options);
	assert_non_null(own);
	add_adapter(b, "tells",
		"cat >/dev/null; h=$(printf %s \"$NCCO_HINTS\" | tr '\\n' ';')\n"
		"echo \"{\\\"text\\\": \\\"$NCCO_RATE $NCCO_LANGUAGE $h $NCCO_PARTIAL$NCCO_WORDS "
		"$NCCO_OPT_API_KEY $NCCO_OPT_MODEL $NCCO_OPT_URL$NCCO_OPT_X\\\"}\"");
	open_asr(b, (struct asr_config){.options = options});
	say(b,
		(struct asr_request){.adapter = "Tells",
			.language = "en-GB",
			.hints = hints,
			.rate = 16000,
			.partial = true,
			.options = own},
		"16000 en-GB yes;New York 10 k large/1.00!", 0, "");
	json_object_put(options);
	json_object_put(own);
}

static void test_asr__tells_results_as_they_come(void **state)
{
	struct bench *b = *state;

	add_adapter(b, "partial",
		"echo '{\"text\":\" a \",\"confidence\":0.5,\"final\":false}'; cat >/dev/null\n"
		"echo '{\"text\":\"a b\",\"confidence\":0.9}'\n"
		"printf %s '{\"text\":\"a d\",\"confidence\":\"0.25\"}'");
	open_asr(b, (struct asr_config){0});
	say(b, (struct asr_request){.adapter = "partial", .partial = true},
		"a/0.50 a b/0.90! a d/0.25!", 0, "");
	say(b, (struct asr_request){.adapter = "partial"}, "a b/0.90! a d/0.25!", 0, "");
}

static void test_asr__survives_bad_adapters(void **state)
{
	static const struct {
		const char *name, *script;
		int error;
		const char *message;
	} rows[] = {
		{"fails", "cat >/dev/null; echo 'no key' >&2; exit 3", -EIO,
			"fails: exit status 3: no key"},
		{"foreign", "echo 'not German' >&2; exit 2", -ENOTSUP, "exit status 2: not German"},
		{"deaf", "exec <&-; sleep 60", -ETIMEDOUT, "deaf: nothing for 300 ms"},
		{"dumb", "cat >/dev/null; sleep 60", -ETIMEDOUT, "dumb: nothing for 300 ms"},
		{"silent", "cat >/dev/null", -EBADMSG, "silent: no result came"},
		{"babbles", "echo hello", -EBADMSG, "babbles: a result is no JSON object"},
		{"nameless", "echo '{}'", -EBADMSG, "nameless: a result has no text"},
		{"unsure", "echo '{\"text\":\"a\",\"confidence\":7}'", -EBADMSG,
			"unsure: a result's confidence is not from 0 to 1"},
		{"endless", "exec cat /dev/zero", -EBADMSG, "endless: a line is too long"},
		{"floods", "exec yes ''", -EFBIG, "floods: more than 4194304 bytes"},
		{"missing", NULL, -ENOENT, "missing: no such adapter"},
		{"../first", NULL, -EINVAL, "bad adapter name"},
	};
	struct bench *b = *state;

	open_asr(b, (struct asr_config){.timeout_ms = 300});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].script)
			add_adapter(b, rows[i].name, rows[i].script);
		say(b, (struct asr_request){.adapter = rows[i].name}, "", rows[i].error,
			rows[i].message);
	}
	say(b, (struct asr_request){.language = "en\n"}, "", -EINVAL, "bad language");
}

static void test_asr__waits_while_somebody_speaks(void **state)
{
	struct bench *b = *state;
	struct listener l = {0};
	struct timer timer;

	open_asr(b, (struct asr_config){.timeout_ms = 100});
	begin(b, &l, (struct asr_request){0});
	timer_init(&timer, b->loop, (void (*)(void *))asr_finish, l.job);
	timer_start(&timer, 400 * USEC_PER_MSEC);
	loop_run(b->loop);
	assert_string_equal(l.heard.data, "0 bytes/1.00!");
	assert_int_equal(l.error, 0);
	assert_in_range(l.duration_us, 400 * USEC_PER_MSEC, 5 * USEC_PER_SEC);
	release(&l);
}

static void test_asr__falls_back_with_the_sound_from_its_beginning(void **state)
{
	static const char *const fallback[] = {"gone", "last", NULL};
	struct bench *b = *state;

	add_adapter(b, "broken",
		"head -c 1000 >/dev/null; echo '{\"text\":\"x\",\"final\":false}'; exit 1");
	add_adapter(b, "last", "n=$(wc -c); echo \"{\\\"text\\\": \\\"$n\\\"}\"");
	open_asr(b, (struct asr_config){.adapter = "broken",
			    .fallback = fallback,
			    .breaker_failures = 2,
			    .breaker_seconds = 60});
	say(b, (struct asr_request){.partial = true}, "x/1.00 16000/1.00!", 0, "");
	say(b, (struct asr_request){0}, "16000/1.00!", 0, "");
	say(b, (struct asr_request){.partial = true}, "16000/1.00!", 0, ""); /* it rests */
	assert_int_equal(count_runs(b, "broken"), 2);
	assert_int_equal(count_runs(b, "last"), 3);
}

static void test_asr__cancel_beats_the_handler(void **state)
{
	struct bench *b = *state;
	struct listener running = {.cancel_on_result = true}, waiting = {0};

	add_adapter(b, "talks", "echo '{\"text\":\"a\",\"final\":false}'; sleep 60");
	open_asr(b, (struct asr_config){.concurrency = 1});
	begin(b, &running, (struct asr_request){.adapter = "talks", .partial = true});
	begin(b, &waiting, (struct asr_request){0});
	asr_cancel(waiting.job);
	b->expected--;
	loop_run(b->loop);
	assert_string_equal(running.heard.data, "a/1.00");
	assert_false(running.done);
	assert_false(waiting.done);
	/* The thread is free again. */
	say(b, (struct asr_request){0}, "16000 bytes/1.00!", 0, "");
	release(&running);
	release(&waiting);
}

static void test_asr__refuses_too_many(void **state)
{
	struct bench *b = *state;
	struct listener l[7] = {0};
	unsigned refused = 0;

	open_asr(b, (struct asr_config){.concurrency = 1});
	for (size_t i = 0; i < ARRAY_SIZE(l); i++)
		begin(b, &l[i], (struct asr_request){0});
	for (size_t i = 0; i < ARRAY_SIZE(l); i++)
		asr_finish(l[i].job);
	loop_run(b->loop);
	for (size_t i = 0; i < ARRAY_SIZE(l); i++) {
		refused += l[i].error == -EBUSY;
		release(&l[i]);
	}
	/* One may have begun to run while the others were asked for. */
	assert_in_range(refused, 2, 3);
}

static unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void test_asr__leaves_nothing(void **state)
{
	struct bench *b = *state;
	struct listener l = {0};
	unsigned before = count_entries("/proc/self/fd");

	add_adapter(b, "sleeps", "sleep 60");
	open_asr(b, (struct asr_config){0});
	for (int i = 0; i < 3; i++)
		say(b, (struct asr_request){0}, "16000 bytes/1.00!", 0, "");
	assert_int_equal(count_entries("/proc/self/fd"), before);
	begin(b, &l, (struct asr_request){.adapter = "sleeps"});
	/* Freed while it runs: it is killed, and its handler is not called. */
	b->asr = asr_free(b->asr);
	assert_false(l.done);
	assert_int_equal(count_entries("/proc/self/fd"), before);
	release(&l);
}

static void test_asr__names_what_is_missing(void **state)
{
	struct bench *b = *state;
	char *error = NULL;

	assert_null(asr_new(
		b->loop, &(struct asr_config){.adapter_dir = b->dir, .adapter = "none"}, &error));
	assert_string_equal(strstr(error, "no speech adapter none"), error);
	free(error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_asr__feeds_all_sound),
		TEST(test_asr__tells_the_adapter_what_is_wanted),
		TEST(test_asr__tells_results_as_they_come),
		TEST(test_asr__survives_bad_adapters),
		TEST(test_asr__waits_while_somebody_speaks),
		TEST(test_asr__falls_back_with_the_sound_from_its_beginning),
		TEST(test_asr__cancel_beats_the_handler),
		TEST(test_asr__refuses_too_many),
		TEST(test_asr__leaves_nothing),
		TEST(test_asr__names_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
