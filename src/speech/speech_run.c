#include "speech/speech_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "speech/adapter.h"
#include "speech/environment.h"

#define CAPABILITIES_TIMEOUT_MS 2000
#define CAPABILITIES_BYTES	1024
#define PIECE_BYTES		65536

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
	files_name(&job->request, adapter, json_member(job->options, adapter), name);
	fd = files_open(job->speech->files, name);
	if (fd < 0)
		return false;
	error = serve_file(job, fd);
	job->served = true;
	if (error)
		speech_set_error(job, error, xasprintf("speech cache: %s", strerror(-error)));
	return true;
}

static void describe(const struct speech_job *job, const char *adapter, struct environment *e)
{
	const struct speech_request *request = &job->request;

	environment_add(e, "NCCO_LANGUAGE=%s", request->language);
	environment_add(e, "NCCO_VOICE=%s", request->voice ? request->voice : "");
	environment_add(e, "NCCO_STYLE=%u", request->style);
	environment_add(e, "NCCO_RATE=%u", request->rate);
	environment_add_options(e, json_member(job->options, adapter));
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

static int run_adapter(struct speech_job *job, const char *adapter, const char *path,
	const char *text, char **ret_message)
{
	struct environment environment = ENVIRONMENT_INIT;
	struct adapter_run run = {
		.path = path,
		.text = text,
		.cancel_fd = job->stop_fd,
		.timeout_ms = job->speech->timeout_ms,
		.max_output_bytes = job->speech->max_output_bytes,
		.data = on_wav,
		.arg = job,
	};
	int error;

	describe(job, adapter, &environment);
	run.environment = environment_list(&environment);
	error = adapter_run(&run, ret_message);
	environment_release(&environment);
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
		files_name(&job->request, adapter, json_member(job->options, adapter), name);
		job->writer = files_begin(speech->files, name);
	}
	error = run_adapter(job, adapter, path, plain ? plain : job->request.text, &message);
	if (error)
		files_abandon(job->writer);
	else
		files_commit(job->writer);
	job->writer = NULL;
	speech_set_error(job, error, error ? xasprintf("%s: %s", adapter, message) : NULL);
	free(message);
	free(plain);
	free(path);
}

static const char *first_adapter(const struct speech_job *job)
{
	return job->request.adapter ? job->request.adapter : job->speech->order[0];
}

void speech_lookup_run(void *arg)
{
	struct speech_job *job = arg;

	if (!job->error && !job->stop)
		serve_cached(job, first_adapter(job));
}

void speech_adapters_run(void *arg)
{
	struct speech_job *job = arg;
	struct speech *speech = job->speech;

	speak(job, first_adapter(job));
	for (size_t i = 1; i < speech->order_count && !job->request.adapter; i++) {
		if (!job->error || job->begun || job->stop)
			return;
		log_warn(NULL, "speech adapter %s, trying %s", job->message, speech->order[i]);
		speech_set_error(job, 0, NULL);
		if (serve_cached(job, speech->order[i]))
			return;
		speak(job, speech->order[i]);
	}
}
