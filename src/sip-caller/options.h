/* options.h - what sip-caller was asked to do: flags first, then the environment. */
#ifndef SIP_CALLER_OPTIONS_H
#define SIP_CALLER_OPTIONS_H

#include <stdbool.h>

#include "base/log.h"

struct options {
	char *server;	     /* "sip:host[:port][;transport=x]" */
	char *server_host;   /* without brackets, as resolved */
	char *user, *domain; /* user part and domain of the address of record */
	char *password;
	char *proxy;  /* SIP URI or NULL */
	char *target; /* SIP URI or NULL: register and answer */
	const char *play, *record, *dtmf, *expect_dtmf, *codec;
	double duration; /* s after the answer, 0: until the other side ends it */
	double timeout;	 /* s to wait for an answer, 60 */
	bool tcp, json;
	enum log_level log_level;
};

enum { EXIT_WORKED = 0, EXIT_CALL_FAILED = 1, EXIT_BAD_USAGE = 2, EXIT_NO_ANSWER = 3 };

/* -1: go on, with *options filled; else the exit status, everything was said. */
int options_read(int argc, char **argv, struct options *options);
void options_release(struct options *options);

#endif
