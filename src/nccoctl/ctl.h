/* ctl.h - what the commands of nccoctl share. A command returns the exit status: 0 good, 1 failed,
 * 2 wrong usage. */
#ifndef NCCOCTL_CTL_H
#define NCCOCTL_CTL_H

#include <stdbool.h>

/* What was said before the command. */
struct ctl {
	const char *url; /* of nccod's HTTP server */
	const char *key; /* NULL: none */
	bool json;	 /* print what programs read */
};

/* To standard error; returns 2. what may be NULL. */
int usage_error(const char *message, const char *what);

/* script.c */
int run_lint(const struct ctl *ctl, int argc, char **argv);
int run_run(const struct ctl *ctl, int argc, char **argv);
int run_schema(const struct ctl *ctl, int argc, char **argv);
/* spool.c */
int run_spool(const struct ctl *ctl, int argc, char **argv);
/* status.c */
int run_status(const struct ctl *ctl, int argc, char **argv);
/* recordings.c */
int run_recordings(const struct ctl *ctl, int argc, char **argv);

/* calls.c */
int run_calls(const struct ctl *ctl, int argc, char **argv);
int run_show(const struct ctl *ctl, int argc, char **argv);
int run_call(const struct ctl *ctl, int argc, char **argv);
/* completion.c */
int run_completion(const struct ctl *ctl, int argc, char **argv);

/* What nccoctl can: nccoctl.c. NULL name ends. Help and completion follow from it. */
struct command {
	const char *name;
	const char *summary;  /* for completion */
	const char *synopsis; /* for the help; NULL: only name and summary */
	const char *options;  /* "--limit= --json"; = takes a value; NULL: none */
	const char *words;    /* other arguments that are known; NULL: none */
	bool files;	      /* arguments may be files */
	int (*run)(const struct ctl *ctl, int argc, char **argv);
};
extern const struct command command_table[];

#endif
