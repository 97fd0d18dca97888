#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/store_private.h"

#define MAX_WAITING 20000
#define GATHER_US   (20 * USEC_PER_MSEC)  /* that a write nobody waits for may wait for others */
#define RETRY_US    (500 * USEC_PER_MSEC) /* after a commit that failed */
#define READ_US	    USEC_PER_SEC	  /* that a read waits for writes before it */
#define SWEEP_US    (600 * USEC_PER_SEC)
#define CLAIM_US    (24 * 3600 * USEC_PER_SEC)

/* --- telling --- */

static void request_free(struct store_request *request)
{
	request->operation->release(request);
	free(request);
}

static void tell_and_free(struct store_request *request)
{
	if (request->awaited && !request->cancelled)
		request->operation->tell(request);
	request_free(request);
}

/* Core thread: what the threads have finished. */
static void collect(void *arg)
{
	struct store *store = arg;
	struct store_request *request;

	pthread_mutex_lock(&store->lock);
	store->posted = false;
	while ((request = TAILQ_FIRST(&store->finished))) {
		TAILQ_REMOVE(&store->finished, request, link);
		pthread_mutex_unlock(&store->lock);
		tell_and_free(request);
		pthread_mutex_lock(&store->lock);
	}
	pthread_mutex_unlock(&store->lock);
}

/* With the lock. */
static void finish(struct store *store, struct store_request *request)
{
	TAILQ_INSERT_TAIL(&store->finished, request, link);
	if (store->posted || store->stopping)
		return;
	store->posted = true;
	loop_post(store->loop, collect, store);
}

/* With the lock, which is let go meanwhile. */
static void wait_for(pthread_cond_t *cond, struct store *store, uint64_t us)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	us += (uint64_t)until.tv_nsec / 1000;
	until.tv_sec += (time_t)(us / USEC_PER_SEC);
	until.tv_nsec = (long)(us % USEC_PER_SEC) * 1000;
	pthread_cond_timedwait(cond, &store->lock, &until);
}

/* --- writing --- */

/* With the lock. False: it is time to end. */
static bool wait_for_writes(struct store *store)
{
	while (!store->stopping) {
		struct store_request *first = TAILQ_FIRST(&store->to_write);
		uint64_t now = clock_mono();

		if (!first)
			pthread_cond_wait(&store->writes, &store->lock);
		else if (store->hurry || now >= first->queued + GATHER_US)
			return true;
		else
			wait_for(&store->writes, store, first->queued + GATHER_US - now);
	}
	return !TAILQ_EMPTY(&store->to_write);
}

/* All of them in one transaction. A row that breaks a constraint concerns its own request alone. */
static int commit(struct store *store, struct store_requests *batch)
{
	struct db *db = store->writer;
	struct store_request *request;
	int err = db_begin(db);

	TAILQ_FOREACH (request, batch, link) {
		if (err < 0)
			break;
		request->error = request->operation->run(store, db, request);
		err = request->error == -EEXIST ? 0 : request->error;
	}
	if (err == 0)
		err = tally_flush(store->tally, db);
	if (err == 0)
		err = db_commit(db);
	if (err == 0)
		return 0;
	log_error(NULL, "store: cannot write, what is to be written waits in memory: %s",
		db_error(db));
	tally_forget(store->tally);
	db_rollback(db);
	return err;
}

/* With the lock. */
static void committed(struct store *store, struct store_requests *batch)
{
	struct store_request *request;

	while ((request = TAILQ_FIRST(batch))) {
		TAILQ_REMOVE(batch, request, link);
		store->last_commit = request->number;
		store->waiting--;
		store->written++;
		finish(store, request);
	}
	if (store->fails)
		log_info(NULL, "store: can write again");
	store->fails = false;
	pthread_cond_broadcast(&store->committed);
}

/* With the lock: until all of it is on disk; at the end of nccod one attempt must do. */
static void write_batch(struct store *store, struct store_requests *batch)
{
	struct store_request *request;

	for (;;) {
		int err;

		pthread_mutex_unlock(&store->lock);
		err = commit(store, batch);
		pthread_mutex_lock(&store->lock);
		if (err == 0) {
			committed(store, batch);
			return;
		}
		store->failures++;
		store->fails = true;
		pthread_cond_broadcast(&store->committed);
		if (store->stopping)
			break;
		wait_for(&store->writes, store, RETRY_US);
	}
	log_error(NULL, "store: %zu writes are lost", store->waiting);
	while ((request = TAILQ_FIRST(batch))) {
		TAILQ_REMOVE(batch, request, link);
		request->error = -EIO;
		finish(store, request);
	}
}

static void *writer_main(void *arg)
{
	struct store *store = arg;
	struct store_requests batch = TAILQ_HEAD_INITIALIZER(batch);

	pthread_mutex_lock(&store->lock);
	while (wait_for_writes(store)) {
		TAILQ_CONCAT(&batch, &store->to_write, link);
		call_puts_taken(store);
		store->hurry = false;
		write_batch(store, &batch);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

/* --- reading --- */

/* One view for all that it reads. */
static void read_one(struct store *store, struct store_request *request)
{
	struct db *db = store->reader;
	int err = db_begin(db);

	if (err == 0)
		err = request->operation->run(store, db, request);
	if (err < 0 && err != -ENOENT)
		log_error(NULL, "store: cannot read: %s", db_error(db));
	request->error = err;
	db_rollback(db); /* there is nothing to commit */
}

/* With the lock: until what was written before the read was asked is there to be read. */
static void wait_for_commit(struct store *store, uint64_t number)
{
	uint64_t until = clock_mono() + READ_US, now;

	while (store->last_commit < number && !store->fails && !store->stopping &&
		(now = clock_mono()) < until) {
		store->hurry = true;
		pthread_cond_signal(&store->writes);
		wait_for(&store->committed, store, until - now);
	}
}

static void *reader_main(void *arg)
{
	struct store *store = arg;
	struct store_request *request;

	pthread_mutex_lock(&store->lock);
	while (!store->stopping) {
		request = TAILQ_FIRST(&store->to_read);
		if (!request) {
			pthread_cond_wait(&store->reads, &store->lock);
			continue;
		}
		TAILQ_REMOVE(&store->to_read, request, link);
		wait_for_commit(store, request->number);
		pthread_mutex_unlock(&store->lock);
		read_one(store, request);
		pthread_mutex_lock(&store->lock);
		finish(store, request);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

/* --- asking --- */

/* With the lock. */
static void queue_write(struct store *store, struct store_request *request)
{
	if (store->waiting >= store->max_waiting) {
		request->error = -ENOSPC;
		store->refused++;
		finish(store, request);
		return;
	}
	request->number = ++store->last_write;
	TAILQ_INSERT_TAIL(&store->to_write, request, link);
	store->waiting++;
	store->hurry |= request->awaited;
	pthread_cond_signal(&store->writes);
}

struct store_request *store_submit(struct store *store, struct store_request *request,
	const struct store_operation *operation, bool awaited, void *arg)
{
	request->operation = operation;
	request->awaited = awaited;
	request->arg = arg;
	request->queued = clock_mono();
	pthread_mutex_lock(&store->lock);
	if (operation->write) {
		queue_write(store, request);
	} else {
		request->number = store->last_write;
		TAILQ_INSERT_TAIL(&store->to_read, request, link);
		pthread_cond_signal(&store->reads);
	}
	pthread_mutex_unlock(&store->lock);
	return awaited ? request : NULL;
}

void store_cancel(struct store_request *request)
{
	if (request)
		request->cancelled = true;
}

bool store_fails(struct store *store)
{
	bool fails;

	pthread_mutex_lock(&store->lock);
	fails = store->fails;
	pthread_mutex_unlock(&store->lock);
	return fails;
}

void store_counts(struct store *store, struct store_counts *ret_counts)
{
	pthread_mutex_lock(&store->lock);
	*ret_counts = (struct store_counts){.waiting = store->waiting,
		.written = store->written,
		.refused = store->refused,
		.failures = store->failures};
	pthread_mutex_unlock(&store->lock);
}

/* --- beginning and ending --- */

static void on_sweep(void *arg)
{
	struct store *store = arg;

	store_forget_claims(store, (int64_t)(clock_wall() - CLAIM_US));
	timer_start(&store->sweep, SWEEP_US);
}

/* Two processes with one store would end each other's calls. The lock ends with the process. */
static int lock_path(struct store *store, const char *path, char **ret_error)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char *name = xasprintf("%s-lock", path);
	int err = 0;

	store->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock_fd < 0 || fcntl(store->lock_fd, F_OFD_SETLK, &lock) < 0)
		err = -errno;
	if (err == -EAGAIN || err == -EACCES)
		*ret_error = xasprintf("%s is in use by another nccod", path);
	else if (err < 0)
		*ret_error = xasprintf("%s: %s", name, strerror(-err));
	free(name);
	return err;
}

static int open_files(struct store *store, const char *path, char **ret_error)
{
	int err = lock_path(store, path, ret_error);

	if (err == 0)
		err = db_open(path, false, &store->writer, ret_error);
	if (err == 0 && (err = db_migrate(store->writer, ret_error)) < 0) {
		char *error = *ret_error;

		*ret_error = xasprintf("%s: %s", path, error);
		free(error);
	}
	return err < 0 ? err : db_open(path, true, &store->reader, ret_error);
}

static void start_threads(struct store *store)
{
	static void *(*const mains[2])(void *) = {writer_main, reader_main};
	static const char *const names[2] = {"store", "store-read"};

	for (int i = 0; i < 2; i++) {
		if (pthread_create(&store->threads[i], NULL, mains[i], store) != 0)
			abort();
		pthread_setname_np(store->threads[i], names[i]);
	}
	store->threads_run = true;
}

static void init_conditions(struct store *store)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&store->writes, &attributes);
	pthread_cond_init(&store->reads, &attributes);
	pthread_cond_init(&store->committed, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&store->lock, NULL);
}

struct store *store_new(struct loop *loop, const struct store_config *config, char **ret_error)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store->loop = loop;
	store->lock_fd = -1;
	store->node = xstrdup(config->node);
	store->max_waiting = config->max_waiting ? config->max_waiting : MAX_WAITING;
	store->tally = tally_new();
	TAILQ_INIT(&store->to_write);
	TAILQ_INIT(&store->to_read);
	TAILQ_INIT(&store->finished);
	init_conditions(store);
	timer_init(&store->sweep, loop, on_sweep, store);
	if (open_files(store, config->path, ret_error) < 0)
		return store_free(store);
	start_threads(store);
	timer_start(&store->sweep, SWEEP_US);
	return store;
}

static void stop_threads(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	store->stopping = true;
	pthread_cond_broadcast(&store->writes);
	pthread_cond_broadcast(&store->reads);
	pthread_cond_broadcast(&store->committed);
	pthread_mutex_unlock(&store->lock);
	for (int i = 0; i < 2 && store->threads_run; i++)
		pthread_join(store->threads[i], NULL);
}

/* The threads have ended. */
static void tell_all(struct store *store)
{
	struct store_request *request;

	TAILQ_FOREACH (request, &store->to_read, link)
		request->error = -ECANCELED;
	TAILQ_CONCAT(&store->finished, &store->to_read, link);
	while ((request = TAILQ_FIRST(&store->finished))) {
		TAILQ_REMOVE(&store->finished, request, link);
		tell_and_free(request);
	}
}

struct store *store_free(struct store *store)
{
	if (!store)
		return NULL;
	timer_stop(&store->sweep);
	stop_threads(store);
	tell_all(store);
	db_close(store->reader);
	db_close(store->writer);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	tally_free(store->tally);
	pthread_cond_destroy(&store->writes);
	pthread_cond_destroy(&store->reads);
	pthread_cond_destroy(&store->committed);
	pthread_mutex_destroy(&store->lock);
	free(store->node);
	free(store);
	return NULL;
}
