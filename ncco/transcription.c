#include "ncco/transcription.h"

const char *const transcription_methods[] = {"GET", "POST", NULL};

const struct ncco_transcription *transcription_fill(const struct transcription *transcription,
	const char *base, struct ncco_transcription *ret_transcription)
{
	if (!transcription->given)
		return NULL;
	*ret_transcription = (struct ncco_transcription){
		.language = transcription->language,
		.sentiment = transcription->sentiment,
		.url = transcription->url,
		.base = base,
		.method = transcription->method,
	};
	return ret_transcription;
}
