#include "http/websocket_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

static void on_open(void *arg)
{
	struct websocket_bench *b = arg;

	b->opened++;
	if (b->then)
		b->then(b);
}

static void on_message(void *arg, enum websocket_type type, const char *data, size_t length)
{
	struct websocket_bench *b = arg;

	b->messages++;
	if (type == WEBSOCKET_TEXT)
		strbuf_addf(&b->log, "text:%.*s ", (int)length, data);
	else
		strbuf_addf(&b->log, "binary:%zu ", length);
	if (b->then)
		b->then(b);
}

static void on_end(void *arg, const struct websocket_end *end)
{
	struct websocket_bench *b = arg;

	b->ends++;
	b->outcome = end->outcome;
	b->status = end->status;
	b->code = end->code;
	xstrset(&b->detail, end->detail);
	loop_stop(b->loop);
}

static const struct websocket_handler handler = {on_open, on_message, on_end};

static void on_timer(void *arg)
{
	struct websocket_bench *b = arg;

	loop_stop(b->loop);
}

static int setup_with(void **state, bool allow_private)
{
	struct websocket_bench *b = xcalloc(1, sizeof(*b));
	struct connector_config config = {.allow_private = allow_private};
	char *error = NULL;

	b->loop = loop_new();
	b->log = (struct strbuf)STRBUF_INIT;
	b->ca = fake_ca_new();
	config.ca_file = fake_ca_file(b->ca);
	b->connector = connector_new(b->loop, &config, &error);
	assert_non_null(b->connector);
	b->client = websocket_client_new(b->loop, b->connector, "nccod-test");
	timer_init(&b->timer, b->loop, on_timer, b);
	*state = b;
	return 0;
}

int websocket_bench_setup(void **state)
{
	return setup_with(state, true);
}

int websocket_bench_setup_strict(void **state)
{
	return setup_with(state, false);
}

int websocket_bench_teardown(void **state)
{
	struct websocket_bench *b = *state;

	timer_stop(&b->timer);
	websocket_free(b->ws);
	websocket_client_free(b->client);
	connector_free(b->connector);
	fake_websocket_free(b->server);
	SSL_CTX_free(b->ctx);
	fake_ca_free(b->ca);
	loop_free(b->loop);
	strbuf_release(&b->log);
	free(b->detail);
	free(b);
	return 0;
}

void websocket_bench_serve(struct websocket_bench *b, SSL_CTX *ctx, fake_behave_fn behave)
{
	fake_websocket_free(b->server);
	SSL_CTX_free(b->ctx);
	b->ctx = ctx;
	b->server = fake_websocket_new(ctx, behave, b);
}

void websocket_bench_open(struct websocket_bench *b, struct websocket_request request)
{
	unsigned ends = b->ends, opened = b->opened;
	char *url =
		request.url && request.url[0] != '/'
			? xstrdup(request.url)
			: xasprintf("%s://127.0.0.1:%u%s", b->ctx ? "wss" : "ws",
				  fake_websocket_port(b->server), request.url ? request.url : "/");

	request.url = url;
	strbuf_reset(&b->log);
	b->messages = 0;
	b->ws = websocket_open(b->client, &request, &handler, b);
	assert_int_equal(b->ends, ends); /* not inside the call */
	assert_int_equal(b->opened, opened);
	free(url);
}

void websocket_bench_wait(struct websocket_bench *b, unsigned ms)
{
	timer_start(&b->timer, ms * USEC_PER_MSEC);
	loop_run(b->loop);
	timer_stop(&b->timer);
}

void websocket_bench_run(struct websocket_bench *b, struct websocket_request request)
{
	unsigned ends = b->ends;

	websocket_bench_open(b, request);
	websocket_bench_wait(b, 10000);
	assert_int_equal(b->ends, ends + 1);
	b->ws = websocket_free(b->ws);
}
