/* store_private.h - what the files of the store share.
 *
 *   store.c      the two threads, the queue of writes, their commit
 *   db.c         SQLite;  migration.c its tables
 *   calls.c      calls: put, found, ended;  calls_list.c listed;  tally.c counted
 *   recordings.c, claims.c, events.c
 *
 * To add something: a struct that begins with a struct store_request, an operation that runs it on
 * the store's thread and tells about it on the core thread, store_submit(). */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include <pthread.h>
#include <sys/queue.h>

#include <uthash.h>

#include "store/db.h"
#include "store/store.h"
#include "store/tally.h"

struct store_operation {
	bool write;
	/* On a thread of the store, within a transaction: 0 or a negative errno. After an error
	 * other than -EEXIST, all of the transaction is run again later. */
	int (*run)(struct store *store, struct db *db, struct store_request *request);
	void (*tell)(struct store_request *request); /* core thread; only if somebody waits */
	void (*release)(struct store_request *request);
};

struct store_request {
	TAILQ_ENTRY(store_request) link;
	const struct store_operation *operation;
	uint64_t number; /* of a write; of the last write before a read */
	uint64_t queued; /* us, monotonic */
	int error;
	bool awaited, cancelled; /* core thread */
	void *arg;
};

TAILQ_HEAD(store_requests, store_request);

struct call_put;

struct store {
	struct loop *loop;
	char *node;
	int lock_fd;
	size_t max_waiting;
	struct db *writer, *reader; /* of their threads */
	struct tally *tally;	    /* of the writer's */
	pthread_t threads[2];
	bool threads_run;
	struct timer sweep; /* forgets old claims */

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t writes, reads, committed;
	struct store_requests to_write, to_read, finished;
	struct call_put *puts;		  /* those in to_write, by uuid */
	size_t waiting;			  /* in to_write, or taken and not yet on disk */
	uint64_t last_write, last_commit; /* numbers */
	bool hurry;			  /* somebody waits for a write */
	bool stopping, posted, fails;
	uint64_t written, refused, failures;
};

/* Core thread. Takes the request. Returns it, for the caller's caller, if it is awaited. */
struct store_request *store_submit(struct store *store, struct store_request *request,
	const struct store_operation *operation, bool awaited, void *arg);

/* calls.c: with the lock, the writer takes all that waits. */
void call_puts_taken(struct store *store);
void store_call_release(struct store_call *call);
#define STORE_CALL_COLUMNS                                                                  \
	"uuid, conversation_uuid, application, node, direction, status, final, from_type, " \
	"from_text, to_type, to_text, begun, answered, ended, rate, price, network, "       \
	"disconnected_by, sip_code, client_state, detail"
void store_call_read(sqlite3_stmt *row, struct store_call *ret_call);
/* claims.c */
void store_forget_claims(struct store *store, int64_t before);

#endif
