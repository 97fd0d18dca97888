#include "store/tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"

#define KEY_SIZE 256

static const int64_t widths[] = {86400, 3600, 60}; /* s */

static int64_t in_us(int64_t width)
{
	return width * 1000000;
}

static int64_t floor_to(int64_t moment, int64_t width)
{
	return moment - moment % in_us(width);
}

/* --- gathering --- */

struct delta {
	char key[KEY_SIZE]; /* minute, application and status in one text */
	char *application, *status;
	int64_t minute;
	int n;
	UT_hash_handle hh;
};

struct tally {
	struct delta *deltas;
};

struct tally *tally_new(void)
{
	return xcalloc(1, sizeof(struct tally));
}

void tally_forget(struct tally *tally)
{
	struct delta *delta = NULL, *next = NULL;

	HASH_ITER (hh, tally->deltas, delta, next) {
		HASH_DEL(tally->deltas, delta);
		free(delta->application);
		free(delta->status);
		free(delta);
	}
}

struct tally *tally_free(struct tally *tally)
{
	if (tally)
		tally_forget(tally);
	free(tally);
	return NULL;
}

void tally_add(
	struct tally *tally, const char *application, const char *status, int64_t begun, int n)
{
	int64_t minute = floor_to(begun, 60);
	struct delta *delta;
	char key[KEY_SIZE];

	/* A key that is cut short is told apart below. */
	snprintf(key, sizeof(key), "%lld %s %s", (long long)minute, status, application);
	HASH_FIND_STR(tally->deltas, key, delta);
	if (delta && strcmp(delta->application, application) == 0) {
		delta->n += n;
		return;
	}
	delta = xcalloc(1, sizeof(*delta));
	memcpy(delta->key, key, sizeof(key));
	delta->application = xstrdup(application);
	delta->status = xstrdup(status);
	delta->minute = minute;
	delta->n = n;
	HASH_ADD_STR(tally->deltas, key, delta);
}

static int write_delta(struct db *db, const struct delta *delta)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(widths) && err == 0 && delta->n; i++) {
		sqlite3_stmt *upsert =
			db_statement(db, "INSERT INTO tally (width, application, status, begun, n)"
					 " VALUES (?1, ?2, ?3, ?4, ?5)"
					 " ON CONFLICT (width, application, status, begun)"
					 " DO UPDATE SET n = tally.n + excluded.n");

		db_bind_int(upsert, 1, widths[i]);
		db_bind_text(upsert, 2, delta->application);
		db_bind_text(upsert, 3, delta->status);
		db_bind_int(upsert, 4, floor_to(delta->minute, widths[i]));
		db_bind_int(upsert, 5, delta->n);
		err = db_finish_step(db, upsert);
	}
	return err;
}

int tally_flush(struct tally *tally, struct db *db)
{
	struct delta *delta = NULL, *next = NULL;
	int err = 0;

	HASH_ITER (hh, tally->deltas, delta, next) {
		if (err == 0)
			err = write_delta(db, delta);
	}
	tally_forget(tally);
	return err;
}

/* --- asking --- */

static sqlite3_stmt *bind(sqlite3_stmt *statement, int64_t width, const char *application,
	const char *status, int64_t from, int64_t until)
{
	db_bind_int(statement, 1, width);
	db_bind_text(statement, 2, application);
	db_bind_text(statement, 3, status);
	db_bind_int(statement, 4, from);
	db_bind_int(statement, 5, until);
	return statement;
}

/* The sum of the counts of that width from `from` until before `until`. */
static int sum(struct db *db, int64_t width, const char *application, const char *status,
	int64_t from, int64_t until, uint64_t *sum)
{
	sqlite3_stmt *select =
		bind(db_statement(db, "SELECT COALESCE(SUM(n), 0) FROM tally WHERE width = ?1"
				      " AND application = ?2 AND status = ?3"
				      " AND begun >= ?4 AND begun < ?5"),
			width, application, status, from, until);
	int r = db_step(db, select);

	if (r < 0)
		return r;
	*sum += (uint64_t)db_int(select, 0);
	return db_finish_step(db, select);
}

/* Calls that began from `from` until before `until`, counted one by one. */
static int count_rows(struct db *db, const char *application, const char *status, int64_t from,
	int64_t until, uint64_t *count)
{
	static const char *const selects[2][2] = {
		{"SELECT COUNT(*) FROM calls WHERE begun >= ?4 AND begun < ?5",
			"SELECT COUNT(*) FROM calls WHERE final = 1 AND status = ?3"
			" AND begun >= ?4 AND begun < ?5"},
		{"SELECT COUNT(*) FROM calls WHERE application = ?2 AND begun >= ?4 AND begun < ?5",
			"SELECT COUNT(*) FROM calls WHERE final = 1 AND application = ?2"
			" AND status = ?3 AND begun >= ?4 AND begun < ?5"},
	};
	sqlite3_stmt *select =
		bind(db_statement(db, selects[*application != '\0'][*status != '\0']), 0,
			application, status, from, until);
	int r = db_step(db, select);

	if (r < 0)
		return r;
	*count += (uint64_t)db_int(select, 0);
	return db_finish_step(db, select);
}

int tally_rank(struct db *db, const char *application, const char *status, int64_t moment,
	uint64_t *ret_rank)
{
	int64_t from = 0;
	int err = 0;

	*ret_rank = 0;
	for (size_t i = 0; i < ARRAY_SIZE(widths) && err == 0; i++) {
		int64_t until = floor_to(moment, widths[i]);

		err = sum(db, widths[i], application, status, from, until, ret_rank);
		from = until;
	}
	if (err == 0 && from < moment)
		err = count_rows(db, application, status, from, moment, ret_rank);
	return err;
}

/* Goes over the counts of that width until call `rank` is in one. */
static int find_in(struct db *db, int64_t width, const char *application, const char *status,
	int64_t until, uint64_t rank, struct tally_minute *at)
{
	sqlite3_stmt *select = bind(
		db_statement(db, "SELECT begun, n FROM tally WHERE width = ?1 AND application = ?2"
				 " AND status = ?3 AND begun >= ?4 AND begun < ?5 ORDER BY begun"),
		width, application, status, at->begun, until);
	int r;

	while ((r = db_step(db, select)) > 0) {
		uint64_t n = (uint64_t)db_int(select, 1);

		if (at->before + n > rank) {
			at->begun = db_int(select, 0);
			at->count = n;
			sqlite3_reset(select);
			return 0;
		}
		at->before += n;
	}
	return r < 0 ? r : -ENOENT;
}

int tally_find(struct db *db, const char *application, const char *status, uint64_t rank,
	struct tally_minute *ret_minute)
{
	int64_t until = INT64_MAX;
	int err = 0;

	*ret_minute = (struct tally_minute){0};
	for (size_t i = 0; i < ARRAY_SIZE(widths) && err == 0; i++) {
		err = find_in(db, widths[i], application, status, until, rank, ret_minute);
		until = ret_minute->begun + in_us(widths[i]);
	}
	return err;
}
