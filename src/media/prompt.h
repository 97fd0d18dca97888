/* prompt.h - sound ready to be sent: encoded once per codec, shared by every call.
 *
 * A prompt is a reference-counted run of encoded bytes of one codec. It may still grow while
 * it is played: exactly one writer (a worker thread) appends, any number of media threads
 * read what is published and never see a half-written byte. What is published never changes.
 * Playing is a pointer walk: prompt_peek() for each packet.
 *
 * prompt_ref() and prompt_unref() from any thread; the last unref frees, so a media thread
 * never makes the last one: it hands its reference back to the core thread in an event. */
#ifndef MEDIA_PROMPT_H
#define MEDIA_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/codec.h"

struct prompt;

/* An empty, growing prompt with one reference. */
struct prompt *prompt_new(const struct codec *codec);
struct prompt *prompt_ref(struct prompt *prompt);
void prompt_unref(struct prompt *prompt); /* NULL allowed */

/* Writer: appends encoded bytes. -EFBIG past PROMPT_MAX_BYTES, nothing then appended. */
#define PROMPT_MAX_BYTES (64u << 20)
int prompt_append(struct prompt *prompt, const uint8_t *data, size_t length);

/* Writer: no more will come; failed says that the source broke off. */
void prompt_finish(struct prompt *prompt, bool failed);

enum prompt_state { PROMPT_GROWING, PROMPT_COMPLETE, PROMPT_FAILED };

/* Any thread: how much is published, and whether more can come. State is read first, so
 * a COMPLETE answer comes with the final length. */
enum prompt_state prompt_state(const struct prompt *prompt, size_t *ret_length);

/* Reader: the bytes from offset, up to `want`; *ret_data points into the prompt and stays
 * valid as long as the reference. Fewer than `want` only at the end of what is published
 * (or of an inner chunk: call again for the rest). */
size_t prompt_peek(
	const struct prompt *prompt, size_t offset, size_t want, const uint8_t **ret_data);

const struct codec *prompt_codec(const struct prompt *prompt);

/* Whole prompts made on the spot. Cadence in ms on and off; on = 0 gives silence only. */
struct prompt *prompt_silence(const struct codec *codec, unsigned ms);
struct prompt *prompt_tone(const struct codec *codec, unsigned hz1, unsigned hz2, double level_db,
	unsigned on_ms, unsigned off_ms);

/* Writer: the same, added to a growing prompt; what would pass the limit is left out.
 * level_db is of each of the two frequencies, against full scale; 0 Hz is no tone. */
void prompt_append_silence(struct prompt *prompt, unsigned ms);
void prompt_append_tone(
	struct prompt *prompt, unsigned hz1, unsigned hz2, double level_db, unsigned ms);

#endif
