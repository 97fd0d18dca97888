/* asr_private.h - what asr.c (core thread) and asr_run.c (recogniser threads) share. */
#ifndef SPEECH_ASR_PRIVATE_H
#define SPEECH_ASR_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "loop/worker.h"
#include "speech/asr.h"
#include "speech/choice.h"
#include "speech/feed.h"

struct asr_heard {
	STAILQ_ENTRY(asr_heard) link;
	struct asr_result result;
};
STAILQ_HEAD(asr_results, asr_heard);

struct asr {
	struct loop *loop;
	struct choice choice;
	struct json_object *options;
	unsigned timeout_ms, max_waiting;
	struct worker_pool *runs;
	TAILQ_HEAD(asr_jobs, asr_job) jobs;
	struct timer refused; /* tells jobs that were not begun */

	pthread_mutex_t lock; /* guards posted, and the results of all jobs */
	bool posted;	      /* somebody has asked the core thread to look for results */
};

struct asr_job {
	TAILQ_ENTRY(asr_job) link;
	struct asr *asr;
	struct asr_handler handler;
	void *arg;
	char *adapter, *language, *hints; /* adapter NULL: the order */
	unsigned rate;
	bool partial, words;
	struct json_object *own, *options; /* the script's; the configuration's: read-only */
	struct job *work;		   /* NULL: refused */
	struct feed *feed;
	int stop_fd; /* eventfd */
	atomic_bool stop;
	struct asr_results results;

	/* Written by the thread that has the job. */
	bool recognised; /* a final result came */
	int error;
	char *message;
};

/* Takes the message. */
void asr_set_error(struct asr_job *job, int error, char *message);

/* Recogniser thread: runs one adapter after the other until one has a final result. */
void asr_run(void *arg);
/* Any thread: takes the result. */
void asr_add_result(struct asr_job *job, struct asr_result *result);

#endif
