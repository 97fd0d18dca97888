/* adapter.h - one run of an adapter program, inside src/speech/. Blocks: for speech threads. */
#ifndef SPEECH_ADAPTER_H
#define SPEECH_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>

struct feed;

struct adapter_run {
	const char *path;
	const char *argument; /* or NULL */
	char *const *environment;
	const char *text;  /* for stdin */
	struct feed *feed; /* instead of text, or NULL; borrowed */
	int cancel_fd;	   /* readable once the run is to end; -1: none */
	unsigned
		timeout_ms; /* to the first byte and between bytes; with a feed once it has ended */
	size_t max_output_bytes;
	int (*data)(void *arg, const void *data, size_t length); /* <0 ends the run */
	void *arg;
};

/* Runs the program in a process group of its own, and returns when it is dead and reaped,
 * with whatever it left running in the group killed. 0 when it exited with 0. Else negative
 * errno and *ret_message, malloc'd: -ECANCELED, -ETIMEDOUT, -EFBIG, -ENOTSUP (exit
 * status 2: the request is not for this adapter), -EIO (other statuses, signals; with the end of
 * its stderr), what data() returned, or an error of the system. */
int adapter_run(const struct adapter_run *run, char **ret_message);

/* True for a name of an adapter: letters, digits, '.', '_' and '-', not "." or "..". */
bool adapter_name_ok(const char *name);

#endif
