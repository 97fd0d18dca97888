/* Answers to requests that may come again: a key that a client has chosen is claimed by the first
 * request that brings it, and what that was answered is the answer to those that follow. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_private.h"

struct claim {
	struct store_request request;
	char *owner, *key, *fingerprint, *body;
	int status;
	int64_t now;
	struct store_claim result;
	char *answer;
	store_claim_fn *claimed;
};

static void release(struct store_request *request)
{
	struct claim *c = (struct claim *)request;

	free(c->owner);
	free(c->key);
	free(c->fingerprint);
	free(c->body);
	free(c->answer);
}

static struct claim *claim_new(const char *owner, const char *key)
{
	struct claim *c = xcalloc(1, sizeof(*c));

	c->owner = xstrdup(owner);
	c->key = xstrdup(key);
	return c;
}

static sqlite3_stmt *bound(struct db *db, const char *sql, const struct claim *c)
{
	sqlite3_stmt *statement = db_statement(db, sql);

	db_bind_text(statement, 1, c->owner);
	db_bind_text(statement, 2, c->key);
	return statement;
}

/* --- claim --- */

/* What came of the first request with the key. */
static int read_first(struct db *db, struct claim *c)
{
	sqlite3_stmt *select = bound(db,
		"SELECT fingerprint, status, body FROM claims WHERE owner = ?1 AND name = ?2", c);
	int r = db_step(db, select);
	char *fingerprint;

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	fingerprint = db_text(select, 0);
	c->result.status = (int)db_int(select, 1);
	free(c->answer);
	c->answer = db_text(select, 2);
	c->result.body = c->answer ? c->answer : "";
	c->result.outcome = strcmp(fingerprint, c->fingerprint) != 0 ? STORE_CLAIM_OTHER
			    : c->result.status			     ? STORE_CLAIM_ANSWERED
								     : STORE_CLAIM_RUNNING;
	free(fingerprint);
	return db_finish_step(db, select);
}

static int run_claim(struct store *store, struct db *db, struct store_request *request)
{
	struct claim *c = (struct claim *)request;
	sqlite3_stmt *insert = bound(db,
		"INSERT INTO claims (owner, name, fingerprint, status, made)"
		" VALUES (?1, ?2, ?3, 0, ?4)",
		c);
	int err;

	(void)store;
	db_bind_text(insert, 3, c->fingerprint);
	db_bind_int(insert, 4, c->now);
	err = db_finish_step(db, insert);
	c->result = (struct store_claim){.outcome = STORE_CLAIM_NEW};
	return err == -EEXIST ? read_first(db, c) : err;
}

static void tell_claim(struct store_request *request)
{
	struct claim *c = (struct claim *)request;

	c->claimed(request->arg, request->error, &c->result);
}

static const struct store_operation claim_operation = {
	.write = true, .run = run_claim, .tell = tell_claim, .release = release};

struct store_request *store_claim(struct store *store, const char *owner, const char *key,
	const char *fingerprint, int64_t now, store_claim_fn *claimed, void *arg)
{
	struct claim *c = claim_new(owner, key);

	c->fingerprint = xstrdup(fingerprint);
	c->now = now;
	c->claimed = claimed;
	return store_submit(store, &c->request, &claim_operation, true, arg);
}

/* --- answer --- */

static int run_answer(struct store *store, struct db *db, struct store_request *request)
{
	struct claim *c = (struct claim *)request;
	sqlite3_stmt *update = bound(
		db, "UPDATE claims SET status = ?3, body = ?4 WHERE owner = ?1 AND name = ?2", c);

	(void)store;
	db_bind_int(update, 3, c->status);
	db_bind_text(update, 4, c->body);
	return db_finish_step(db, update);
}

static const struct store_operation answer_operation = {
	.write = true, .run = run_answer, .release = release};

void store_answer(
	struct store *store, const char *owner, const char *key, int status, const char *body)
{
	struct claim *c = claim_new(owner, key);

	c->status = status;
	c->body = xstrdup(body);
	store_submit(store, &c->request, &answer_operation, false, NULL);
}

static int run_unclaim(struct store *store, struct db *db, struct store_request *request)
{
	sqlite3_stmt *delete =
		bound(db, "DELETE FROM claims WHERE owner = ?1 AND name = ?2 AND status = 0",
			(struct claim *)request);

	(void)store;
	return db_finish_step(db, delete);
}

static const struct store_operation unclaim_operation = {
	.write = true, .run = run_unclaim, .release = release};

void store_unclaim(struct store *store, const char *owner, const char *key)
{
	struct claim *c = claim_new(owner, key);

	store_submit(store, &c->request, &unclaim_operation, false, NULL);
}

/* --- forget --- */

static int run_forget(struct store *store, struct db *db, struct store_request *request)
{
	sqlite3_stmt *delete = db_statement(db, "DELETE FROM claims WHERE made < ?1");

	(void)store;
	db_bind_int(delete, 1, ((struct claim *)request)->now);
	return db_finish_step(db, delete);
}

static const struct store_operation forget_operation = {
	.write = true, .run = run_forget, .release = release};

void store_forget_claims(struct store *store, int64_t before)
{
	struct claim *c = xcalloc(1, sizeof(*c));

	c->now = before;
	store_submit(store, &c->request, &forget_operation, false, NULL);
}
