#include "call/utterance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

#define FAILED "the speech recogniser has failed"

struct utterance {
	struct asr_job *job; /* NULL: done */
	struct utterance_handler handler;
	void *arg;
	char *text, *error;
	double confidence;
	struct json_object *words, *results;
};

static void add_result(struct json_object *list, const struct asr_result *result)
{
	struct json_object *item;
	char confidence[16];

	if (!*result->text)
		return;
	snprintf(confidence, sizeof(confidence), "%.2f", result->confidence);
	item = json_object_new_object();
	json_add_text(item, "text", result->text);
	json_add_text(item, "confidence", confidence);
	json_object_array_add(list, item);
}

struct json_object *utterance_list_result(const struct asr_result *result)
{
	struct json_object *list = json_object_new_array();

	add_result(list, result);
	return list;
}

static void on_result(void *arg, const struct asr_result *result)
{
	struct utterance *u = arg;

	if (!result->final) {
		if (u->handler.on_partial && *result->text)
			u->handler.on_partial(u->arg, result);
		return;
	}
	add_result(u->results, result);
	if (u->text)
		return;
	u->text = xstrdup(result->text);
	u->confidence = result->confidence;
	u->words = json_object_get(result->words);
}

/* What is the script's own fault it is told in the adapter's words; the rest is the operator's. */
static const char *told(int error, const char *message)
{
	return error == -EIO || error == -EBADMSG || error == -ETIMEDOUT || error == -EFBIG
		       ? FAILED
		       : message;
}

static void on_done(void *arg, int error, const char *message)
{
	struct utterance *u = arg;

	u->job = NULL;
	if (error && !u->text) {
		log_warn(NULL, "speech recognition: %s", message);
		u->error = xstrdup(told(error, message));
	}
	u->handler.on_done(u->arg);
}

static const struct asr_handler handler = {.on_result = on_result, .on_done = on_done};

struct utterance *utterance_new(struct asr *asr, const struct asr_request *request,
	const struct utterance_handler *wanted, void *arg)
{
	struct utterance *u = xcalloc(1, sizeof(*u));

	u->handler = *wanted;
	u->arg = arg;
	u->results = json_object_new_array();
	u->job = asr_start(asr, request, &handler, u);
	return u;
}

struct utterance *utterance_free(struct utterance *u)
{
	if (!u)
		return NULL;
	asr_cancel(u->job);
	json_object_put(u->results);
	json_object_put(u->words);
	free(u->text);
	free(u->error);
	free(u);
	return NULL;
}

void utterance_sound(struct utterance *u, const int16_t *pcm, size_t samples)
{
	if (u->job)
		asr_feed(u->job, pcm, samples);
}

void utterance_end(struct utterance *u)
{
	if (u->job)
		asr_finish(u->job);
}

const char *utterance_error(const struct utterance *u)
{
	return u->error;
}

const char *utterance_text(const struct utterance *u)
{
	return u->text ? u->text : "";
}

double utterance_confidence(const struct utterance *u)
{
	return u->confidence;
}

struct json_object *utterance_words(const struct utterance *u)
{
	return u->words;
}

struct json_object *utterance_results(const struct utterance *u)
{
	return u->results;
}
