/* input: digits and speech from the caller.
 *
 * With both, what comes first counts: a digit ends the recognition. Digits have their time from the
 * end of the prompt when there is no speech to wait for, else from the first digit. */
#include <string.h>

#include "base/mem.h"
#include "ncco/digits.h"
#include "ncco/speech_input.h"

struct input {
	struct step step;
	unsigned types; /* INPUT_DTMF, INPUT_SPEECH */
	char *mode;
	struct digits digits;
	struct speech_input speech;
	char *url;
	char *method;

	bool submitted;
};

static const char *const modes[] = {"synchronous", "asynchronous", NULL};
static const char *const methods[] = {"GET", "POST", NULL};

static const struct param dtmf_params[] = {
	{.name = "timeOut", .aliases = {"timeout"}, DIGITS_TIMEOUT(struct input)},
	{.name = "maxDigits", DIGITS_MAX(struct input)},
	{.name = "submitOnHash", DIGITS_HASH(struct input)},
	{.name = NULL},
};

static const struct param speech_params[] = {
	SPEECH_PARAMS(struct input),
	{.name = NULL},
};

static const struct param input_params[] = {
	{.name = "type",
		.type = PARAM_CHOICES,
		.values = input_types,
		.offset = offsetof(struct input, types),
		.help = "What is listened for: an array of \"dtmf\" and \"speech\"; without it "
			"what there are settings for, else digits."},
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
	{.name = "speech",
		.type = PARAM_GROUP,
		.members = speech_params,
		.help = "The settings for speech."},
	{.name = "eventUrl",
		.type = PARAM_URL,
		.offset = offsetof(struct input, url),
		.help = "Who gets what came; without it the application's event_url."},
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

static bool says_digits(const struct reader *reader)
{
	return reader_has(reader, "dtmf") || reader_has(reader, "maxDigits") ||
	       reader_has(reader, "timeout") || reader_has(reader, "submitOnHash");
}

static void input_parse(struct step *step, struct reader *reader)
{
	static const char *const settings[] = {"timeout", "timeOut", "maxDigits", "submitOnHash"};
	struct input *input = (struct input *)step;
	bool speech = reader_has(reader, "speech");

	if (!reader_has(reader, "type"))
		input->types = (speech ? INPUT_SPEECH : 0) |
			       (!speech || says_digits(reader) ? INPUT_DTMF : 0);
	if (!is_async(input))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (reader_has(reader, settings[i]))
			reader_fault_at(reader, "mode",
				"asynchronous input takes each digit as it comes, without %s",
				settings[i]);
	}
}

static void input_check(struct step *step, struct reader *reader)
{
	const struct input *input = (const struct input *)step;

	if (is_async(input) && (input->types & INPUT_SPEECH))
		reader_fault_at(reader, "mode", "asynchronous input is for digits, not for speech");
}

static bool input_speech(const struct step *step, struct ncco_speech *ret_speech)
{
	const struct input *input = (const struct input *)step;

	speech_fill(&input->speech, step, ret_speech);
	return (input->types & INPUT_SPEECH) && !is_async(input);
}

static void post_digit(struct interp *in, const struct step *step, char digit)
{
	char digits[2] = {digit, 0};
	const struct input *input = (const struct input *)step;

	input_send(in, step,
		&(struct input_result){
			.digits = digits, .url = input->url, .method = input->method},
		interp_post);
}

static enum step_result submit(struct interp *in, struct input *input, bool timed_out)
{
	bool digits = input->types & INPUT_DTMF;

	input->submitted = true;
	interp_timer(in, 0);
	interp_collect(in, false);
	interp_forget_speech(in);
	if (digits)
		interp_give_text(in, VARIABLE_DIGITS, input->digits.text);
	if (input->types & INPUT_SPEECH)
		speech_take_nothing(in, &input->speech);
	input_send(in, &input->step,
		&(struct input_result){
			.speech = input->speech.result,
			.digits = digits ? input->digits.text : NULL,
			.timed_out = digits && timed_out,
			.url = input->url,
			.method = input->method,
		},
		interp_request);
	return STEP_WAIT;
}

/* Time runs from the end of the prompt. */
static enum step_result await(struct interp *in, struct input *input)
{
	if (interp_sounding(in))
		return STEP_WAIT;
	if (interp_recognising(in)) {
		interp_speech_clock(in);
		return STEP_WAIT;
	}
	if (input->digits.timeout == 0 || !(input->types & INPUT_DTMF))
		return submit(in, input, true);
	interp_timer(in, input->digits.timeout);
	return STEP_WAIT;
}

/* Speech that cannot be recognised is not waited for; the webhook tells why. */
static enum step_result on_speech(
	struct interp *in, struct input *input, const struct ncco_event *event)
{
	bool understood;

	if (!event->final) {
		input_send_partial(in, &input->step, event, input->url, input->method);
		return STEP_WAIT;
	}
	understood = speech_take(in, &input->speech, event);
	return event->failed ? await(in, input) : submit(in, input, !understood);
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

/* Digits that were typed ahead; true when they are complete. */
static bool take_typed(struct interp *in, struct input *input)
{
	char digit;

	while ((digit = interp_take_digit(in))) {
		if ((input->types & INPUT_DTMF) && digits_take(&input->digits, digit))
			return true;
	}
	return false;
}

static enum step_result input_start(struct interp *in, struct step *step)
{
	struct input *input = (struct input *)step;
	struct ncco_event heard;

	interp_answer(in);
	if (is_async(input))
		return input_start_async(in, step);
	digits_reset(&input->digits);
	input->submitted = false;
	interp_collect(in, input->types & INPUT_DTMF);
	interp_set_barge_in(in, false);
	if (take_typed(in, input))
		return submit(in, input, false);
	if (input->digits.count > 0)
		interp_forget_speech(in);
	else if (input->types & INPUT_SPEECH)
		interp_recognise(in, step);
	if (interp_heard_ahead(in, &heard))
		return on_speech(in, input, &heard);
	return await(in, input);
}

/* # says that speech is over, when it has begun. */
static enum step_result on_digit(struct interp *in, struct input *input, char digit)
{
	if (!(input->types & INPUT_DTMF))
		return await(in, input);
	if (digit == '#' && input->digits.submit_on_hash && interp_recognising(in) &&
		interp_spoken(in)) {
		interp_finish_speech(in);
		return STEP_WAIT;
	}
	interp_forget_speech(in);
	return digits_take(&input->digits, digit) ? submit(in, input, false) : await(in, input);
}

static enum step_result input_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	struct input *input = (struct input *)step;

	if (event->type == NCCO_REPLY)
		return input_replied(in, step, event);
	if (input->submitted)
		return STEP_WAIT;
	if (event->type == NCCO_TIMER)
		return submit(in, input, true);
	if (event->type == NCCO_DIGIT)
		return on_digit(in, input, event->digit);
	if (event->type == NCCO_SPEECH)
		return on_speech(in, input, event);
	return await(in, input);
}

static void input_stop(struct interp *in, struct step *step)
{
	speech_reset(&((struct input *)step)->speech);
	interp_timer(in, 0);
	interp_collect(in, false);
	interp_forget_speech(in);
	interp_forget_request(in);
}

static bool input_takes_sound(const struct step *step)
{
	return !is_async((const struct input *)step);
}

const struct verb verb_input = {
	.name = "input",
	.help = "Collects digits or speech and sends them to the application.",
	.size = sizeof(struct input),
	.params = input_params,
	.changes_variables = true,
	.parse = input_parse,
	.check = input_check,
	.start = input_start,
	.event = input_event,
	.stop = input_stop,
	.speech = input_speech,
	.takes_sound = input_takes_sound,
};
