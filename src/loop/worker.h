/* worker.h - threads for work that may block: decoding, files, adapter programs.
 *
 *   job = worker_submit(pool, &ops, arg)    core thread
 *   ops->run(arg)                           on a worker thread, may block
 *   ops->done(arg)                          on the core thread afterwards
 *
 * worker_cancel(job) promises that done() never runs; drop(arg) runs instead, on the core
 * thread, once no worker uses arg any more (at once when the job had not begun, inside
 * worker_cancel()). Exactly one of done and drop runs for each job. A running job learns of
 * its cancellation only by what the caller put into arg (an atomic flag, say). */
#ifndef LOOP_WORKER_H
#define LOOP_WORKER_H

#include "loop/loop.h"

struct worker_pool;
struct job;

struct job_ops {
	void (*run)(void *arg);
	void (*done)(void *arg);
	void (*drop)(void *arg);
};

/* name appears in thread lists, at most 15 characters. */
struct worker_pool *worker_pool_new(struct loop *loop, const char *name, unsigned threads);

/* Drops what has not begun, waits for what has, drops that too. To be called when the loop
 * runs no more callbacks (after loop_run() returned). NULL allowed; returns NULL. */
struct worker_pool *worker_pool_free(struct worker_pool *pool);

/* ops must outlive the job. The handle is valid until done() or drop() is called. */
struct job *worker_submit(struct worker_pool *pool, const struct job_ops *ops, void *arg);
void worker_cancel(struct job *job); /* NULL allowed */

/* Jobs not yet begun. */
size_t worker_backlog(struct worker_pool *pool);

#endif
