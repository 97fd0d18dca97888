/* sim.h - runs a script without a phone, on a clock of its own or with somebody who plays the
 * caller in real time, and writes what the caller would hear and which webhooks would go out. Any
 * one thread. */
#ifndef NCCO_SIM_H
#define NCCO_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ncco/document.h"

#define SIM_HANGUP (-1)

/* An answer to a webhook: a script, or data; both NULL: empty. */
struct sim_reply {
	struct ncco_document *document;
	struct json_object *data;
};

/* Somebody who plays the caller in real time. */
struct sim_caller {
	/* Waits until `until` (microseconds of the call, UINT64_MAX: for ever) or for the caller:
	 * 0 when it is time, a digit, or SIM_HANGUP. *ret_now is when that was. */
	int (*wait)(void *arg, uint64_t until, uint64_t *ret_now);
	/* The answer to the webhook that was just told, taken. Its time does not count.
	 * 0, or SIM_HANGUP. */
	int (*reply)(void *arg, struct sim_reply *ret_reply);
	void *arg;
};

struct sim_options {
	const char *keys; /* what the caller types: digits, and 'w' waits a second; may be NULL */
	const char *const *outcomes; /* of who is called, in order: one of sim_outcomes */
	size_t outcome_count;	     /* those that follow answer */
	const char *const *speeches; /* what the caller says, one for each time that is listened */
	size_t speech_count;
	double limit; /* seconds of the call after which the caller hangs up */
	bool json;    /* a JSON object for each line */
	FILE *out;
	struct sim_reply *replies; /* to the webhooks in order; taken */
	size_t reply_count;
	const struct sim_caller *caller; /* in place of keys; NULL: the clock jumps */
};

/* NULL-terminated. "machine" answers, too. */
extern const char *const sim_outcomes[];

/* Takes the document. A key is typed as soon as the script listens, half a second after what
 * came before it. A sound is taken to last 3 s, a text 0.06 s a character;
 * with a caller it is a fifteenth of a second. It rings for 3 s. A
 * conversation that somebody else starts begins after 5 s, and ends with the call. In a queue
 * the caller is the second, after 8 s the first, and taken after 20 s. */
void sim_run(struct ncco_document *document, const struct sim_options *options);

/* Runs `text` over and over, every wait ended at once, until `steps` steps are done. Steps per
 * second of the interpreter alone, or -EINVAL when the text has faults or no steps. */
double sim_bench(const char *text, size_t length, unsigned long steps);

#endif
