/* transcript_text.h - the transcript of a recording as the Voice API has it in a file. Core thread;
 * one owner.
 *
 *   {"ver": "1.0.0", "request_id": ID, "channels": [{"duration": MS, "transcript": [
 *     {"sentence": "Yes.", "raw_sentence": "yes", "timestamp": MS, "duration": MS,
 *      "words": [{"word", "start_time": MS, "end_time": MS, "confidence"}],
 *      "action_items": [], "questions": [], "answers": []}]}]}
 *
 * Times are milliseconds from the beginning of the recording. */
#ifndef CALL_TRANSCRIPT_TEXT_H
#define CALL_TRANSCRIPT_TEXT_H

#include <stdint.h>

#include "base/json.h"

struct transcript_sentence {
	unsigned channel;
	uint64_t at_ms, ms;
	const char *text;
	struct json_object
		*words; /* as in asr_result.h, from the sentence's beginning; NULL: none */
};

struct json_object *transcript_text_new(const char *id, unsigned channels);
void transcript_text_add(
	struct json_object *transcript, const struct transcript_sentence *sentence);
/* How long the recording is, said of each channel. */
void transcript_text_end(struct json_object *transcript, uint64_t ms);

#endif
