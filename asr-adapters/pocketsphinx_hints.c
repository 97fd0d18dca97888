#include "asr-adapters/pocketsphinx_hints.h"

#include <ctype.h>
#include <sphinxbase/fsg_model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asr-adapters/pocketsphinx_words.h"
#include "base/mem.h"

#define LANGUAGE_WEIGHT 6.5f
#define SEQUENCE_WEIGHT 1e-6 /* of one more phrase, against an "eight" heard behind "sales" */

enum reading { READ_CARDINAL, READ_ZERO, READ_OH, READINGS };

static const char *const small[] = {"zero", "one", "two", "three", "four", "five", "six", "seven",
	"eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
	"seventeen", "eighteen", "nineteen"};
static const char *const tens[] = {
	"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};

/* False: there was no room. */
static bool add_word(char said[PHRASE_SIZE], const char *word, size_t length)
{
	size_t have = strlen(said);

	if (length >= WORD_BYTES || have + length + 2 > PHRASE_SIZE)
		return false;
	snprintf(said + have, PHRASE_SIZE - have, "%s%.*s", have ? " " : "", (int)length, word);
	for (char *c = said + have; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return true;
}

static bool add_digits(
	char said[PHRASE_SIZE], const char *digits, size_t length, enum reading reading)
{
	bool ok = true;

	if (reading == READ_CARDINAL && length == 2 && digits[0] != '0') {
		int n = (digits[0] - '0') * 10 + digits[1] - '0';
		const char *first = n < 20 ? small[n] : tens[n / 10];

		ok = add_word(said, first, strlen(first));
		if (n >= 20 && n % 10)
			ok = ok && add_word(said, small[n % 10], strlen(small[n % 10]));
		return ok;
	}
	for (size_t i = 0; i < length; i++) {
		const char *word = small[digits[i] - '0'];

		if (digits[i] == '0' && reading == READ_OH)
			word = "oh";
		ok = ok && add_word(said, word, strlen(word));
	}
	return ok;
}

static bool is_letter(char c)
{
	return isalpha((unsigned char)c) || c == '\'' || (c & 0x80);
}

static bool read_phrase(const char *hint, enum reading reading, char said[PHRASE_SIZE])
{
	bool ok = true;

	said[0] = '\0';
	while (*hint && ok) {
		size_t digits = strspn(hint, "0123456789"), letters = 0;

		while (is_letter(hint[letters]))
			letters++;
		if (digits)
			ok = add_digits(said, hint, digits, reading);
		else if (letters)
			ok = add_word(said, hint, letters);
		hint += digits + letters ? digits + letters : 1;
	}
	return ok && *said;
}

static bool is_there(const struct hints *hints, const char *said)
{
	for (size_t i = 0; i < hints->count; i++) {
		if (strcmp(hints->phrases[i].said, said) == 0)
			return true;
	}
	return false;
}

void hints_read(struct hints *hints, const char *text)
{
	char *save = NULL;

	*hints = (struct hints){.text = xstrdup(text ? text : "")};
	hints->phrases = xcalloc(HINTS_MAX, sizeof(*hints->phrases));
	for (char *line = strtok_r(hints->text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		for (int r = 0; r < READINGS && hints->count < HINTS_MAX; r++) {
			struct phrase *phrase = &hints->phrases[hints->count];

			phrase->hint = line;
			if (read_phrase(line, r, phrase->said) && !is_there(hints, phrase->said))
				hints->count++;
		}
	}
}

void hints_release(struct hints *hints)
{
	free(hints->phrases);
	free(hints->text);
}

/* Calls fn with each word until it returns false. */
static bool each_word(
	const char *said, bool (*fn)(void *arg, const char *word, bool last), void *arg)
{
	char copy[PHRASE_SIZE], *save = NULL;
	const char *word, *next;

	snprintf(copy, sizeof(copy), "%s", said);
	for (word = strtok_r(copy, " ", &save); word; word = next) {
		next = strtok_r(NULL, " ", &save);
		if (!fn(arg, word, !next))
			return false;
	}
	return true;
}

static bool teach_word(void *arg, const char *word, bool last)
{
	ps_decoder_t *decoder = arg;
	char phones[PHONES_SIZE];
	char *known = ps_lookup_word(decoder, word);

	(void)last;
	if (known) {
		ckd_free(known);
		return true;
	}
	if (words_pronounce(word, phones) && ps_add_word(decoder, word, phones, FALSE) >= 0)
		return true;
	fprintf(stderr, "no pronunciation of \"%s\" is known\n", word);
	return false;
}

size_t hints_teach(struct hints *hints, ps_decoder_t *decoder)
{
	size_t known = 0;

	for (size_t i = 0; i < hints->count; i++) {
		hints->phrases[i].known = each_word(hints->phrases[i].said, teach_word, decoder);
		known += hints->phrases[i].known;
	}
	return known;
}

/* States: 0 the beginning, 1 the end, then one between each two words of a phrase. */
struct chain {
	fsg_model_t *fsg;
	int at, next;
};

static bool add_step(void *arg, const char *word, bool last)
{
	struct chain *chain = arg;
	int to = last ? 1 : chain->next++;

	fsg_model_trans_add(chain->fsg, chain->at, to, 0, fsg_model_word_add(chain->fsg, word));
	chain->at = to;
	return true;
}

static int count_states(const struct hints *hints)
{
	int states = 2;

	for (size_t i = 0; i < hints->count; i++) {
		for (const char *c = hints->phrases[i].said; hints->phrases[i].known && *c; c++)
			states += *c == ' ';
	}
	return states;
}

int hints_add_search(
	const struct hints *hints, ps_decoder_t *decoder, const char *name, bool sequence)
{
	logmath_t *log = ps_get_logmath(decoder);
	struct chain chain = {.next = 2};
	int result;

	chain.fsg = fsg_model_init(name, log, LANGUAGE_WEIGHT, count_states(hints));
	chain.fsg->start_state = 0;
	chain.fsg->final_state = 1;
	for (size_t i = 0; i < hints->count; i++) {
		chain.at = 0;
		if (hints->phrases[i].known)
			each_word(hints->phrases[i].said, add_step, &chain);
	}
	if (sequence) {
		fsg_model_null_trans_add(chain.fsg, 1, 0, logmath_log(log, SEQUENCE_WEIGHT));
		glist_free(fsg_model_null_trans_closure(chain.fsg, NULL));
	}
	result = ps_set_fsg(decoder, name, chain.fsg);
	fsg_model_free(chain.fsg);
	return result;
}

/* The longest phrase that `said` begins with, or NULL. */
static const struct phrase *match(const struct hints *hints, const char *said)
{
	const struct phrase *best = NULL;

	for (size_t i = 0; i < hints->count; i++) {
		const struct phrase *p = &hints->phrases[i];
		size_t length = strlen(p->said);

		if (strncmp(said, p->said, length) == 0 &&
			(said[length] == ' ' || said[length] == '\0') &&
			(!best || length > strlen(best->said)))
			best = p;
	}
	return best;
}

void hints_write(const struct hints *hints, const char *said, char *out, size_t size)
{
	size_t length = 0;

	out[0] = '\0';
	while (*said && length < size) {
		const struct phrase *phrase = match(hints, said);
		size_t taken = phrase ? strlen(phrase->said) : strcspn(said, " ");

		length += (size_t)snprintf(out + length, size - length, "%s%.*s", length ? " " : "",
			phrase ? (int)strlen(phrase->hint) : (int)taken,
			phrase ? phrase->hint : said);
		said += taken;
		said += strspn(said, " ");
	}
}
