/* interp_private.h - the interpreter's own struct, shared by interp.c (steps), interp_event.c,
 * interp_ask.c (what verbs ask for) and interp_speech.c. */
#ifndef NCCO_INTERP_PRIVATE_H
#define NCCO_INTERP_PRIVATE_H

#include "ncco/verb.h"

struct frame {
	const struct step_list *steps;
	unsigned next;
	bool again; /* that step is started anew by interp_retry() */
};

struct interp {
	const struct ncco_host *host;
	void *ctx;
	unsigned max_executed;
	struct ncco_document *document;
	struct frame frames[NCCO_MAX_NESTING + 2];
	unsigned depth;
	struct step *current;	 /* waits for events */
	struct step *background; /* a barge-in sound under the input that is current */
	unsigned executed;	 /* steps since one waited */
	unsigned recordings;	 /* started so far */
	bool running;
	bool again;		       /* the step that starts was started before */
	const struct step_list *retry; /* what runs before it starts again */
	struct variables variables;
	bool gone;  /* the leg */
	bool moved; /* the leg, to where another script has it */
	bool answered;
	bool early; /* media, before the answer */
	bool sounding;
	bool connecting;
	bool in_room;
	bool queued;
	bool dequeuing;
	bool referring;
	bool requested;
	bool sending;
	bool timer_set;
	bool barge_in;
	bool collecting;
	bool listening; /* as the host knows it */
	char digits[NCCO_MAX_DIGITS];
	unsigned digit_count;
	struct step *speech_step; /* that speech is recognised for, now or when it starts */
	bool recognising;
	bool clocked; /* speech_clock() was told */
	bool spoken;
	struct ncco_event heard; /* by speech_step before it started, when has_heard; owned */
	bool has_heard;
	const struct step *async;
	void (*async_post)(struct interp *interp, const struct step *step, char digit);
};

/* The current step or the one in the background, which becomes none; NULL there: nothing. */
void interp_end_step(struct interp *in, struct step **slot);
/* Stops whatever the script holds, in the order in which it was taken. */
void interp_stop_all(struct interp *in);
/* What a start or an event of the current step came to. */
void interp_settle(struct interp *in, enum step_result result);
/* As onError says. */
void interp_on_failed(struct interp *in, const struct step *step);
/* Steps, until one waits or there are no more. */
void interp_go_on(struct interp *in);

/* The step behind the sounds that follow, when it listens for speech and what its options are is
 * known; else NULL (interp.c). */
struct step *interp_input_ahead(struct interp *in);

/* A step is about to start: speech for another one is given up, but sounds may come between
 * (interp_speech.c). */
void interp_speech_for(struct interp *in, const struct step *step);
/* Whether NCCO_SPEECH is for a step that has not started yet: then it is kept. */
bool interp_keep_speech(struct interp *in, const struct ncco_event *event);

/* Digits are wanted by a step, by barge-in or by asynchronous input. */
void interp_update_listening(struct interp *in);

#endif
