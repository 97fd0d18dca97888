/* tally.h - how many calls began when: counts by minute, hour and day (the table `tally`).
 *
 * With them the number of calls before a moment, and the moment before which there are so many, are
 * the sum of some rows instead of a walk over all calls. application and status: "" is all of them;
 * "" as status counts live calls, too, others count final ones. Store threads. */
#ifndef STORE_TALLY_H
#define STORE_TALLY_H

#include "store/db.h"

#define TALLY_MINUTE (INT64_C(60) * 1000000)

/* Changes of one transaction, gathered so that the calls of a minute change few rows. */
struct tally;

struct tally *tally_new(void);
struct tally *tally_free(struct tally *tally); /* NULL allowed; returns NULL */
void tally_add(
	struct tally *tally, const char *application, const char *status, int64_t begun, int n);
int tally_flush(struct tally *tally, struct db *db); /* writes them; 0 or a negative errno */
void tally_forget(struct tally *tally);

/* The number of calls that began before `moment`. The last, broken minute is counted by rows of
 * `calls`. */
int tally_rank(struct db *db, const char *application, const char *status, int64_t moment,
	uint64_t *ret_rank);

/* The minute with the call number `rank` in it (0 is the first): when it begins, and how many calls
 * there are before it and in it. -ENOENT: there are not so many. */
struct tally_minute {
	int64_t begun;
	uint64_t before, count;
};
int tally_find(struct db *db, const char *application, const char *status, uint64_t rank,
	struct tally_minute *ret_minute);

#endif
