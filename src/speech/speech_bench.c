#include "speech/speech_bench.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

static int on_data(void *arg, const void *data, size_t length)
{
	struct speech_listener *l = arg;

	assert_false(l->done);
	if (l->wav.length < 1 << 20)
		strbuf_add(&l->wav, data, length);
	l->received += length;
	return l->refuse;
}

static void on_done(void *arg, int error, const char *message)
{
	struct speech_listener *l = arg;

	assert_false(l->done);
	l->done = true;
	l->error = error;
	l->message = xstrdup(message);
	l->duration_us = clock_mono() - l->start;
	speech_cancel(l->job); /* does nothing here */
	if (--l->bench->expected == 0)
		loop_stop(l->bench->loop);
}

static const struct speech_sink sink = {.data = on_data, .done = on_done};

char *speech_path(struct speech_bench *b, const char *name)
{
	return xasprintf("%s/%s", b->dir, name);
}

void speech_add_adapter(
	struct speech_bench *b, const char *name, const char *capabilities, const char *script)
{
	char *file = xasprintf("adapters/%s", name), *path = speech_path(b, file);
	FILE *f = fopen(path, "w");

	fprintf(f,
		"#!/bin/sh\necho \"$0 $1\" >>%s/runs\n"
		"if [ \"$1\" = --capabilities ]; then echo %s; exit 0; fi\n%s\n",
		b->dir, capabilities, script);
	fclose(f);
	chmod(path, 0755);
	free(path);
	free(file);
}

unsigned speech_count_runs(struct speech_bench *b, const char *text)
{
	char *path = speech_path(b, "runs"), line[256];
	FILE *f = fopen(path, "r");
	unsigned count = 0;

	free(path);
	while (f && fgets(line, sizeof(line), f))
		count += strstr(line, text) != NULL;
	if (f)
		fclose(f);
	return count;
}

unsigned speech_count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

unsigned speech_cached_files(struct speech_bench *b)
{
	char *path = speech_path(b, "deep/cache");
	unsigned count = speech_count_entries(path);

	free(path);
	return count;
}

void speech_open(struct speech_bench *b, unsigned timeout_ms, size_t max_output)
{
	static const char *const fallback[] = {"second", "third", NULL};
	char *adapters = speech_path(b, "adapters"), *cache = speech_path(b, "deep/cache"),
	     *error = NULL;
	struct json_object *options = b->options ? json_tokener_parse(b->options) : NULL;
	const struct speech_config config = {
		.adapter_dir = adapters,
		.cache_dir = cache,
		.adapter = "first",
		.fallback = fallback,
		.options = options,
		.breaker_failures = b->breaker_failures,
		.breaker_seconds = 600,
		.concurrency = 2,
		.timeout_ms = timeout_ms,
		.max_output_bytes = max_output,
	};

	b->speech = speech_new(b->loop, &config, &error);
	if (!b->speech)
		fail_msg("%s", error);
	json_object_put(options);
	free(adapters);
	free(cache);
}

int speech_setup(void **state)
{
	struct speech_bench *b = xcalloc(1, sizeof(*b));
	char *adapters;

	snprintf(b->dir, sizeof(b->dir), "/tmp/speech_test.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	adapters = speech_path(b, "adapters");
	mkdir(adapters, 0755);
	free(adapters);
	b->loop = loop_new();
	log_set_level(LOG_LEVEL_ERROR);
	speech_add_adapter(
		b, "first", "", "echo \"$NCCO_LANGUAGE|$NCCO_VOICE|$NCCO_STYLE|$NCCO_RATE\"; cat");
	*state = b;
	return 0;
}

int speech_teardown(void **state)
{
	struct speech_bench *b = *state;
	char *command = xasprintf("rm -rf '%s'", b->dir);

	speech_free(b->speech);
	loop_free(b->loop);
	assert_int_equal(system(command), 0);
	free(command);
	free(b);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	return 0;
}

void speech_begin(struct speech_bench *b, struct speech_listener *l, struct speech_request request)
{
	*l = (struct speech_listener){
		.bench = b, .wav = STRBUF_INIT, .start = clock_mono(), .refuse = l->refuse};
	b->expected++;
	l->job = speech_start(b->speech, &request, &sink, l);
	assert_non_null(l->job);
	assert_false(l->done);
}

void speech_release(struct speech_listener *l)
{
	assert_true(l->done);
	strbuf_release(&l->wav);
	free(l->message);
}

void speech_say(struct speech_bench *b, struct speech_request request, const char *wav, int error)
{
	struct speech_listener l = {0};

	speech_begin(b, &l, request);
	loop_run(b->loop);
	if (l.error != error)
		fail_msg("%d %s", l.error, l.message);
	if (wav)
		assert_string_equal(l.wav.data, wav);
	speech_release(&l);
}
