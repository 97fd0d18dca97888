/* reader.h - where the parser stands in a document, and the faults it has found. Private to
 * document.c and param.c; verbs see reader_fault() and its like in verb.h. */
#ifndef NCCO_READER_H
#define NCCO_READER_H

#include "base/strbuf.h"
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
};

/* How the step spells an option of the table: its name or one of the aliases there; NULL when
 * the step does not say it. */
const char *reader_spelling(const struct reader *reader, const struct param *param);

#endif
