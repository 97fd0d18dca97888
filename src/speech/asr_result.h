/* asr_result.h - one line of what a speech recogniser prints. Pure.
 *
 *   {"text": "yes", "confidence": 0.93, "final": true,
 *    "words": [{"word": "yes", "start": 0.31, "end": 0.62, "confidence": 0.93}]}
 *
 * text is required; confidence, from 0 to 1, is 1 and final is true when they are not told. words
 * may be told; their times are seconds from the beginning of the sound. */
#ifndef SPEECH_ASR_RESULT_H
#define SPEECH_ASR_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

#define ASR_MAX_TEXT_BYTES 16384

struct asr_result {
	char *text; /* without blanks around it */
	double confidence;
	bool final;
	struct json_object *words; /* array of objects with word, start, end, confidence; or NULL */
};

/* 0, or -EINVAL and a constant *ret_error. */
int asr_result_read(
	const char *line, size_t length, struct asr_result *ret_result, const char **ret_error);
void asr_result_release(struct asr_result *result);

#endif
