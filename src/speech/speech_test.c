/* Unit tests of speech.h: requests, the cache, fallbacks, cancelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "speech/speech_bench.h"

static void test_speech__gives_the_adapter_what_it_needs(void **state)
{
	struct speech_bench *b = *state;
	char *long_text = xmalloc(65537), *wanted;

	speech_open(b, 0, 0);
	speech_say(b,
		(struct speech_request){
			.text = "hi", .language = "de-DE", .voice = "x", .style = 3, .rate = 8000},
		"de-DE|x|3|8000\nhi", 0);
	speech_say(b, (struct speech_request){.text = "hi & <b>"}, "en-US||0|0\nhi & <b>", 0);
	memset(long_text, 'a', 65536);
	long_text[65536] = '\0';
	wanted = xasprintf("en-US||0|0\n%s", long_text);
	speech_say(b, (struct speech_request){.text = long_text}, wanted, 0);
	free(long_text);
	free(wanted);
}

static void test_speech__is_cached(void **state)
{
	struct speech_bench *b = *state;

	speech_open(b, 0, 0);
	speech_say(b, (struct speech_request){.text = "hi"}, "en-US||0|0\nhi", 0);
	speech_say(b, (struct speech_request){.text = "hi"}, "en-US||0|0\nhi", 0);
	assert_int_equal(speech_count_runs(b, "first"), 1);
	speech_say(b, (struct speech_request){.text = "hi", .style = 1}, "en-US||1|0\nhi", 0);
	speech_say(b, (struct speech_request){.text = "hi", .voice = "v"}, "en-US|v|0|0\nhi", 0);
	speech_say(b, (struct speech_request){.text = "hi", .rate = 8000}, "en-US||0|8000\nhi", 0);
	speech_say(b, (struct speech_request){.text = "hi", .language = "fr"}, "fr||0|0\nhi", 0);
	assert_int_equal(speech_count_runs(b, "first"), 5);
	assert_int_equal(speech_cached_files(b), 5);
	speech_free(b->speech);
	speech_open(b, 0, 0);
	speech_say(b, (struct speech_request){.text = "hi"}, "en-US||0|0\nhi", 0);
	assert_int_equal(speech_count_runs(b, "first"), 5);
}

/* What `first` is given of the options, when they are `options`. */
static void check_options(struct speech_bench *b, const char *options, const char *wanted)
{
	struct json_object *object = options ? json_tokener_parse(options) : NULL;

	speech_set_options(b->speech, object);
	json_object_put(object);
	speech_say(b, (struct speech_request){.text = "hi"}, wanted, 0);
}

static void test_options__reach_their_adapter_alone(void **state)
{
	struct speech_bench *b = *state;

	setenv("NCCO_OPT_STRAY", "x", 1);
	speech_add_adapter(b, "first", "", "env | grep ^NCCO_OPT | sort");
	b->options = "{\"first\":{\"api-key\":\"a b\\nNCCO_OPT_C=\",\"URL\":\"http://h\"},"
		     "\"second\":{\"x\":\"y\"}}";
	speech_open(b, 0, 0);
	speech_say(b, (struct speech_request){.text = "hi"},
		"NCCO_OPT_API_KEY=a b\nNCCO_OPT_C=\nNCCO_OPT_URL=http://h\n", 0);
	check_options(b, "{\"first\":{\"a\":\"1\"}}", "NCCO_OPT_A=1\n");
	check_options(b, "{\"first\":{\"a\":\"2\"}}", "NCCO_OPT_A=2\n");
	assert_int_equal(speech_count_runs(b, "first"), 3);
	check_options(b, "{\"first\":{\"a\":\"1\"},\"second\":{}}", "NCCO_OPT_A=1\n");
	assert_int_equal(speech_count_runs(b, "first"), 3);
	unsetenv("NCCO_OPT_STRAY");
}

static void say_with(struct speech_bench *b, const char *options, const char *wanted, int error)
{
	struct speech_request request = {.text = "hi", .options = json_tokener_parse(options)};

	speech_say(b, request, wanted, error);
	json_object_put(request.options);
}

static void test_options__of_scripts_need_leave(void **state)
{
	struct speech_bench *b = *state;

	speech_add_adapter(b, "first", "option:voice_name option:speed",
		"env | grep -E '^NCCO_(OPT|PREM)' | sort");
	b->options = "{\"first\":{\"speed\":\"1\",\"url\":\"http://ours\"}}";
	speech_open(b, 0, 0);
	say_with(b,
		"{\"url\":\"http://theirs\",\"Voice-Name\":\"v\",\"speed\":1.5,\"\":\"x\",\"a "
		"b\":1}",
		"NCCO_OPT_SPEED=1.5\nNCCO_OPT_URL=http://ours\nNCCO_OPT_VOICE_NAME=v\n"
		"NCCO_PREMIUM=0\n",
		0);
	say_with(b, "{\"speed\":{\"x\":[1]}}",
		"NCCO_OPT_SPEED={\"x\":[1]}\nNCCO_OPT_URL=http://ours\nNCCO_PREMIUM=0\n", 0);
	say_with(b, "[1]", "", -EINVAL);
	speech_say(b, (struct speech_request){.text = "hi", .premium = true},
		"NCCO_OPT_SPEED=1\nNCCO_OPT_URL=http://ours\nNCCO_PREMIUM=1\n", 0);
	speech_say(b, (struct speech_request){.text = "hi"},
		"NCCO_OPT_SPEED=1\nNCCO_OPT_URL=http://ours\nNCCO_PREMIUM=0\n", 0);
	assert_int_equal(speech_cached_files(b), 4);
}

static void test_options__are_bounded(void **state)
{
	struct speech_bench *b = *state;
	struct json_object *many = json_object_new_object(), *lengthy = json_object_new_object();
	char *text = xcalloc(1, 4098), name[16];

	memset(text, 'a', 4097);
	json_add_text(lengthy, "a", text);
	for (int i = 0; i < 33; i++) {
		snprintf(name, sizeof(name), "o%d", i);
		json_add_text(many, name, "x");
	}
	speech_open(b, 0, 0);
	say_with(b, json_print(many), "", -EINVAL);
	say_with(b, json_print(lengthy), "", -EINVAL);
	json_object_put(many);
	json_object_put(lengthy);
	free(text);
}

static void test_speech__checks_requests(void **state)
{
	struct speech_bench *b = *state;
	char *text = xcalloc(1, 65538), *voice = xcalloc(1, 66);

	speech_open(b, 0, 0);
	memset(text, 'a', 65537);
	memset(voice, 'a', 65);
	speech_say(b, (struct speech_request){.text = text}, "", -EINVAL);
	speech_say(b, (struct speech_request){.text = " \n"}, "", -EINVAL);
	speech_say(b, (struct speech_request){.text = "x", .voice = voice}, "", -EINVAL);
	speech_say(b, (struct speech_request){.text = "x", .language = "a\nb"}, "", -EINVAL);
	speech_say(b, (struct speech_request){.text = "x", .adapter = "../first"}, "", -EINVAL);
	speech_say(b, (struct speech_request){.text = "x", .adapter = ".."}, "", -EINVAL);
	speech_say(b, (struct speech_request){.text = "x", .adapter = ""}, "", -EINVAL);
	speech_say(b, (struct speech_request){.text = "x", .adapter = "none"}, "", -ENOENT);
	assert_int_equal(speech_count_runs(b, "first"), 0);
	free(text);
	free(voice);
}

static void test_fallback__speaks_when_the_first_fails(void **state)
{
	struct speech_bench *b = *state;

	speech_add_adapter(b, "first", "", "exit 1");
	speech_add_adapter(b, "third", "", "echo third");
	speech_open(b, 5000, 0);
	speech_say(b, (struct speech_request){.text = "hi"}, "third\n", 0);
	speech_say(b, (struct speech_request){.text = "hi"}, "third\n", 0);
	assert_int_equal(speech_count_runs(b, "third"), 1);
	speech_say(b, (struct speech_request){.text = "hi", .adapter = "first"}, "", -EIO);
	speech_add_adapter(b, "first", "", "echo half; exit 1");
	speech_say(b, (struct speech_request){.text = "ho"}, "half\n", -EIO);
}

static void test_fallback__is_not_told_what_is_meant_for_the_default(void **state)
{
	struct speech_bench *b = *state;

	speech_add_adapter(b, "first", "", "exit 1");
	speech_add_adapter(b, "third", "option:o",
		"echo \"$NCCO_LANGUAGE|$NCCO_VOICE|$NCCO_OPT_O|$NCCO_STYLE\"");
	speech_open(b, 0, 0);
	speech_say(b,
		(struct speech_request){.text = "hi", .voice = "v", .language = "fr", .style = 2},
		"fr|||2\n", 0);
	say_with(b, "{\"o\":\"x\"}", "en-US|||0\n", 0);
}

static void test_fallback__speaks_when_the_default_is_missing(void **state)
{
	struct speech_bench *b = *state;
	char *first = speech_path(b, "adapters/first");

	speech_add_adapter(b, "third", "", "echo third");
	assert_int_equal(unlink(first), 0);
	speech_open(b, 0, 0);
	speech_say(b, (struct speech_request){.text = "hi"}, "third\n", 0);
	speech_add_adapter(b, "first", "", "echo first");
	speech_say(b, (struct speech_request){.text = "hi"}, "first\n", 0);
	free(first);
}

static void test_breaker__leaves_out_what_keeps_failing(void **state)
{
	struct speech_bench *b = *state;

	speech_add_adapter(b, "first", "", "exit 1");
	speech_add_adapter(b, "third", "", "cat");
	b->breaker_failures = 2;
	speech_open(b, 0, 0);
	speech_say(b, (struct speech_request){.text = "a"}, "a", 0);
	speech_say(b, (struct speech_request){.text = "b"}, "b", 0);
	speech_say(b, (struct speech_request){.text = "c"}, "c", 0);
	assert_int_equal(speech_count_runs(b, "first"), 2);
	speech_say(b, (struct speech_request){.text = "c", .adapter = "first"}, "", -EBUSY);
	assert_int_equal(speech_count_runs(b, "first"), 2);
}

static void test_breaker__does_not_count_requests_at_fault(void **state)
{
	struct speech_bench *b = *state;

	speech_add_adapter(b, "first", "", "[ \"$NCCO_LANGUAGE\" = fr ] && exit 2; cat");
	b->breaker_failures = 2;
	speech_open(b, 0, 0);
	for (int i = 0; i < 3; i++)
		speech_say(b,
			(struct speech_request){.text = "a", .language = "fr", .adapter = "first"},
			"", -ENOTSUP);
	speech_say(b, (struct speech_request){.text = "b", .adapter = "first"}, "b", 0);
}

static void test_speech__finds_an_adapter_written_with_capitals(void **state)
{
	struct speech_bench *b = *state;

	speech_add_adapter(b, "Third", "", "echo Third");
	speech_open(b, 0, 0);
	speech_say(
		b, (struct speech_request){.text = "hi", .adapter = "First"}, "en-US||0|0\nhi", 0);
	speech_say(b, (struct speech_request){.text = "hi", .adapter = "Third"}, "Third\n", 0);
}

static void test_ssml__is_stripped_unless_wanted(void **state)
{
	struct speech_bench *b = *state;
	const char *ssml = "<speak>a <b>&amp;</b> c</speak>";

	speech_add_adapter(b, "knows", "ssml", "cat");
	speech_add_adapter(b, "plain", "", "cat");
	speech_open(b, 5000, 0);
	speech_say(b, (struct speech_request){.text = ssml, .adapter = "knows"}, ssml, 0);
	speech_say(b, (struct speech_request){.text = ssml, .adapter = "plain"}, "a & c", 0);
	speech_say(b, (struct speech_request){.text = ssml, .adapter = "plain", .style = 1},
		"a & c", 0);
	assert_int_equal(speech_count_runs(b, "plain --capabilities"), 1);
	speech_say(b, (struct speech_request){.text = "<speaker>", .adapter = "plain"}, "<speaker>",
		0);
}

static void on_timer(void *arg)
{
	struct speech_listener *l = arg;

	if (l->received || !l->refuse) {
		speech_cancel(l->job);
		speech_cancel(l->job);
		assert_false(l->done);
	}
}

static void test_speech_cancel__ends_running_and_waiting(void **state)
{
	struct speech_bench *b = *state;
	struct speech_listener l[5] = {0};

	speech_add_adapter(b, "first", "", "sleep 60");
	speech_open(b, 30000, 0);
	for (int i = 0; i < 5; i++)
		speech_begin(b, &l[i], (struct speech_request){.text = "hi"});
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
		speech_release(&l[i]);
	}
}

static void test_speech__stops_when_the_sink_refuses(void **state)
{
	struct speech_bench *b = *state;
	struct speech_listener l = {.refuse = -EPIPE};

	speech_add_adapter(b, "first", "", "cat /dev/zero");
	speech_open(b, 5000, 0);
	speech_begin(b, &l, (struct speech_request){.text = "hi"});
	loop_run(b->loop);
	assert_int_equal(l.error, -EPIPE);
	speech_release(&l);
	assert_int_equal(speech_cached_files(b), 0);
}

static void test_cache__does_not_wait_behind_adapters(void **state)
{
	struct speech_bench *b = *state;
	struct speech_listener slow[4] = {0}, fast = {0};

	speech_add_adapter(b, "slow", "", "sleep 60");
	speech_open(b, 30000, 0);
	speech_say(b, (struct speech_request){.text = "hi"}, "en-US||0|0\nhi", 0);
	for (int i = 0; i < 4; i++)
		speech_begin(b, &slow[i], (struct speech_request){.text = "hi", .adapter = "slow"});
	b->expected = 0;
	speech_begin(b, &fast, (struct speech_request){.text = "hi"});
	loop_run(b->loop);
	assert_int_equal(fast.error, 0);
	assert_in_range(fast.duration_us, 0, 3 * USEC_PER_SEC);
	speech_release(&fast);
	b->expected = 4;
	b->speech = speech_free(b->speech);
	for (int i = 0; i < 4; i++)
		speech_release(&slow[i]);
}

static void test_speech_new__checks_its_directory(void **state)
{
	struct speech_bench *b = *state;
	struct speech_config config = {.adapter_dir = "/nonexistent"};
	char *adapters = speech_path(b, "adapters"), *error = NULL;

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, speech_setup, speech_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_speech__gives_the_adapter_what_it_needs),
		TEST(test_speech__is_cached),
		TEST(test_options__reach_their_adapter_alone),
		TEST(test_options__of_scripts_need_leave),
		TEST(test_options__are_bounded),
		TEST(test_speech__checks_requests),
		TEST(test_fallback__speaks_when_the_first_fails),
		TEST(test_fallback__is_not_told_what_is_meant_for_the_default),
		TEST(test_fallback__speaks_when_the_default_is_missing),
		TEST(test_breaker__leaves_out_what_keeps_failing),
		TEST(test_breaker__does_not_count_requests_at_fault),
		TEST(test_speech__finds_an_adapter_written_with_capitals),
		TEST(test_ssml__is_stripped_unless_wanted),
		TEST(test_speech_cancel__ends_running_and_waiting),
		TEST(test_speech__stops_when_the_sink_refuses),
		TEST(test_cache__does_not_wait_behind_adapters),
		TEST(test_speech_new__checks_its_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
