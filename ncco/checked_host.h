/* checked_host.h - a host for tests which fails them when a script asks for what it must not: for
 * a second thing of a kind, an end of what is not there, anything after the end. */
#ifndef NCCO_CHECKED_HOST_H
#define NCCO_CHECKED_HOST_H

#include "ncco/interp.h"

/* What is asked for and must be given back, by the script or by the event that ends it. */
enum held {
	HELD_SOUND,
	HELD_REQUEST,
	HELD_DIGITS,
	HELD_TIMER,
	HELD_LISTENING,
	HELD_CONNECT,
	HELD_ROOM,
	HELD_QUEUE,
	HELD_DEQUEUE,
	HELD_SPEECH,
	HELD_REFER,
	HELD_COUNT
};

#define CHECKED_MAX_OPEN 8

struct checked {
	bool held[HELD_COUNT];
	unsigned long taken[HELD_COUNT];
	char *open[CHECKED_MAX_OPEN]; /* pointers of steps that run */
	unsigned open_count;
	unsigned long started; /* steps */
	unsigned recordings;   /* of the call; the test sets it back for the next */
	unsigned synchronous;  /* the recording that a step waits for; 0: none */
	unsigned long errors;
	bool over;	     /* finished or hung up; only what ends something may follow */
	bool told;	     /* the call that ended it has returned: nothing may follow */
	bool transfer_fails; /* the next one */
};

extern const struct ncco_host checked_host; /* ctx: a struct checked */

/* To be called before interp_event(): what the event ends is no longer held. */
void checked_note(struct checked *checked, const struct ncco_event *event);
/* Fails unless all was given back. */
void checked_idle(const struct checked *checked);

#endif
