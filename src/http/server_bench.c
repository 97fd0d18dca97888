#include "http/server_bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

static void on_json(void *arg, struct http_exchange *exchange, const char *id)
{
	struct json_object *body = json_object_new_object();
	size_t length;
	const char *text = http_exchange_body(exchange, &length);

	((struct bench *)arg)->handled++;
	json_add_text(body, "id", id);
	json_add_text(body, "second", http_exchange_second_id(exchange));
	json_add_text(body, "method", http_exchange_method(exchange));
	json_add_text(body, "query", http_exchange_query(exchange));
	json_object_object_add(body, "body", json_object_new_string_len(text, (int)length));
	http_reply_json(exchange, 200, body);
}

static void on_file(void *arg, struct http_exchange *exchange, const char *id)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	uint8_t block[4096];

	(void)arg;
	(void)id;
	for (unsigned at = 0; at < BENCH_FILE; at += sizeof(block)) {
		memset(block, (int)(at / sizeof(block) % 251), sizeof(block));
		assert_int_equal(write(fd, block, sizeof(block)), sizeof(block));
	}
	http_reply_file(exchange, 206, "audio/wav", fd, 4096, BENCH_FILE - 8192);
}

static void on_keep(void *arg, struct http_exchange *exchange, const char *id)
{
	struct bench *b = arg;

	(void)id;
	b->kept[b->kept_count++] = exchange;
}

static void on_delete(void *arg, struct http_exchange *exchange, const char *id)
{
	(void)arg;
	(void)id;
	http_reply_empty(exchange, 204);
}

static bool on_admit(void *arg, struct http_exchange *exchange, const struct http_route *route)
{
	struct bench *b = arg;

	(void)route;
	if (!http_exchange_header(exchange, "X-Refuse"))
		return true;
	b->refused++;
	http_reply_problem(exchange, 401, "no");
	return false;
}

const struct http_route bench_routes[] = {
	{"GET", "/things/{id}", on_json, NULL},
	{"POST", "/things/{id}", on_json, NULL},
	{"DELETE", "/things/{id}", on_delete, NULL},
	{"PUT", "/things/{id}/mute", on_json, NULL},
	{"GET", "/file", on_file, NULL},
	{"GET", "/keep", on_keep, NULL},
	{"PUT", "[/api]/v1/rooms/{name}/members/{id}", on_json, NULL},
	{NULL, NULL, NULL, NULL},
};

struct bench *bench_new(const struct http_server_config *wanted)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	struct http_server_config config = wanted ? *wanted : (struct http_server_config){0};
	char *error = NULL;

	config.address = "127.0.0.1:0";
	config.max_body = BENCH_MAX_BODY;
	config.routes = bench_routes;
	config.admit = on_admit;
	config.arg = b;
	b->got = (struct strbuf)STRBUF_INIT;
	b->loop = loop_new();
	b->server = http_server_new(b->loop, &config, &error);
	assert_non_null(b->server);
	return b;
}

struct bench *bench_free(struct bench *b)
{
	http_server_free(b->server);
	loop_free(b->loop);
	strbuf_release(&b->got);
	free(b);
	return NULL;
}

void bench_turn(struct bench *b)
{
	event_base_loop(loop_base(b->loop), EVLOOP_NONBLOCK);
}

int bench_dial(const struct bench *b)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(http_server_port(b->server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void bench_say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* False when the server has closed. */
static bool hear_some(struct bench *b, int fd)
{
	char part[65536];
	ssize_t n;

	bench_turn(b);
	n = recv(fd, part, sizeof(part), MSG_DONTWAIT);
	if (n > 0)
		strbuf_add(&b->got, part, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

const char *bench_hear(struct bench *b, int fd, const char *until)
{
	uint64_t end = clock_mono() + BENCH_WAIT_US;

	strbuf_reset(&b->got);
	while ((!until || !strstr(b->got.data, until)) && hear_some(b, fd))
		assert_true(clock_mono() < end);
	return b->got.data;
}

const char *bench_ask(struct bench *b, const char *request)
{
	uint64_t end = clock_mono() + BENCH_WAIT_US;
	size_t sent = 0, length = strlen(request);
	int fd = bench_dial(b);

	strbuf_reset(&b->got);
	do {
		ssize_t n = 0;

		assert_true(clock_mono() < end);
		if (sent < length)
			n = send(fd, request + sent, length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
	} while (hear_some(b, fd));
	close(fd);
	return b->got.data;
}

void bench_silent(struct bench *b, int fd, unsigned ms)
{
	uint64_t end = clock_mono() + ms * USEC_PER_MSEC;

	strbuf_reset(&b->got);
	while (clock_mono() < end)
		assert_true(hear_some(b, fd));
	assert_string_equal(b->got.data, "");
}

void assert_begins(const char *text, const char *begin)
{
	if (strncmp(text, begin, strlen(begin)) != 0)
		fail_msg("not \"%s\": %.200s", begin, text);
}
