/* input: digits from the caller. */
#include <string.h>

#include "base/mem.h"
#include "ncco/digits.h"

struct input {
	struct step step;
	char *type;
	char *mode;
	struct digits digits;
	char *url;
	char *method;

	bool submitted;
};

static const char *const types[] = {"dtmf", NULL};
static const char *const modes[] = {"synchronous", "asynchronous", NULL};
static const char *const methods[] = {"GET", "POST", NULL};

static const struct param dtmf_params[] = {
	{.name = "timeOut", .aliases = {"timeout"}, DIGITS_TIMEOUT(struct input)},
	{.name = "maxDigits", DIGITS_MAX(struct input)},
	{.name = "submitOnHash", DIGITS_HASH(struct input)},
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
	DIGITS_PARAMS(struct input),
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

static void post_digit(struct interp *in, const struct step *step, char digit)
{
	char digits[2] = {digit, 0};
	const struct input *input = (const struct input *)step;

	digits_send(in, step, digits, false, input->url, input->method, interp_post);
}

static enum step_result submit(struct interp *in, struct input *input, bool timed_out)
{
	input->submitted = true;
	interp_timer(in, 0);
	interp_collect(in, false);
	interp_give_text(in, VARIABLE_DIGITS, input->digits.text);
	digits_send(in, &input->step, input->digits.text, timed_out, input->url, input->method,
		interp_request);
	return STEP_WAIT;
}

static enum step_result await_digit(struct interp *in, struct input *input)
{
	if (interp_sounding(in))
		return STEP_WAIT; /* time runs from the end of the prompt */
	if (input->digits.timeout == 0)
		return submit(in, input, true);
	interp_timer(in, input->digits.timeout);
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
	digits_reset(&input->digits);
	input->submitted = false;
	interp_collect(in, true);
	interp_set_barge_in(in, false);
	while ((digit = interp_take_digit(in))) {
		if (digits_take(&input->digits, digit))
			return submit(in, input, false);
	}
	return await_digit(in, input);
}

static enum step_result input_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	struct input *input = (struct input *)step;

	if (event->type == NCCO_REPLY)
		return digits_replied(in, step, event);
	if (input->submitted)
		return STEP_WAIT;
	if (event->type == NCCO_TIMER)
		return submit(in, input, true);
	if (event->type == NCCO_DIGIT && digits_take(&input->digits, event->digit))
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
	.changes_variables = true,
	.parse = input_parse,
	.start = input_start,
	.event = input_event,
	.stop = input_stop,
	.takes_sound = input_takes_sound,
};
