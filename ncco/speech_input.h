/* speech_input.h - what input and prompt have in common about speech: options, result. Private to
 * ncco/. */
#ifndef NCCO_SPEECH_INPUT_H
#define NCCO_SPEECH_INPUT_H

#include "ncco/verb.h"

#define INPUT_DTMF   1U /* bits of input_types */
#define INPUT_SPEECH 2U

extern const char *const input_types[];

struct speech_input {
	char **legs; /* one at most */
	double end_on_silence;
	char *language;
	char **context;
	int start_timeout;
	int max_duration;
	bool save_audio;
	int sensitivity;
	bool partial;
	char *provider;
	struct json_object *provider_options;

	struct json_object *result; /* the webhook's member "speech"; NULL: none yet */
};

#define SPEECH_PARAMS(type_)                                                                  \
	{.name = "uuid",                                                                      \
		.type = PARAM_LINE_LIST,                                                      \
		.max = 64,                                                                    \
		.most = 1,                                                                    \
		.offset = offsetof(type_, speech.legs),                                       \
		.help = "uuid of the leg that is listened to; without it this one."},         \
		{.name = "endOnSilence",                                                      \
			.type = PARAM_NUMBER,                                                 \
			.min = 0.4,                                                           \
			.max = 10,                                                            \
			.fallback = "2",                                                      \
			.offset = offsetof(type_, speech.end_on_silence),                     \
			.help = "Seconds of silence after speech that end it."},              \
		{.name = "language",                                                          \
			.type = PARAM_LINE,                                                   \
			.max = 35,                                                            \
			.offset = offsetof(type_, speech.language),                           \
			.help = "The language as a BCP 47 tag; without it en-US."},           \
		{.name = "context",                                                           \
			.type = PARAM_LINE_LIST,                                              \
			.max = 250,                                                           \
			.most = 500,                                                          \
			.offset = offsetof(type_, speech.context),                            \
			.help = "Words and phrases that are likely."},                        \
		{.name = "startTimeout",                                                      \
			.type = PARAM_INT,                                                    \
			.min = 0,                                                             \
			.max = 60,                                                            \
			.fallback = "10",                                                     \
			.offset = offsetof(type_, speech.start_timeout),                      \
			.help = "Seconds after the prompt in which speech must begin; 0: no " \
				"limit."},                                                    \
		{.name = "maxDuration",                                                       \
			.type = PARAM_INT,                                                    \
			.min = 1,                                                             \
			.max = 60,                                                            \
			.fallback = "60",                                                     \
			.offset = offsetof(type_, speech.max_duration),                       \
			.help = "Seconds of speech at most."},                                \
		{.name = "saveAudio",                                                         \
			.type = PARAM_BOOL,                                                   \
			.fallback = "false",                                                  \
			.offset = offsetof(type_, speech.save_audio),                         \
			.help = "Keeps what was said as a recording."},                       \
		{.name = "sensitivity",                                                       \
			.type = PARAM_INT,                                                    \
			.min = 10,                                                            \
			.max = 100,                                                           \
			.fallback = "90",                                                     \
			.offset = offsetof(type_, speech.sensitivity),                        \
			.help = "How soft a sound may be to count as speech, from 10 (only "  \
				"loud ones) to 100."},                                        \
		{.name = "partial",                                                           \
			.type = PARAM_BOOL,                                                   \
			.fallback = "false",                                                  \
			.offset = offsetof(type_, speech.partial),                            \
			.help = "What is understood so far is sent, too, as it comes."},      \
		{.name = "provider",                                                          \
			.type = PARAM_LINE,                                                   \
			.max = 64,                                                            \
			.offset = offsetof(type_, speech.provider),                           \
			.help = "The recogniser; without it the configured one."},            \
	{                                                                                     \
		.name = "providerOptions", .type = PARAM_OBJECT, .max = 4096,                 \
		.offset = offsetof(type_, speech.provider_options),                           \
		.help = "Passed to the recogniser as it is."                                  \
	}

void speech_fill(
	const struct speech_input *speech, const struct step *step, struct ncco_speech *ret_speech);

/* Takes a final NCCO_SPEECH, which sets ${speech}; true when something was understood. */
bool speech_take(
	struct interp *interp, struct speech_input *speech, const struct ncco_event *event);
/* Nothing was said, for digits came first. */
void speech_take_nothing(struct interp *interp, struct speech_input *speech);
void speech_reset(struct speech_input *speech);

/* What is asked of the caller, and what came of it. */
struct input_result {
	struct json_object *speech; /* NULL: not asked for */
	const char *digits;	    /* NULL: not asked for */
	bool timed_out;		    /* the digits */
	const char *url;	    /* NULL: the application */
	const char *method;
};

/* Tells it by `send`, interp_request or interp_post. */
void input_send(struct interp *interp, const struct step *step, const struct input_result *result,
	void (*send)(struct interp *interp, const struct ncco_request *request));
/* Tells what is understood so far. */
void input_send_partial(struct interp *interp, const struct step *step,
	const struct ncco_event *event, const char *url, const char *method);
/* What a reply that brought no script comes to. */
enum step_result input_replied(
	struct interp *interp, const struct step *step, const struct ncco_event *event);

#endif
