/* caller.h - the one call (or registration) of sip-caller. Core thread. */
#ifndef SIP_CALLER_CALLER_H
#define SIP_CALLER_CALLER_H

#include <netinet/in.h>

#include "call/leg.h"
#include "sip-caller/options.h"
#include "sip-caller/recorder.h"

#define MAX_HEARD_DIGITS 256

struct caller {
	struct options options;
	struct loop *loop;
	struct leg_env env;
	struct leg *leg; /* the one call */
	struct recorder *recorder;
	struct sip_registration *registration;
	char address[INET6_ADDRSTRLEN];		/* the local one that faces the first hop */
	struct prompt *prompts[SDP_MAX_CODECS]; /* of --play, one for each codec */
	struct timer no_answer, duration, give_up, finish;
	struct event *signals[2];
	char heard[MAX_HEARD_DIGITS + 1];
	size_t heard_count;
	uint64_t started, answered;
	bool registered, stopping, leg_ended;
	int status; /* exit status */
};

/* Timers and signals; to be called first. */
void caller_init(struct caller *c);
void caller_release(struct caller *c);

/* With a target: calls it. Without: registers and answers the first call. */
void caller_begin(struct caller *c);

/* For sip_agent_new(): calls that come in. */
extern const struct sip_handler caller_sip_handler;

#endif
