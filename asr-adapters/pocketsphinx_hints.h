/* pocketsphinx_hints.h - the hints of a speech input as a grammar, and back.
 *
 * Hints are lines of text: words and phrases that the caller may say. Each becomes one phrase
 * of the grammar, or several ways to say it ("42": forty two, four two); what is recognised is
 * told as the hint was written. */
#ifndef POCKETSPHINX_HINTS_H
#define POCKETSPHINX_HINTS_H

#include <pocketsphinx.h>
#include <stdbool.h>
#include <stddef.h>

#define HINTS_MAX   500
#define PHRASE_SIZE 256

struct phrase {
	const char *hint;	/* as written */
	char said[PHRASE_SIZE]; /* the words in lower case, a space between each */
	bool known;		/* every word can be pronounced */
};

struct hints {
	char *text;
	struct phrase *phrases;
	size_t count;
};

/* Reads the lines of text (NULL: none). */
void hints_read(struct hints *hints, const char *text);
void hints_release(struct hints *hints);

/* Tells the decoder the words that it does not know; phrases with one that nobody can pronounce
 * are left out, with a line on stderr. The number of phrases that remain. */
size_t hints_teach(struct hints *hints, ps_decoder_t *decoder);

/* The grammar: one phrase, or with `sequence` one or more of them, as a search of that name. 0 or
 * -1. */
int hints_add_search(
	const struct hints *hints, ps_decoder_t *decoder, const char *name, bool sequence);

/* What was recognised as the hints were written. */
void hints_write(const struct hints *hints, const char *said, char *out, size_t size);

#endif
