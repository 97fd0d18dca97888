/* What is ordered for a call that goes on: bodies of requests to play, say, record and fork, which
 * are what the steps of that name are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ncco/order.h"
#include "ncco/order_verbs.h"

/* Where the Voice API spells members of requests otherwise than options. */
static const struct {
	const char *member, *option;
} spellings[] = {
	{"stream_url", "streamUrl"},
	{"event_url", "eventUrl"},
	{"event_method", "eventMethod"},
	{"end_on_silence", "endOnSilence"},
	{"end_on_key", "endOnKey"},
	{"time_out", "timeOut"},
	{"beep_start", "beepStart"},
};

static const char *option_of(const char *member)
{
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		if (strcmp(spellings[i].member, member) == 0)
			return spellings[i].option;
	}
	return member;
}

/* A script of that one step. New. */
static struct json_object *script_of(struct json_object *body, const char *action)
{
	struct json_object *script = json_object_new_array(), *step = json_object_new_object();

	json_object_object_foreach (body, key, value) {
		if (value && strcmp(key, "action") != 0)
			json_object_object_add(step, option_of(key), json_object_get(value));
	}
	json_add_text(step, "action", action);
	json_object_array_add(script, step);
	return script;
}

static void replace(char **text, const char *what, const char *by)
{
	char *at = strstr(*text, what), *whole;

	if (!at)
		return;
	whole = xasprintf("%.*s%s%s", (int)(at - *text), *text, by, at + strlen(what));
	free(*text);
	*text = whole;
}

/* "/0/eventUrl" is "event_url" to whoever has written it so. */
static void tell_of_body(struct ncco_faults *faults, struct json_object *body)
{
	for (size_t i = 0; i < faults->count; i++) {
		struct ncco_fault *fault = &faults->items[i];
		char *name = xstrdup(fault->pointer + strlen("/0"));

		for (size_t j = 0; j < ARRAY_SIZE(spellings); j++) {
			if (json_member(body, spellings[j].member))
				replace(&name, spellings[j].option, spellings[j].member);
		}
		free(fault->pointer);
		fault->pointer = name;
		replace(&fault->message, "\"streamUrl\" or \"url\" is", "\"stream_url\" is");
	}
}

static int refuse(struct ncco_faults *ret_faults, const char *member, const char *message)
{
	ret_faults->items = xcalloc(1, sizeof(*ret_faults->items));
	ret_faults->items[0] =
		(struct ncco_fault){.pointer = xstrdup(member), .message = xstrdup(message)};
	ret_faults->count = 1;
	return -EINVAL;
}

/* The one step; NULL with faults. */
static const struct step *read_step(struct json_object *body, const char *action,
	struct ncco_document **ret_document, struct ncco_faults *ret_faults)
{
	struct json_object *script = script_of(body, action);
	const struct step *step;
	int r = ncco_parse_json(script, NULL, NULL, ret_document, ret_faults);

	json_object_put(script);
	if (r < 0) {
		tell_of_body(ret_faults, body);
		return NULL;
	}
	step = document_steps(*ret_document)->items[0];
	if (step->binding_count == 0)
		return step;
	*ret_document = ncco_document_free(*ret_document);
	refuse(ret_faults, "", "${} has no place here");
	return NULL;
}

int ncco_order_read_sound(struct json_object *body, const char *action,
	struct ncco_document **ret_document, struct ncco_sound *ret_sound,
	struct ncco_faults *ret_faults)
{
	const struct step *step = read_step(body, action, ret_document, ret_faults);

	if (!step)
		return -EINVAL;
	if (step->verb->sound(step, ret_sound))
		return 0;
	*ret_document = ncco_document_free(*ret_document);
	return refuse(ret_faults, "", "there is nothing to be heard");
}

/* Options that only a script has. */
static const char *alien(struct json_object *body)
{
	static const char *const options[] = {"stop", "pause", "resume"};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (json_member(body, options[i]))
			return options[i];
	}
	return NULL;
}

/* There is no document that it could be beside. */
static bool is_relative(const char *url)
{
	return url && !strstr(url, "://");
}

/* The member that should be an absolute URL; NULL: all are. */
static const char *relative_url(struct json_object *body, const struct ncco_recording *recording)
{
	if (is_relative(recording->record.url))
		return json_member(body, "event_url") ? "event_url" : "eventUrl";
	if (recording->record.transcription && is_relative(recording->transcription.url))
		return "transcription";
	return NULL;
}

int ncco_order_read_recording(struct json_object *body, struct ncco_document **ret_document,
	struct ncco_recording *ret_recording, struct ncco_faults *ret_faults)
{
	const char *option = alien(body);
	const struct step *step;

	if (option)
		return refuse(ret_faults, option, "has a request of its own");
	step = read_step(body, "record", ret_document, ret_faults);
	if (!step)
		return -EINVAL;
	record_fill(step, ret_recording);
	ret_recording->record.pointer = NULL;
	ret_recording->record.synchronous = false;
	option = relative_url(body, ret_recording);
	if (!option)
		return 0;
	*ret_document = ncco_document_free(*ret_document);
	return refuse(ret_faults, option, "must be an http or https URL");
}

int ncco_order_read_fork(struct json_object *body, struct ncco_document **ret_document,
	struct ncco_fork *ret_fork, struct ncco_faults *ret_faults)
{
	const char *option = alien(body);
	const struct step *step;

	if (option)
		return refuse(ret_faults, option, "has a request of its own");
	step = read_step(body, "fork", ret_document, ret_faults);
	if (!step)
		return -EINVAL;
	fork_fill(step, ret_fork);
	ret_fork->pointer = NULL;
	return 0;
}
