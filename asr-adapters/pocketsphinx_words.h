/* pocketsphinx_words.h - how words are pronounced that the dictionary does not know.
 *
 * espeak-ng is asked for them, when it is there, and its IPA is written in the phones of the
 * acoustic model (those of CMUdict). */
#ifndef POCKETSPHINX_WORDS_H
#define POCKETSPHINX_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORD_BYTES  64
#define PHONES_SIZE 256

/* The word in lower case, letters and apostrophes only, as "AA B K"; false: not to be had. */
bool words_pronounce(const char *word, char phones[PHONES_SIZE]);

/* The same from IPA, one word. Exposed for tests. */
bool words_from_ipa(const char *ipa, char phones[PHONES_SIZE]);

#endif
