#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "speech/adapter.h"
#include "speech/asr_private.h"

#define MAX_LINE_BYTES	 65536
#define MAX_OUTPUT_BYTES ((size_t)4 << 20)

/* One adapter is asked: by its name, in this job. */
struct attempt {
	struct asr_job *job;
	const char *adapter;
	struct json_object *script_options; /* NULL: it is not the one they were written for */
	struct roster_entry *entry;
	struct strbuf line; /* that has not ended yet */
	const char *fault;  /* in what it printed; constant */
};

static void describe(struct attempt *a, struct environment *e)
{
	const struct asr_job *job = a->job;

	environment_add(e, "NCCO_RATE=%u", job->rate);
	environment_add(e, "NCCO_LANGUAGE=%s", job->language);
	environment_add(e, "NCCO_HINTS=%s", job->hints);
	environment_add(e, "NCCO_PARTIAL=%d", job->partial);
	environment_add(e, "NCCO_WORDS=%d", job->words);
	choice_add_options(&job->asr->choice, a->entry, json_member(job->options, a->adapter),
		a->script_options, job->stop_fd, e);
}

static int take_line(struct attempt *a)
{
	struct asr_result result;

	if (a->line.length == 0)
		return 0;
	if (asr_result_read(a->line.data, a->line.length, &result, &a->fault) < 0)
		return -EBADMSG;
	strbuf_reset(&a->line);
	a->job->recognised |= result.final;
	if (result.final || a->job->partial)
		asr_add_result(a->job, &result);
	else
		asr_result_release(&result);
	return 0;
}

static int on_output(void *arg, const void *data, size_t length)
{
	struct attempt *a = arg;
	const char *c = data;
	int err = 0;

	for (; length > 0 && err == 0; length--, c++) {
		if (*c == '\n') {
			err = take_line(a);
		} else if (a->line.length >= MAX_LINE_BYTES) {
			a->fault = "a line is too long";
			err = -EBADMSG;
		} else {
			strbuf_addc(&a->line, *c);
		}
	}
	return err;
}

static int run_adapter(struct attempt *a, char **ret_message)
{
	struct environment environment = ENVIRONMENT_INIT;
	struct adapter_run run = {
		.path = roster_path(a->entry),
		.feed = a->job->feed,
		.cancel_fd = a->job->stop_fd,
		.timeout_ms = a->job->asr->timeout_ms,
		.max_output_bytes = MAX_OUTPUT_BYTES,
		.data = on_output,
		.arg = a,
	};
	int err;

	describe(a, &environment);
	run.environment = environment_list(&environment);
	err = adapter_run(&run, ret_message);
	environment_release(&environment);
	if (!err)
		err = take_line(a);
	if (!err && !a->job->recognised) {
		a->fault = "no result came";
		err = -EBADMSG;
	}
	if (err == -EBADMSG) {
		free(*ret_message);
		*ret_message = xstrdup(a->fault);
	}
	return err;
}

static int try_adapter(struct attempt *a, char **ret_message)
{
	struct roster *roster = a->job->asr->choice.roster;
	int err;

	a->entry = roster_find(roster, a->adapter);
	if (!a->entry) {
		*ret_message = xstrdup("no such adapter");
		return -ENOENT;
	}
	if (!roster_ask(roster, a->entry)) {
		*ret_message = xstrdup("left out because it keeps failing");
		return -EBUSY;
	}
	err = run_adapter(a, ret_message);
	strbuf_release(&a->line);
	roster_tell(roster, a->entry, err, *ret_message ? *ret_message : "");
	return err;
}

static void ask(struct asr_job *job, const char *adapter, struct json_object *script_options)
{
	struct attempt attempt = {.job = job,
		.adapter = adapter,
		.script_options = script_options,
		.line = STRBUF_INIT};
	char *message = NULL;
	int err = try_adapter(&attempt, &message);

	asr_set_error(job, err, err ? xasprintf("%s: %s", adapter, message) : NULL);
	free(message);
}

/* That one rests or is missing was said when it began. */
static void tell_fallback(const struct asr_job *job, const char *next)
{
	if (job->error == -EBUSY || job->error == -ENOENT)
		log_debug(NULL, "speech recognition by %s, trying %s", job->message, next);
	else
		log_warn(NULL, "speech recognition by %s, trying %s", job->message, next);
}

void asr_run(void *arg)
{
	struct asr_job *job = arg;
	const struct choice *choice = &job->asr->choice;
	char *name;

	if (job->error || job->stop)
		return;
	if (job->adapter) {
		name = choice_name(choice, job->adapter);
		ask(job, name, job->own);
		free(name);
		return;
	}
	ask(job, choice->order[0], job->own);
	for (size_t i = 1; i < choice->count; i++) {
		if (!job->error || job->recognised || job->stop)
			return;
		tell_fallback(job, choice->order[i]);
		ask(job, choice->order[i], NULL);
	}
}
