#include "speech/asr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "speech/adapter.h"
#include "speech/asr_private.h"
#include "speech/options.h"

#define DEFAULT_ADAPTER	    "pocketsphinx"
#define DEFAULT_LANGUAGE    "en-US"
#define DEFAULT_CONCURRENCY 8
#define DEFAULT_TIMEOUT_MS  20000
#define WAITING_FACTOR	    4
#define MAX_LANGUAGE_BYTES  64
#define MAX_HINT_BYTES	    16384 /* of all together */

void asr_set_error(struct asr_job *job, int error, char *message)
{
	free(job->message);
	job->error = error;
	job->message = message;
}

/* --- results --- */

static void drop_results(struct asr_job *job)
{
	struct asr_heard *heard;

	while ((heard = STAILQ_FIRST(&job->results))) {
		STAILQ_REMOVE_HEAD(&job->results, link);
		asr_result_release(&heard->result);
		free(heard);
	}
}

/* Tells one; false when there was none. */
static bool tell_result(struct asr_job *job)
{
	struct asr_heard *heard;

	pthread_mutex_lock(&job->asr->lock);
	heard = STAILQ_FIRST(&job->results);
	if (heard)
		STAILQ_REMOVE_HEAD(&job->results, link);
	pthread_mutex_unlock(&job->asr->lock);
	if (!heard)
		return false;
	if (!job->stop && job->handler.on_result)
		job->handler.on_result(job->arg, &heard->result);
	asr_result_release(&heard->result);
	free(heard);
	return true;
}

/* A handler may cancel any job, so each result begins the search anew. */
static void tell_results(void *arg)
{
	struct asr *asr = arg;
	struct asr_job *job;

	pthread_mutex_lock(&asr->lock);
	asr->posted = false;
	pthread_mutex_unlock(&asr->lock);
	do {
		TAILQ_FOREACH (job, &asr->jobs, link) {
			if (tell_result(job))
				break;
		}
	} while (job);
}

void asr_add_result(struct asr_job *job, struct asr_result *result)
{
	struct asr_heard *heard = xcalloc(1, sizeof(*heard));
	struct asr *asr = job->asr;
	bool post;

	heard->result = *result;
	pthread_mutex_lock(&asr->lock);
	STAILQ_INSERT_TAIL(&job->results, heard, link);
	post = !asr->posted;
	asr->posted = true;
	pthread_mutex_unlock(&asr->lock);
	if (post)
		loop_post(asr->loop, tell_results, asr);
}

/* --- jobs --- */

static void job_free(struct asr_job *job)
{
	TAILQ_REMOVE(&job->asr->jobs, job, link);
	drop_results(job);
	feed_free(job->feed);
	if (job->stop_fd >= 0)
		close(job->stop_fd);
	json_object_put(job->own);
	json_object_put(job->options);
	free(job->adapter);
	free(job->language);
	free(job->hints);
	free(job->message);
	free(job);
}

/* No thread has it any more. */
static void on_ran(void *arg)
{
	struct asr_job *job = arg;

	while (!job->stop && tell_result(job))
		;
	/* Set for good, so that a cancel out of on_done() does nothing. */
	if (!atomic_exchange(&job->stop, true))
		job->handler.on_done(job->arg, job->error, job->message ? job->message : "");
	job_free(job);
}

static void on_dropped(void *arg)
{
	job_free(arg);
}

static const struct job_ops run_ops = {.run = asr_run, .done = on_ran, .drop = on_dropped};

static void tell_refused(void *arg)
{
	struct asr *asr = arg;
	struct asr_job *job;

	do {
		TAILQ_FOREACH (job, &asr->jobs, link) {
			if (!job->work)
				break;
		}
		if (job)
			on_ran(job);
	} while (job);
}

static bool is_plain(const char *text, size_t max)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	}
	return strlen(text) <= max;
}

/* A line each; what they must not have becomes a blank. What is too much is left out. */
static char *join_hints(const char *const *hints)
{
	struct strbuf lines = STRBUF_INIT;

	for (; hints && *hints; hints++) {
		size_t start = lines.length + (lines.length > 0);

		if (lines.length + strlen(*hints) >= MAX_HINT_BYTES)
			break;
		strbuf_addf(&lines, "%s%s", lines.length ? "\n" : "", *hints);
		for (char *c = lines.data + start; *c; c++) {
			if ((unsigned char)*c < ' ')
				*c = ' ';
		}
	}
	return strbuf_detach(&lines);
}

static void check_request(struct asr_job *job, const struct asr_request *request)
{
	if (job->stop_fd < 0 || !job->feed)
		asr_set_error(job, -EMFILE, xstrdup("no descriptor is free"));
	else if (request->adapter && !adapter_name_ok(request->adapter))
		asr_set_error(job, -EINVAL, xstrdup("bad adapter name"));
	else if (!is_plain(job->language, MAX_LANGUAGE_BYTES))
		asr_set_error(job, -EINVAL, xstrdup("bad language"));
	else if (options_flatten(request->options, &job->own) < 0)
		asr_set_error(job, -EINVAL, xstrdup("too many or too long options"));
	else if (worker_backlog(job->asr->runs) >= job->asr->max_waiting)
		asr_set_error(job, -EBUSY, xstrdup("too many are speaking at once"));
}

struct asr_job *asr_start(struct asr *asr, const struct asr_request *request,
	const struct asr_handler *handler, void *arg)
{
	struct asr_job *job = xcalloc(1, sizeof(*job));

	job->asr = asr;
	job->handler = *handler;
	job->arg = arg;
	job->adapter = xstrdup(request->adapter);
	job->language = xstrdup(request->language ? request->language : DEFAULT_LANGUAGE);
	job->hints = join_hints(request->hints);
	job->rate = request->rate;
	job->partial = request->partial;
	job->words = request->words;
	job->options = json_object_get(asr->options);
	job->feed = feed_new((size_t)ASR_MAX_SECONDS * request->rate * sizeof(int16_t));
	job->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	STAILQ_INIT(&job->results);
	TAILQ_INSERT_TAIL(&asr->jobs, job, link);
	check_request(job, request);
	if (job->error)
		timer_start(&asr->refused, 0);
	else
		job->work = worker_submit(asr->runs, &run_ops, job);
	return job;
}

void asr_feed(struct asr_job *job, const int16_t *pcm, size_t samples)
{
	if (job->feed)
		feed_put(job->feed, pcm, samples * sizeof(*pcm));
}

void asr_finish(struct asr_job *job)
{
	if (job->feed)
		feed_end(job->feed);
}

void asr_cancel(struct asr_job *job)
{
	const uint64_t one = 1;

	if (!job || atomic_exchange(&job->stop, true))
		return;
	if (job->stop_fd >= 0 && write(job->stop_fd, &one, sizeof(one)) < 0)
		abort();
	if (job->work)
		worker_cancel(job->work);
}

/* --- the whole --- */

/* A copy: objects are counted on the core thread alone, and the configuration has its own life. */
void asr_set_options(struct asr *asr, struct json_object *options)
{
	json_object_put(asr->options);
	asr->options = NULL;
	if (options && json_object_deep_copy(options, &asr->options, NULL) < 0)
		abort();
}

struct asr *asr_new(struct loop *loop, const struct asr_config *config, char **ret_error)
{
	const struct choice_config choice = {
		.dir = config->adapter_dir,
		.adapter = config->adapter ? config->adapter : DEFAULT_ADAPTER,
		.fallback = config->fallback,
		.breaker_failures = config->breaker_failures,
		.breaker_seconds = config->breaker_seconds,
	};
	unsigned threads = config->concurrency ? config->concurrency : DEFAULT_CONCURRENCY;
	struct asr *asr = xcalloc(1, sizeof(*asr));

	asr->loop = loop;
	asr->timeout_ms = config->timeout_ms ? config->timeout_ms : DEFAULT_TIMEOUT_MS;
	asr->max_waiting = threads * WAITING_FACTOR;
	asr_set_options(asr, config->options);
	pthread_mutex_init(&asr->lock, NULL);
	TAILQ_INIT(&asr->jobs);
	timer_init(&asr->refused, loop, tell_refused, asr);
	if (choice_init(&asr->choice, &choice, ret_error) < 0)
		return asr_free(asr);
	asr->runs = worker_pool_new(loop, "asr", threads);
	return asr;
}

struct asr *asr_free(struct asr *asr)
{
	struct asr_job *job, *next;

	if (!asr)
		return NULL;
	timer_stop(&asr->refused);
	for (job = TAILQ_FIRST(&asr->jobs); job; job = next) {
		next = TAILQ_NEXT(job, link);
		asr_cancel(job);
	}
	worker_pool_free(asr->runs);
	while ((job = TAILQ_FIRST(&asr->jobs)))
		job_free(job);
	choice_release(&asr->choice);
	json_object_put(asr->options);
	pthread_mutex_destroy(&asr->lock);
	free(asr);
	return NULL;
}
