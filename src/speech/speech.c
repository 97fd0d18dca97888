#include "speech/speech.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "loop/worker.h"
#include "speech/adapter.h"
#include "speech/files.h"

#define DEFAULT_ADAPTER		"espeak-ng"
#define DEFAULT_LANGUAGE	"en-US"
#define DEFAULT_CONCURRENCY	4
#define DEFAULT_TIMEOUT_MS	8000
#define DEFAULT_MAX_OUTPUT	((size_t)50 << 20)
#define DEFAULT_CACHE_BYTES	((uint64_t)1 << 30)
#define LOOKUP_THREADS		2 /* finished speech does not wait behind running adapters */
#define MAX_TEXT_BYTES		65536
#define MAX_FIELD_BYTES		64 /* of language and voice */
#define MAX_ADAPTERS		16
#define CAPABILITIES_TIMEOUT_MS 2000
#define CAPABILITIES_BYTES	1024
#define PIECE_BYTES		65536

/* What an adapter said about itself. */
struct adapter {
	char *name;
	bool ssml;
};

struct speech {
	struct loop *loop;
	char *dir;
	struct files *files; /* NULL: no cache */
	char *order[MAX_ADAPTERS];
	size_t order_count;
	unsigned timeout_ms;
	size_t max_output_bytes;
	struct worker_pool *lookups, *runs;
	TAILQ_HEAD(, speech_job) jobs, cancelled;
	struct timer reaper; /* delivers `cancelled` */
	bool closing;

	pthread_mutex_t lock; /* guards what is known of adapters */
	struct adapter known[MAX_ADAPTERS * 2];
	size_t known_count;
};

struct speech_job {
	TAILQ_ENTRY(speech_job) entry; /* in jobs, or in cancelled */
	struct speech *speech;
	struct speech_sink sink;
	void *arg;
	struct speech_request request; /* its strings are ours */
	struct job *work;
	atomic_bool stop;
	int stop_fd; /* eventfd */

	/* Written by the speech thread while it has the job, else by the core thread. */
	bool served, begun; /* wholly, or some bytes, given to the sink */
	int error;
	char *message;
	struct files_writer *writer;
};

/* Results */

static void set_error(struct speech_job *job, int error, char *message)
{
	free(job->message);
	job->error = error;
	job->message = message;
}

/* Core thread, once no speech thread has the job. */
static void finish(struct speech_job *job)
{
	/* Set for good, so that a cancel out of done() does nothing. */
	if (atomic_exchange(&job->stop, true))
		set_error(job, -ECANCELED, xstrdup("cancelled"));
	job->sink.done(job->arg, job->error, job->message ? job->message : "");
	if (job->stop_fd >= 0)
		close(job->stop_fd);
	free((char *)job->request.text);
	free((char *)job->request.adapter);
	free((char *)job->request.language);
	free((char *)job->request.voice);
	free(job->message);
	free(job);
}

static void on_reap(void *arg)
{
	struct speech *speech = arg;
	struct speech_job *job;

	while ((job = TAILQ_FIRST(&speech->cancelled))) {
		TAILQ_REMOVE(&speech->cancelled, job, entry);
		finish(job);
	}
}

/* Speech thread: on the way to the sink. */

static int on_wav(void *arg, const void *data, size_t length)
{
	struct speech_job *job = arg;
	int result;

	if (job->stop)
		return -ECANCELED;
	job->begun = true;
	files_write(job->writer, data, length);
	result = job->sink.data(job->arg, data, length);
	return result < 0 ? result : 0;
}

static int serve_file(struct speech_job *job, int fd)
{
	char *piece = xmalloc(PIECE_BYTES);
	int result = 0;
	ssize_t n = 0;

	while (result == 0 && (n = read(fd, piece, PIECE_BYTES)) > 0)
		result = on_wav(job, piece, (size_t)n);
	if (n < 0)
		result = -errno;
	free(piece);
	close(fd);
	return result;
}

/* True when there was a file, whatever became of it. */
static bool serve_cached(struct speech_job *job, const char *adapter)
{
	char name[FILES_NAME_SIZE];
	int fd, error;

	if (!job->speech->files)
		return false;
	files_name(&job->request, adapter, name);
	fd = files_open(job->speech->files, name);
	if (fd < 0)
		return false;
	error = serve_file(job, fd);
	job->served = true;
	if (error)
		set_error(job, error, xasprintf("speech cache: %s", strerror(-error)));
	return true;
}

/* Speech thread: adapters */

static char **make_environment(const struct speech_request *request)
{
	char **environment;
	size_t count = 0, kept = 0;

	while (environ[count])
		count++;
	environment = xcalloc(count + 5, sizeof(*environment));
	for (size_t i = 0; i < count; i++) {
		if (strncmp(environ[i], "NCCO_", 5) != 0)
			environment[kept++] = xstrdup(environ[i]);
	}
	environment[kept++] = xasprintf("NCCO_LANGUAGE=%s", request->language);
	environment[kept++] = xasprintf("NCCO_VOICE=%s", request->voice ? request->voice : "");
	environment[kept++] = xasprintf("NCCO_STYLE=%u", request->style);
	environment[kept++] = xasprintf("NCCO_RATE=%u", request->rate);
	return environment;
}

static void free_environment(char **environment)
{
	for (char **e = environment; *e; e++)
		free(*e);
	free(environment);
}

static int on_capabilities(void *arg, const void *data, size_t length)
{
	strbuf_add(arg, data, length);
	return 0;
}

/* "ssml" as a word of what it prints; an adapter that fails has no capabilities. */
static int ask_for_ssml(struct speech_job *job, const char *path, bool *ret_ssml)
{
	struct strbuf output = STRBUF_INIT;
	const struct adapter_run run = {
		.path = path,
		.argument = "--capabilities",
		.environment = environ,
		.text = "",
		.cancel_fd = job->stop_fd,
		.timeout_ms = CAPABILITIES_TIMEOUT_MS,
		.max_output_bytes = CAPABILITIES_BYTES,
		.data = on_capabilities,
		.arg = &output,
	};
	char *message = NULL, *save = NULL;
	int error = adapter_run(&run, &message);

	*ret_ssml = false;
	if (!error && output.length) {
		for (char *w = strtok_r(output.data, " ,\t\r\n", &save); w;
			w = strtok_r(NULL, " ,\t\r\n", &save))
			*ret_ssml |= strcmp(w, "ssml") == 0;
	}
	strbuf_release(&output);
	free(message);
	return error;
}

static struct adapter *find_known(struct speech *speech, const char *name)
{
	for (size_t i = 0; i < speech->known_count; i++) {
		if (strcmp(speech->known[i].name, name) == 0)
			return &speech->known[i];
	}
	return NULL;
}

static void remember(struct speech *speech, const char *name, bool ssml)
{
	pthread_mutex_lock(&speech->lock);
	if (!find_known(speech, name) && speech->known_count < ARRAY_SIZE(speech->known))
		speech->known[speech->known_count++] =
			(struct adapter){.name = xstrdup(name), .ssml = ssml};
	pthread_mutex_unlock(&speech->lock);
}

static bool takes_ssml(struct speech_job *job, const char *name, const char *path)
{
	struct speech *speech = job->speech;
	struct adapter *adapter;
	bool known, ssml = false;

	pthread_mutex_lock(&speech->lock);
	adapter = find_known(speech, name);
	known = adapter != NULL;
	if (adapter)
		ssml = adapter->ssml;
	pthread_mutex_unlock(&speech->lock);
	if (!known && ask_for_ssml(job, path, &ssml) != -ECANCELED)
		remember(speech, name, ssml);
	return ssml;
}

static bool is_ssml(const char *text)
{
	text += strspn(text, " \t\r\n");
	return strncmp(text, "<speak", 6) == 0 && strchr(" \t\r\n/>", text[6]) && text[6];
}

static int run_adapter(
	struct speech_job *job, const char *path, const char *text, char **ret_message)
{
	char **environment = make_environment(&job->request);
	const struct adapter_run run = {
		.path = path,
		.environment = environment,
		.text = text,
		.cancel_fd = job->stop_fd,
		.timeout_ms = job->speech->timeout_ms,
		.max_output_bytes = job->speech->max_output_bytes,
		.data = on_wav,
		.arg = job,
	};
	int error = adapter_run(&run, ret_message);

	free_environment(environment);
	if (!error && !job->begun) {
		*ret_message = xstrdup("no speech came");
		return -EIO;
	}
	return error;
}

static void speak(struct speech_job *job, const char *adapter)
{
	struct speech *speech = job->speech;
	char *path = xasprintf("%s/%s", speech->dir, adapter), *message = NULL;
	char *plain = NULL, name[FILES_NAME_SIZE];
	int error;

	if (is_ssml(job->request.text) && !takes_ssml(job, adapter, path))
		plain = speech_strip_ssml(job->request.text);
	if (speech->files) {
		files_name(&job->request, adapter, name);
		job->writer = files_begin(speech->files, name);
	}
	error = run_adapter(job, path, plain ? plain : job->request.text, &message);
	if (error)
		files_abandon(job->writer);
	else
		files_commit(job->writer);
	job->writer = NULL;
	set_error(job, error, error ? xasprintf("%s: %s", adapter, message) : NULL);
	free(message);
	free(plain);
	free(path);
}

/* The pools' jobs */

static const char *first_adapter(const struct speech_job *job)
{
	return job->request.adapter ? job->request.adapter : job->speech->order[0];
}

static void lookup_run(void *arg)
{
	struct speech_job *job = arg;

	if (!job->error && !job->stop)
		serve_cached(job, first_adapter(job));
}

static void adapters_run(void *arg)
{
	struct speech_job *job = arg;
	struct speech *speech = job->speech;

	speak(job, first_adapter(job));
	for (size_t i = 1; i < speech->order_count && !job->request.adapter; i++) {
		if (!job->error || job->begun || job->stop)
			return;
		log_warn(NULL, "speech adapter %s, trying %s", job->message, speech->order[i]);
		set_error(job, 0, NULL);
		if (serve_cached(job, speech->order[i]))
			return;
		speak(job, speech->order[i]);
	}
}

static void on_ready(void *arg)
{
	struct speech_job *job = arg;

	TAILQ_REMOVE(&job->speech->jobs, job, entry);
	finish(job);
}

/* Cancelled, and no thread has it. Not delivered here: speech_cancel() may be running. */
static void on_dropped(void *arg)
{
	struct speech_job *job = arg;
	struct speech *speech = job->speech;

	TAILQ_REMOVE(&speech->jobs, job, entry);
	TAILQ_INSERT_TAIL(&speech->cancelled, job, entry);
	if (!speech->closing)
		timer_start(&speech->reaper, 0);
}

static const struct job_ops run_ops = {.run = adapters_run, .done = on_ready, .drop = on_dropped};

static void on_looked_up(void *arg)
{
	struct speech_job *job = arg;

	if (job->error || job->served)
		on_ready(job);
	else
		job->work = worker_submit(job->speech->runs, &run_ops, job);
}

static const struct job_ops lookup_ops = {
	.run = lookup_run, .done = on_looked_up, .drop = on_dropped};

/* Core thread */

static bool field_ok(const char *field)
{
	if (!field)
		return true;
	for (const char *s = field; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	}
	return strlen(field) <= MAX_FIELD_BYTES;
}

static const char *request_error(const struct speech_request *request)
{
	if (!request->text || request->text[strspn(request->text, " \t\r\n")] == '\0')
		return "no text to speak";
	if (strnlen(request->text, MAX_TEXT_BYTES + 1) > MAX_TEXT_BYTES)
		return "text longer than 65536 bytes";
	if (request->adapter && !adapter_name_ok(request->adapter))
		return "bad adapter name";
	if (!field_ok(request->language) || !field_ok(request->voice))
		return "bad language or voice";
	return NULL;
}

static void copy_request(struct speech_job *job, const struct speech_request *request)
{
	job->request = *request;
	job->request.text = xstrdup(request->text ? request->text : "");
	job->request.adapter = xstrdup(request->adapter);
	job->request.language = xstrdup(request->language ? request->language : DEFAULT_LANGUAGE);
	job->request.voice = xstrdup(request->voice);
}

struct speech_job *speech_start(struct speech *speech, const struct speech_request *request,
	const struct speech_sink *sink, void *arg)
{
	struct speech_job *job = xcalloc(1, sizeof(*job));
	const char *error = request_error(request);

	job->speech = speech;
	job->sink = *sink;
	job->arg = arg;
	copy_request(job, request);
	job->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (job->stop_fd < 0)
		set_error(job, -errno, xasprintf("speech: %s", strerror(errno)));
	if (error)
		set_error(job, -EINVAL, xstrdup(error));
	TAILQ_INSERT_TAIL(&speech->jobs, job, entry);
	job->work = worker_submit(speech->lookups, &lookup_ops, job);
	return job;
}

void speech_cancel(struct speech_job *job)
{
	const uint64_t one = 1;

	if (!job || atomic_exchange(&job->stop, true))
		return;
	if (job->stop_fd >= 0 && write(job->stop_fd, &one, sizeof(one)) < 0)
		abort();
	worker_cancel(job->work);
}

static bool adapter_exists(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct stat st;
	bool ok = stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;

	free(path);
	return ok;
}

static char *config_error(const struct speech_config *config, const char *adapter)
{
	struct stat st;

	if (!config->adapter_dir || stat(config->adapter_dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return xasprintf("no directory of speech adapters: %s",
			config->adapter_dir ? config->adapter_dir : "(none)");
	if (!adapter_name_ok(adapter))
		return xasprintf("bad name of a speech adapter: %s", adapter);
	if (!adapter_exists(config->adapter_dir, adapter))
		return xasprintf("no speech adapter %s in %s", adapter, config->adapter_dir);
	for (const char *const *f = config->fallback; f && *f; f++) {
		if (!adapter_name_ok(*f))
			return xasprintf("bad name of a speech adapter: %s", *f);
		if (f - config->fallback >= MAX_ADAPTERS - 1)
			return xstrdup("too many fallback speech adapters");
	}
	return NULL;
}

static void set_order(
	struct speech *speech, const struct speech_config *config, const char *adapter)
{
	speech->order[speech->order_count++] = xstrdup(adapter);
	for (const char *const *f = config->fallback; f && *f; f++)
		speech->order[speech->order_count++] = xstrdup(*f);
}

struct speech *speech_new(struct loop *loop, const struct speech_config *config, char **ret_error)
{
	const char *adapter = config->adapter ? config->adapter : DEFAULT_ADAPTER;
	char *error = config_error(config, adapter);
	struct speech *speech;

	if (error) {
		*ret_error = error;
		return NULL;
	}
	speech = xcalloc(1, sizeof(*speech));
	speech->loop = loop;
	speech->dir = realpath(config->adapter_dir, NULL);
	if (!speech->dir)
		speech->dir = xstrdup(config->adapter_dir);
	set_order(speech, config, adapter);
	speech->timeout_ms = config->timeout_ms ? config->timeout_ms : DEFAULT_TIMEOUT_MS;
	speech->max_output_bytes =
		config->max_output_bytes ? config->max_output_bytes : DEFAULT_MAX_OUTPUT;
	if (config->cache_dir)
		speech->files = files_new(config->cache_dir,
			config->max_cache_bytes ? config->max_cache_bytes : DEFAULT_CACHE_BYTES);
	if (config->cache_dir && !speech->files)
		log_warn(NULL, "no speech cache in %s: %s", config->cache_dir, strerror(errno));
	TAILQ_INIT(&speech->jobs);
	TAILQ_INIT(&speech->cancelled);
	timer_init(&speech->reaper, loop, on_reap, speech);
	pthread_mutex_init(&speech->lock, NULL);
	speech->lookups = worker_pool_new(loop, "speech-cache", LOOKUP_THREADS);
	speech->runs = worker_pool_new(
		loop, "speech", config->concurrency ? config->concurrency : DEFAULT_CONCURRENCY);
	return speech;
}

static void cancel_all(struct speech *speech)
{
	struct speech_job *job, *next;

	for (job = TAILQ_FIRST(&speech->jobs); job; job = next) {
		next = TAILQ_NEXT(job, entry);
		speech_cancel(job);
	}
}

struct speech *speech_free(struct speech *speech)
{
	if (!speech)
		return NULL;
	speech->closing = true;
	cancel_all(speech);
	worker_pool_free(speech->lookups);
	worker_pool_free(speech->runs);
	timer_stop(&speech->reaper);
	on_reap(speech);
	files_free(speech->files);
	for (size_t i = 0; i < speech->order_count; i++)
		free(speech->order[i]);
	for (size_t i = 0; i < speech->known_count; i++)
		free(speech->known[i].name);
	pthread_mutex_destroy(&speech->lock);
	free(speech->dir);
	free(speech);
	return NULL;
}
