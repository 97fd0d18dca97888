#include "ncco/verb.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

extern const struct verb verb_amd, verb_answer, verb_connect, verb_conversation, verb_dequeue,
	verb_dtmf, verb_fork, verb_goto, verb_hangup, verb_if, verb_input, verb_label, verb_notify,
	verb_play, verb_prompt, verb_queue, verb_record, verb_redirect, verb_refer, verb_reject,
	verb_say, verb_set, verb_transcribe, verb_transfer, verb_wait;

const struct verb *const verb_table[] = {
	&verb_amd,
	&verb_answer,
	&verb_connect,
	&verb_conversation,
	&verb_dequeue,
	&verb_dtmf,
	&verb_fork,
	&verb_goto,
	&verb_hangup,
	&verb_if,
	&verb_input,
	&verb_label,
	&verb_notify,
	&verb_play,
	&verb_prompt,
	&verb_queue,
	&verb_record,
	&verb_redirect,
	&verb_refer,
	&verb_reject,
	&verb_say,
	&verb_set,
	&verb_transcribe,
	&verb_transfer,
	&verb_wait,
	NULL,
};

const struct verb *verb_find(const char *name, const char **ret_spelling)
{
	for (const struct verb *const *verb = verb_table; *verb; verb++) {
		if (strcmp((*verb)->name, name) == 0) {
			*ret_spelling = (*verb)->name;
			return *verb;
		}
		for (size_t i = 0; i < ARRAY_SIZE((*verb)->aliases) && (*verb)->aliases[i]; i++) {
			if (strcmp((*verb)->aliases[i], name) == 0) {
				*ret_spelling = (*verb)->aliases[i];
				return *verb;
			}
		}
	}
	return NULL;
}

const char *verb_withdrawn(const char *name)
{
	return strcmp(name, "pay") == 0
		       ? "was withdrawn from the language: card numbers do not belong into calls"
		       : NULL;
}

const char *verb_nearest(const char *name)
{
	const char *names[4 * 32];
	size_t count = 0;

	for (const struct verb *const *verb = verb_table; *verb; verb++) {
		names[count++] = (*verb)->name;
		for (size_t i = 0; i < ARRAY_SIZE((*verb)->aliases) && (*verb)->aliases[i]; i++)
			names[count++] = (*verb)->aliases[i];
	}
	return spelling_nearest(name, names, count);
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edits from a (at most 32 bytes) to b without regard to case; two letters that changed
 * places are one edit. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][33], *row = rows[0], *last = rows[1], *before = rows[2], *spare;
	size_t m = strlen(a);

	for (size_t i = 0; i <= m; i++)
		row[i] = (unsigned)i;
	for (size_t j = 1; b[j - 1]; j++) {
		spare = before, before = last, last = row, row = spare;
		row[0] = (unsigned)j;
		for (size_t i = 1; i <= m; i++) {
			bool same = same_letter(a[i - 1], b[j - 1]);
			unsigned best = last[i - 1] + !same;

			if (row[i - 1] + 1 < best)
				best = row[i - 1] + 1;
			if (last[i] + 1 < best)
				best = last[i] + 1;
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
				same_letter(a[i - 2], b[j - 1]) && before[i - 2] + 1 < best)
				best = before[i - 2] + 1;
			row[i] = best;
		}
	}
	return row[m];
}

const char *spelling_nearest(const char *text, const char *const *candidates, size_t count)
{
	const char *best = NULL;
	unsigned best_distance = ~0U;

	if (strlen(text) > 64)
		return count ? candidates[0] : NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned d = strlen(candidates[i]) <= 32 ? distance(candidates[i], text) : ~0U;

		if (d < best_distance) {
			best = candidates[i];
			best_distance = d;
		}
	}
	return best;
}
