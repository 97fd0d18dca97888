/* Adapters good and bad, and what they must not leave behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "speech/speech_bench.h"

static void fail_with(struct speech_bench *b, const char *adapter, int error, const char *message)
{
	struct speech_request request = {.text = "text", .adapter = adapter};
	struct speech_listener l = {0};

	speech_begin(b, &l, request);
	loop_run(b->loop);
	if (l.error != error || !strstr(l.message, message))
		fail_msg("%s: %d %s", adapter, l.error, l.message);
	assert_in_range(l.duration_us, 0, 5 * USEC_PER_SEC);
	speech_release(&l);
	assert_int_equal(speech_cached_files(b), 0);
}

static void test_speech__survives_bad_adapters(void **state)
{
	struct speech_bench *b = *state;

	speech_add_adapter(b, "fails", "", "cat >/dev/null; echo 'no key' >&2; exit 3");
	speech_add_adapter(b, "silent", "", "sleep 60");
	speech_add_adapter(b, "stalls", "", "echo abc; sleep 60");
	speech_add_adapter(b, "empty", "", "exit 0");
	speech_add_adapter(b, "endless", "", "cat /dev/zero");
	speech_add_adapter(b, "crashes", "", "echo abc; kill -SEGV $$");
	speech_add_adapter(b, "late", "", "echo abc; exit 7");
	speech_add_adapter(b, "lingers", "", "echo abc; exec >&-; sleep 60");
	speech_add_adapter(b, "noisy", "", "head -c 1000000 /dev/zero | tr '\\0' e >&2; exit 1");
	speech_open(b, 300, 1 << 20);
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
	struct speech_bench *b = *state;
	char *text = xcalloc(1, 65537);

	speech_add_adapter(b, "deaf", "", "exec <&-; echo abc");
	speech_add_adapter(b, "dull", "", "echo abc");
	memset(text, 'a', 65536);
	speech_open(b, 5000, 0);
	speech_say(b, (struct speech_request){.text = text, .adapter = "deaf"}, "abc\n", 0);
	speech_say(b, (struct speech_request){.text = text, .adapter = "dull"}, "abc\n", 0);
	free(text);
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
	struct speech_bench *b = *state;
	char *script = xasprintf("sleep 60 & echo $! >%s/pid; echo abc", b->dir);
	char *path = speech_path(b, "pid");
	FILE *f;
	int pid = 0;

	/* The grandchild holds stdout, so only the time limit ends this. */
	speech_add_adapter(b, "parent", "", script);
	speech_open(b, 300, 0);
	speech_say(
		b, (struct speech_request){.text = "hi", .adapter = "parent"}, "abc\n", -ETIMEDOUT);
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
	struct speech_bench *b = *state;
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

	speech_add_adapter(b, "lists", "", "exec ls /proc/self/fd");
	/* Without the C library's own two signals, 32 and 33. */
	speech_add_adapter(b, "group", "",
		"sed -n 's/^Sig\\(Blk\\|Ign\\):.*\\(.......\\)$/\\2/p' /proc/self/status");
	signal(SIGPIPE, SIG_IGN);
	speech_add_adapter(b, "memory", "", "ulimit -v; ulimit -c");
	speech_open(b, 5000, 0);
	/* 3 is ls's own. */
	speech_say(b, (struct speech_request){.text = "x", .adapter = "lists"}, "0\n1\n2\n3\n", 0);
	speech_say(b, (struct speech_request){.text = "x", .adapter = "group"},
		"0000000\n0000000\n", 0);
	speech_say(b, (struct speech_request){.text = "x", .adapter = "memory"}, "1048576\n0\n", 0);
	signal(SIGPIPE, SIG_DFL);
	close(fd);
}

static void test_speech__leaves_no_descriptor(void **state)
{
	struct speech_bench *b = *state;
	unsigned before = 0;

	speech_add_adapter(b, "fails", "", "exit 1");
	speech_add_adapter(b, "silent", "", "sleep 60");
	speech_open(b, 50, 0);
	for (int i = 0; i < 3; i++) {
		speech_say(b, (struct speech_request){.text = "x", .rate = (unsigned)i}, NULL, 0);
		speech_say(b, (struct speech_request){.text = "x", .adapter = "fails"}, "", -EIO);
		speech_say(b, (struct speech_request){.text = "x", .adapter = "silent"}, "",
			-ETIMEDOUT);
		if (i == 0)
			before = speech_count_entries("/proc/self/fd");
	}
	assert_int_equal(speech_count_entries("/proc/self/fd"), before);
}

static void test_engines__speak(void **state)
{
	static const char *const names[] = {"espeak-ng", "flite"};
	struct speech_bench *b = *state;
	const struct speech_config config = {.adapter_dir = TOP_SRCDIR "/tts-adapters"};
	char *error = NULL;

	b->speech = speech_new(b->loop, &config, &error);
	assert_non_null(b->speech);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *check = xasprintf(TOP_SRCDIR "/tts-adapters/%s --check 2>&1", names[i]);
		struct speech_listener l = {0};

		if (system(check) == 0) {
			speech_begin(b, &l,
				(struct speech_request){.text = "<speak>one <break/> two</speak>",
					.adapter = names[i]});
			loop_run(b->loop);
			assert_string_equal(l.message, "");
			assert_true(l.received > 10000);
			assert_memory_equal(l.wav.data, "RIFF", 4);
			speech_release(&l);
		}
		free(check);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, speech_setup, speech_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_speech__survives_bad_adapters),
		TEST(test_speech__feeds_an_adapter_that_does_not_read),
		TEST(test_speech__leaves_no_process),
		TEST(test_adapter__inherits_nothing),
		TEST(test_speech__leaves_no_descriptor),
		TEST(test_engines__speak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
