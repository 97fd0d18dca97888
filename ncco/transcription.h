/* transcription.h - the option `transcription` of what is recorded. Private to ncco/. */
#ifndef NCCO_TRANSCRIPTION_H
#define NCCO_TRANSCRIPTION_H

#include "ncco/verb.h"

struct transcription {
	bool given; /* set by the verb's parse */
	char *language;
	char *url;
	char *method;
	bool sentiment;
};

extern const char *const transcription_methods[];

#define TRANSCRIPTION_PARAMS(type_, member_)                                          \
	{.name = "language",                                                          \
		.type = PARAM_LINE,                                                   \
		.max = 35,                                                            \
		.offset = offsetof(type_, member_.language),                          \
		.help = "The language as a BCP 47 tag; without it en-US."},           \
		{.name = "eventUrl",                                                  \
			.type = PARAM_URL,                                            \
			.offset = offsetof(type_, member_.url),                       \
			.help = "Who is told of the text; without it the "            \
				"application's event_url."},                          \
		{.name = "eventMethod",                                               \
			.type = PARAM_CHOICE,                                         \
			.values = transcription_methods,                              \
			.offset = offsetof(type_, member_.method),                    \
			.help = "GET or POST; without it as for the event webhook."}, \
	{                                                                             \
		.name = "sentimentAnalysis", .aliases = {"sentiment_analysis"},       \
		.type = PARAM_BOOL, .fallback = "false",                              \
		.offset = offsetof(type_, member_.sentiment),                         \
		.help = "Asks for the sentiment of each sentence, where the "         \
			"recogniser knows it."                                        \
	}

/* ret_transcription, or NULL when the script does not ask for it. */
const struct ncco_transcription *transcription_fill(const struct transcription *transcription,
	const char *base, struct ncco_transcription *ret_transcription);

#endif
