/* input: digits from the caller. */
#include <string.h>

#include "base/mem.h"
#include "ncco/verb.h"

#define INPUT_MAX_DIGITS 22

struct input {
	struct step step;
	char *type;
	char *mode;
	int max_digits;
	int timeout;
	bool submit_on_hash;
	char *url;
	char *method;

	char digits[INPUT_MAX_DIGITS + 1];
	int count;
	bool submitted;
};

static const char *const types[] = {"dtmf", NULL};
static const char *const modes[] = {"synchronous", "asynchronous", NULL};
static const char *const methods[] = {"GET", "POST", NULL};

#define INPUT_TIMEOUT                                                                             \
	.type = PARAM_INT, .max = 10, .fallback = "3", .offset = offsetof(struct input, timeout), \
	.help = "Seconds after the last digit, or after the prompt, until what is there is "      \
		"submitted."
#define INPUT_MAX                                                              \
	.type = PARAM_INT, .min = 1, .max = INPUT_MAX_DIGITS, .fallback = "4", \
	.offset = offsetof(struct input, max_digits),                          \
	.help = "The digit with this number submits at once."
#define INPUT_HASH                                                                                 \
	.type = PARAM_BOOL, .fallback = "false", .offset = offsetof(struct input, submit_on_hash), \
	.help = "# submits and is not part of the digits."

static const struct param dtmf_params[] = {
	{.name = "timeOut", .aliases = {"timeout"}, INPUT_TIMEOUT},
	{.name = "maxDigits", INPUT_MAX},
	{.name = "submitOnHash", INPUT_HASH},
	{.name = NULL},
};

static const struct param input_params[] = {
	{.name = "type",
		.type = PARAM_CHOICES,
		.values = types,
		.fallback = "\"dtmf\"",
		.offset = offsetof(struct input, type),
		.hint = "; digits (\"dtmf\") are the input that there is",
		.help = "What is listened for: an array with \"dtmf\"."},
	{.name = "mode",
		.type = PARAM_CHOICE,
		.values = modes,
		.fallback = "\"synchronous\"",
		.offset = offsetof(struct input, mode),
		.help = "asynchronous: the script goes on and each digit is sent on its own."},
	{.name = "timeout", .aliases = {"timeOut"}, INPUT_TIMEOUT},
	{.name = "maxDigits", INPUT_MAX},
	{.name = "submitOnHash", INPUT_HASH},
	{.name = "dtmf",
		.type = PARAM_GROUP,
		.members = dtmf_params,
		.help = "The settings for digits, in place of those beside it."},
	{.name = "eventUrl",
		.type = PARAM_URL,
		.offset = offsetof(struct input, url),
		.help = "Who gets the digits; without it the application's event_url."},
	{.name = "eventMethod",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct input, method),
		.help = "GET or POST; without it as for the event webhook."},
	{.name = NULL},
};

static bool is_async(const struct input *input)
{
	return input->mode && strcmp(input->mode, "asynchronous") == 0;
}

static void input_parse(struct step *step, struct reader *reader)
{
	static const char *const settings[] = {"timeout", "timeOut", "maxDigits", "submitOnHash"};

	if (!is_async((const struct input *)step))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (reader_has(reader, settings[i]))
			reader_fault_at(reader, "mode",
				"asynchronous input takes each digit as it comes, without %s",
				settings[i]);
	}
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

static void send_result(struct interp *in, const struct input *input, const char *digits,
	bool timed_out, void (*send)(struct interp *interp, const struct ncco_request *request))
{
	struct json_object *body = result_body(digits, timed_out);

	send(in, &(struct ncco_request){.kind = NCCO_REQUEST_INPUT,
			 .url = input->url,
			 .base = input->step.base,
			 .method = input->method,
			 .body = body});
	json_object_put(body);
}

static void post_digit(struct interp *in, const struct step *step, char digit)
{
	char digits[2] = {digit, 0};

	send_result(in, (const struct input *)step, digits, false, interp_post);
}

static enum step_result submit(struct interp *in, struct input *input, bool timed_out)
{
	input->submitted = true;
	interp_timer(in, 0);
	interp_collect(in, false);
	send_result(in, input, input->digits, timed_out, interp_request);
	return STEP_WAIT;
}

/* Takes one digit; true when it completes the input. */
static bool take_digit(struct input *input, char digit)
{
	if (digit == '#' && input->submit_on_hash)
		return true;
	input->digits[input->count++] = digit;
	input->digits[input->count] = 0;
	return input->count >= input->max_digits;
}

static enum step_result await_digit(struct interp *in, struct input *input)
{
	if (interp_sounding(in))
		return STEP_WAIT; /* time runs from the end of the prompt */
	if (input->timeout == 0)
		return submit(in, input, true);
	interp_timer(in, input->timeout);
	return STEP_WAIT;
}

static enum step_result input_start_async(struct interp *in, struct step *step)
{
	char digit;

	interp_post_digits(in, step, post_digit);
	interp_set_barge_in(in, false);
	while ((digit = interp_take_digit(in)))
		post_digit(in, step, digit);
	return STEP_DONE;
}

static enum step_result input_start(struct interp *in, struct step *step)
{
	struct input *input = (struct input *)step;
	char digit;

	interp_answer(in);
	if (is_async(input))
		return input_start_async(in, step);
	input->count = 0;
	input->digits[0] = 0;
	input->submitted = false;
	interp_collect(in, true);
	interp_set_barge_in(in, false);
	while ((digit = interp_take_digit(in))) {
		if (take_digit(input, digit))
			return submit(in, input, false);
	}
	return await_digit(in, input);
}

static enum step_result input_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	struct input *input = (struct input *)step;

	if (event->type == NCCO_REPLY)
		return event->failed ? interp_fail(in, step, "eventUrl",
					       event->reason ? event->reason : "no answer came")
				     : STEP_DONE;
	if (input->submitted)
		return STEP_WAIT;
	if (event->type == NCCO_TIMER)
		return submit(in, input, true);
	if (event->type == NCCO_DIGIT && take_digit(input, event->digit))
		return submit(in, input, false);
	return await_digit(in, input);
}

static void input_stop(struct interp *in, struct step *step)
{
	(void)step;
	interp_timer(in, 0);
	interp_collect(in, false);
	interp_forget_request(in);
}

static bool input_takes_sound(const struct step *step)
{
	return !is_async((const struct input *)step);
}

const struct verb verb_input = {
	.name = "input",
	.help = "Collects digits and sends them to the application.",
	.size = sizeof(struct input),
	.params = input_params,
	.parse = input_parse,
	.start = input_start,
	.event = input_event,
	.stop = input_stop,
	.takes_sound = input_takes_sound,
};
