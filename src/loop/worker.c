#include "loop/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/mem.h"

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_FINISHED };

struct job {
	TAILQ_ENTRY(job) entry;
	struct worker_pool *pool;
	const struct job_ops *ops;
	void *arg;
	enum job_state state; /* under the pool's lock */
	bool cancelled;	      /* core thread only */
};

TAILQ_HEAD(job_list, job);

struct worker_pool {
	struct loop *loop;
	pthread_mutex_t lock; /* guards waiting, finished, stopping, posted */
	pthread_cond_t work;
	struct job_list waiting, finished;
	size_t backlog;
	bool stopping, posted;
	unsigned thread_count;
	pthread_t threads[];
};

static void finish(struct job *job)
{
	if (job->cancelled)
		job->ops->drop(job->arg);
	else
		job->ops->done(job->arg);
	free(job);
}

/* Core thread: hands back what the workers have finished. */
static void collect(void *arg)
{
	struct worker_pool *pool = arg;
	struct job *job;

	pthread_mutex_lock(&pool->lock);
	pool->posted = false;
	while ((job = TAILQ_FIRST(&pool->finished))) {
		TAILQ_REMOVE(&pool->finished, job, entry);
		pthread_mutex_unlock(&pool->lock);
		finish(job);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *arg)
{
	struct worker_pool *pool = arg;
	struct job *job;
	bool post;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!(job = TAILQ_FIRST(&pool->waiting)) && !pool->stopping)
			pthread_cond_wait(&pool->work, &pool->lock);
		if (!job)
			break;
		TAILQ_REMOVE(&pool->waiting, job, entry);
		pool->backlog--;
		job->state = JOB_RUNNING;
		pthread_mutex_unlock(&pool->lock);
		job->ops->run(job->arg);
		pthread_mutex_lock(&pool->lock);
		job->state = JOB_FINISHED;
		TAILQ_INSERT_TAIL(&pool->finished, job, entry);
		post = !pool->posted && !pool->stopping;
		pool->posted |= post;
		if (post)
			loop_post(pool->loop, collect, pool);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct worker_pool *worker_pool_new(struct loop *loop, const char *name, unsigned threads)
{
	struct worker_pool *pool = xcalloc(1, sizeof(*pool) + threads * sizeof(pthread_t));

	pool->loop = loop;
	TAILQ_INIT(&pool->waiting);
	TAILQ_INIT(&pool->finished);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	for (unsigned i = 0; i < threads; i++) {
		if (pthread_create(&pool->threads[i], NULL, worker_main, pool) != 0)
			abort();
		pthread_setname_np(pool->threads[i], name);
		pool->thread_count++;
	}
	return pool;
}

struct worker_pool *worker_pool_free(struct worker_pool *pool)
{
	struct job *job;

	if (!pool)
		return NULL;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	while ((job = TAILQ_FIRST(&pool->waiting))) {
		TAILQ_REMOVE(&pool->waiting, job, entry);
		TAILQ_INSERT_TAIL(&pool->finished, job, entry);
	}
	pool->backlog = 0;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	while ((job = TAILQ_FIRST(&pool->finished))) {
		TAILQ_REMOVE(&pool->finished, job, entry);
		job->cancelled = true;
		finish(job);
	}
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
	return NULL;
}

struct job *worker_submit(struct worker_pool *pool, const struct job_ops *ops, void *arg)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->pool = pool;
	job->ops = ops;
	job->arg = arg;
	pthread_mutex_lock(&pool->lock);
	TAILQ_INSERT_TAIL(&pool->waiting, job, entry);
	pool->backlog++;
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	return job;
}

void worker_cancel(struct job *job)
{
	struct worker_pool *pool;
	bool waiting;

	if (!job)
		return;
	pool = job->pool;
	job->cancelled = true;
	pthread_mutex_lock(&pool->lock);
	waiting = job->state == JOB_WAITING;
	if (waiting) {
		TAILQ_REMOVE(&pool->waiting, job, entry);
		pool->backlog--;
	}
	pthread_mutex_unlock(&pool->lock);
	if (waiting)
		finish(job);
}

size_t worker_backlog(struct worker_pool *pool)
{
	size_t backlog;

	pthread_mutex_lock(&pool->lock);
	backlog = pool->backlog;
	pthread_mutex_unlock(&pool->lock);
	return backlog;
}
