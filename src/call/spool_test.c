/* The spool against a web application on loopback and a store on disk: order, restarts, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/spool.h"

#define MAX_SEEN 256

struct world {
	struct loop *loop;
	struct evhttp *http;
	struct http_client *client;
	struct webhook_env env;
	struct config_application app;
	char directory[64], *path;
	char url[64], dead[64];
	struct store *store;
	struct spool_limits limits;
	bool broken; /* the receiver answers 503 */
	char *seen[MAX_SEEN];
	size_t count, stop_after, dead_tries;
	unsigned short port;
	struct timer guard;
};

static void on_request(struct evhttp_request *request, void *arg)
{
	struct world *w = arg;
	struct evbuffer *in = evhttp_request_get_input_buffer(request);
	size_t length = evbuffer_get_length(in);

	if (strcmp(evhttp_request_get_uri(request), "/dead") == 0 || w->broken) {
		evhttp_send_reply(request, 503, "no", NULL);
		w->dead_tries++;
	} else {
		assert_true(w->count < MAX_SEEN);
		w->seen[w->count++] =
			xasprintf("%.*s", (int)length, (char *)evbuffer_pullup(in, -1));
		evhttp_send_reply(request, 200, "OK", NULL);
	}
	if (w->stop_after > 0 && w->count >= w->stop_after)
		loop_stop(w->loop);
}

static void on_guard(void *arg)
{
	(void)arg;
	fail_msg("nothing happened in time");
}

static const struct config_application *find(void *arg, const char *id)
{
	struct world *w = arg;

	return strcmp(id, "main") == 0 ? &w->app : NULL;
}

static void open_spool(struct world *w)
{
	struct store_config store = {.path = w->path, .node = "test"};
	struct spool_config config = {.loop = w->loop, .env = &w->env, .find = find, .arg = w};
	char *error = NULL;

	w->store = store_new(w->loop, &store, &error);
	assert_non_null(w->store);
	config.store = w->store;
	w->env.spool = spool_new(&config, &w->limits);
}

static void close_spool(struct world *w)
{
	w->env.spool = spool_free(w->env.spool);
	w->store = store_free(w->store);
}

/* All that a process has; port 0: any. */
static void begin(struct world *w, unsigned short port)
{
	struct http_client_config client = {.allow_private = true, .user_agent = "test"};
	struct evhttp_bound_socket *bound;
	struct sockaddr_in sin;
	socklen_t length = sizeof(sin);

	w->loop = loop_new();
	w->http = evhttp_new(loop_base(w->loop));
	bound = evhttp_bind_socket_with_handle(w->http, "127.0.0.1", port);
	getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sin, &length);
	w->port = ntohs(sin.sin_port);
	snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u/event", ntohs(sin.sin_port));
	snprintf(w->dead, sizeof(w->dead), "http://127.0.0.1:%u/dead", ntohs(sin.sin_port));
	evhttp_set_gencb(w->http, on_request, w);
	w->client = http_client_new(w->loop, &client);
	webhook_env_init(&w->env);
	w->env.trusted = w->env.guarded = w->client;
	timer_init(&w->guard, w->loop, on_guard, w);
	timer_start(&w->guard, 20 * USEC_PER_SEC);
	open_spool(w);
}

static void end(struct world *w)
{
	timer_stop(&w->guard);
	webhook_env_release(&w->env);
	close_spool(w);
	http_client_free(w->client);
	evhttp_free(w->http);
	loop_free(w->loop);
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	log_set_level(LOG_LEVEL_ERROR);
	w->app = (struct config_application){.id = (char *)"main",
		.event_url = w->url,
		.event_method = (char *)"POST",
		.webhook_policy = {500, 500, 500}};
	snprintf(w->directory, sizeof(w->directory), "/tmp/spool_test.XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	w->path = xasprintf("%s/db", w->directory);
	w->limits = (struct spool_limits){100 * USEC_PER_MSEC, 3600 * USEC_PER_SEC, 1000};
	begin(w, 0);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const tails[] = {"", "-wal", "-shm", "-lock"};
	struct world *w = *state;

	end(w);
	for (size_t i = 0; i < w->count; i++)
		free(w->seen[i]);
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		char *name = xasprintf("%s%s", w->path, tails[i]);

		unlink(name);
		free(name);
	}
	assert_int_equal(rmdir(w->directory), 0);
	free(w->path);
	free(w);
	return 0;
}

static void add(struct world *w, const char *lane, const char *url, int number)
{
	struct json_object *body = json_object_new_object();

	json_add_text(body, "event_id", lane);
	json_add_int(body, "number", number);
	spool_add(w->env.spool, lane, "main", url, "POST", body, "Socket timeout.");
	json_object_put(body);
}

static void run_until(struct world *w, size_t count)
{
	w->stop_after = count;
	if (w->count < count)
		loop_run(w->loop);
	assert_int_equal(w->count, count);
}

/* Events of a lane came in the order of their numbers, each once. */
static void assert_ordered(struct world *w, const char *lane, int numbers)
{
	int next = 0;

	for (size_t i = 0; i < w->count; i++) {
		struct json_object *body = NULL;

		assert_int_equal(json_parse(w->seen[i], strlen(w->seen[i]), &body, NULL, NULL), 0);
		if (strcmp(json_text(body, "event_id", ""), lane) == 0)
			assert_int_equal(json_int(body, "number", -1), next++);
		json_object_put(body);
	}
	assert_int_equal(next, numbers);
}

static void test_spool__delivers_in_the_order_of_each_lane(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 20; i++)
		for (int lane = 0; lane < 3; lane++)
			add(w, lane == 0 ? "a" : lane == 1 ? "b" : "c", w->url, i);
	assert_true(spool_holds(w->env.spool, "a", w->url));
	run_until(w, 60);
	assert_ordered(w, "a", 20);
	assert_ordered(w, "b", 20);
	assert_ordered(w, "c", 20);
}

static void test_spool__goes_on_after_a_restart(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 5; i++)
		add(w, "a", w->url, i);
	end(w);
	begin(w, w->port);
	assert_false(spool_holds(w->env.spool, "a", w->url)); /* no later event can come */
	run_until(w, 5);
	assert_ordered(w, "a", 5);
}

static void test_spool__a_dead_receiver_delays_no_other(void **state)
{
	struct world *w = *state;
	uint64_t began;

	for (int i = 0; i < 400; i++)
		add(w, i % 2 ? "dead" : "dead too", w->dead, i);
	for (int i = 0; i < 10; i++)
		add(w, "live", w->url, i);
	began = clock_mono();
	run_until(w, 10);
	assert_ordered(w, "live", 10);
	assert_true(clock_mono() - began < 5 * USEC_PER_SEC);
	assert_true(w->dead_tries < 20); /* not one for each event */
	assert_int_equal(spool_size(w->env.spool), 401);
}

static void test_spool__is_bounded(void **state)
{
	struct world *w = *state;

	w->limits.events = 2;
	spool_set_limits(w->env.spool, &w->limits);
	log_set_level(LOG_LEVEL_ERROR);
	for (int i = 0; i < 3; i++)
		add(w, "a", w->url, i);
	assert_int_equal(spool_size(w->env.spool), 2);
	run_until(w, 2);
	assert_ordered(w, "a", 2);
}

static void test_spool__drops_what_is_too_old(void **state)
{
	struct world *w = *state;

	w->limits.keep_us = 0;
	spool_set_limits(w->env.spool, &w->limits);
	add(w, "a", w->url, 0);
	w->stop_after = 1;
	while (spool_holds(w->env.spool, "a", w->url))
		event_base_loop(loop_base(w->loop), EVLOOP_ONCE);
	assert_int_equal(w->count, 0);
	assert_int_equal(spool_size(w->env.spool), 0);
}

static struct json_object *event(int number)
{
	struct json_object *body = json_object_new_object();

	json_add_int(body, "number", number);
	return body;
}

/* What a call tells later stays behind what is in the spool. */
static void test_spool__takes_the_events_of_a_call_behind_one(void **state)
{
	struct world *w = *state;
	struct webhook_line *line = webhook_line_new(&w->env, "call", "CON-call", &w->app);

	w->broken = true;
	for (int i = 0; i < 4; i++)
		webhook_event(line, NULL, NULL, event(i));
	while (spool_size(w->env.spool) < 4)
		event_base_loop(loop_base(w->loop), EVLOOP_ONCE);
	w->broken = false;
	webhook_event(line, NULL, NULL, event(4));
	webhook_line_close(line);
	run_until(w, 5);
	for (int i = 0; i < 5; i++) {
		struct json_object *body = NULL;

		json_parse(w->seen[i], strlen(w->seen[i]), &body, NULL, NULL);
		assert_int_equal(json_int(body, "number", -1), i);
		assert_int_equal(json_int(body, "sequence", -1), i + 1);
		json_object_put(body);
	}
}

static void test_spool_delay__doubles_up_to_ten_minutes(void **state)
{
	(void)state;
	assert_int_equal(spool_delay(5 * USEC_PER_SEC, 1, 0), 5 * USEC_PER_SEC);
	assert_int_equal(spool_delay(5 * USEC_PER_SEC, 4, 0), 40 * USEC_PER_SEC);
	assert_int_equal(spool_delay(5 * USEC_PER_SEC, 1000, 0), SPOOL_MAX_DELAY_US);
	assert_in_range(spool_delay(8 * USEC_PER_SEC, 1, 1023), 6 * USEC_PER_SEC, 7 * USEC_PER_SEC);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_spool__delivers_in_the_order_of_each_lane),
		TEST(test_spool__goes_on_after_a_restart),
		TEST(test_spool__a_dead_receiver_delays_no_other),
		TEST(test_spool__is_bounded),
		TEST(test_spool__drops_what_is_too_old),
		TEST(test_spool__takes_the_events_of_a_call_behind_one),
		cmocka_unit_test(test_spool_delay__doubles_up_to_ten_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
