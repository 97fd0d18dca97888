/* The party behind a WebSocket, against a real server on loopback and a real media engine. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call/app_bench.h"
#include "call/config.h"
#include "call/leg.h"
#include "http/jwt_bench.h"

struct bench {
	struct app_bench app; /* first */
	struct leg_env env;
	struct leg *leg;
	unsigned answered, ended, digits_sent;
	struct leg_end end;
	void (*on_answered)(struct bench *b);
};

/* --- applications --- */

static void listen_only(struct fake_peer *peer, void *arg)
{
	if (app_accept(peer, arg))
		app_read_until(peer, arg, "never");
}

static void listen_to_ten(struct fake_peer *peer, void *arg)
{
	app_accept(peer, arg);
	app_read_frames(peer, arg, 10);
	app_close(peer, 1001);
}

/* --- the owner --- */

static void on_answered(void *arg)
{
	struct bench *b = arg;

	b->answered++;
	if (b->on_answered)
		b->on_answered(b);
}

static void on_digits_sent(void *arg)
{
	((struct bench *)arg)->digits_sent++;
}

static void on_ended(void *arg, const struct leg_end *end)
{
	struct bench *b = arg;

	b->ended++;
	b->end = *end;
	loop_stop(b->app.loop);
}

static const struct leg_handler handler = {
	.on_answered = on_answered, .on_digits_sent = on_digits_sent, .on_ended = on_ended};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	app_bench_setup(&b->app);
	b->env = (struct leg_env){
		.loop = b->app.loop, .media = b->app.engine, .websockets = b->app.client};
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	leg_free(b->leg);
	app_bench_teardown(&b->app);
	free(b);
	return 0;
}

static void dial(struct bench *b, struct leg_websocket_spec spec)
{
	char *error = NULL;

	spec.uri = spec.uri ? spec.uri : b->app.url;
	spec.rate = spec.rate ? spec.rate : 16000;
	if (leg_dial_websocket(&b->env, &spec, "test", &handler, b, &b->leg, &error) < 0)
		fail_msg("%s", error);
	app_bench_listen(&b->app, leg_media(b->leg));
	assert_int_equal(b->answered + b->ended, 0);
}

/* --- tests --- */

static void test_dial__greets_with_type_and_headers(void **state)
{
	struct bench *b = *state;
	struct json_object *headers = json_tokener_parse(
		"{\"X-Caller\":\"447700900000\",\"n\":3,\"event\":\"mine\",\"two words\":\"w\"}");

	app_bench_serve(&b->app, listen_to_ten);
	dial(b, (struct leg_websocket_spec){.headers = headers,
			.authorization = "custom",
			.authorization_value = "Bearer abc"});
	app_bench_run(&b->app, 5000);
	app_bench_join(&b->app);
	assert_int_equal(b->answered, 1);
	assert_non_null(strstr(b->app.head, "GET /socket?x=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(b->app.head, "\r\nX-Caller: 447700900000\r\n"));
	assert_non_null(strstr(b->app.head, "\r\nn: 3\r\n"));
	assert_non_null(strstr(b->app.head, "\r\nAuthorization: Bearer abc\r\n"));
	assert_null(strstr(b->app.head, "two words"));
	assert_string_equal(b->app.told.data,
		"{\"event\":\"websocket:connected\",\"content-type\":\"audio/l16;rate=16000\","
		"\"X-Caller\":\"447700900000\",\"n\":3,\"two words\":\"w\"}\n");
	json_object_put(headers);
}

static void test_frames__are_20_ms_at_every_rate(void **state)
{
	struct bench *b = *state;
	static const unsigned rates[] = {8000, 16000, 24000};

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		uint64_t start = clock_mono();

		b->answered = b->ended = b->app.frames = b->app.frame_bytes = 0;
		app_bench_serve(&b->app, listen_to_ten);
		dial(b, (struct leg_websocket_spec){.rate = rates[i]});
		app_bench_run(&b->app, 5000);
		app_bench_join(&b->app);
		assert_int_equal(b->app.frames, 10);
		assert_int_equal(b->app.frame_bytes, rates[i] / 25);
		assert_int_equal(b->app.wrong_frames, 0);
		assert_true(clock_mono() - start > 170 * USEC_PER_MSEC);
		/* Closed by the application. */
		assert_int_equal(b->ended, 1);
		assert_true(b->end.disconnected && b->end.by_peer && b->end.answered);
		assert_int_equal(b->end.status, 200);
		b->app.ear = media_ear_free(b->app.ear);
		b->leg = leg_free(b->leg);
	}
}

static void play_tone(struct bench *b)
{
	struct prompt *prompt = prompt_tone(codec_l16(16000), 440, 0, -6, 100, 0);

	assert_ptr_equal(leg_codec(b->leg), codec_l16(16000));
	assert_true(leg_media_running(b->leg));
	leg_play(b->leg, prompt, 1);
	prompt_unref(prompt);
}

static void test_play__is_heard_by_the_application(void **state)
{
	struct bench *b = *state;

	app_bench_serve(&b->app, listen_to_ten);
	b->on_answered = play_tone;
	dial(b, (struct leg_websocket_spec){0});
	app_bench_run(&b->app, 5000);
	app_bench_join(&b->app);
	assert_in_range(b->app.loud_frames, 4, 6); /* 100 ms */
}

/* What the application sends, in messages of odd sizes, is heard whole. */
static void odd_sizes(struct fake_peer *peer, void *arg)
{
	app_accept(peer, arg);
	app_speak(peer, 400, 333);
	app_say(peer, "{\"action\":\"notify\",\"payload\":{\"k\":[1]}}");
	if (app_read_until(peer, arg, "notify"))
		app_close(peer, 1000);
}

static void test_sound__of_any_message_size_is_heard(void **state)
{
	struct bench *b = *state;
	uint64_t start = clock_mono();

	app_bench_serve(&b->app, odd_sizes);
	dial(b, (struct leg_websocket_spec){0});
	app_bench_run(&b->app, 5000);
	app_bench_join(&b->app);
	assert_int_equal(
		b->app.loudest, 8000); /* never a half of one sample with that of another */
	assert_in_range(b->app.loud_ms, 400, 440);
	assert_non_null(strstr(
		b->app.told.data, "{\"event\":\"websocket:notify\",\"payload\":{\"k\":[1]}}\n"));
	assert_true(clock_mono() - start >= 390 * USEC_PER_MSEC);
	assert_true(b->end.disconnected);
}

/* A sample in each message: heard whole, and what waits does not cost a thousand times as much. */
static void single_samples(struct fake_peer *peer, void *arg)
{
	app_accept(peer, arg);
	app_speak(peer, 1000, 2);
	app_say(peer, "{\"action\":\"notify\"}");
	if (app_read_until(peer, arg, "notify"))
		app_close(peer, 1000);
}

static void test_sound__in_single_samples_is_heard(void **state)
{
	struct bench *b = *state;

	app_bench_serve(&b->app, single_samples);
	dial(b, (struct leg_websocket_spec){0});
	app_bench_run(&b->app, 8000);
	app_bench_join(&b->app);
	assert_int_equal(b->app.loudest, 8000);
	assert_in_range(b->app.loud_ms, 1000, 1060);
}

/* Sixty seconds at once, then what is dropped by clear. */
static void much_then_clear(struct fake_peer *peer, void *arg)
{
	app_accept(peer, arg);
	app_speak(peer, 59000, 640);
	app_say(peer, "{\"action\":\"notify\",\"payload\":{\"n\":1}}");
	app_speak(peer, 5000, 60000); /* more than there is room for */
	app_say(peer, "{\"action\":\"notify\"}");
	app_say(peer, "{\"action\":\"clear\"}");
	app_say(peer, "{\"action\":\"notify\",\"payload\":\"after\"}");
	app_say(peer, "{\"action\":\"else\"}");
	app_say(peer, "[]");
	app_say(peer, "no JSON");
	if (app_read_until(peer, arg, "after"))
		app_close(peer, 1000);
}

static void test_clear__drops_all_that_waits_and_says_so(void **state)
{
	struct bench *b = *state;

	app_bench_serve(&b->app, much_then_clear);
	dial(b, (struct leg_websocket_spec){0});
	app_bench_run(&b->app, 20000);
	app_bench_join(&b->app);
	assert_non_null(strstr(b->app.told.data,
		"{\"event\":\"websocket:notify\",\"payload\":{\"n\":1},\"cleared\":true}\n"
		"{\"event\":\"websocket:notify\",\"payload\":null,\"cleared\":true}\n"
		"{\"event\":\"websocket:cleared\"}\n"
		"{\"event\":\"websocket:notify\",\"payload\":\"after\"}\n"));
	assert_true(b->app.loud_ms < 5000);
}

static void press_and_leave(struct bench *b)
{
	leg_tell_digit(b->leg, '5', 260);
	assert_int_equal(leg_send_digits(b->leg, "1p#", 100, 100), 0);
	assert_int_equal(b->digits_sent, 0);
}

static void listen_for_hash(struct fake_peer *peer, void *arg)
{
	app_accept(peer, arg);
	if (app_read_until(peer, arg, "\"#\""))
		app_read_until(peer, arg, "never");
}

static void test_digits__are_told(void **state)
{
	struct bench *b = *state;

	app_bench_serve(&b->app, listen_for_hash);
	b->on_answered = press_and_leave;
	dial(b, (struct leg_websocket_spec){0});
	app_bench_run(&b->app, 200);
	assert_int_equal(b->digits_sent, 1);
	leg_hangup(b->leg, "test", NULL);
	assert_int_equal(b->ended, 0);
	app_bench_run(&b->app, 1000);
	app_bench_join(&b->app);
	assert_non_null(strstr(b->app.told.data,
		"{\"event\":\"websocket:dtmf\",\"digit\":\"5\",\"duration\":260}\n"
		"{\"event\":\"websocket:dtmf\",\"digit\":\"1\",\"duration\":100}\n"
		"{\"event\":\"websocket:dtmf\",\"digit\":\"#\",\"duration\":100}\n"));
	/* Our own hangup is no disconnection. */
	assert_int_equal(b->ended, 1);
	assert_false(b->end.disconnected || b->end.by_peer);
	assert_int_equal(b->end.status, 200);
	assert_int_equal(leg_state(b->leg), LEG_ENDED);
}

static void refuse(struct fake_peer *peer, void *arg)
{
	static const char answer[] = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";

	(void)arg;
	free(fake_read_head(peer));
	fake_write(peer, answer, sizeof(answer) - 1);
}

static void check_failure(struct bench *b, const char *url, int status, const char *detail)
{
	b->answered = b->ended = 0;
	dial(b, (struct leg_websocket_spec){.uri = url});
	app_bench_run(&b->app, 8000);
	assert_int_equal(b->answered, 0);
	assert_int_equal(b->ended, 1);
	assert_int_equal(b->end.status, status);
	assert_string_equal(b->end.detail, detail);
	assert_false(b->end.disconnected || b->end.answered);
	b->app.ear = media_ear_free(b->app.ear);
	b->leg = leg_free(b->leg);
}

static void test_failures__as_the_voice_api_names_them(void **state)
{
	struct bench *b = *state;

	app_bench_serve(&b->app, refuse);
	check_failure(b, NULL, 480, "unavailable");
	check_failure(b, "ws://127.0.0.1:1/", 480, "unavailable");
	check_failure(b, "ws://user@127.0.0.1/", 503, "cannot_route");
	app_bench_join(&b->app);
}

static void test_authorization__vonage_is_signed_by_the_application(void **state)
{
	struct bench *b = *state;
	char id[] = "main", secret[] = "a secret of at least thirty-two bytes", *line,
	     *error = NULL;
	struct config_application app = {.id = id};
	struct leg_websocket_spec spec = {.authorization = "vonage", .application = &app};
	struct json_object *claims;

	app_bench_serve(&b->app, listen_to_ten);
	spec.uri = b->app.url;
	spec.rate = 8000;
	assert_int_equal(
		leg_dial_websocket(&b->env, &spec, "test", &handler, b, &b->leg, &error), -EINVAL);
	assert_non_null(strstr(error, "signature_secret"));
	free(error);
	app.signature_secret = secret;
	dial(b, spec);
	app_bench_run(&b->app, 5000);
	app_bench_join(&b->app);
	line = strstr(b->app.head, "\r\nAuthorization: ") + 17;
	*strchr(line, '\r') = '\0';
	claims = jwt_bench_claims(line, secret);
	assert_string_equal(json_text(claims, "application_id", ""), "main");
	assert_null(json_member(claims, "payload_hash"));
	json_object_put(claims);
}

static void test_headers__that_break_the_line_are_refused(void **state)
{
	struct bench *b = *state;
	static const char *const texts[] = {"{\"X\":\"a\\r\\nB: c\"}", "{\"X\\n\":\"a\"}"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct leg_websocket_spec spec = {.uri = "ws://127.0.0.1:1/",
			.rate = 8000,
			.headers = json_tokener_parse(texts[i])};
		char *error = NULL;

		assert_int_equal(
			leg_dial_websocket(&b->env, &spec, "test", &handler, b, &b->leg, &error),
			-EINVAL);
		assert_string_equal(error, "control character in a header");
		free(error);
		json_object_put(spec.headers);
	}
}

static void test_free__while_it_connects(void **state)
{
	struct bench *b = *state;

	app_bench_serve(&b->app, listen_only);
	dial(b, (struct leg_websocket_spec){0});
	b->app.ear = media_ear_free(b->app.ear);
	b->leg = leg_free(b->leg);
	app_bench_run(&b->app, 30);
	assert_int_equal(b->answered + b->ended, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dial__greets_with_type_and_headers),
		TEST(test_frames__are_20_ms_at_every_rate),
		TEST(test_play__is_heard_by_the_application),
		TEST(test_sound__of_any_message_size_is_heard),
		TEST(test_sound__in_single_samples_is_heard),
		TEST(test_clear__drops_all_that_waits_and_says_so),
		TEST(test_digits__are_told),
		TEST(test_failures__as_the_voice_api_names_them),
		TEST(test_authorization__vonage_is_signed_by_the_application),
		TEST(test_headers__that_break_the_line_are_refused),
		TEST(test_free__while_it_connects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
