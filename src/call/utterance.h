/* utterance.h - what somebody says at a time, being recognised: sound in, results out. Core thread
 * only. */
#ifndef CALL_UTTERANCE_H
#define CALL_UTTERANCE_H

#include "speech/asr.h"

struct utterance;

struct utterance_handler {
	/* What is understood so far; may be NULL. */
	void (*on_partial)(void *arg, const struct asr_result *result);
	/* Once, last; never from within a call of this module. The utterance may be freed here. */
	void (*on_done)(void *arg);
};

struct utterance *utterance_new(struct asr *asr, const struct asr_request *request,
	const struct utterance_handler *handler, void *arg);
struct utterance *utterance_free(struct utterance *utterance); /* at any time; NULL allowed */

void utterance_sound(struct utterance *utterance, const int16_t *pcm, size_t samples);
void utterance_end(struct utterance *utterance); /* that was all of it */

/* After on_done. NULL: it was recognised; else why it was not, for the application. */
const char *utterance_error(const struct utterance *utterance);
/* The best guess, "" when nothing was said; its confidence; its words or NULL. */
const char *utterance_text(const struct utterance *utterance);
double utterance_confidence(const struct utterance *utterance);
struct json_object *utterance_words(const struct utterance *utterance);
/* All guesses as the Voice API has them, [{"text", "confidence": "0.94"}]. Owned by the utterance.
 */
struct json_object *utterance_results(const struct utterance *utterance);

/* One such list with one guess, or none when there is no text. */
struct json_object *utterance_list_result(const struct asr_result *result);

#endif
