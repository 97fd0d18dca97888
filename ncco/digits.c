#include "ncco/digits.h"

void digits_reset(struct digits *digits)
{
	digits->count = 0;
	digits->text[0] = 0;
}

bool digits_take(struct digits *digits, char digit)
{
	if (digit == '#' && digits->submit_on_hash)
		return true;
	digits->text[digits->count++] = digit;
	digits->text[digits->count] = 0;
	return digits->count >= digits->max;
}

/* As a DTMF-only input is reported by Vonage; SDKs tell the event by its "speech" member. */
static struct json_object *result_body(const char *digits, bool timed_out)
{
	struct json_object *body = json_object_new_object();
	struct json_object *speech = json_object_new_object();
	struct json_object *dtmf = json_object_new_object();

	json_add_text(speech, "error", "Speech was not enabled");
	json_object_object_add(body, "speech", speech);
	json_add_text(dtmf, "digits", digits);
	json_add_bool(dtmf, "timed_out", timed_out);
	json_object_object_add(body, "dtmf", dtmf);
	return body;
}

void digits_send(struct interp *in, const struct step *step, const char *digits, bool timed_out,
	const char *url, const char *method,
	void (*send)(struct interp *interp, const struct ncco_request *request))
{
	struct json_object *body = result_body(digits, timed_out);

	send(in, &(struct ncco_request){.kind = NCCO_REQUEST_INPUT,
			 .url = url,
			 .base = step->base,
			 .method = method,
			 .body = body});
	json_object_put(body);
}

enum step_result digits_replied(
	struct interp *in, const struct step *step, const struct ncco_event *event)
{
	if (!event->failed)
		return STEP_DONE;
	return interp_fail(in, step, "eventUrl", event->reason ? event->reason : "no answer came");
}
