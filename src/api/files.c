/* GET /v1/files/{id}: a recording, whole or in part (RFC 9110 section 14). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "call/recording.h"
#include "http/range.h"
#include "loop/worker.h"
#include "store/store.h"

struct opening {
	struct http_exchange *exchange;
	struct worker_pool *workers;
	char *directory, *id;
	/* what the worker found */
	int fd;
	uint64_t size;
	const struct sound_format *format;
};

static void run_open(void *arg)
{
	struct opening *o = arg;
	struct stat st;
	char *path;

	if (recording_find(o->directory, o->id, &path, &o->format) < 0)
		return;
	o->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (o->fd >= 0 && fstat(o->fd, &st) == 0 && S_ISREG(st.st_mode)) {
		o->size = (uint64_t)st.st_size;
	} else if (o->fd >= 0) {
		close(o->fd);
		o->fd = -1;
	}
	free(path);
}

static void opening_free(struct opening *o)
{
	free(o->directory);
	free(o->id);
	free(o);
}

/* "bytes 0-99/1000", or "bytes * /1000" (without the space) when nothing of it is there. */
static void add_content_range(
	struct http_exchange *exchange, const struct http_range *range, uint64_t size)
{
	char text[80];

	if (range)
		snprintf(text, sizeof(text), "bytes %llu-%llu/%llu",
			(unsigned long long)range->first,
			(unsigned long long)(range->first + range->length - 1),
			(unsigned long long)size);
	else
		snprintf(text, sizeof(text), "bytes */%llu", (unsigned long long)size);
	http_exchange_add_header(exchange, "Content-Range", text);
}

static void send_file(struct opening *o)
{
	struct http_exchange *exchange = o->exchange;
	const char *wanted = http_exchange_header(exchange, "Range");
	char name[96];
	struct http_range range;

	/* Without a validator of ours, If-Range cannot match: the whole file. */
	if (http_exchange_header(exchange, "If-Range"))
		wanted = NULL;
	http_exchange_add_header(exchange, "Accept-Ranges", "bytes");
	if (http_range_read(wanted, o->size, &range) < 0) {
		close(o->fd);
		add_content_range(exchange, NULL, o->size);
		http_reply_problem(exchange, 416, NULL);
		return;
	}
	if (range.partial)
		add_content_range(exchange, &range, o->size);
	snprintf(name, sizeof(name), "attachment; filename=\"%s.%s\"", o->id, o->format->name);
	http_exchange_add_header(exchange, "Content-Disposition", name);
	http_exchange_add_header(exchange, "X-Content-Type-Options", "nosniff");
	http_reply_file(exchange, range.partial ? 206 : 200, o->format->content_type, o->fd,
		range.first, range.length);
}

static void open_done(void *arg)
{
	struct opening *o = arg;

	if (o->fd < 0)
		http_reply_problem(o->exchange, 404, "there is no such file");
	else
		send_file(o);
	opening_free(o);
}

static void open_dropped(void *arg)
{
	struct opening *o = arg;

	if (o->fd >= 0)
		close(o->fd);
	http_reply_problem(o->exchange, 503, "nccod is stopping");
	opening_free(o);
}

static const struct job_ops open_ops = {.run = run_open, .done = open_done, .drop = open_dropped};

/* Whose it is: the store knows. */
static void on_found(void *arg, int error, const struct store_recording *recording)
{
	struct opening *o = arg;

	/* At the end of nccod there are no workers any more, and no clients either. */
	if (!error && recording && api_sees(o->exchange, recording->application) &&
		!http_exchange_is_gone(o->exchange)) {
		worker_submit(o->workers, &open_ops, o);
		return;
	}
	if (error)
		http_reply_problem(o->exchange, 503, "the store cannot be read");
	else
		http_reply_problem(o->exchange, 404, "there is no such file");
	opening_free(o);
}

void api_get_file(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	struct opening *o;

	if (!recording_is_id(id)) {
		http_reply_problem(exchange, 404, "there is no such file");
		return;
	}
	o = xcalloc(1, sizeof(*o));
	o->exchange = exchange;
	o->fd = -1;
	o->id = xstrdup(id);
	o->directory = xstrdup(server_recording_directory(api->server));
	o->workers = server_workers(api->server);
	/* Who sees all of them sees those, too, of which the store knows nothing. */
	if (api_sees(exchange, NULL))
		worker_submit(o->workers, &open_ops, o);
	else
		store_find_recording(server_store(api->server), id, on_found, o);
}
