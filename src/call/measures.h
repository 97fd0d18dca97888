/* measures.h - what is counted of calls and their webhooks, for each application. Core thread only.
 *
 * A row for each application that has had a call, one with the id "" for calls of none, and one,
 * MEASURES_OTHERS, for all that find no room any more: reloads may bring new names without end. */
#ifndef CALL_MEASURES_H
#define CALL_MEASURES_H

#include <stdbool.h>

#include "base/histogram.h"
#include "http/client.h"
#include "media/engine.h"

#define MEASURES_ROWS	100
#define MEASURES_OTHERS "(others)"

/* How a call ended, as events name it; what is not in the list counts as the last. */
enum { MEASURES_ENDINGS = 9 };
extern const char *const measures_endings[MEASURES_ENDINGS];

#define SETUP_BOUNDS   11
#define WEBHOOK_BOUNDS 11
#define JITTER_BOUNDS  8
extern const uint64_t measures_setup_bounds[SETUP_BOUNDS];     /* us */
extern const uint64_t measures_webhook_bounds[WEBHOOK_BOUNDS]; /* us */
extern const uint64_t measures_jitter_bounds[JITTER_BOUNDS];   /* us */

struct measures_row {
	char *application;
	unsigned active[2]; /* [1]: outbound; of measures_refresh() */
	uint64_t ended[2][MEASURES_ENDINGS];
	struct histogram setup;	  /* us, from the first message to the answer */
	struct histogram webhook; /* us, of each try */
	uint64_t webhooks_failed; /* tries without an answer of 2xx */
	struct histogram jitter;  /* us, one value for each call, at its end */
	/* Of calls that are over. */
	uint64_t sent, received, lost, late, dropped;
};

struct measures {
	size_t count;
	struct measures_row rows[MEASURES_ROWS];
};

struct measures *measures_new(void);
struct measures *measures_free(struct measures *measures); /* NULL allowed; returns NULL */

/* application NULL: none. The row stays where it is. */
struct measures_row *measures_of(struct measures *measures, const char *application);

void measures_answered(struct measures *measures, const char *application, uint64_t us);
void measures_ended(struct measures *measures, const char *application, bool outbound,
	const char *status, const struct media_stats *media);
/* A try of a webhook is over. measures may be NULL. */
void measures_webhook(
	struct measures *measures, const char *application, const struct http_response *response);

#endif
