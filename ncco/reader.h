/* reader.h - where the parser stands in a document, and the faults it has found. Private to
 * document.c and param.c; verbs see reader_fault() and its like in verb.h. */
#ifndef NCCO_READER_H
#define NCCO_READER_H

#include "base/strbuf.h"
#include "ncco/label.h"
#include "ncco/verb.h"

#define READER_MAX_SEEN 32 /* options of one step */

struct reader {
	struct ncco_faults *faults;
	const char *base;
	unsigned max_steps;
	unsigned steps; /* so far, nested ones too */
	unsigned nesting;
	struct strbuf pointer;
	size_t marks[64]; /* lengths of pointer to return to */
	unsigned depth;
	const struct param *seen[READER_MAX_SEEN];
	const char *seen_keys[READER_MAX_SEEN];
	unsigned seen_count;
	struct step_list *list; /* that is being read */
	struct labels *labels;	/* NULL while a step's options are filled in */
	struct jump {
		char *pointer, *label;
	} * jumps;
	unsigned jump_count;
	struct step *step; /* that is being read */
};

/* How the step spells an option of the table: its name or one of the aliases there; NULL when
 * the step does not say it. */
const char *reader_spelling(const struct reader *reader, const struct param *param);

/* Faults for jumps that lead nowhere; forgets them. */
void reader_end_jumps(struct reader *reader);

/* One value into the step, which stands at `base` + the row's offset. */
void param_read(
	struct reader *reader, const struct param *param, struct json_object *value, void *base);
void param_release(const struct param *param, void *base);

#endif
