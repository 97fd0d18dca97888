#include "ncco/speech_input.h"

const char *const input_types[] = {"dtmf", "speech", NULL}; /* in the order of the bits */

void speech_fill(
	const struct speech_input *speech, const struct step *step, struct ncco_speech *ret_speech)
{
	*ret_speech = (struct ncco_speech){
		.pointer = step->pointer,
		.leg = speech->legs ? speech->legs[0] : NULL,
		.language = speech->language,
		.context = (const char *const *)speech->context,
		.end_on_silence_s = speech->end_on_silence,
		.start_timeout_s = (unsigned)speech->start_timeout,
		.max_duration_s = (unsigned)speech->max_duration,
		.sensitivity = (unsigned)speech->sensitivity,
		.save_audio = speech->save_audio,
		.partial = speech->partial,
		.provider = speech->provider,
		.provider_options = speech->provider_options,
	};
}

static struct json_object *no_results(void)
{
	struct json_object *speech = json_object_new_object();

	json_object_object_add(speech, "results", json_object_new_array());
	return speech;
}

static struct json_object *error(const char *reason)
{
	struct json_object *speech = json_object_new_object();

	json_add_text(speech, "error", reason);
	return speech;
}

bool speech_take(struct interp *in, struct speech_input *speech, const struct ncco_event *event)
{
	const char *text = event->text && !event->failed ? event->text : "";

	speech_reset(speech);
	if (event->failed)
		speech->result = error(event->reason ? event->reason : "cannot be recognised");
	else
		speech->result = event->data ? json_object_get(event->data) : no_results();
	interp_give_text(in, VARIABLE_SPEECH, text);
	return *text != 0;
}

void speech_take_nothing(struct interp *in, struct speech_input *speech)
{
	if (speech->result) /* it has failed */
		return;
	speech->result = no_results();
	interp_give_text(in, VARIABLE_SPEECH, "");
}

void speech_reset(struct speech_input *speech)
{
	json_object_put(speech->result);
	speech->result = NULL;
}

/* As Vonage reports an input; SDKs tell the event by its member "speech". */
static struct json_object *result_body(const struct input_result *result)
{
	struct json_object *body = json_object_new_object();
	struct json_object *dtmf = json_object_new_object();

	json_object_object_add(body, "speech",
		result->speech ? json_object_get(result->speech) : error("Speech was not enabled"));
	json_object_object_add(
		dtmf, "digits", result->digits ? json_object_new_string(result->digits) : NULL);
	json_add_bool(dtmf, "timed_out", result->timed_out);
	json_object_object_add(body, "dtmf", dtmf);
	return body;
}

void input_send(struct interp *in, const struct step *step, const struct input_result *result,
	void (*send)(struct interp *interp, const struct ncco_request *request))
{
	struct json_object *body = result_body(result);

	send(in, &(struct ncco_request){.kind = NCCO_REQUEST_INPUT,
			 .url = result->url,
			 .base = step->base,
			 .method = result->method,
			 .body = body});
	json_object_put(body);
}

void input_send_partial(struct interp *in, const struct step *step, const struct ncco_event *event,
	const char *url, const char *method)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(
		body, "speech", event->data ? json_object_get(event->data) : no_results());
	json_add_bool(body, "partial", true);
	interp_post(in, &(struct ncco_request){.kind = NCCO_REQUEST_INPUT,
				.url = url,
				.base = step->base,
				.method = method,
				.body = body});
	json_object_put(body);
}

enum step_result input_replied(
	struct interp *in, const struct step *step, const struct ncco_event *event)
{
	if (!event->failed)
		return STEP_DONE;
	return interp_fail(in, step, "eventUrl", event->reason ? event->reason : "no answer came");
}
