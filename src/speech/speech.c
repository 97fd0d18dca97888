#include "speech/speech_private.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "speech/adapter.h"
#include "speech/options.h"

#define DEFAULT_ADAPTER	    "espeak-ng"
#define DEFAULT_LANGUAGE    "en-US"
#define DEFAULT_CONCURRENCY 4
#define DEFAULT_TIMEOUT_MS  8000
#define DEFAULT_MAX_OUTPUT  ((size_t)50 << 20)
#define DEFAULT_CACHE_BYTES ((uint64_t)1 << 30)
#define LOOKUP_THREADS	    2 /* finished speech does not wait behind running adapters */
#define MAX_TEXT_BYTES	    65536
#define MAX_FIELD_BYTES	    64 /* of language and voice */

void speech_set_error(struct speech_job *job, int error, char *message)
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
		speech_set_error(job, -ECANCELED, xstrdup("cancelled"));
	job->sink.done(job->arg, job->error, job->message ? job->message : "");
	if (job->stop_fd >= 0)
		close(job->stop_fd);
	free((char *)job->request.text);
	free((char *)job->request.adapter);
	free((char *)job->request.language);
	free((char *)job->request.voice);
	json_object_put(job->request.options);
	json_object_put(job->options);
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

static const struct job_ops run_ops = {
	.run = speech_adapters_run, .done = on_ready, .drop = on_dropped};

static void on_looked_up(void *arg)
{
	struct speech_job *job = arg;

	if (job->error || job->served)
		on_ready(job);
	else
		job->work = worker_submit(job->speech->runs, &run_ops, job);
}

static const struct job_ops lookup_ops = {
	.run = speech_lookup_run, .done = on_looked_up, .drop = on_dropped};

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
	job->request.options = NULL;
	if (options_flatten(request->options, &job->request.options) < 0)
		speech_set_error(job, -EINVAL, xstrdup("too many or too long options"));
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
	job->options = json_object_get(speech->options);
	job->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (job->stop_fd < 0)
		speech_set_error(job, -errno, xasprintf("speech: %s", strerror(errno)));
	if (error)
		speech_set_error(job, -EINVAL, xstrdup(error));
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

/* A copy: objects are counted on the core thread alone, and the configuration has its own life. */
void speech_set_options(struct speech *speech, struct json_object *options)
{
	json_object_put(speech->options);
	speech->options = NULL;
	if (options && json_object_deep_copy(options, &speech->options, NULL) < 0)
		abort();
}

static void open_cache(struct speech *speech, const struct speech_config *config)
{
	if (config->cache_dir)
		speech->files = files_new(config->cache_dir,
			config->max_cache_bytes ? config->max_cache_bytes : DEFAULT_CACHE_BYTES);
	if (config->cache_dir && !speech->files)
		log_warn(NULL, "no speech cache in %s: %s", config->cache_dir, strerror(errno));
}

struct speech *speech_new(struct loop *loop, const struct speech_config *config, char **ret_error)
{
	const struct choice_config choice = {
		.dir = config->adapter_dir,
		.adapter = config->adapter ? config->adapter : DEFAULT_ADAPTER,
		.fallback = config->fallback,
		.breaker_failures = config->breaker_failures,
		.breaker_seconds = config->breaker_seconds,
	};
	struct speech *speech = xcalloc(1, sizeof(*speech));

	speech->loop = loop;
	speech->timeout_ms = config->timeout_ms ? config->timeout_ms : DEFAULT_TIMEOUT_MS;
	speech->max_output_bytes =
		config->max_output_bytes ? config->max_output_bytes : DEFAULT_MAX_OUTPUT;
	speech_set_options(speech, config->options);
	TAILQ_INIT(&speech->jobs);
	TAILQ_INIT(&speech->cancelled);
	timer_init(&speech->reaper, loop, on_reap, speech);
	if (choice_init(&speech->choice, &choice, ret_error) < 0)
		return speech_free(speech);
	open_cache(speech, config);
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
	choice_release(&speech->choice);
	json_object_put(speech->options);
	free(speech);
	return NULL;
}
