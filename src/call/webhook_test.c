/* A call's webhooks against a real web application on loopback: order, tries, fallback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <openssl/evp.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/webhook.h"
#include "http/jwt_bench.h"

#define MAX_SEEN 64

/* What the web application answers to the requests of a path, one row after the other. */
struct answer {
	int status; /* 0: does not answer at all */
	const char *body;
};

struct seen {
	char path[32];
	bool get;
	char traceparent[64];
	char authorization[512];
	char hash[65];		  /* SHA-256 of the body in hex; "" of a GET */
	struct json_object *body; /* POST: as sent; GET: the query */
};

struct world {
	struct loop *loop;
	struct evhttp *http;
	struct evhttp_request *held[MAX_SEEN];
	size_t held_count;
	char base[64];
	struct http_client *client;
	struct webhook_env env;
	struct config_application app;
	struct webhook_line *line;
	const struct answer *answers, *fallback_answers;
	size_t answer_count, fallback_count;
	struct seen seen[MAX_SEEN];
	size_t seen_count, stop_after;
	struct timer guard;
	struct webhook_reply reply;
	char reason[64], data[64]; /* of the reply; data as JSON */
	unsigned replies;
};

static struct json_object *query_object(struct evhttp_request *request)
{
	struct json_object *out = json_object_new_object();
	struct evkeyvalq query;
	struct evkeyval *row;

	evhttp_parse_query_str(
		evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request)), &query);
	for (row = query.tqh_first; row; row = row->next.tqe_next)
		json_add_text(out, row->key, row->value);
	evhttp_clear_headers(&query);
	return out;
}

static void note_request(struct world *w, struct evhttp_request *request)
{
	struct seen *seen = &w->seen[w->seen_count++];
	struct evbuffer *in = evhttp_request_get_input_buffer(request);
	size_t length = evbuffer_get_length(in);
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
	const char *trace = evhttp_find_header(headers, "traceparent");
	const char *authorization = evhttp_find_header(headers, "Authorization");

	assert_true(w->seen_count < MAX_SEEN);
	snprintf(seen->path, sizeof(seen->path), "%s",
		evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request)));
	snprintf(seen->traceparent, sizeof(seen->traceparent), "%s", trace ? trace : "");
	snprintf(seen->authorization, sizeof(seen->authorization), "%s",
		authorization ? authorization : "");
	seen->get = evhttp_request_get_command(request) == EVHTTP_REQ_GET;
	if (seen->get) {
		seen->body = query_object(request);
		return;
	}
	EVP_Digest(evbuffer_pullup(in, -1), length, digest, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < 32; i++)
		snprintf(seen->hash + 2 * i, 3, "%02x", digest[i]);
	assert_int_equal(
		json_parse((char *)evbuffer_pullup(in, -1), length, &seen->body, NULL, NULL), 0);
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct world *w = arg;
	struct evbuffer *out = evbuffer_new();
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
	bool fallback = strcmp(path, "/fallback") == 0;
	size_t *count = fallback ? &w->fallback_count : &w->answer_count;
	const struct answer *answer = (fallback ? w->fallback_answers : w->answers) + (*count)++;

	note_request(w, request);
	if (answer->status == 0) {
		w->held[w->held_count++] = request;
	} else {
		evbuffer_add(out, answer->body, strlen(answer->body));
		evhttp_send_reply(request, answer->status, "x", out);
	}
	evbuffer_free(out);
	if (w->seen_count == w->stop_after)
		loop_stop(w->loop);
}

static void on_guard(void *arg)
{
	(void)arg;
	fail_msg("nothing happened in time");
}

static void on_drained(void *arg)
{
	struct world *w = arg;

	if (w->stop_after == 0)
		loop_stop(w->loop);
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct http_client_config client = {.allow_private = true, .user_agent = "test"};
	struct evhttp_bound_socket *bound;
	struct sockaddr_in sin;
	socklen_t length = sizeof(sin);

	log_set_level(LOG_LEVEL_ERROR);
	w->loop = loop_new();
	w->http = evhttp_new(loop_base(w->loop));
	bound = evhttp_bind_socket_with_handle(w->http, "127.0.0.1", 0);
	getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sin, &length);
	snprintf(w->base, sizeof(w->base), "http://127.0.0.1:%u", ntohs(sin.sin_port));
	evhttp_set_gencb(w->http, on_request, w);
	w->client = http_client_new(w->loop, &client);
	webhook_env_init(&w->env);
	w->env.trusted = w->env.guarded = w->client;
	w->env.on_drained = on_drained;
	w->env.arg = w;
	w->app = (struct config_application){
		.event_url = xasprintf("%s/event", w->base),
		.event_method = xstrdup("POST"),
		.fallback_answer_url = xasprintf("%s/fallback", w->base),
		.fallback_answer_method = xstrdup("GET"),
		.webhook_policy = {.connect_timeout_ms = 500,
			.answer_timeout_ms = 300,
			.event_timeout_ms = 300},
	};
	w->line = webhook_line_new(&w->env, "test-call", "CON-test", &w->app);
	timer_init(&w->guard, w->loop, on_guard, w);
	timer_start(&w->guard, 10 * USEC_PER_SEC);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	timer_stop(&w->guard);
	webhook_line_close(w->line);
	webhook_env_release(&w->env);
	for (size_t i = 0; i < w->seen_count; i++)
		json_object_put(w->seen[i].body);
	http_client_free(w->client);
	evhttp_free(w->http);
	loop_free(w->loop);
	free(w->app.event_url);
	free(w->app.event_method);
	free(w->app.fallback_answer_url);
	free(w->app.fallback_answer_method);
	free(w);
	return 0;
}

static struct json_object *event(const char *status)
{
	struct json_object *body = json_object_new_object();

	json_add_text(body, "status", status);
	return body;
}

static void on_reply(void *arg, struct webhook_reply *reply)
{
	struct world *w = arg;

	w->replies++;
	w->reply = *reply;
	snprintf(w->reason, sizeof(w->reason), "%s", reply->reason ? reply->reason : "");
	snprintf(w->data, sizeof(w->data), "%s", reply->data ? json_print(reply->data) : "");
	loop_stop(w->loop);
}

static void ask(struct world *w, enum webhook_kind kind, const char *method)
{
	char *url = xasprintf("%s/ask", w->base);

	webhook_ask(w->line, kind, url, method, event("x"), on_reply, w);
	free(url);
	loop_run(w->loop);
}

static void test_webhook_event__is_delivered_in_order_with_ids(void **state)
{
	static const struct answer answers[] = {{204, ""}, {200, ""}, {200, ""}};
	struct world *w = *state;

	w->answers = answers;
	w->stop_after = 3;
	webhook_event(w->line, NULL, NULL, event("started"));
	webhook_event(w->line, NULL, NULL, event("ringing"));
	webhook_event(w->line, NULL, NULL, event("answered"));
	loop_run(w->loop);
	assert_int_equal(w->seen_count, 3);
	assert_string_equal(json_text(w->seen[0].body, "status", ""), "started");
	assert_string_equal(json_text(w->seen[2].body, "status", ""), "answered");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(json_int(w->seen[i].body, "sequence", 0), i + 1);
		assert_int_equal(strlen(json_text(w->seen[i].body, "event_id", "")), 36);
		assert_int_equal(strlen(json_text(w->seen[i].body, "timestamp", "")), 24);
		assert_memory_equal(w->seen[i].traceparent, "00-", 3);
		assert_int_equal(strlen(w->seen[i].traceparent), 55);
	}
	assert_memory_equal(w->seen[0].traceparent, w->seen[1].traceparent, 35);
}

static void test_webhook_event__is_tried_twice_with_the_same_id(void **state)
{
	static const struct answer answers[] = {{503, ""}, {200, ""}, {500, ""}, {200, ""}};
	struct world *w = *state;

	w->answers = answers;
	w->stop_after = 4;
	webhook_event(w->line, NULL, NULL, event("a")); /* 503, again: delivered */
	webhook_event(w->line, NULL, NULL, event("b")); /* 500 is final */
	webhook_event(w->line, NULL, NULL, event("c"));
	loop_run(w->loop);
	assert_string_equal(json_text(w->seen[0].body, "event_id", "0"),
		json_text(w->seen[1].body, "event_id", "1"));
	assert_string_equal(json_text(w->seen[2].body, "status", ""), "b");
	assert_string_equal(json_text(w->seen[3].body, "status", ""), "c");
}

static void test_webhook_event__survives_the_end_of_the_call(void **state)
{
	static const struct answer answers[] = {{200, ""}, {200, ""}};
	struct world *w = *state;

	w->answers = answers;
	webhook_event(w->line, NULL, NULL, event("answered"));
	webhook_event(w->line, NULL, NULL, event("completed"));
	w->line = webhook_line_close(w->line);
	loop_run(w->loop);
	assert_int_equal(w->seen_count, 2);
	assert_int_equal(w->env.lines, 0);
}

static void test_webhook_ask__gives_the_script(void **state)
{
	static const struct answer answers[] = {{200, "[{\"action\":\"talk\",\"text\":\"a\"}]"}};
	struct world *w = *state;

	w->answers = answers;
	ask(w, WEBHOOK_ANSWER, "GET");
	assert_true(w->seen[0].get);
	assert_string_equal(json_text(w->seen[0].body, "status", ""), "x");
	assert_false(w->reply.failed);
	assert_int_equal(ncco_document_length(w->reply.document), 1);
	ncco_document_free(w->reply.document);
}

static void test_webhook_ask__an_empty_answer_to_an_event_goes_on(void **state)
{
	static const struct answer answers[] = {{200, " \n"}};
	struct world *w = *state;

	w->answers = answers;
	ask(w, WEBHOOK_EVENT, "POST");
	assert_false(w->reply.failed);
	assert_null(w->reply.document);
}

static void test_webhook_ask__an_object_is_data_to_an_event(void **state)
{
	static const struct answer answers[] = {{200, "{\"name\":\"a\"}"}, {200, "{}"},
		{200, "{\"steps\":[],\"name\":\"b\"}"}, {200, "{\"action\":\"talk\"}"}, {200, ""}};
	static const struct answer fallback[] = {{200, "{\"name\":\"c\"}"}};
	static const char *const data[] = {
		"{\"name\":\"a\"}", "{}", "{\"steps\":[],\"name\":\"b\"}", "{\"name\":\"c\"}"};
	struct world *w = *state;

	w->answers = answers;
	w->fallback_answers = fallback;
	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		ask(w, WEBHOOK_EVENT, "POST");
		assert_false(w->reply.failed);
		assert_int_equal(w->reply.document != NULL, i == 2);
		assert_string_equal(w->data, data[i]);
		ncco_document_free(w->reply.document);
	}
}

static void test_webhook_ask__data_is_no_script(void **state)
{
	static const struct answer answers[] = {{200, "{\"name\":\"a\"}"}, {200, ""}};
	static const struct answer fallback[] = {{200, "[]"}};
	struct world *w = *state;

	w->answers = answers;
	w->fallback_answers = fallback;
	ask(w, WEBHOOK_ANSWER, "POST");
	assert_non_null(w->reply.document);
	ncco_document_free(w->reply.document);
	assert_int_equal(w->fallback_count, 1);
	for (size_t i = 0; i < w->seen_count; i++) {
		if (strcmp(w->seen[i].path, "/fallback") == 0)
			assert_string_equal(
				json_text(w->seen[i].body, "reason", ""), "Invalid NCCO.");
	}
}

static void test_webhook_ask__goes_to_the_fallback_with_the_reason(void **state)
{
	static const struct answer answers[] = {{504, ""}, {429, ""}};
	static const struct answer fallback[] = {{200, "[{\"action\":\"talk\",\"text\":\"b\"}]"}};
	struct world *w = *state;
	const char *original;

	w->answers = answers;
	w->fallback_answers = fallback;
	ask(w, WEBHOOK_ANSWER, "POST");
	assert_int_equal(w->seen_count, 3);
	assert_string_equal(w->seen[2].path, "/fallback");
	assert_string_equal(json_text(w->seen[2].body, "reason", ""), "Invalid response code.");
	original = json_text(w->seen[2].body, "original_request", "");
	assert_non_null(strstr(original, "/ask"));
	assert_non_null(strstr(original, "\"type\":\"answer\""));
	assert_non_null(w->reply.document);
	ncco_document_free(w->reply.document);
}

static void test_webhook_ask__tries_silence_twice_then_the_fallback_twice(void **state)
{
	static const struct answer silent[] = {{0, ""}, {0, ""}};
	struct world *w = *state;
	uint64_t begun = clock_mono();

	w->answers = w->fallback_answers = silent;
	ask(w, WEBHOOK_ANSWER, "GET");
	assert_int_equal(w->seen_count, 4);
	assert_true(w->reply.failed);
	assert_string_equal(w->reason, "Socket timeout.");
	assert_string_equal(json_text(w->seen[2].body, "reason", ""), "Socket timeout.");
	assert_true(clock_mono() - begun >= 4 * 280 * USEC_PER_MSEC);
}

static void test_webhook_ask__a_script_with_faults_is_told_and_falls_back(void **state)
{
	static const struct answer answers[] = {{200, "<html>hello</html>"}, {200, ""}, {200, ""}};
	static const struct answer fallback[] = {{200, "[]x"}};
	struct world *w = *state;
	bool told = false;

	w->answers = answers;
	w->fallback_answers = fallback;
	ask(w, WEBHOOK_ANSWER, "GET");
	assert_true(w->reply.failed);
	assert_string_equal(w->reason, "Invalid NCCO.");
	w->line = webhook_line_close(w->line);
	loop_run(w->loop);
	for (size_t i = 0; i < w->seen_count; i++) {
		const char *reason = json_text(w->seen[i].body, "reason", "");
		told |= strcmp(w->seen[i].path, "/event") == 0 &&
			strncmp(reason, "Syntax error in NCCO.", 21) == 0 &&
			strcmp(json_text(w->seen[i].body, "uuid", ""), "test-call") == 0 &&
			strcmp(json_text(w->seen[i].body, "conversation_uuid", ""), "CON-test") ==
				0;
	}
	assert_true(told);
}

static void test_webhook_forget__nothing_is_told_but_it_is_delivered(void **state)
{
	static const struct answer answers[] = {{200, "[]"}, {200, ""}};
	struct world *w = *state;
	char *url = xasprintf("%s/ask", w->base);

	w->answers = answers;
	w->stop_after = 2;
	webhook_ask(w->line, WEBHOOK_EVENT, url, "POST", event("x"), on_reply, w);
	webhook_forget(w->line, NULL);
	webhook_event(w->line, NULL, NULL, event("y"));
	loop_run(w->loop);
	assert_int_equal(w->replies, 0);
	assert_string_equal(w->seen[0].path, "/ask");
	assert_string_equal(w->seen[1].path, "/event");
	free(url);
}

static void test_webhook__is_signed_when_there_is_a_secret(void **state)
{
	static const struct answer answers[] = {{200, ""}, {200, "[]"}};
	static const char secret[] = "a secret of at least thirty-two bytes";
	struct world *w = *state;
	char *url = xasprintf("%s/ask", w->base), id[] = "main", other[sizeof(secret)];
	struct json_object *claims;

	memcpy(other, secret, sizeof(secret));
	w->app.id = id;
	w->app.signature_secret = other;
	w->answers = answers;
	w->stop_after = 2;
	webhook_event(w->line, NULL, NULL, event("x"));
	webhook_ask(w->line, WEBHOOK_ANSWER, url, "GET", event("y"), on_reply, w);
	loop_run(w->loop);
	for (size_t i = 0; i < 2; i++) {
		claims = jwt_bench_claims(w->seen[i].authorization, secret);
		assert_string_equal(json_text(claims, "iss", ""), "Vonage");
		assert_string_equal(json_text(claims, "application_id", ""), "main");
		/* Of the bytes that were sent; a GET has none. */
		assert_string_equal(json_text(claims, "payload_hash", ""), w->seen[i].hash);
		json_object_put(claims);
	}
	w->app.id = w->app.signature_secret = NULL;
	free(url);
}

static void test_webhook__without_a_secret_has_no_token(void **state)
{
	static const struct answer answers[] = {{200, ""}};
	struct world *w = *state;

	w->answers = answers;
	w->stop_after = 1;
	webhook_event(w->line, NULL, NULL, event("x"));
	loop_run(w->loop);
	assert_string_equal(w->seen[0].authorization, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_webhook_event__is_delivered_in_order_with_ids),
		TEST(test_webhook_event__is_tried_twice_with_the_same_id),
		TEST(test_webhook_event__survives_the_end_of_the_call),
		TEST(test_webhook_ask__gives_the_script),
		TEST(test_webhook_ask__an_empty_answer_to_an_event_goes_on),
		TEST(test_webhook_ask__an_object_is_data_to_an_event),
		TEST(test_webhook_ask__data_is_no_script),
		TEST(test_webhook_ask__goes_to_the_fallback_with_the_reason),
		TEST(test_webhook_ask__tries_silence_twice_then_the_fallback_twice),
		TEST(test_webhook_ask__a_script_with_faults_is_told_and_falls_back),
		TEST(test_webhook_forget__nothing_is_told_but_it_is_delivered),
		TEST(test_webhook__is_signed_when_there_is_a_secret),
		TEST(test_webhook__without_a_secret_has_no_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
