#include "speech/speech_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "speech/adapter.h"
#include "speech/environment.h"

#define PIECE_BYTES 65536

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
static bool serve_cached(
	struct speech_job *job, const struct speech_request *request, const char *adapter)
{
	char name[FILES_NAME_SIZE];
	int fd, error;

	if (!job->speech->files)
		return false;
	files_name(request, adapter, json_member(job->options, adapter), name);
	fd = files_open(job->speech->files, name);
	if (fd < 0)
		return false;
	error = serve_file(job, fd);
	job->served = true;
	if (error)
		speech_set_error(job, error, xasprintf("speech cache: %s", strerror(-error)));
	return true;
}

/* One adapter is asked: by its name, for this, in this job. */
struct attempt {
	struct speech_job *job;
	const struct speech_request *request;
	const char *adapter;
	struct roster_entry *entry;
};

static void describe(struct attempt *a, struct environment *e)
{
	const struct speech_request *request = a->request;

	environment_add(e, "NCCO_LANGUAGE=%s", request->language);
	environment_add(e, "NCCO_VOICE=%s", request->voice ? request->voice : "");
	environment_add(e, "NCCO_STYLE=%u", request->style);
	environment_add(e, "NCCO_PREMIUM=%d", request->premium);
	environment_add(e, "NCCO_RATE=%u", request->rate);
	choice_add_options(&a->job->speech->choice, a->entry,
		json_member(a->job->options, a->adapter), request->options, a->job->stop_fd, e);
}

static bool is_ssml(const char *text)
{
	text += strspn(text, " \t\r\n");
	return strncmp(text, "<speak", 6) == 0 && strchr(" \t\r\n/>", text[6]) && text[6];
}

static int run_adapter(struct attempt *a, char **ret_message)
{
	struct speech *speech = a->job->speech;
	struct environment environment = ENVIRONMENT_INIT;
	struct adapter_run run = {
		.path = roster_path(a->entry),
		.text = a->request->text,
		.cancel_fd = a->job->stop_fd,
		.timeout_ms = speech->timeout_ms,
		.max_output_bytes = speech->max_output_bytes,
		.data = on_wav,
		.arg = a->job,
	};
	char *plain = NULL;
	int error;

	if (is_ssml(run.text) && !roster_takes_ssml(speech->choice.roster, a->entry, run.cancel_fd))
		run.text = plain = speech_strip_ssml(run.text);
	describe(a, &environment);
	run.environment = environment_list(&environment);
	error = adapter_run(&run, ret_message);
	environment_release(&environment);
	free(plain);
	if (!error && !a->job->begun) {
		*ret_message = xstrdup("no speech came");
		return -EIO;
	}
	return error;
}

/* Runs it, and keeps what it said. */
static int speak(struct attempt *a, char **ret_message)
{
	struct speech *speech = a->job->speech;
	char name[FILES_NAME_SIZE];
	int error;

	if (speech->files) {
		files_name(a->request, a->adapter, json_member(a->job->options, a->adapter), name);
		a->job->writer = files_begin(speech->files, name);
	}
	error = run_adapter(a, ret_message);
	if (error)
		files_abandon(a->job->writer);
	else
		files_commit(a->job->writer);
	a->job->writer = NULL;
	return error;
}

static int try_adapter(struct attempt *a, char **ret_message)
{
	struct roster *roster = a->job->speech->choice.roster;
	int error;

	a->entry = roster_find(roster, a->adapter);
	if (!a->entry) {
		*ret_message = xstrdup("no such adapter");
		return -ENOENT;
	}
	if (!roster_ask(roster, a->entry)) {
		*ret_message = xstrdup("left out because it keeps failing");
		return -EBUSY;
	}
	error = speak(a, ret_message);
	roster_tell(roster, a->entry, error, *ret_message ? *ret_message : "");
	return error;
}

static void ask(struct speech_job *job, const struct speech_request *request, const char *adapter)
{
	struct attempt attempt = {.job = job, .request = request, .adapter = adapter};
	char *message = NULL;
	int error = try_adapter(&attempt, &message);

	speech_set_error(job, error, error ? xasprintf("%s: %s", adapter, message) : NULL);
	free(message);
}

static const char *first_adapter(const struct speech_job *job)
{
	return job->request.adapter ? job->request.adapter : job->speech->choice.order[0];
}

void speech_lookup_run(void *arg)
{
	struct speech_job *job = arg;
	char *name;

	if (job->error || job->stop)
		return;
	name = choice_name(&job->speech->choice, job->request.adapter);
	free((char *)job->request.adapter);
	job->request.adapter = name;
	serve_cached(job, &job->request, first_adapter(job));
}

/* That one rests or is missing was said when it began. */
static void tell_fallback(const struct speech_job *job, const char *next)
{
	if (job->error == -EBUSY || job->error == -ENOENT)
		log_debug(NULL, "speech adapter %s, trying %s", job->message, next);
	else
		log_warn(NULL, "speech adapter %s, trying %s", job->message, next);
}

void speech_adapters_run(void *arg)
{
	struct speech_job *job = arg;
	struct speech *speech = job->speech;
	struct speech_request request = job->request;

	ask(job, &request, first_adapter(job));
	request.voice = NULL;
	request.options = NULL;
	for (size_t i = 1; i < speech->choice.count && !job->request.adapter; i++) {
		if (!job->error || job->begun || job->stop)
			return;
		tell_fallback(job, speech->choice.order[i]);
		speech_set_error(job, 0, NULL);
		if (serve_cached(job, &request, speech->choice.order[i]))
			return;
		ask(job, &request, speech->choice.order[i]);
	}
}
