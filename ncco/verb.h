/* verb.h - what the verbs, the parser and the interpreter share; private to ncco/.
 *
 * How to write a verb: one file verb_NAME.c and one row in verb_table[] (verb.c).
 *
 *   1. A struct whose first member is a struct step; what the options mean goes into typed
 *      members, what the step remembers while it runs goes behind them.
 *   2. A table of struct param: one row for each option, with the offset of its member. Parser,
 *      linter, JSON Schema and the test of ncco(7) read that table; nothing else knows a key.
 *      Members start as zero, then as the row's `fallback`. They are freed by the table.
 *   3. A const struct verb. `parse` tells faults that one row alone cannot see. `start` asks for
 *      something by the interp_ functions below and says what comes of it; `event` hears what
 *      was asked for. `stop` gives back what is still held (every interp_ function that ends
 *      something may be called when there is nothing to end); it runs exactly once for each
 *      start and cannot fail.
 *   4. A fixture in test-fixtures/ncco/, a section in man/ncco.7.
 *
 * A step never calls interp_run() or interp_event(): it returns a result. */
#ifndef NCCO_VERB_H
#define NCCO_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "ncco/document.h"
#include "ncco/host.h"
#include "ncco/interp.h"
#include "ncco/variables.h"

#define NCCO_MAX_NESTING 8    /* lists of steps inside steps */
#define NCCO_MAX_URL	 2048 /* bytes */
#define NCCO_MAX_TEXT	 16384
#define NCCO_MAX_DIGITS	 64 /* typed ahead; more are dropped */

struct entry;
struct expr;
struct label;
struct reader; /* one document being read */
struct template;

/* Options */

enum param_type {
	PARAM_BOOL,	  /* bool */
	PARAM_INT,	  /* int */
	PARAM_NUMBER,	  /* double */
	PARAM_TEXT,	  /* char *, any text */
	PARAM_LINE,	  /* char *, without control characters: it reaches a header */
	PARAM_URL,	  /* char *, http(s) or relative; string or array of one */
	PARAM_MEDIA,	  /* char *, as URL, or a file name; string or array of one */
	PARAM_CHOICE,	  /* char *, one of `values`, spelled as there; case does not matter */
	PARAM_CHOICES,	  /* unsigned, a bit for each of an array of `values`, or of one string */
	PARAM_OBJECT,	  /* struct json_object *, any members */
	PARAM_HEADERS,	  /* struct json_object *, names to lines */
	PARAM_GROUP,	  /* an object with options of its own, `members` */
	PARAM_MEDIA_LIST, /* char **, NULL-terminated; media, one or an array */
	PARAM_TEXT_LIST,  /* the same of texts */
	PARAM_LINE_LIST,  /* the same of lines, of which there may be none */
	PARAM_ENTRIES,	  /* struct entries, one object or an array, each of one of `kinds` */
	PARAM_VARIABLES,  /* struct assignments, an object */
	PARAM_TEMPLATE,	  /* struct template *, a text whose ${} are filled in by the verb; or true,
			   * for `standard`, or false, for none */
	PARAM_EXPRESSION, /* struct expr *, a string or a truth value */
	PARAM_STEPS,	  /* struct step_list */
	PARAM_ON_ERROR,	  /* into struct step */
};

struct param {
	const char *name;
	const char *aliases[3];
	enum param_type type;
	double min, max;	   /* of a number, or length of a text in characters, or of an
				    * object in bytes of JSON; 0,0: any */
	unsigned most;		   /* entries of a list; 0: 20 */
	bool clamp;		   /* bring a number into range instead of refusing it */
	bool required;		   /* and a text must not be empty */
	bool literal;		   /* ${} has no place in it */
	bool bare;		   /* of a line or choice: a whole number without quotes will do */
	bool prefixed;		   /* of headers: their names get X- before them, so any will do */
	const char *fallback;	   /* as JSON; NULL: zero, NULL, false */
	const char *const *values; /* NULL-terminated */
	const struct param *members;	/* name NULL ends */
	const struct entry_kind *kinds; /* name NULL ends */
	size_t offset;			/* in the verb's struct */
	const char *standard;
	const char *hint; /* ends the message of a fault */
	const char *help; /* one sentence, for schema and manual */
};

/* Objects in an option that are of several kinds, told apart by their member "type". */
struct entry_kind {
	const char *name;
	const char *alias; /* or NULL */
	const struct param *params;
	size_t size; /* of a struct whose first member is a struct entry */
	const char *help;
	void (*check)(struct entry *entry, struct reader *reader); /* as of a verb; may be NULL */
};

struct entry {
	const struct entry_kind *kind;
	char *pointer;
};

struct entries {
	struct entry **items;
	unsigned count;
};

/* Steps */

enum step_result {
	STEP_DONE,
	STEP_WAIT,
	STEP_FAIL,	 /* after interp_fail(): onError decides */
	STEP_BACKGROUND, /* of a sound: it goes on while the input that follows listens */
	STEP_RETRY,	 /* after interp_retry(): other steps, then this one again */
};

enum on_error { ON_ERROR_CONTINUE, ON_ERROR_HANGUP, ON_ERROR_STEPS };

struct step_list {
	struct step **items;
	unsigned count;
	const struct step_list *parent; /* the list with the step that has this one, or NULL */
	unsigned parent_next;		/* the step behind that one */
};

struct assignments {
	struct assignment {
		char *name;
		struct template *value;
	} * items;
	unsigned count;
};

/* An option with ${...}: it is filled in and checked each time that the step starts. */
struct binding {
	const struct param *param;
	struct template *template;
	char *pointer; /* of the option */
};

struct step {
	const struct verb *verb;
	const char *action; /* as written: name or alias of the verb */
	const char *base;   /* URL of the document, may be NULL */
	char *pointer;	    /* "/3" */
	const char *option; /* the first row of the table as it was written, or NULL */
	enum on_error on_error;
	struct step_list handler; /* ON_ERROR_STEPS */
	bool prepared;		  /* the host has been told of its sound */
	struct binding *bindings;
	unsigned binding_count;
};

struct verb {
	const char *name;
	const char *aliases[3];
	size_t size; /* of the step */
	const struct param *params;
	const char *help;
	bool ends_script;	/* nothing behind it is looked ahead to */
	bool changes_variables; /* texts with ${} behind it are not known before it is done */
	void (*parse)(struct step *step, struct reader *reader); /* may be NULL */
	/* As parse, of values alone: runs again when ${} were filled in. Members may be NULL. */
	void (*check)(struct step *step, struct reader *reader);
	enum step_result (*start)(struct interp *interp, struct step *step);
	enum step_result (*event)(
		struct interp *interp, struct step *step, const struct ncco_event *event);
	void (*stop)(struct interp *interp, struct step *step); /* also when start did not run */
	/* Fills the sound that the step will play; false, or NULL: it plays none. */
	bool (*sound)(const struct step *step, struct ncco_sound *ret_sound);
	/* Fills what the step will listen for; false, or NULL: not for speech. */
	bool (*speech)(const struct step *step, struct ncco_speech *ret_speech);
	/* Whether a barge-in sound may go on under this step; NULL: no. */
	bool (*takes_sound)(const struct step *step);
};

extern const struct verb *const verb_table[]; /* NULL-terminated */
extern const struct param step_params[];      /* options of every step */

const struct verb *verb_find(const char *name, const char **ret_spelling);
/* Why an action that there once was is no more; NULL: there was none. */
const char *verb_withdrawn(const char *name);
/* The known action that is spelled most alike; never NULL. */
const char *verb_nearest(const char *name);

/* Reading (reader.c, param.c). Faults go to the reader, which knows where it stands. */
void reader_fault(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for a member of the value where the reader stands. */
void reader_fault_at(struct reader *reader, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void reader_enter(struct reader *reader, const char *key);
void reader_enter_index(struct reader *reader, size_t index);
void reader_leave(struct reader *reader);
const char *reader_pointer(const struct reader *reader);
/* Whether the step that is being read says the option (by its table name). */
bool reader_has(const struct reader *reader, const char *name);

/* Members of `object` by the table into base; `type` names the member that chose the table. */
void params_read(struct reader *reader, const struct param *params, struct json_object *object,
	const char *type, void *base);
void params_set_fallbacks(const struct param *params, void *base);
void params_release(const struct param *params, void *base);
const struct param *param_find(const struct param *params, const char *key);

/* Fills in the ${} of the step's options and checks them: 0, or -EINVAL and faults, which the
 * caller releases. */
int step_bind(struct step *step, const struct variables *variables, struct ncco_faults *ret_faults);
void bindings_release(struct step *step);

/* The step that is read is a label, or jumps to one, which must be there in the end. */
void reader_add_label(struct reader *reader, const char *name);
void reader_add_jump(struct reader *reader, const char *name);

/* Appends "/key", escaped (RFC 6901 section 3). */
void pointer_add(struct strbuf *pointer, const char *key);

/* A list of steps from an array; faults are told, what is sound is kept. */
void steps_read(struct reader *reader, struct json_object *array, struct step_list *ret_steps);
void steps_release(struct step_list *steps);

/* What is wrong with a URL (NULL: nothing); media: a name or file:NAME is good as well. */
const char *url_fault(const char *url, bool media);
const char *websocket_url_fault(const char *url);
const char *sip_uri_fault(const char *uri);

/* For verbs. Each tells the host; ending something that is not there is nothing. */
void interp_answer(struct interp *interp);
void interp_answer_with(struct interp *interp, struct json_object *headers);
void interp_early(struct interp *interp);	  /* early media, when not yet answered */
bool interp_audible(const struct interp *interp); /* answered, or early media has begun */
void interp_play(struct interp *interp, const struct ncco_sound *sound);
void interp_prepare(struct interp *interp, const struct ncco_sound *sound);
void interp_stop_sound(struct interp *interp);
bool interp_sounding(const struct interp *interp);
void interp_timer(struct interp *interp, double seconds); /* 0 disarms */
void interp_request(struct interp *interp, const struct ncco_request *request);
void interp_forget_request(struct interp *interp);
void interp_post(struct interp *interp, const struct ncco_request *request);
void interp_send_digits(struct interp *interp, const char *digits, unsigned on_ms, unsigned gap_ms);
void interp_forget_digits(struct interp *interp);
/* Starts a recording, whose number (set here) is returned; NCCO_RECORDED comes with it. */
unsigned interp_record(struct interp *interp, struct ncco_record *record);
void interp_record_order(struct interp *interp, unsigned number, enum ncco_record_order order);
/* One at a time; NCCO_CONNECTED ends it. */
void interp_connect(struct interp *interp, const struct ncco_connect *connect);
void interp_forget_connect(struct interp *interp);
/* NCCO_LEFT ends it. */
void interp_join(struct interp *interp, const struct ncco_join *join);
void interp_leave(struct interp *interp);
/* False: there is no such conversation; else the script is over, and the step returns STEP_DONE. */
bool interp_transfer(struct interp *interp, const struct ncco_transfer *transfer);
/* NCCO_CONNECTED ends them. */
void interp_enqueue(struct interp *interp, const struct ncco_queue *queue);
void interp_leave_queue(struct interp *interp);
void interp_dequeue(struct interp *interp, const char *name);
void interp_forget_dequeue(struct interp *interp);
/* NCCO_REFERRED ends it. */
void interp_refer(struct interp *interp, const struct ncco_refer *refer);
void interp_forget_refer(struct interp *interp);
/* ${amd} is set when the result comes. */
void interp_amd(struct interp *interp, const struct ncco_amd *amd);
void interp_transcribe(struct interp *interp, const struct ncco_transcribe *transcribe);
void interp_fork(struct interp *interp, const struct ncco_fork *fork);
/* Tells an error of the step's option (NULL: of the step) and gives STEP_FAIL. */
enum step_result interp_fail(
	struct interp *interp, const struct step *step, const char *option, const char *reason);
/* The leg is ended and with it the script; the step returns STEP_DONE. */
void interp_end_call(struct interp *interp, const char *reason, struct json_object *headers);
void interp_reject(
	struct interp *interp, int status, const char *reason, struct json_object *headers);

/* Barge-in: on from the first sound that says so to the next input. */
void interp_set_barge_in(struct interp *interp, bool on);
bool interp_barge_in(const struct interp *interp);
bool interp_next_takes_sound(const struct interp *interp);
/* Recognition begins with the first barge-in sound before the step that wants it, so that the
 * words that interrupt are not lost. */
void interp_listen_ahead(struct interp *interp);
/* Begins it for the step, unless it has. */
void interp_recognise(struct interp *interp, struct step *step);
/* The step's own speech, when it ended before the step began: NCCO_SPEECH as it came. */
bool interp_heard_ahead(struct interp *interp, struct ncco_event *ret_event);
void interp_speech_clock(struct interp *interp); /* once for each recognition */
void interp_finish_speech(struct interp *interp);
void interp_forget_speech(struct interp *interp);
bool interp_recognising(const struct interp *interp);
bool interp_spoken(const struct interp *interp);     /* speech has begun, or been heard */
void interp_collect(struct interp *interp, bool on); /* digits go to the step that runs */
char interp_take_digit(struct interp *interp);	     /* typed ahead; 0: none */
bool interp_typed_ahead(const struct interp *interp);
/* From now to the end of the script digits that no input takes are told to `post`. */
void interp_post_digits(struct interp *interp, const struct step *step,
	void (*post)(struct interp *interp, const struct step *step, char digit));

/* Runs steps before the one that follows. */
void interp_insert(struct interp *interp, const struct step_list *steps);
/* The steps are run, then the step that runs starts again; it returns the result. */
enum step_result interp_retry(struct interp *interp, const struct step_list *steps);
bool interp_is_retry(const struct interp *interp); /* the step was started by that */
/* Goes on behind the label; false: there is none of that name. */
bool interp_goto(struct interp *interp, const char *label);
struct variables *interp_variables(struct interp *interp);
void interp_give_text(struct interp *interp, enum variable_id variable, const char *text);
/* Another script in place of this one; takes the document. */
void interp_replace(struct interp *interp, struct ncco_document *document);

/* A whole document, for the interpreter. */
const struct step_list *document_steps(const struct ncco_document *document);
const struct label *document_label(const struct ncco_document *document, const char *name);

/* Text that is spelled most alike among `count` candidates; NULL: none is near. */
const char *spelling_nearest(const char *text, const char *const *candidates, size_t count);

#endif
