/* store.h - what outlives the process: calls, recordings, answers to requests that may come again,
 * events that could not be delivered. Core thread only.
 *
 * Writing is a job for a thread of its own, which commits all that waits at once; a callback says
 * that it is on disk. Reading is done by a second thread and sees what was written before it was
 * asked. When the disk is full or fails, what is to be written waits in memory, up to a bound, and
 * is tried again; reading goes on.
 *
 * What is asked with a callback gives a handle. The callback comes once, later, and not at all
 * after store_cancel(); what was to be written is written nevertheless. `error` is 0 or a negative
 * errno: -ENOSPC says that too much waits already, -ECANCELED that the store was freed.
 *
 * Everything that another kind of store would have to do is in this file. Texts are UTF-8, times
 * microseconds since 1970; 0 and NULL are "none". */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

struct store;
struct store_request;

struct store_config {
	const char *path;   /* of the SQLite file; made if need be, as are its tables */
	const char *node;   /* who writes */
	size_t max_waiting; /* writes; 0: 20000 */
};

/* Blocks while it opens the file and brings its tables up to date. NULL with a malloc'd *ret_error:
 * it cannot be used, is of a newer nccod, or another process has it. */
struct store *store_new(struct loop *loop, const struct store_config *config, char **ret_error);
/* Commits what waits, if the disk lets it. The callbacks that have not come yet come now. NULL
 * allowed. */
struct store *store_free(struct store *store);

void store_cancel(struct store_request *request); /* NULL allowed */

/* Whether the last attempt to commit has failed. */
bool store_fails(struct store *store);

struct store_counts {
	size_t waiting;	   /* writes that are not on disk yet */
	uint64_t written;  /* since the start */
	uint64_t refused;  /* for want of room */
	uint64_t failures; /* attempts to commit */
};
void store_counts(struct store *store, struct store_counts *ret_counts);

typedef void store_done_fn(void *arg, int error);

/* --- calls --- */

struct store_call {
	char *uuid, *conversation_uuid;
	char *application;		       /* id */
	char *node;			       /* filled in by the store */
	char *direction;		       /* "inbound", "outbound" */
	char *status;			       /* as in the events */
	bool final;			       /* the status is its last */
	char *from_type, *from, *to_type, *to; /* "phone", "15550100" */
	int64_t begun, answered, ended;
	char *rate, *price, *network;
	char *disconnected_by;
	int sip_code;
	char *client_state;
	char *detail; /* JSON object of what else there is to know */
};

/* Remembers the call as it is now; the texts are copied. What does not change is taken from the
 * first time: application, direction, begun. A call that is final stays so. `done` may be NULL. */
struct store_request *store_put_call(
	struct store *store, const struct store_call *call, store_done_fn *done, void *arg);

/* call is NULL when there is none; borrowed for the callback. */
typedef void store_call_fn(void *arg, int error, const struct store_call *call);
struct store_request *store_find_call(
	struct store *store, const char *uuid, store_call_fn *found, void *arg);

struct store_filter {
	const char *application;       /* NULL: all */
	const char *status;	       /* NULL: any */
	const char *conversation_uuid; /* NULL: any */
	int64_t from, until;	       /* of `begun`, both included; until 0: no end */
	bool descending;	       /* the latest first */
	uint64_t offset;
	unsigned limit; /* at most 100 */
};

struct store_page {
	uint64_t total; /* calls that the filter lets pass */
	size_t count;	/* of them in rows */
	struct store_call *rows;
};

typedef void store_page_fn(void *arg, int error, const struct store_page *page);
/* In the order of `begun`. However many calls there are and whichever page is asked for, that takes
 * a few milliseconds. */
struct store_request *store_list_calls(
	struct store *store, const struct store_filter *filter, store_page_fn *listed, void *arg);

/* To be asked once, after a start and before the first call: calls that were live when the last
 * process died get their final status, "completed" or "failed", and end when they were last put.
 * They are the rows of the page. */
struct store_request *store_end_lost_calls(struct store *store, store_page_fn *ended, void *arg);

/* --- recordings --- */

struct store_recording {
	char *id;
	char *application; /* id; NULL: of none */
	char *call_uuid, *conversation_uuid;
	char *format;	      /* "wav" */
	int64_t begun, ended; /* ended 0: not yet */
	int64_t size;	      /* bytes */
};

struct store_request *store_put_recording(struct store *store,
	const struct store_recording *recording, store_done_fn *done, void *arg);

typedef void store_recording_fn(void *arg, int error, const struct store_recording *recording);
struct store_request *store_find_recording(
	struct store *store, const char *id, store_recording_fn *found, void *arg);

struct store_recording_page {
	uint64_t total;
	size_t count;
	struct store_recording *rows;
};
typedef void store_recording_page_fn(void *arg, int error, const struct store_recording_page *page);
/* The latest first. application NULL: all. */
struct store_request *store_list_recordings(struct store *store, const char *application,
	uint64_t offset, unsigned limit, store_recording_page_fn *listed, void *arg);

/* Those that began before are forgotten. */
void store_forget_recordings(struct store *store, int64_t before);

/* --- answers to requests that may come again --- */

enum store_claim_outcome {
	STORE_CLAIM_NEW,     /* it is the caller's to answer: store_answer(), or store_unclaim() */
	STORE_CLAIM_RUNNING, /* it came before and is not answered yet */
	STORE_CLAIM_ANSWERED,
	STORE_CLAIM_OTHER /* the key came before with another request */
};

struct store_claim {
	enum store_claim_outcome outcome;
	int status;	  /* ANSWERED: of HTTP, and */
	const char *body; /* its body */
};

typedef void store_claim_fn(void *arg, int error, const struct store_claim *claim);
/* `owner` is who has chosen the key, `fingerprint` tells his requests apart. Keys are forgotten
 * after 24 hours. */
struct store_request *store_claim(struct store *store, const char *owner, const char *key,
	const char *fingerprint, int64_t now, store_claim_fn *claimed, void *arg);
void store_answer(
	struct store *store, const char *owner, const char *key, int status, const char *body);
void store_unclaim(struct store *store, const char *owner, const char *key);

/* --- events that could not be delivered --- */

struct store_event {
	int64_t id; /* given by the store, rising */
	char *lane; /* to one URL its events go out in the order of their ids; NULL: in any */
	char *event_id, *application, *url, *method, *body;
	int64_t begun, next; /* first tried; to be tried again */
	int tries;
	char *error; /* of the last */
};

struct store_request *store_add_event(
	struct store *store, const struct store_event *event, store_done_fn *done, void *arg);
void store_delay_event(struct store *store, int64_t id, int64_t next, const char *error);
/* All that go to url (NULL: anywhere) are to be tried then. */
void store_time_events(struct store *store, const char *url, int64_t next);
void store_drop_event(struct store *store, int64_t id);
/* The same, and says which it was: its id, lane and url alone. Error -ENOENT, event NULL: none. */
typedef void store_event_fn(void *arg, int error, const struct store_event *event);
struct store_request *store_take_event(
	struct store *store, int64_t id, store_event_fn *taken, void *arg);

struct store_event_page {
	uint64_t total;
	int64_t next; /* when the next of all is to be tried; 0: there is none */
	size_t count;
	struct store_event *rows;
};
typedef void store_event_page_fn(void *arg, int error, const struct store_event_page *page);
/* Those that are to be tried by then, in that order; of a lane and a URL only the first. */
struct store_request *store_due_events(
	struct store *store, int64_t by, unsigned limit, store_event_page_fn *listed, void *arg);
/* In the order of their ids. application NULL: all. */
struct store_request *store_list_events(struct store *store, const char *application,
	uint64_t offset, unsigned limit, store_event_page_fn *listed, void *arg);

#endif
