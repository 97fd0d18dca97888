/* Calls: put, found, and ended when the process has died under them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/store_private.h"

void store_call_release(struct store_call *call)
{
	char *texts[] = {call->uuid, call->conversation_uuid, call->application, call->node,
		call->direction, call->status, call->from_type, call->from, call->to_type, call->to,
		call->rate, call->price, call->network, call->disconnected_by, call->client_state,
		call->detail};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	*call = (struct store_call){0};
}

static void copy(struct store_call *to, const struct store_call *from)
{
	char **texts[] = {&to->uuid, &to->conversation_uuid, &to->application, &to->node,
		&to->direction, &to->status, &to->from_type, &to->from, &to->to_type, &to->to,
		&to->rate, &to->price, &to->network, &to->disconnected_by, &to->client_state,
		&to->detail};

	*to = *from;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		*texts[i] = xstrdup(*texts[i]);
}

/* The columns of STORE_CALL_COLUMNS. */
void store_call_read(sqlite3_stmt *row, struct store_call *call)
{
	*call = (struct store_call){
		.uuid = db_text(row, 0),
		.conversation_uuid = db_text(row, 1),
		.application = db_text(row, 2),
		.node = db_text(row, 3),
		.direction = db_text(row, 4),
		.status = db_text(row, 5),
		.final = db_int(row, 6) != 0,
		.from_type = db_text(row, 7),
		.from = db_text(row, 8),
		.to_type = db_text(row, 9),
		.to = db_text(row, 10),
		.begun = db_int(row, 11),
		.answered = db_int(row, 12),
		.ended = db_int(row, 13),
		.rate = db_text(row, 14),
		.price = db_text(row, 15),
		.network = db_text(row, 16),
		.disconnected_by = db_text(row, 17),
		.sip_code = (int)db_int(row, 18),
		.client_state = db_text(row, 19),
		.detail = db_text(row, 20),
	};
}

/* --- put --- */

struct call_put {
	struct store_request request;
	struct store_call call;
	int64_t now;
	store_done_fn *done;
	UT_hash_handle hh;
};

/* With the lock: none of them can be changed any more. */
void call_puts_taken(struct store *store)
{
	HASH_CLEAR(hh, store->puts);
}

/* What there is of the call already. */
struct known {
	bool found, final;
	char *status, *application;
	int64_t begun;
};

static int look_up(struct db *db, const char *uuid, struct known *known)
{
	sqlite3_stmt *select = db_statement(
		db, "SELECT final, status, application, begun FROM calls WHERE uuid = ?1");
	int r;

	*known = (struct known){0};
	db_bind_text(select, 1, uuid);
	r = db_step(db, select);
	if (r <= 0)
		return r;
	*known = (struct known){true, db_int(select, 0) != 0, db_text(select, 1),
		db_text(select, 2), db_int(select, 3)};
	return db_finish_step(db, select);
}

/* ?1 to ?19: what may change, in this order in both statements. */
static void bind_call(sqlite3_stmt *statement, const struct store_call *call, int64_t now)
{
	db_bind_text(statement, 1, call->uuid);
	db_bind_text(statement, 2, call->conversation_uuid);
	db_bind_text(statement, 3, call->status);
	db_bind_int(statement, 4, call->final);
	db_bind_text(statement, 5, call->from_type);
	db_bind_text(statement, 6, call->from);
	db_bind_text(statement, 7, call->to_type);
	db_bind_text(statement, 8, call->to);
	db_bind_int(statement, 9, call->answered);
	db_bind_int(statement, 10, call->ended);
	db_bind_text(statement, 11, call->rate);
	db_bind_text(statement, 12, call->price);
	db_bind_text(statement, 13, call->network);
	db_bind_text(statement, 14, call->disconnected_by);
	db_bind_int(statement, 15, call->sip_code);
	db_bind_text(statement, 16, call->client_state);
	db_bind_text(statement, 17, call->detail);
	db_bind_int(statement, 18, now);
}

static int insert(struct store *store, struct db *db, const struct store_call *call, int64_t now)
{
	sqlite3_stmt *statement = db_statement(db,
		"INSERT INTO calls (uuid, conversation_uuid, status, final, from_type, from_text,"
		" to_type, to_text, answered, ended, rate, price, network, disconnected_by,"
		" sip_code, client_state, detail, updated, application, node, direction, begun)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
		" ?17, ?18, ?19, ?20, ?21, ?22)");

	bind_call(statement, call, now);
	db_bind_text(statement, 19, call->application ? call->application : "");
	db_bind_text(statement, 20, store->node);
	db_bind_text(statement, 21, call->direction);
	db_bind_int(statement, 22, call->begun);
	return db_finish_step(db, statement);
}

static int update(struct db *db, const struct store_call *call, int64_t now)
{
	sqlite3_stmt *statement = db_statement(db,
		"UPDATE calls SET conversation_uuid = ?2, status = ?3, final = ?4,"
		" from_type = ?5, from_text = ?6, to_type = ?7, to_text = ?8, answered = ?9,"
		" ended = ?10, rate = ?11, price = ?12, network = ?13, disconnected_by = ?14,"
		" sip_code = ?15, client_state = ?16, detail = ?17, updated = ?18"
		" WHERE uuid = ?1");

	bind_call(statement, call, now);
	return db_finish_step(db, statement);
}

static void count(
	struct store *store, const char *application, const char *status, int64_t begun, int n)
{
	tally_add(store->tally, "", status, begun, n);
	if (*application)
		tally_add(store->tally, application, status, begun, n);
}

static int put(struct store *store, struct db *db, const struct store_call *call, int64_t now)
{
	const char *application = call->application ? call->application : "";
	struct known known;
	int err = look_up(db, call->uuid, &known);

	if (err == 0 && !known.found) {
		err = insert(store, db, call, now);
		if (err == 0)
			count(store, application, "", call->begun, 1);
		if (err == 0 && call->final)
			count(store, application, call->status, call->begun, 1);
	} else if (err == 0 && (call->final || !known.final)) {
		err = update(db, call, now);
		if (err == 0 && known.final)
			count(store, known.application, known.status, known.begun, -1);
		if (err == 0 && call->final)
			count(store, known.application, call->status, known.begun, 1);
	}
	free(known.status);
	free(known.application);
	return err;
}

static int run_put(struct store *store, struct db *db, struct store_request *request)
{
	struct call_put *p = (struct call_put *)request;

	return put(store, db, &p->call, p->now);
}

static void tell_put(struct store_request *request)
{
	struct call_put *p = (struct call_put *)request;

	p->done(request->arg, request->error);
}

static void release_put(struct store_request *request)
{
	store_call_release(&((struct call_put *)request)->call);
}

static const struct store_operation put_operation = {
	.write = true, .run = run_put, .tell = tell_put, .release = release_put};

/* A call that waits to be written is written as it is now. False: it does not wait. */
static bool replace(struct store *store, const struct store_call *call, int64_t now)
{
	struct call_put *waiting;

	pthread_mutex_lock(&store->lock);
	HASH_FIND_STR(store->puts, call->uuid, waiting);
	if (waiting && !(waiting->call.final && !call->final)) {
		struct store_call old = waiting->call;

		HASH_DEL(store->puts, waiting);
		copy(&waiting->call, call);
		/* What does not change is what it was at first. */
		waiting->call.begun = old.begun;
		waiting->now = now;
		HASH_ADD_KEYPTR(
			hh, store->puts, waiting->call.uuid, strlen(waiting->call.uuid), waiting);
		store_call_release(&old);
	}
	pthread_mutex_unlock(&store->lock);
	return waiting != NULL;
}

/* Later puts of the call may replace this one. */
static void offer(struct store *store, struct call_put *put)
{
	pthread_mutex_lock(&store->lock);
	/* Only this thread adds to the queue: the last is ours, if it is there yet. */
	if (TAILQ_LAST(&store->to_write, store_requests) == &put->request)
		HASH_ADD_KEYPTR(hh, store->puts, put->call.uuid, strlen(put->call.uuid), put);
	pthread_mutex_unlock(&store->lock);
}

/* Somebody waits for a put that comes behind the one that waits: that must stay as it is. */
static void withdraw(struct store *store, const char *uuid)
{
	struct call_put *waiting;

	pthread_mutex_lock(&store->lock);
	HASH_FIND_STR(store->puts, uuid, waiting);
	if (waiting)
		HASH_DEL(store->puts, waiting);
	pthread_mutex_unlock(&store->lock);
}

struct store_request *store_put_call(
	struct store *store, const struct store_call *call, store_done_fn *done, void *arg)
{
	int64_t now = (int64_t)clock_wall();
	struct call_put *put;

	if (done)
		withdraw(store, call->uuid);
	else if (replace(store, call, now))
		return NULL;
	put = xcalloc(1, sizeof(*put));
	copy(&put->call, call);
	put->now = now;
	put->done = done;
	if (done)
		return store_submit(store, &put->request, &put_operation, true, arg);
	store_submit(store, &put->request, &put_operation, false, arg);
	offer(store, put);
	return NULL;
}

/* --- find --- */

struct call_find {
	struct store_request request;
	char *uuid;
	struct store_call call;
	store_call_fn *found;
};

static int run_find(struct store *store, struct db *db, struct store_request *request)
{
	struct call_find *f = (struct call_find *)request;
	sqlite3_stmt *select =
		db_statement(db, "SELECT " STORE_CALL_COLUMNS " FROM calls WHERE uuid = ?1");
	int r;

	(void)store;
	db_bind_text(select, 1, f->uuid);
	r = db_step(db, select);
	if (r <= 0)
		return r;
	store_call_read(select, &f->call);
	return db_finish_step(db, select);
}

static void tell_find(struct store_request *request)
{
	struct call_find *f = (struct call_find *)request;

	f->found(request->arg, request->error, f->call.uuid ? &f->call : NULL);
}

static void release_find(struct store_request *request)
{
	struct call_find *f = (struct call_find *)request;

	free(f->uuid);
	store_call_release(&f->call);
}

static const struct store_operation find_operation = {
	.run = run_find, .tell = tell_find, .release = release_find};

struct store_request *store_find_call(
	struct store *store, const char *uuid, store_call_fn *found, void *arg)
{
	struct call_find *f = xcalloc(1, sizeof(*f));

	f->uuid = xstrdup(uuid);
	f->found = found;
	return store_submit(store, &f->request, &find_operation, true, arg);
}

/* --- those that the last process left --- */

struct lost {
	struct store_request request;
	struct store_page page;
	store_page_fn *ended;
};

static void release_page(struct store_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		store_call_release(&page->rows[i]);
	free(page->rows);
	*page = (struct store_page){0};
}

static int read_lost(struct db *db, struct store_page *page)
{
	sqlite3_stmt *select = db_statement(db, "SELECT " STORE_CALL_COLUMNS ", updated FROM calls"
						" WHERE final = 0 ORDER BY begun, id");
	int r;

	while ((r = db_step(db, select)) > 0) {
		struct store_call *call;

		if (page->count % 64 == 0)
			page->rows = xrealloc(page->rows, (page->count + 64) * sizeof(*page->rows));
		call = &page->rows[page->count++];
		store_call_read(select, call);
		call->ended = db_int(select, 21);
	}
	page->total = page->count;
	return r;
}

static int run_lost(struct store *store, struct db *db, struct store_request *request)
{
	struct store_page *page = &((struct lost *)request)->page;
	int err;

	release_page(page); /* of an attempt before */
	err = read_lost(db, page);
	for (size_t i = 0; i < page->count && err == 0; i++) {
		struct store_call *call = &page->rows[i];

		free(call->status);
		call->status = xstrdup(call->answered ? "completed" : "failed");
		call->final = true;
		err = put(store, db, call, call->ended);
	}
	return err;
}

static void tell_lost(struct store_request *request)
{
	struct lost *lost = (struct lost *)request;

	lost->ended(request->arg, request->error, &lost->page);
}

static void release_lost(struct store_request *request)
{
	release_page(&((struct lost *)request)->page);
}

static const struct store_operation lost_operation = {
	.write = true, .run = run_lost, .tell = tell_lost, .release = release_lost};

struct store_request *store_end_lost_calls(struct store *store, store_page_fn *ended, void *arg)
{
	struct lost *lost = xcalloc(1, sizeof(*lost));

	lost->ended = ended;
	return store_submit(store, &lost->request, &lost_operation, true, arg);
}
