/* spool.h - events that could not be delivered: kept in the store and tried again, over restarts,
 * until they are delivered, too old, or dropped.
 *
 * Events of one lane (a call) to one receiver go out one after the other. A receiver (a URL) that
 * fails is left alone for a while that doubles with each failure, and then one event tries it; when
 * it has answered, all that waits for it is due at once. So a dead receiver costs one request at a
 * time and delays nobody else. Core thread only. */
#ifndef CALL_SPOOL_H
#define CALL_SPOOL_H

#include "call/webhook.h"
#include "store/store.h"

struct spool;

struct spool_config {
	struct loop *loop;
	struct store *store;
	const struct webhook_env *env; /* its clients and limits */
	/* An application by its id; NULL: it is no more. */
	const struct config_application *(*find)(void *arg, const char *id);
	void *arg;
};

struct spool_limits {
	uint64_t retry_us; /* after the first failure */
	uint64_t keep_us;  /* how old an event gets */
	uint64_t events;   /* in all; more are dropped with a log line */
};

/* Looks at once for what an earlier process has left. */
struct spool *spool_new(const struct spool_config *config, const struct spool_limits *limits);
void spool_set_limits(struct spool *spool, const struct spool_limits *limits);
struct spool *spool_free(struct spool *spool); /* NULL allowed; returns NULL */

/* spool NULL: the event is lost, with a log line. Everything is copied, body as it goes out. */
void spool_add(struct spool *spool, const char *lane, const char *application, const char *url,
	const char *method, struct json_object *body, const char *error);

/* Whether events of the lane to url that were added by this process still wait. spool NULL: false.
 */
bool spool_holds(const struct spool *spool, const char *lane, const char *url);

/* All receivers may be tried now. */
void spool_retry(struct spool *spool);
/* Forgets an event, by its id in the store; done comes later, with -ENOENT when there is none. */
void spool_drop(struct spool *spool, int64_t id, store_done_fn *done, void *arg);

size_t spool_size(const struct spool *spool);

/* How long a receiver is left alone after so many failures in a row: doubling from retry_us, at
 * most SPOOL_MAX_DELAY_US, and by chance up to a quarter less. */
#define SPOOL_MAX_DELAY_US (600 * USEC_PER_SEC)
uint64_t spool_delay(uint64_t retry_us, unsigned failures, uint32_t chance);

#endif
