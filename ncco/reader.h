/* reader.h - where the parser stands in a document, and the faults it has found. Private to
 * document.c and param.c; verbs see reader_fault() and its like in verb.h. */
#ifndef NCCO_READER_H
#define NCCO_READER_H

#include "base/strbuf.h"
#include "ncco/label.h"
#include "ncco/verb.h"

#define READER_MAX_SEEN 32 /* options of one step */

/* The options that the object which is being read has said so far. */
struct reader_seen {
	const struct param *params[READER_MAX_SEEN];
	const char *keys[READER_MAX_SEEN];
	unsigned count;
};

struct reader {
	struct ncco_faults *faults;
	const char *base;
	unsigned max_steps;
	unsigned steps; /* so far, nested ones too */
	unsigned nesting;
	struct strbuf pointer;
	size_t marks[64]; /* lengths of pointer to return to */
	unsigned depth;
	struct reader_seen seen;
	struct step_list *list; /* that is being read */
	struct labels *labels;	/* NULL while a step's options are filled in */
	struct jump {
		char *pointer, *label;
	} * jumps;
	unsigned jump_count;
	struct step *step; /* that is being read */
	bool filled;	   /* ${} were filled in: what comes now is values */
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

/* "must be WHAT, not VALUE" */
void fault_must(struct reader *reader, const struct param *param, const char *what,
	struct json_object *value);

/* A string, or where `list` allows the only one in an array; else NULL after a fault. */
const char *string_read(
	struct reader *reader, const struct param *param, struct json_object *value, bool list);
bool has_control(const char *text);

/* Options that are objects (param_object.c). */
void object_read(struct reader *reader, const struct param *param, struct json_object *value,
	struct json_object **out);
void headers_read(struct reader *reader, const struct param *param, struct json_object *value,
	struct json_object **out);

/* Options that are lists (param_list.c). */
void list_read(
	struct reader *reader, const struct param *param, struct json_object *value, char ***out);
void list_release(char ***list);
void entries_read(struct reader *reader, const struct param *param, struct json_object *value,
	struct entries *out);
void entries_release(struct entries *entries);

#endif
