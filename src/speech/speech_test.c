/* Unit tests of src/speech/, with adapters written by the tests into a temporary directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "speech/adapter.h"
#include "speech/speech.h"

struct bench {
	struct loop *loop;
	struct speech *speech;
	char dir[64];
	struct timer timer;
	unsigned expected;
};

/* One request: data on a speech thread, the rest on the core thread after done. */
struct listener {
	struct bench *bench;
	struct strbuf wav;
	atomic_size_t received;
	int refuse; /* what data() returns */
	bool done;
	int error;
	char *message;
	uint64_t duration_us, start;
	struct speech_job *job;
};

static int on_data(void *arg, const void *data, size_t length)
{
	struct listener *l = arg;

	assert_false(l->done);
	if (l->wav.length < 1 << 20)
		strbuf_add(&l->wav, data, length);
	l->received += length;
	return l->refuse;
}

static void on_done(void *arg, int error, const char *message)
{
	struct listener *l = arg;

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

static char *path_of(struct bench *b, const char *name)
{
	return xasprintf("%s/%s", b->dir, name);
}

/* The script answers --capabilities with `capabilities` and counts its runs in "runs". */
static void add_adapter(
	struct bench *b, const char *name, const char *capabilities, const char *script)
{
	char *file = xasprintf("adapters/%s", name), *path = path_of(b, file);
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

static unsigned count_runs(struct bench *b, const char *text)
{
	char *path = path_of(b, "runs"), line[256];
	FILE *f = fopen(path, "r");
	unsigned count = 0;

	free(path);
	while (f && fgets(line, sizeof(line), f))
		count += strstr(line, text) != NULL;
	if (f)
		fclose(f);
	return count;
}

static unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static unsigned cached_files(struct bench *b)
{
	char *path = path_of(b, "deep/cache");
	unsigned count = count_entries(path);

	free(path);
	return count;
}

static void open_speech(struct bench *b, unsigned timeout_ms, size_t max_output)
{
	static const char *const fallback[] = {"second", "third", NULL};
	char *adapters = path_of(b, "adapters"), *cache = path_of(b, "deep/cache"), *error = NULL;
	const struct speech_config config = {
		.adapter_dir = adapters,
		.cache_dir = cache,
		.adapter = "first",
		.fallback = fallback,
		.concurrency = 2,
		.timeout_ms = timeout_ms,
		.max_output_bytes = max_output,
	};

	b->speech = speech_new(b->loop, &config, &error);
	if (!b->speech)
		fail_msg("%s", error);
	free(adapters);
	free(cache);
}

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	char *adapters;

	snprintf(b->dir, sizeof(b->dir), "/tmp/speech_test.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	adapters = path_of(b, "adapters");
	mkdir(adapters, 0755);
	free(adapters);
	b->loop = loop_new();
	add_adapter(
		b, "first", "", "echo \"$NCCO_LANGUAGE|$NCCO_VOICE|$NCCO_STYLE|$NCCO_RATE\"; cat");
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	char *command = xasprintf("rm -rf '%s'", b->dir);

	speech_free(b->speech);
	loop_free(b->loop);
	assert_int_equal(system(command), 0);
	free(command);
	free(b);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	return 0;
}

static void begin(struct bench *b, struct listener *l, struct speech_request request)
{
	*l = (struct listener){
		.bench = b, .wav = STRBUF_INIT, .start = clock_mono(), .refuse = l->refuse};
	b->expected++;
	l->job = speech_start(b->speech, &request, &sink, l);
	assert_non_null(l->job);
	assert_false(l->done);
}

static void release(struct listener *l)
{
	assert_true(l->done);
	strbuf_release(&l->wav);
	free(l->message);
}

/* Speaks and compares: wav NULL means that it must fail with `error`. */
static void say(struct bench *b, struct speech_request request, const char *wav, int error)
{
	struct listener l = {0};

	begin(b, &l, request);
	loop_run(b->loop);
	if (l.error != error)
		fail_msg("%d %s", l.error, l.message);
	if (wav)
		assert_string_equal(l.wav.data, wav);
	release(&l);
}

static void fail_with(struct bench *b, const char *adapter, int error, const char *message)
{
	struct speech_request request = {.text = "text", .adapter = adapter};
	struct listener l = {0};

	begin(b, &l, request);
	loop_run(b->loop);
	if (l.error != error || !strstr(l.message, message))
		fail_msg("%s: %d %s", adapter, l.error, l.message);
	assert_in_range(l.duration_us, 0, 5 * USEC_PER_SEC);
	release(&l);
	assert_int_equal(cached_files(b), 0);
}

static void test_speech__gives_the_adapter_what_it_needs(void **state)
{
	struct bench *b = *state;
	char *long_text = xmalloc(65537), *wanted;

	open_speech(b, 0, 0);
	say(b,
		(struct speech_request){
			.text = "hi", .language = "de-DE", .voice = "x", .style = 3, .rate = 8000},
		"de-DE|x|3|8000\nhi", 0);
	say(b, (struct speech_request){.text = "hi & <b>"}, "en-US||0|0\nhi & <b>", 0);
	memset(long_text, 'a', 65536);
	long_text[65536] = '\0';
	wanted = xasprintf("en-US||0|0\n%s", long_text);
	say(b, (struct speech_request){.text = long_text}, wanted, 0);
	free(long_text);
	free(wanted);
}

static void test_speech__is_cached(void **state)
{
	struct bench *b = *state;

	open_speech(b, 0, 0);
	say(b, (struct speech_request){.text = "hi"}, "en-US||0|0\nhi", 0);
	say(b, (struct speech_request){.text = "hi"}, "en-US||0|0\nhi", 0);
	assert_int_equal(count_runs(b, "first"), 1);
	say(b, (struct speech_request){.text = "hi", .style = 1}, "en-US||1|0\nhi", 0);
	say(b, (struct speech_request){.text = "hi", .voice = "v"}, "en-US|v|0|0\nhi", 0);
	say(b, (struct speech_request){.text = "hi", .rate = 8000}, "en-US||0|8000\nhi", 0);
	say(b, (struct speech_request){.text = "hi", .language = "fr"}, "fr||0|0\nhi", 0);
	assert_int_equal(count_runs(b, "first"), 5);
	assert_int_equal(cached_files(b), 5);
	speech_free(b->speech);
	open_speech(b, 0, 0);
	say(b, (struct speech_request){.text = "hi"}, "en-US||0|0\nhi", 0);
	assert_int_equal(count_runs(b, "first"), 5);
}

static void test_speech__checks_requests(void **state)
{
	struct bench *b = *state;
	char *text = xcalloc(1, 65538), *voice = xcalloc(1, 66);

	open_speech(b, 0, 0);
	memset(text, 'a', 65537);
	memset(voice, 'a', 65);
	say(b, (struct speech_request){.text = text}, "", -EINVAL);
	say(b, (struct speech_request){.text = " \n"}, "", -EINVAL);
	say(b, (struct speech_request){.text = "x", .voice = voice}, "", -EINVAL);
	say(b, (struct speech_request){.text = "x", .language = "a\nb"}, "", -EINVAL);
	say(b, (struct speech_request){.text = "x", .adapter = "../first"}, "", -EINVAL);
	say(b, (struct speech_request){.text = "x", .adapter = ".."}, "", -EINVAL);
	say(b, (struct speech_request){.text = "x", .adapter = ""}, "", -EINVAL);
	say(b, (struct speech_request){.text = "x", .adapter = "none"}, "", -ENOENT);
	assert_int_equal(count_runs(b, "first"), 0);
	free(text);
	free(voice);
}

static void test_speech__survives_bad_adapters(void **state)
{
	struct bench *b = *state;

	add_adapter(b, "fails", "", "cat >/dev/null; echo 'no key' >&2; exit 3");
	add_adapter(b, "silent", "", "sleep 60");
	add_adapter(b, "stalls", "", "echo abc; sleep 60");
	add_adapter(b, "empty", "", "exit 0");
	add_adapter(b, "endless", "", "cat /dev/zero");
	add_adapter(b, "crashes", "", "echo abc; kill -SEGV $$");
	add_adapter(b, "late", "", "echo abc; exit 7");
	add_adapter(b, "lingers", "", "echo abc; exec >&-; sleep 60");
	add_adapter(b, "noisy", "", "head -c 1000000 /dev/zero | tr '\\0' e >&2; exit 1");
	open_speech(b, 300, 1 << 20);
	fail_with(b, "fails", -EIO, "fails: exit status 3: no key");
	fail_with(b, "silent", -ETIMEDOUT, "silent: nothing for 300 ms");
	fail_with(b, "stalls", -ETIMEDOUT, "stalls: stalled after 4 bytes");
	fail_with(b, "empty", -EIO, "empty: no speech");
	fail_with(b, "endless", -EFBIG, "endless: more than 1048576 bytes");
	fail_with(b, "crashes", -EIO, "crashes: killed by signal 11");
	fail_with(b, "late", -EIO, "late: exit status 7");
	fail_with(b, "lingers", -ETIMEDOUT, "lingers: stalled");
	fail_with(b, "noisy", -EIO, "noisy: exit status 1: eeee");
}

static void test_speech__feeds_an_adapter_that_does_not_read(void **state)
{
	struct bench *b = *state;
	char *text = xcalloc(1, 65537);

	add_adapter(b, "deaf", "", "exec <&-; echo abc");
	add_adapter(b, "dull", "", "echo abc");
	memset(text, 'a', 65536);
	open_speech(b, 5000, 0);
	say(b, (struct speech_request){.text = text, .adapter = "deaf"}, "abc\n", 0);
	say(b, (struct speech_request){.text = text, .adapter = "dull"}, "abc\n", 0);
	free(text);
}

static void test_fallback__speaks_when_the_first_fails(void **state)
{
	struct bench *b = *state;

	add_adapter(b, "first", "", "exit 1");
	add_adapter(b, "third", "", "echo third");
	open_speech(b, 5000, 0);
	say(b, (struct speech_request){.text = "hi"}, "third\n", 0);
	say(b, (struct speech_request){.text = "hi"}, "third\n", 0);
	assert_int_equal(count_runs(b, "third"), 1);
	say(b, (struct speech_request){.text = "hi", .adapter = "first"}, "", -EIO);
	add_adapter(b, "first", "", "echo half; exit 1");
	say(b, (struct speech_request){.text = "ho"}, "half\n", -EIO);
}

static void test_ssml__is_stripped_unless_wanted(void **state)
{
	struct bench *b = *state;
	const char *ssml = "<speak>a <b>&amp;</b> c</speak>";

	add_adapter(b, "knows", "ssml", "cat");
	add_adapter(b, "plain", "", "cat");
	open_speech(b, 5000, 0);
	say(b, (struct speech_request){.text = ssml, .adapter = "knows"}, ssml, 0);
	say(b, (struct speech_request){.text = ssml, .adapter = "plain"}, "a & c", 0);
	say(b, (struct speech_request){.text = ssml, .adapter = "plain", .style = 1}, "a & c", 0);
	assert_int_equal(count_runs(b, "plain --capabilities"), 1);
	say(b, (struct speech_request){.text = "<speaker>", .adapter = "plain"}, "<speaker>", 0);
}

static void on_timer(void *arg)
{
	struct listener *l = arg;

	if (l->received || !l->refuse) {
		speech_cancel(l->job);
		speech_cancel(l->job);
		assert_false(l->done);
	}
}

static void test_speech_cancel__ends_running_and_waiting(void **state)
{
	struct bench *b = *state;
	struct listener l[5] = {0};

	add_adapter(b, "first", "", "sleep 60");
	open_speech(b, 30000, 0);
	for (int i = 0; i < 5; i++)
		begin(b, &l[i], (struct speech_request){.text = "hi"});
	speech_cancel(l[4].job);
	assert_false(l[4].done);
	timer_init(&b->timer, b->loop, on_timer, &l[0]);
	timer_start(&b->timer, 200000);
	b->expected -= 3;
	loop_run(b->loop);
	assert_true(l[0].done && l[4].done);
	assert_int_equal(l[0].error, -ECANCELED);
	assert_in_range(l[0].duration_us, 0, 3 * USEC_PER_SEC);
	b->expected = 4;
	b->speech = speech_free(b->speech);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(l[i].error, -ECANCELED);
		release(&l[i]);
	}
}

static void test_speech__stops_when_the_sink_refuses(void **state)
{
	struct bench *b = *state;
	struct listener l = {.refuse = -EPIPE};

	add_adapter(b, "first", "", "cat /dev/zero");
	open_speech(b, 5000, 0);
	begin(b, &l, (struct speech_request){.text = "hi"});
	loop_run(b->loop);
	assert_int_equal(l.error, -EPIPE);
	release(&l);
	assert_int_equal(cached_files(b), 0);
}

static void test_cache__does_not_wait_behind_adapters(void **state)
{
	struct bench *b = *state;
	struct listener slow[4] = {0}, fast = {0};

	add_adapter(b, "slow", "", "sleep 60");
	open_speech(b, 30000, 0);
	say(b, (struct speech_request){.text = "hi"}, "en-US||0|0\nhi", 0);
	for (int i = 0; i < 4; i++)
		begin(b, &slow[i], (struct speech_request){.text = "hi", .adapter = "slow"});
	b->expected = 0;
	begin(b, &fast, (struct speech_request){.text = "hi"});
	loop_run(b->loop);
	assert_int_equal(fast.error, 0);
	assert_in_range(fast.duration_us, 0, 3 * USEC_PER_SEC);
	release(&fast);
	b->expected = 4;
	b->speech = speech_free(b->speech);
	for (int i = 0; i < 4; i++)
		release(&slow[i]);
}

/* Runs no more: gone, or a zombie that its new parent has yet to collect. */
static bool is_dead(int pid)
{
	char path[64], text[256] = "";
	const char *state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return true;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	state = strrchr(text, ')');
	return !state || state[2] == 'Z' || state[2] == 'X';
}

static void test_speech__leaves_no_process(void **state)
{
	struct bench *b = *state;
	char *script = xasprintf("sleep 60 & echo $! >%s/pid; echo abc", b->dir);
	char *path = path_of(b, "pid");
	FILE *f;
	int pid = 0;

	/* The grandchild holds stdout, so only the time limit ends this. */
	add_adapter(b, "parent", "", script);
	open_speech(b, 300, 0);
	say(b, (struct speech_request){.text = "hi", .adapter = "parent"}, "abc\n", -ETIMEDOUT);
	f = fopen(path, "r");
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	for (int i = 0; i < 200 && !is_dead(pid); i++)
		usleep(10000);
	assert_true(is_dead(pid));
	free(path);
	free(script);
}

static void test_adapter__inherits_nothing(void **state)
{
	struct bench *b = *state;
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

	add_adapter(b, "lists", "", "exec ls /proc/self/fd");
	/* Without the C library's own two signals, 32 and 33. */
	add_adapter(b, "group", "",
		"sed -n 's/^Sig\\(Blk\\|Ign\\):.*\\(.......\\)$/\\2/p' /proc/self/status");
	signal(SIGPIPE, SIG_IGN);
	add_adapter(b, "memory", "", "ulimit -v; ulimit -c");
	open_speech(b, 5000, 0);
	/* 3 is ls's own. */
	say(b, (struct speech_request){.text = "x", .adapter = "lists"}, "0\n1\n2\n3\n", 0);
	say(b, (struct speech_request){.text = "x", .adapter = "group"}, "0000000\n0000000\n", 0);
	say(b, (struct speech_request){.text = "x", .adapter = "memory"}, "1048576\n0\n", 0);
	signal(SIGPIPE, SIG_DFL);
	close(fd);
}

static void test_speech__leaves_no_descriptor(void **state)
{
	struct bench *b = *state;
	unsigned before = 0;

	add_adapter(b, "fails", "", "exit 1");
	add_adapter(b, "silent", "", "sleep 60");
	open_speech(b, 50, 0);
	for (int i = 0; i < 3; i++) {
		say(b, (struct speech_request){.text = "x", .rate = (unsigned)i}, NULL, 0);
		say(b, (struct speech_request){.text = "x", .adapter = "fails"}, "", -EIO);
		say(b, (struct speech_request){.text = "x", .adapter = "silent"}, "", -ETIMEDOUT);
		if (i == 0)
			before = count_entries("/proc/self/fd");
	}
	assert_int_equal(count_entries("/proc/self/fd"), before);
}

static void test_speech_new__checks_its_directory(void **state)
{
	struct bench *b = *state;
	struct speech_config config = {.adapter_dir = "/nonexistent"};
	char *adapters = path_of(b, "adapters"), *error = NULL;

	assert_null(speech_new(b->loop, &config, &error));
	assert_non_null(strstr(error, "/nonexistent"));
	free(error);
	config.adapter_dir = adapters;
	assert_null(speech_new(b->loop, &config, &error));
	assert_non_null(strstr(error, "no speech adapter espeak-ng"));
	free(error);
	config.adapter = "../first";
	assert_null(speech_new(b->loop, &config, &error));
	assert_non_null(strstr(error, "bad name"));
	free(error);
	free(adapters);
}

static void test_engines__speak(void **state)
{
	static const char *const names[] = {"espeak-ng", "flite"};
	struct bench *b = *state;
	const struct speech_config config = {.adapter_dir = TOP_SRCDIR "/tts-adapters"};
	char *error = NULL;

	b->speech = speech_new(b->loop, &config, &error);
	assert_non_null(b->speech);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *check = xasprintf(TOP_SRCDIR "/tts-adapters/%s --check 2>&1", names[i]);
		struct listener l = {0};

		if (system(check) == 0) {
			begin(b, &l,
				(struct speech_request){.text = "<speak>one <break/> two</speak>",
					.adapter = names[i]});
			loop_run(b->loop);
			assert_string_equal(l.message, "");
			assert_true(l.received > 10000);
			assert_memory_equal(l.wav.data, "RIFF", 4);
			release(&l);
		}
		free(check);
	}
}

static void check_strip(const char *ssml, const char *wanted)
{
	char *text = speech_strip_ssml(ssml);

	assert_string_equal(text, wanted);
	free(text);
}

static void test_strip_ssml__keeps_the_words(void **state)
{
	(void)state;
	check_strip("", "");
	check_strip("plain", "plain");
	check_strip("<speak>a<break time='1s'/>b</speak>", "a, b");
	check_strip("<p>a</p><s>b</s><prosody rate=\"x>y\">c</prosody>", " a  b c");
	check_strip("&lt;&amp;&gt;&quot;&apos;&#65;&#x42;&#xe4;&#8364;&#x1F600;",
		"<&>\"'AB\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	check_strip("&nosuch; & &; &#0; &#xd800; &#99999999; &#-1; &#x; &amp",
		"&nosuch; & &; &#0; &#xd800; &#99999999; &#-1; &#x; &amp");
	check_strip("<!-- <a> -->x<?xml y?><![CDATA[<&]]>z", "x<&z");
	check_strip("a<break", "a");
	check_strip("<!-- open", "");
	check_strip("<![CDATA[open", "open");
	check_strip("a<b c=\"", "a");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strip_ssml__keeps_the_words),
		TEST(test_speech__gives_the_adapter_what_it_needs),
		TEST(test_speech__is_cached),
		TEST(test_speech__checks_requests),
		TEST(test_speech__survives_bad_adapters),
		TEST(test_speech__feeds_an_adapter_that_does_not_read),
		TEST(test_fallback__speaks_when_the_first_fails),
		TEST(test_ssml__is_stripped_unless_wanted),
		TEST(test_speech_cancel__ends_running_and_waiting),
		TEST(test_speech__stops_when_the_sink_refuses),
		TEST(test_cache__does_not_wait_behind_adapters),
		TEST(test_speech__leaves_no_process),
		TEST(test_adapter__inherits_nothing),
		TEST(test_speech__leaves_no_descriptor),
		TEST(test_speech_new__checks_its_directory),
		TEST(test_engines__speak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
