/* prompt: sounds, digits or speech, and another try when they are not what was asked for. */
#include <stdio.h>
#include <string.h>

#include "ncco/digits.h"
#include "ncco/pattern.h"
#include "ncco/speech_input.h"

struct prompt {
	struct step step;
	char **play;
	char **say;
	char *language;
	char *voice;
	unsigned types; /* INPUT_DTMF, INPUT_SPEECH */
	struct digits digits;
	struct speech_input speech;
	char *url;
	char *method;
	int tries;
	char *pattern;
	struct step_list on_invalid;
	struct step_list on_timeout;

	int tried;
	unsigned sound; /* the next one, of play and then of say */
	bool submitted;
};

static const char *const methods[] = {"GET", "POST", NULL};

static const struct param speech_params[] = {
	SPEECH_PARAMS(struct prompt),
	{.name = NULL},
};

static const struct param prompt_input_params[] = {
	{.name = "type",
		.type = PARAM_CHOICES,
		.values = input_types,
		.offset = offsetof(struct prompt, types),
		.help = "What is listened for: an array of \"dtmf\" and \"speech\"; without it "
			"digits, and speech when there are settings for it."},
	DIGITS_PARAMS(struct prompt),
	{.name = "speech",
		.type = PARAM_GROUP,
		.members = speech_params,
		.help = "The settings for speech."},
	{.name = "eventUrl",
		.type = PARAM_URL,
		.offset = offsetof(struct prompt, url),
		.help = "Who gets input that is good; without it nobody."},
	{.name = "eventMethod",
		.type = PARAM_CHOICE,
		.values = methods,
		.offset = offsetof(struct prompt, method),
		.help = "GET or POST; without it as for the event webhook."},
	{.name = NULL},
};

static const struct param prompt_params[] = {
	{.name = "play",
		.type = PARAM_MEDIA_LIST,
		.offset = offsetof(struct prompt, play),
		.help = "A recorded sound, or an array of up to 20."},
	{.name = "say",
		.type = PARAM_TEXT_LIST,
		.max = 1500,
		.offset = offsetof(struct prompt, say),
		.help = "A text, or an array of up to 20; they follow the sounds of play."},
	{.name = "language",
		.type = PARAM_LINE,
		.max = 35,
		.offset = offsetof(struct prompt, language),
		.help = "The language of the texts as a BCP 47 tag."},
	{.name = "voiceName",
		.aliases = {"voice"},
		.type = PARAM_LINE,
		.max = 100,
		.offset = offsetof(struct prompt, voice),
		.help = "Name of the voice."},
	{.name = "input",
		.type = PARAM_GROUP,
		.members = prompt_input_params,
		.help = "The settings for digits and speech."},
	{.name = "tries",
		.type = PARAM_INT,
		.min = 1,
		.max = 10,
		.fallback = "3",
		.offset = offsetof(struct prompt, tries),
		.help = "How often the caller is asked before the step fails."},
	{.name = "pattern",
		.type = PARAM_LINE,
		.max = 64,
		.offset = offsetof(struct prompt, pattern),
		.help = "What the digits must be; without it any that are there are good."},
	{.name = "onInvalid",
		.type = PARAM_STEPS,
		.offset = offsetof(struct prompt, on_invalid),
		.help = "Steps that run before the next try when the digits were not good."},
	{.name = "onTimeout",
		.type = PARAM_STEPS,
		.offset = offsetof(struct prompt, on_timeout),
		.help = "Steps that run before the next try when no digit came."},
	{.name = NULL},
};

static void prompt_parse(struct step *step, struct reader *reader)
{
	if (!reader_has(reader, "type"))
		((struct prompt *)step)->types =
			INPUT_DTMF | (reader_has(reader, "speech") ? INPUT_SPEECH : 0);
	if (!reader_has(reader, "play") && !reader_has(reader, "say"))
		reader_fault(reader, "\"play\" or \"say\" is missing");
}

static void prompt_check(struct step *step, struct reader *reader)
{
	const char *pattern = ((const struct prompt *)step)->pattern;
	const char *fault = pattern ? pattern_fault(pattern) : NULL;

	if (fault)
		reader_fault_at(reader, "pattern", "%s", fault);
}

static unsigned length(char **list)
{
	unsigned count = 0;

	while (list && list[count])
		count++;
	return count;
}

/* False: there are no more. */
static bool sound_at(const struct prompt *prompt, unsigned i, struct ncco_sound *ret_sound)
{
	unsigned played = length(prompt->play);
	bool text = i >= played;

	if (i >= played + length(prompt->say))
		return false;
	*ret_sound = (struct ncco_sound){
		.kind = text ? NCCO_SOUND_TEXT : NCCO_SOUND_URL,
		.source = text ? prompt->say[i - played] : prompt->play[i],
		.base = prompt->step.base,
		.language = text ? prompt->language : NULL,
		.voice = text ? prompt->voice : NULL,
		.loops = 1,
	};
	return true;
}

/* The first one is wanted as soon as the step starts; there is always one. */
static bool prompt_sound(const struct step *step, struct ncco_sound *ret_sound)
{
	return sound_at((const struct prompt *)step, 0, ret_sound);
}

static enum step_result again(struct interp *in, struct prompt *prompt, bool silent)
{
	char reason[64];

	if (prompt->tried < prompt->tries)
		return interp_retry(in, silent ? &prompt->on_timeout : &prompt->on_invalid);
	snprintf(reason, sizeof reason, "no good digits came in %d %s", prompt->tries,
		prompt->tries == 1 ? "try" : "tries");
	return interp_fail(in, &prompt->step, NULL, reason);
}

/* What came is good. */
static enum step_result send(struct interp *in, struct prompt *prompt, bool timed_out)
{
	bool digits = prompt->types & INPUT_DTMF;

	if (!prompt->url)
		return STEP_DONE;
	prompt->submitted = true;
	input_send(in, &prompt->step,
		&(struct input_result){
			.speech = prompt->speech.result,
			.digits = digits ? prompt->digits.text : NULL,
			.timed_out = digits && timed_out,
			.url = prompt->url,
			.method = prompt->method,
		},
		interp_request);
	return STEP_WAIT;
}

static void stop_listening(struct interp *in, struct prompt *prompt)
{
	interp_timer(in, 0);
	interp_collect(in, false);
	interp_forget_speech(in);
	if (prompt->types & INPUT_DTMF)
		interp_give_text(in, VARIABLE_DIGITS, prompt->digits.text);
	if (prompt->types & INPUT_SPEECH)
		speech_take_nothing(in, &prompt->speech);
}

static enum step_result submit(struct interp *in, struct prompt *prompt, bool timed_out)
{
	const char *digits = prompt->digits.text;
	bool good = prompt->pattern ? pattern_match(prompt->pattern, digits) : *digits != 0;

	stop_listening(in, prompt);
	return good ? send(in, prompt, timed_out) : again(in, prompt, timed_out && !*digits);
}

/* The next sound, or after the last one, or a digit, the time for the next digit. */
static enum step_result go_on(struct interp *in, struct prompt *prompt)
{
	struct ncco_sound sound;

	if (prompt->digits.count == 0 && !interp_spoken(in) &&
		sound_at(prompt, prompt->sound, &sound)) {
		prompt->sound++;
		interp_play(in, &sound);
		if (sound_at(prompt, prompt->sound, &sound))
			interp_prepare(in, &sound);
		return STEP_WAIT;
	}
	if (interp_recognising(in)) {
		interp_speech_clock(in);
		return STEP_WAIT;
	}
	if (prompt->digits.timeout == 0)
		return submit(in, prompt, true);
	interp_timer(in, prompt->digits.timeout);
	return STEP_WAIT;
}

/* Without a recogniser there are the digits, if they are wanted. */
static enum step_result on_speech(
	struct interp *in, struct prompt *prompt, const struct ncco_event *event)
{
	bool understood;

	if (!event->final) {
		input_send_partial(in, &prompt->step, event, prompt->url, prompt->method);
		return STEP_WAIT;
	}
	understood = speech_take(in, &prompt->speech, event);
	if (event->failed) {
		interp_fail(in, &prompt->step, "input/speech",
			event->reason ? event->reason : "cannot be recognised");
		if (!(prompt->types & INPUT_DTMF))
			return STEP_FAIL;
		return interp_sounding(in) ? STEP_WAIT : go_on(in, prompt);
	}
	interp_stop_sound(in);
	stop_listening(in, prompt);
	return understood ? send(in, prompt, false) : again(in, prompt, true);
}

static bool prompt_speech(const struct step *step, struct ncco_speech *ret_speech)
{
	const struct prompt *prompt = (const struct prompt *)step;

	speech_fill(&prompt->speech, step, ret_speech);
	return prompt->types & INPUT_SPEECH;
}

static bool take_typed(struct interp *in, struct prompt *prompt)
{
	char digit;

	while ((digit = interp_take_digit(in))) {
		if ((prompt->types & INPUT_DTMF) && digits_take(&prompt->digits, digit))
			return true;
	}
	return false;
}

static enum step_result prompt_start(struct interp *in, struct step *step)
{
	struct prompt *prompt = (struct prompt *)step;
	struct ncco_event heard;

	prompt->tried = interp_is_retry(in) ? prompt->tried + 1 : 1;
	prompt->sound = 0;
	prompt->submitted = false;
	digits_reset(&prompt->digits);
	interp_answer(in);
	speech_reset(&prompt->speech);
	interp_collect(in, prompt->types & INPUT_DTMF);
	interp_set_barge_in(in, false);
	if (take_typed(in, prompt))
		return submit(in, prompt, false);
	if (prompt->digits.count > 0)
		interp_forget_speech(in);
	else
		interp_recognise(in, step);
	if (interp_heard_ahead(in, &heard))
		return on_speech(in, prompt, &heard);
	return go_on(in, prompt);
}

/* A caller who knows the menu does without a sound that cannot be played. */
static enum step_result on_play_failed(
	struct interp *in, struct prompt *prompt, const struct ncco_event *event)
{
	bool text = prompt->sound > length(prompt->play);

	interp_fail(in, &prompt->step, text ? "say" : "play",
		event->reason ? event->reason : "cannot be played");
	return prompt->step.on_error == ON_ERROR_CONTINUE ? go_on(in, prompt) : STEP_FAIL;
}

static enum step_result on_digit(struct interp *in, struct prompt *prompt, char digit)
{
	if (!(prompt->types & INPUT_DTMF))
		return STEP_WAIT;
	interp_forget_speech(in);
	interp_stop_sound(in);
	return digits_take(&prompt->digits, digit) ? submit(in, prompt, false) : go_on(in, prompt);
}

static enum step_result prompt_event(
	struct interp *in, struct step *step, const struct ncco_event *event)
{
	struct prompt *prompt = (struct prompt *)step;

	if (event->type == NCCO_REPLY)
		return input_replied(in, step, event);
	if (prompt->submitted)
		return STEP_WAIT;
	switch (event->type) {
	case NCCO_PLAYED:
		return go_on(in, prompt);
	case NCCO_PLAY_FAILED:
		return on_play_failed(in, prompt, event);
	case NCCO_TIMER:
		return submit(in, prompt, true);
	case NCCO_DIGIT:
		return on_digit(in, prompt, event->digit);
	case NCCO_SPEECH_BEGAN:
		interp_stop_sound(in);
		return go_on(in, prompt);
	case NCCO_SPEECH:
		return on_speech(in, prompt, event);
	default:
		return STEP_WAIT;
	}
}

static void prompt_stop(struct interp *in, struct step *step)
{
	speech_reset(&((struct prompt *)step)->speech);
	interp_stop_sound(in);
	interp_timer(in, 0);
	interp_collect(in, false);
	interp_forget_speech(in);
	interp_forget_request(in);
}

const struct verb verb_prompt = {
	.name = "prompt",
	.help = "Asks for digits or speech, and asks again when they are not good.",
	.size = sizeof(struct prompt),
	.params = prompt_params,
	.changes_variables = true,
	.parse = prompt_parse,
	.check = prompt_check,
	.start = prompt_start,
	.event = prompt_event,
	.stop = prompt_stop,
	.sound = prompt_sound,
	.speech = prompt_speech,
};
