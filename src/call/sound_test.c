/* From what a script names to a prompt: files, URLs, text; sharing, failures, eviction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/sound.h"

#define WAV_SAMPLES 1600 /* 200 ms at 8 kHz */

struct world {
	struct loop *loop;
	struct evhttp *http;
	unsigned requests;
	char base[64], root[64];
	struct http_client *client;
	struct http_cache *cache;
	struct worker_pool *workers;
	struct speech *speech;
	struct sound_store *store;
	struct timer poll, guard;
	struct prompt *wanted; /* the loop stops when it is complete */
	struct prompt *got;    /* by on_sound */
	char error[128];
};

/* A WAV of 16-bit silence, 8 kHz, mono: 44 bytes of header and the samples. */
static size_t make_wav(unsigned char out[44 + 2 * WAV_SAMPLES])
{
	static const unsigned char head[44] = {'R', 'I', 'F', 'F', 0xa4, 0x0c, 0, 0, 'W', 'A', 'V',
		'E', 'f', 'm', 't', ' ', 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0,
		0, 2, 0, 16, 0, 'd', 'a', 't', 'a', 0x80, 0x0c, 0, 0};

	memcpy(out, head, sizeof(head));
	memset(out + 44, 0, 2 * WAV_SAMPLES);
	return 44 + 2 * WAV_SAMPLES;
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct world *w = arg;
	struct evbuffer *out = evbuffer_new();
	unsigned char wav[44 + 2 * WAV_SAMPLES] = {0};
	const char *path = evhttp_request_get_uri(request);

	w->requests++;
	evhttp_add_header(
		evhttp_request_get_output_headers(request), "Cache-Control", "max-age=60");
	if (strcmp(path, "/a.wav") == 0) {
		evbuffer_add(out, wav, make_wav(wav));
	} else if (strcmp(path, "/large.wav") == 0) {
		make_wav(wav);
		memcpy(wav + 40, (unsigned char[]){0x00, 0x71, 0x02, 0x00}, 4); /* 160,000 bytes */
		evbuffer_add(out, wav, sizeof(wav));
		for (int i = 0; i < 49; i++)
			evbuffer_add(out, wav + 44, 2 * WAV_SAMPLES);
	} else if (strcmp(path, "/page") == 0)
		evbuffer_add_printf(out, "<html>hello</html>");
	evhttp_send_reply(request, strcmp(path, "/none") == 0 ? 404 : 200, "x", out);
	evbuffer_free(out);
}

static void write_file(
	const char *directory, const char *name, const void *data, size_t length, mode_t mode)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	fclose(file);
	chmod(path, mode);
}

static void on_guard(void *arg)
{
	(void)arg;
	fail_msg("nothing happened in time");
}

static void on_poll(void *arg)
{
	struct world *w = arg;
	size_t length;

	if (w->wanted && prompt_state(w->wanted, &length) != PROMPT_GROWING)
		loop_stop(w->loop);
	timer_start(&w->poll, 2 * USEC_PER_MSEC);
}

static void start_server(struct world *w)
{
	struct evhttp_bound_socket *bound;
	struct sockaddr_in sin;
	socklen_t length = sizeof(sin);

	w->http = evhttp_new(loop_base(w->loop));
	bound = evhttp_bind_socket_with_handle(w->http, "127.0.0.1", 0);
	getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sin, &length);
	snprintf(w->base, sizeof(w->base), "http://127.0.0.1:%u", ntohs(sin.sin_port));
	evhttp_set_gencb(w->http, on_request, w);
}

static int set_up(void **state)
{
	static const char adapter[] = "#!/bin/sh\ncase $1 in --*) exit 0;; esac\n"
				      "read -r text; [ \"$text\" = bad ] && exit 3\n"
				      "cat \"$(dirname \"$0\")/a.wav\"\n";
	struct world *w = xcalloc(1, sizeof(*w));
	struct http_client_config client = {.allow_private = true, .user_agent = "test"};
	unsigned char wav[44 + 2 * WAV_SAMPLES] = {0};
	struct speech_config speech = {.adapter_dir = w->root, .adapter = "fake"};
	struct sound_config sounds;
	char *error = NULL;

	log_set_level(LOG_LEVEL_ERROR);
	strcpy(w->root, "/tmp/sound_test.XXXXXX");
	assert_non_null(mkdtemp(w->root));
	write_file(w->root, "a.wav", wav, make_wav(wav), 0600);
	write_file(w->root, "text.wav", "not a sound", 11, 0600);
	write_file(w->root, "fake", adapter, sizeof(adapter) - 1, 0700);
	w->loop = loop_new();
	start_server(w);
	w->client = http_client_new(w->loop, &client);
	w->cache = http_cache_new(w->client, 1 << 20, 1 << 20);
	w->workers = worker_pool_new(w->loop, "test", 1);
	w->speech = speech_new(w->loop, &speech, &error);
	assert_non_null(w->speech);
	sounds = (struct sound_config){.cache = w->cache,
		.speech = w->speech,
		.workers = w->workers,
		.media_root = w->root,
		.max_bytes = 90000,
		.max_file_bytes = 1 << 20};
	w->store = sound_store_new(&sounds);
	timer_init(&w->poll, w->loop, on_poll, w);
	timer_init(&w->guard, w->loop, on_guard, w);
	timer_start(&w->poll, USEC_PER_MSEC);
	timer_start(&w->guard, 10 * USEC_PER_SEC);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"a.wav", "text.wav", "fake", "b.wav", "up"};
	struct world *w = *state;
	char path[256];

	timer_stop(&w->poll);
	timer_stop(&w->guard);
	prompt_unref(w->got);
	speech_free(w->speech);
	worker_pool_free(w->workers);
	sound_store_free(w->store);
	http_cache_free(w->cache);
	http_client_free(w->client);
	evhttp_free(w->http);
	loop_free(w->loop);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->root, files[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(w->root), 0);
	free(w);
	return 0;
}

static void on_sound(void *arg, struct prompt *prompt, const char *error)
{
	struct world *w = arg;

	w->got = prompt ? prompt_ref(prompt) : NULL;
	snprintf(w->error, sizeof(w->error), "%s", error ? error : "");
	loop_stop(w->loop);
}

/* Gets a sound and waits until it is whole; the prompt is the world's. */
static struct prompt *get(struct world *w, const char *url, const char *text, double level)
{
	struct sound_spec spec = {
		.url = url, .text = text, .level = level, .codec = codec_table[0]};
	struct sound_result result;

	prompt_unref(w->got);
	w->got = NULL;
	w->error[0] = '\0';
	switch (sound_get(w->store, &spec, &result, on_sound, w)) {
	case SOUND_READY:
		w->got = result.prompt;
		break;
	case SOUND_PENDING:
		loop_run(w->loop);
		break;
	case SOUND_FAILED:
		snprintf(w->error, sizeof(w->error), "%s", result.error);
		break;
	}
	w->wanted = w->got;
	if (w->got)
		loop_run(w->loop);
	w->wanted = NULL;
	return w->got;
}

static void on_later(void *arg)
{
	loop_stop(arg);
}

/* The worker's report follows the prompt's last bytes; gives it the time of a few turns. */
static void let_worker_report(struct world *w)
{
	struct timer later;

	timer_init(&later, w->loop, on_later, w->loop);
	timer_start(&later, 50 * USEC_PER_MSEC);
	loop_run(w->loop);
}

static void check_good(struct prompt *prompt)
{
	size_t length;

	assert_non_null(prompt);
	assert_int_equal(prompt_state(prompt, &length), PROMPT_COMPLETE);
	assert_in_range(length, WAV_SAMPLES - 80, WAV_SAMPLES + 80);
}

static void test_sound__a_file_is_decoded_once_until_it_changes(void **state)
{
	struct world *w = *state;
	unsigned char wav[44 + 2 * WAV_SAMPLES] = {0};
	struct prompt *first = prompt_ref(get(w, "a.wav", NULL, 0));

	check_good(first);
	assert_ptr_equal(get(w, "a.wav", NULL, 0), first);
	assert_ptr_not_equal(get(w, "a.wav", NULL, 0.5), first);
	make_wav(wav);
	unlink(strcat(strcpy((char[128]){0}, w->root), "/a.wav"));
	write_file(w->root, "a.wav", wav, sizeof(wav) - 200, 0600);
	assert_ptr_not_equal(get(w, "a.wav", NULL, 0), first);
	prompt_unref(first);
}

static void stop_loop(void *arg)
{
	loop_stop(arg);
}

static void check_failed(struct world *w, const char *url, const char *text, const char *why)
{
	struct prompt *prompt = get(w, url, text, 0);
	size_t length;

	assert_non_null(prompt);
	assert_int_equal(prompt_state(prompt, &length), PROMPT_FAILED);
	while (!sound_failure(w->store, prompt)) {
		loop_post(w->loop, stop_loop, w->loop);
		loop_run(w->loop);
	}
	if (why)
		assert_string_equal(sound_failure(w->store, prompt), why);
}

static void test_sound__files_stay_below_the_root(void **state)
{
	struct world *w = *state;
	char link[128];

	snprintf(link, sizeof(link), "%s/up", w->root);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	check_failed(w, "up", NULL, "no such file below the media root");
	check_failed(w, "../../etc/passwd", NULL, "no such file below the media root");
	check_failed(w, "missing.wav", NULL, "no such file below the media root");
	check_failed(w, ".", NULL, "not a regular file");
}

static void test_sound__what_is_no_sound_fails_with_a_reason(void **state)
{
	struct world *w = *state;

	check_failed(w, "text.wav", NULL, NULL);
	assert_string_not_equal(sound_failure(w->store, w->got), "the sound broke off");
}

static void test_sound__a_url_is_fetched_and_decoded_once(void **state)
{
	struct world *w = *state;
	char *url = xasprintf("%s/a.wav", w->base);
	struct prompt *first = prompt_ref(get(w, url, NULL, 0));

	check_good(first);
	assert_ptr_equal(get(w, url, NULL, 0), first);
	assert_int_equal(w->requests, 1);
	prompt_unref(first);
	free(url);
}

static void test_sound__a_url_that_gives_nothing_says_why(void **state)
{
	struct world *w = *state;
	char *none = xasprintf("%s/none", w->base), *page = xasprintf("%s/page", w->base);

	assert_null(get(w, none, NULL, 0));
	assert_non_null(strstr(w->error, "404"));
	check_failed(w, page, NULL, NULL);
	free(none);
	free(page);
}

static void test_sound__text_is_spoken_and_kept(void **state)
{
	struct world *w = *state;
	struct prompt *first = prompt_ref(get(w, NULL, "hello", 0));

	check_good(first);
	assert_ptr_equal(get(w, NULL, "hello", 0), first);
	prompt_unref(first);
	check_failed(w, NULL, "bad", NULL);
	assert_non_null(strstr(sound_failure(w->store, w->got), "fake"));
}

static void test_sound__prepared_sounds_are_there_when_wanted(void **state)
{
	struct world *w = *state;
	char *url = xasprintf("%s/a.wav", w->base);
	struct sound_spec spec = {.url = url, .codec = codec_table[0]};

	sound_prepare(w->store, &spec);
	check_good(get(w, url, NULL, 0));
	assert_int_equal(w->requests, 1);
	free(url);
}

/* 10 s: large enough to be kept as a prompt only, and too large for the store to keep two. */
static void test_sound__a_large_file_is_fetched_again_for_another_level(void **state)
{
	struct world *w = *state;
	char *url = xasprintf("%s/large.wav", w->base);
	struct prompt *first;
	size_t length;

	first = prompt_ref(get(w, url, NULL, 0));
	assert_int_equal(prompt_state(first, &length), PROMPT_COMPLETE);
	assert_in_range(length, 79000, 81000);
	let_worker_report(w);
	assert_ptr_equal(get(w, url, NULL, 0), first);
	assert_int_equal(w->requests, 1);
	assert_ptr_not_equal(get(w, url, NULL, 0.5), first);
	assert_int_equal(prompt_state(w->got, &length), PROMPT_COMPLETE);
	assert_in_range(length, 79000, 81000);
	assert_int_equal(w->requests, 2);
	prompt_unref(first);
	free(url);
}

static void test_sound_cancel__done_is_not_called(void **state)
{
	struct world *w = *state;
	char *url = xasprintf("%s/a.wav", w->base);
	struct sound_spec spec = {.url = url, .codec = codec_table[0]};
	struct sound_result result;

	strcpy(w->error, "untouched");
	assert_int_equal(sound_get(w->store, &spec, &result, on_sound, w), SOUND_PENDING);
	sound_cancel(result.load);
	w->wanted = prompt_silence(codec_table[0], 20); /* whole: the next poll stops the loop */
	loop_run(w->loop);
	prompt_unref(w->wanted);
	w->wanted = NULL;
	assert_string_equal(w->error, "untouched");
	free(url);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sound__a_file_is_decoded_once_until_it_changes),
		TEST(test_sound__files_stay_below_the_root),
		TEST(test_sound__what_is_no_sound_fails_with_a_reason),
		TEST(test_sound__a_url_is_fetched_and_decoded_once),
		TEST(test_sound__a_url_that_gives_nothing_says_why),
		TEST(test_sound__a_large_file_is_fetched_again_for_another_level),
		TEST(test_sound__text_is_spoken_and_kept),
		TEST(test_sound__prepared_sounds_are_there_when_wanted),
		TEST(test_sound_cancel__done_is_not_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
