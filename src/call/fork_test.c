/* Media forks: both dialects against a real server on loopback, with a leg that is a stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "call/app_bench.h"
#include "call/fork.h"
#include "media/g711.h"

struct bench {
	struct app_bench app; /* first */
	struct leg_env env;
	struct media_leg *leg; /* whose sound is copied */
	struct fork *fork;
	struct timer speech; /* keeps the leg saying something */
	unsigned failures;
	char *reason;
};

static const struct media_stream_handler no_handler;

/* 20 ms in which every sample is 4000. */
static void on_speech(void *arg)
{
	struct bench *b = arg;
	int16_t pcm[320];

	for (size_t i = 0; i < ARRAY_SIZE(pcm); i++)
		pcm[i] = 4000;
	media_stream_write(b->leg, pcm, ARRAY_SIZE(pcm));
	timer_start(&b->speech, 20 * USEC_PER_MSEC);
}

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	app_bench_setup(&b->app);
	b->env = (struct leg_env){
		.loop = b->app.loop, .media = b->app.engine, .websockets = b->app.client};
	b->leg = media_stream_new(b->app.engine, 16000, &no_handler, b);
	timer_init(&b->speech, b->app.loop, on_speech, b);
	media_stream_run(b->leg);
	on_speech(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	timer_stop(&b->speech);
	fork_free(b->fork);
	media_leg_free(b->leg);
	app_bench_teardown(&b->app);
	free(b->reason);
	free(b);
	return 0;
}

static void on_failed(void *arg, const char *reason)
{
	struct bench *b = arg;

	b->failures++;
	xstrset(&b->reason, reason);
	b->fork = fork_free(b->fork);
	loop_stop(b->app.loop);
}

static void start(struct bench *b, struct fork_spec spec)
{
	char *error = NULL;

	spec.socket.uri = spec.socket.uri ? spec.socket.uri : b->app.url;
	spec.socket.rate = spec.socket.rate ? spec.socket.rate : 16000;
	spec.socket.call_id = "the-call";
	b->fork = fork_new(&b->env, b->leg, &spec, on_failed, b, &error);
	if (!b->fork)
		fail_msg("%s", error);
}

/* --- the dialect of the Voice API --- */

static void take_ten(struct fake_peer *peer, void *arg)
{
	app_accept(peer, arg);
	app_read_frames(peer, arg, 10);
	app_close(peer, 1000);
	app_read_until(peer, arg, "never");
}

static void test_fork__both_tracks_are_two_channels(void **state)
{
	struct bench *b = *state;
	struct json_object *headers = json_tokener_parse("{\"k\":\"v\"}");

	app_bench_serve(&b->app, take_ten);
	start(b, (struct fork_spec){
			 .socket = {.tracks = APP_INBOUND | APP_OUTBOUND, .headers = headers}});
	fork_digit(b->fork, '7', 100); /* not open yet: nobody hears it */
	app_bench_run(&b->app, 500);
	app_bench_join(&b->app);
	assert_int_equal(strncmp(b->app.told.data,
				 "{\"event\":\"websocket:connected\",\"content-type\":"
				 "\"audio/l16;rate=16000;channels=2\",\"k\":\"v\"}\n",
				 97),
		0);
	assert_int_equal(b->app.frame_bytes, 1280);
	assert_int_equal(b->app.wrong_frames, 0);
	assert_in_range(b->app.last[0], 3900, 4100); /* what the party says */
	assert_int_equal(b->app.last[1], 0);	     /* what it is given to hear */
	assert_in_range(b->app.last[2], 3900, 4100);
	/* Closed with 1000: nothing is tried again and nothing is wrong. */
	app_bench_run(&b->app, 700);
	assert_int_equal(b->failures, 0);
	json_object_put(headers);
}

static void test_fork__one_track_is_one_channel(void **state)
{
	struct bench *b = *state;
	static const unsigned tracks[] = {APP_INBOUND, APP_OUTBOUND};

	for (size_t i = 0; i < 2; i++) {
		app_bench_serve(&b->app, take_ten);
		start(b, (struct fork_spec){.socket = {.tracks = tracks[i], .rate = 8000}});
		app_bench_run(&b->app, 400);
		app_bench_join(&b->app);
		assert_int_equal(b->app.frame_bytes, 320);
		assert_non_null(strstr(b->app.told.data, "audio/l16;rate=8000\""));
		assert_int_equal(b->app.last[1] > 3900, tracks[i] == APP_INBOUND);
		b->fork = fork_free(b->fork);
	}
}

/* --- Twilio's --- */

/* The text of number n, parsed. */
static struct json_object *line(struct bench *b, unsigned n)
{
	const char *at = b->app.told.data;

	for (; n && at; n--)
		at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
	assert_non_null(at);
	return json_tokener_parse(at);
}

static const char *text_at(struct json_object *object, const char *outer, const char *inner)
{
	return json_text(json_member(object, outer), inner, "");
}

static void take_texts(struct fake_peer *peer, void *arg)
{
	app_accept(peer, arg);
	app_read_until(peer, arg, "\"stop\"");
}

static void check_media(struct bench *b, unsigned n, const char *track, const char *chunk)
{
	struct json_object *media = line(b, n);
	const char *payload = text_at(media, "media", "payload");
	struct strbuf coded = STRBUF_INIT;
	char number[16];

	snprintf(number, sizeof(number), "%u", n);
	assert_string_equal(json_text(media, "event", ""), "media");
	assert_string_equal(json_text(media, "sequenceNumber", ""), number);
	assert_string_equal(text_at(media, "media", "track"), track);
	assert_string_equal(text_at(media, "media", "chunk"), chunk);
	assert_true(base64_decode(payload, strlen(payload), &coded));
	assert_int_equal(coded.length, 160);
	strbuf_release(&coded);
	json_object_put(media);
}

static void test_twilio__tells_start_media_digits_and_stop(void **state)
{
	struct bench *b = *state;
	struct json_object *headers = json_tokener_parse("{\"who\":\"me\"}"), *object;
	char *sid;

	app_bench_serve(&b->app, take_texts);
	start(b, (struct fork_spec){.socket = {.tracks = APP_INBOUND | APP_OUTBOUND,
					    .headers = headers,
					    .twilio = true}});
	app_bench_run(&b->app, 200);
	fork_digit(b->fork, '7', 100);
	b->fork = fork_free(b->fork);
	app_bench_run(&b->app, 100);
	app_bench_join(&b->app);
	object = line(b, 0);
	assert_string_equal(json_print(object),
		"{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}");
	json_object_put(object);
	object = line(b, 1);
	sid = xstrdup(json_text(object, "streamSid", ""));
	assert_int_equal(strlen(sid), 34);
	assert_string_equal(text_at(object, "start", "streamSid"), sid);
	assert_string_equal(text_at(object, "start", "callSid"), "the-call");
	assert_string_equal(json_print(json_member(json_member(object, "start"), "tracks")),
		"[\"inbound\",\"outbound\"]");
	assert_string_equal(
		json_print(json_member(json_member(object, "start"), "customParameters")),
		"{\"who\":\"me\"}");
	assert_string_equal(json_print(json_member(json_member(object, "start"), "mediaFormat")),
		"{\"encoding\":\"audio/x-mulaw\",\"sampleRate\":8000,\"channels\":1}");
	json_object_put(object);
	check_media(b, 2, "inbound", "1");
	check_media(b, 3, "outbound", "1");
	check_media(b, 4, "inbound", "2");
	object = line(b, 6);
	assert_string_equal(text_at(object, "media", "timestamp"), "40");
	json_object_put(object);
	assert_non_null(strstr(
		b->app.told.data, "\"dtmf\":{\"track\":\"inbound_track\",\"digit\":\"7\"}}\n"));
	assert_non_null(strstr(b->app.told.data, "\"stop\":{\"accountSid\":\"\",\"callSid\":"
						 "\"the-call\"}}\n"));
	free(sid);
	json_object_put(headers);
}

/* 200 ms, a mark, a second, a mark, clear. */
static void speak_mark_clear(struct fake_peer *peer, void *arg)
{
	struct strbuf coded = STRBUF_INIT, message = STRBUF_INIT;

	app_accept(peer, arg);
	for (int i = 0; i < 1600; i++)
		strbuf_addc(&coded, (char)ulaw_encode(8000));
	strbuf_adds(&message, "{\"event\":\"media\",\"media\":{\"payload\":\"");
	base64_encode(coded.data, coded.length, &message);
	strbuf_adds(&message, "\"}}");
	app_say(peer, message.data);
	app_say(peer, "{\"event\":\"mark\",\"mark\":{\"name\":\"one\"}}");
	app_read_until(peer, arg, "\"one\"");
	for (int i = 0; i < 10; i++)
		app_say(peer, message.data);
	app_say(peer, "{\"event\":\"media\",\"media\":{\"payload\":\"not base64\"}}");
	app_say(peer, "{\"event\":\"mark\",\"mark\":{\"name\":\"two\"}}");
	app_say(peer, "{\"event\":\"clear\"}");
	app_read_until(peer, arg, "\"two\"");
	app_close(peer, 1000);
	strbuf_release(&coded);
	strbuf_release(&message);
}

static void test_twilio__marks_come_when_heard_or_cleared(void **state)
{
	struct bench *b = *state;

	app_bench_serve(&b->app, speak_mark_clear);
	start(b, (struct fork_spec){
			 .socket = {.tracks = APP_INBOUND, .twilio = true}, .bidirectional = true});
	app_bench_run(&b->app, 700);
	app_bench_join(&b->app);
	assert_non_null(strstr(b->app.told.data, "\"mark\":{\"name\":\"one\"}"));
	/* Two seconds were before it. */
	assert_non_null(strstr(b->app.told.data, "\"mark\":{\"name\":\"two\"}"));
}

/* --- sockets that are lost --- */

static void drop(struct fake_peer *peer, void *arg)
{
	app_accept(peer, arg);
	fake_reset(peer);
}

static void test_lost__tried_three_times_then_told(void **state)
{
	struct bench *b = *state;
	uint64_t began = clock_mono(), took;

	app_bench_serve(&b->app, drop);
	start(b, (struct fork_spec){.socket = {.tracks = APP_INBOUND}});
	app_bench_run(&b->app, 8000);
	took = clock_mono() - began;
	assert_int_equal(fake_websocket_connections(b->app.server), 4);
	assert_int_equal(b->failures, 1);
	assert_non_null(strstr(b->reason, "the WebSocket is lost: code 1006"));
	assert_in_range(took, 3500 * USEC_PER_MSEC, 4500 * USEC_PER_MSEC);
}

static unsigned dropped_once;

static void drop_once(struct fake_peer *peer, void *arg)
{
	app_accept(peer, arg);
	if (dropped_once++ == 0)
		fake_reset(peer);
	else
		app_read_until(peer, arg, "\"stop\"");
}

static void test_lost__begins_anew_when_it_is_back(void **state)
{
	struct bench *b = *state;

	dropped_once = 0;
	app_bench_serve(&b->app, drop_once);
	start(b, (struct fork_spec){.socket = {.tracks = APP_INBOUND, .twilio = true}});
	app_bench_run(&b->app, 800);
	b->fork = fork_free(b->fork);
	app_bench_run(&b->app, 100);
	app_bench_join(&b->app);
	assert_int_equal(b->failures, 0);
	assert_int_equal(strncmp(b->app.told.data, "{\"event\":\"connected\"", 20), 0);
	check_media(b, 2, "inbound", "1");
}

static void test_forbidden__is_not_tried_again(void **state)
{
	struct bench *b = *state;
	uint64_t began = clock_mono();

	start(b, (struct fork_spec){.socket = {.tracks = APP_INBOUND, .uri = "ws://u@h/"}});
	app_bench_run(&b->app, 5000);
	assert_int_equal(b->failures, 1);
	assert_true(clock_mono() - began < USEC_PER_SEC);
}

static void test_free__at_any_time(void **state)
{
	struct bench *b = *state;

	app_bench_serve(&b->app, drop);
	start(b, (struct fork_spec){.socket = {.tracks = APP_INBOUND}, .bidirectional = true});
	b->fork = fork_free(b->fork);
	start(b, (struct fork_spec){.socket = {.tracks = APP_INBOUND}, .bidirectional = true});
	app_bench_run(&b->app, 100); /* lost, and waiting for the next try */
	b->fork = fork_free(b->fork);
	app_bench_run(&b->app, 700);
	assert_int_equal(b->failures, 0);
	assert_null(fork_free(NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fork__both_tracks_are_two_channels),
		TEST(test_fork__one_track_is_one_channel),
		TEST(test_twilio__tells_start_media_digits_and_stop),
		TEST(test_twilio__marks_come_when_heard_or_cleared),
		TEST(test_lost__tried_three_times_then_told),
		TEST(test_lost__begins_anew_when_it_is_back),
		TEST(test_forbidden__is_not_tried_again),
		TEST(test_free__at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
