#include "http/client_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"

void client_done(void *arg, const struct http_response *response)
{
	struct client_bench *b = arg;

	b->count++;
	b->outcome = response->outcome;
	b->status = response->status;
	b->duration_us = response->duration_us;
	xstrset(&b->body, response->body);
	xstrset(&b->type, response->content_type);
	xstrset(&b->url, response->url);
	xstrset(&b->detail, response->detail);
	json_object_put(b->headers);
	b->headers = json_object_get(response->headers);
	if (--b->waiting == 0)
		loop_stop(b->loop);
}

static enum fake_action answer_ok(struct client_bench *b, const char *request, char **ret_answer)
{
	xstrset(&b->seen, request);
	*ret_answer = xstrdup("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			      "X-Twice: a\r\nX-Twice: b\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
	return FAKE_ANSWER;
}

static char *big_answer(const char *framing)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", framing);
	for (int i = 0; i < 200; i++)
		strbuf_adds(&sb, "400\r\n");
	for (int i = 0; i < 2000; i++)
		strbuf_adds(&sb, "0123456789012345");
	return strbuf_detach(&sb);
}

static enum fake_action answer_by_path(void *arg, const char *request, char **ret_answer)
{
	struct client_bench *b = arg;
	const char *path = strchr(request, '/');
	const struct {
		const char *path;
		enum fake_action action;
		const char *answer;
	} table[] = {
		{"/404 ", FAKE_ANSWER, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"},
		{"/close ", FAKE_CLOSE, NULL},
		{"/reset ", FAKE_RESET, NULL},
		{"/partial ", FAKE_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"},
		{"/hang ", FAKE_HANG, NULL},
		{"/drip ", FAKE_DRIP, "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n"},
		{"/garbage ", FAKE_CLOSE, "220 smtp ready\r\n"},
		{"/chunked ", FAKE_ANSWER,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"},
		{"/to-ok ", FAKE_ANSWER,
			"HTTP/1.1 302 Found\r\nLocation: /ok\r\nX-Old: 1\r\n"
			"Content-Length: 3\r\n\r\nold"},
		{"/keep-post ", FAKE_ANSWER,
			"HTTP/1.1 307 Later\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"},
		{"/round ", FAKE_ANSWER,
			"HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n"},
		{"/to-file ", FAKE_ANSWER,
			"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
			"Content-Length: 0\r\n\r\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strncmp(path, table[i].path, strlen(table[i].path)) == 0) {
			*ret_answer = xstrdup(table[i].answer);
			return table[i].action;
		}
	}
	if (strncmp(path, "/big-stated ", 12) == 0) {
		*ret_answer = big_answer("Content-Length: 33000");
		return FAKE_CLOSE;
	}
	if (strncmp(path, "/big-unstated ", 14) == 0) {
		*ret_answer = big_answer("Connection: close");
		return FAKE_CLOSE;
	}
	return answer_ok(b, request, ret_answer);
}

static int setup_with(void **state, bool allow_private)
{
	const struct http_client_config config = {
		.allow_private = allow_private, .user_agent = "nccod-test"};
	struct client_bench *b = xcalloc(1, sizeof(*b));

	b->loop = loop_new();
	b->client = http_client_new(b->loop, &config);
	b->server = fake_server_new(answer_by_path, b);
	*state = b;
	return 0;
}

int client_setup(void **state)
{
	return setup_with(state, true);
}

int client_setup_strict(void **state)
{
	return setup_with(state, false);
}

int client_teardown(void **state)
{
	struct client_bench *b = *state;

	http_client_free(b->client);
	fake_server_free(b->server);
	loop_free(b->loop);
	json_object_put(b->headers);
	free(b->body);
	free(b->type);
	free(b->url);
	free(b->detail);
	free(b->seen);
	free(b);
	return 0;
}

char *client_url(struct client_bench *b, const char *path)
{
	return xasprintf("http://127.0.0.1:%u%s", fake_server_port(b->server), path);
}

void client_exchange(struct client_bench *b, const char *path, struct http_request request)
{
	char *url = request.url ? xstrdup(request.url) : client_url(b, path);
	unsigned before = b->count;

	request.url = url;
	b->waiting = 1;
	assert_non_null(http_send(b->client, &request, client_done, b));
	assert_int_equal(b->count, before);
	free(url);
	loop_run(b->loop);
	assert_int_equal(b->count, before + 1);
}
