/* speech_private.h - what speech.c (core thread) and speech_run.c (speech threads) share. */
#ifndef SPEECH_PRIVATE_H
#define SPEECH_PRIVATE_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "loop/worker.h"
#include "speech/choice.h"
#include "speech/files.h"
#include "speech/speech.h"

TAILQ_HEAD(job_list, speech_job);

struct speech {
	struct loop *loop;
	struct choice choice;
	struct files *files; /* NULL: no cache */
	struct json_object *options;
	unsigned timeout_ms;
	size_t max_output_bytes;
	struct worker_pool *lookups, *runs;
	struct job_list jobs, cancelled;
	struct timer reaper; /* delivers `cancelled` */
	bool closing;
};

struct speech_job {
	TAILQ_ENTRY(speech_job) entry; /* in jobs, or in cancelled */
	struct speech *speech;
	struct speech_sink sink;
	void *arg;
	struct speech_request request; /* its strings are ours */
	struct json_object *options;   /* as they were when it was asked for; read-only */
	struct job *work;
	atomic_bool stop;
	int stop_fd; /* eventfd */

	/* Written by the speech thread while it has the job, else by the core thread. */
	bool served, begun; /* wholly, or some bytes, given to the sink */
	int error;
	char *message;
	struct files_writer *writer;
};

/* On the thread that has the job. Takes the message. */
void speech_set_error(struct speech_job *job, int error, char *message);

/* Speech thread: the jobs of the pools. Serves from the cache, if it is there; */
void speech_lookup_run(void *arg);
/* runs one adapter after the other until one has spoken. */
void speech_adapters_run(void *arg);

#endif
