/* Events that could not be delivered. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_private.h"

#define MAX_ROWS 1000
#define COLUMNS	 "id, event_id, application, url, method, body, begun, next, tries, error, lane"

static void release_event(struct store_event *e)
{
	free(e->lane);
	free(e->event_id);
	free(e->application);
	free(e->url);
	free(e->method);
	free(e->body);
	free(e->error);
}

static void read_event(sqlite3_stmt *row, struct store_event *e)
{
	*e = (struct store_event){
		.id = db_int(row, 0),
		.event_id = db_text(row, 1),
		.application = db_text(row, 2),
		.url = db_text(row, 3),
		.method = db_text(row, 4),
		.body = db_text(row, 5),
		.begun = db_int(row, 6),
		.next = db_int(row, 7),
		.tries = (int)db_int(row, 8),
		.error = db_text(row, 9),
		.lane = db_text(row, 10),
	};
}

/* --- changes: of the event in the request --- */

struct event_change {
	struct store_request request;
	struct store_event event;
	store_done_fn *done;
	store_event_fn *taken;
	bool found;
};

static void release_change(struct store_request *request)
{
	release_event(&((struct event_change *)request)->event);
}

static void tell_change(struct store_request *request)
{
	((struct event_change *)request)->done(request->arg, request->error);
}

static int run_add(struct store *store, struct db *db, struct store_request *request)
{
	const struct store_event *e = &((struct event_change *)request)->event;
	sqlite3_stmt *insert = db_statement(db,
		"INSERT INTO events (event_id, application, url, method, body, begun, next, tries,"
		" error, lane) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");

	(void)store;
	db_bind_text(insert, 1, e->event_id);
	db_bind_text(insert, 2, e->application ? e->application : "");
	db_bind_text(insert, 3, e->url);
	db_bind_text(insert, 4, e->method);
	db_bind_text(insert, 5, e->body);
	db_bind_int(insert, 6, e->begun);
	db_bind_int(insert, 7, e->next);
	db_bind_int(insert, 8, e->tries);
	db_bind_text(insert, 9, e->error);
	db_bind_text(insert, 10, e->lane ? e->lane : "");
	return db_finish_step(db, insert);
}

static const struct store_operation add_operation = {
	.write = true, .run = run_add, .tell = tell_change, .release = release_change};

struct store_request *store_add_event(
	struct store *store, const struct store_event *event, store_done_fn *done, void *arg)
{
	struct event_change *c = xcalloc(1, sizeof(*c));

	c->event = *event;
	c->event.lane = xstrdup(event->lane);
	c->event.event_id = xstrdup(event->event_id);
	c->event.application = xstrdup(event->application);
	c->event.url = xstrdup(event->url);
	c->event.method = xstrdup(event->method);
	c->event.body = xstrdup(event->body);
	c->event.error = xstrdup(event->error);
	c->done = done;
	return store_submit(store, &c->request, &add_operation, done != NULL, arg);
}

static int run_delay(struct store *store, struct db *db, struct store_request *request)
{
	const struct store_event *e = &((struct event_change *)request)->event;
	sqlite3_stmt *update = db_statement(
		db, "UPDATE events SET next = ?2, error = ?3, tries = tries + 1 WHERE id = ?1");

	(void)store;
	db_bind_int(update, 1, e->id);
	db_bind_int(update, 2, e->next);
	db_bind_text(update, 3, e->error);
	return db_finish_step(db, update);
}

static const struct store_operation delay_operation = {
	.write = true, .run = run_delay, .release = release_change};

void store_delay_event(struct store *store, int64_t id, int64_t next, const char *error)
{
	struct event_change *c = xcalloc(1, sizeof(*c));

	c->event = (struct store_event){.id = id, .next = next, .error = xstrdup(error)};
	store_submit(store, &c->request, &delay_operation, false, NULL);
}

static int run_time(struct store *store, struct db *db, struct store_request *request)
{
	const struct store_event *e = &((struct event_change *)request)->event;
	sqlite3_stmt *update =
		db_statement(db, e->url ? "UPDATE events SET next = ?2 WHERE url = ?1"
					: "UPDATE events SET next = ?2 WHERE ?1 IS NULL");

	(void)store;
	db_bind_text(update, 1, e->url);
	db_bind_int(update, 2, e->next);
	return db_finish_step(db, update);
}

static const struct store_operation time_operation = {
	.write = true, .run = run_time, .release = release_change};

void store_time_events(struct store *store, const char *url, int64_t next)
{
	struct event_change *c = xcalloc(1, sizeof(*c));

	c->event = (struct store_event){.url = xstrdup(url), .next = next};
	store_submit(store, &c->request, &time_operation, false, NULL);
}

static int run_drop(struct store *store, struct db *db, struct store_request *request)
{
	sqlite3_stmt *delete = db_statement(db, "DELETE FROM events WHERE id = ?1");

	(void)store;
	db_bind_int(delete, 1, ((struct event_change *)request)->event.id);
	return db_finish_step(db, delete);
}

static const struct store_operation drop_operation = {
	.write = true, .run = run_drop, .release = release_change};

void store_drop_event(struct store *store, int64_t id)
{
	struct event_change *c = xcalloc(1, sizeof(*c));

	c->event.id = id;
	store_submit(store, &c->request, &drop_operation, false, NULL);
}

static int run_take(struct store *store, struct db *db, struct store_request *request)
{
	struct event_change *c = (struct event_change *)request;
	sqlite3_stmt *delete =
		db_statement(db, "DELETE FROM events WHERE id = ?1 RETURNING lane, url");
	int r;

	(void)store;
	db_bind_int(delete, 1, c->event.id);
	r = db_step(db, delete);
	c->found = r > 0;
	if (r <= 0)
		return r;
	free(c->event.lane); /* when it is run again */
	free(c->event.url);
	c->event.lane = db_text(delete, 0);
	c->event.url = db_text(delete, 1);
	return db_finish_step(db, delete);
}

static void tell_taken(struct store_request *request)
{
	struct event_change *c = (struct event_change *)request;
	int error = request->error == 0 && !c->found ? -ENOENT : request->error;

	c->taken(request->arg, error, error ? NULL : &c->event);
}

static const struct store_operation take_operation = {
	.write = true, .run = run_take, .tell = tell_taken, .release = release_change};

struct store_request *store_take_event(
	struct store *store, int64_t id, store_event_fn *taken, void *arg)
{
	struct event_change *c = xcalloc(1, sizeof(*c));

	c->event.id = id;
	c->taken = taken;
	return store_submit(store, &c->request, &take_operation, true, arg);
}

/* --- lists --- */

struct events_list {
	struct store_request request;
	char *application;
	int64_t by;
	uint64_t offset;
	unsigned limit;
	struct store_event_page page;
	store_event_page_fn *listed;
};

/* A number that a statement gives; its parameter 1 is the application, if it has one. */
static int read_number(struct db *db, const char *sql, const char *application, int64_t *ret_number)
{
	sqlite3_stmt *select = db_statement(db, sql);
	int r;

	if (application)
		db_bind_text(select, 1, application);
	r = db_step(db, select);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_number = db_int(select, 0);
	return db_finish_step(db, select);
}

static int read_sums(struct db *db, struct events_list *l)
{
	int64_t total = 0;
	int err = l->application
			  ? read_number(db, "SELECT COUNT(*) FROM events WHERE application = ?1",
				    l->application, &total)
			  : read_number(db, "SELECT COUNT(*) FROM events", NULL, &total);

	l->page.total = (uint64_t)total;
	return err < 0 ? err
		       : read_number(db, "SELECT COALESCE(MIN(next), 0) FROM events", NULL,
				 &l->page.next);
}

static int read_page(struct db *db, sqlite3_stmt *select, struct events_list *l)
{
	int r;

	l->page.rows = xcalloc(l->limit + 1, sizeof(*l->page.rows));
	while ((r = db_step(db, select)) > 0)
		read_event(select, &l->page.rows[l->page.count++]);
	return r;
}

static int run_due(struct store *store, struct db *db, struct store_request *request)
{
	struct events_list *l = (struct events_list *)request;
	sqlite3_stmt *select = db_statement(db,
		"SELECT " COLUMNS " FROM events e WHERE next <= ?1 AND (lane = '' OR"
		" NOT EXISTS (SELECT 1 FROM events f WHERE f.lane = e.lane AND f.url = e.url AND "
		"f.id < e.id))"
		" ORDER BY next, id LIMIT ?2");
	int err = read_sums(db, l);

	(void)store;
	db_bind_int(select, 1, l->by);
	db_bind_int(select, 2, l->limit);
	return err < 0 ? err : read_page(db, select, l);
}

static int run_list(struct store *store, struct db *db, struct store_request *request)
{
	struct events_list *l = (struct events_list *)request;
	sqlite3_stmt *select = db_statement(db,
		l->application ? "SELECT " COLUMNS " FROM events WHERE application = ?3"
				 " ORDER BY id LIMIT ?1 OFFSET ?2"
			       : "SELECT " COLUMNS " FROM events ORDER BY id LIMIT ?1 OFFSET ?2");
	int err = read_sums(db, l);

	(void)store;
	db_bind_int(select, 1, l->limit);
	db_bind_int(select, 2, l->offset > INT64_MAX ? INT64_MAX : (int64_t)l->offset);
	if (l->application)
		db_bind_text(select, 3, l->application);
	return err < 0 ? err : read_page(db, select, l);
}

static void tell_list(struct store_request *request)
{
	struct events_list *l = (struct events_list *)request;

	l->listed(request->arg, request->error, &l->page);
}

static void release_list(struct store_request *request)
{
	struct events_list *l = (struct events_list *)request;

	for (size_t i = 0; i < l->page.count; i++)
		release_event(&l->page.rows[i]);
	free(l->page.rows);
	free(l->application);
}

static const struct store_operation due_operation = {
	.run = run_due, .tell = tell_list, .release = release_list};
static const struct store_operation list_operation = {
	.run = run_list, .tell = tell_list, .release = release_list};

static struct events_list *list_new(unsigned limit, store_event_page_fn *listed)
{
	struct events_list *l = xcalloc(1, sizeof(*l));

	l->limit = limit < MAX_ROWS ? limit : MAX_ROWS;
	l->listed = listed;
	return l;
}

struct store_request *store_due_events(
	struct store *store, int64_t by, unsigned limit, store_event_page_fn *listed, void *arg)
{
	struct events_list *l = list_new(limit, listed);

	l->by = by;
	return store_submit(store, &l->request, &due_operation, true, arg);
}

struct store_request *store_list_events(struct store *store, const char *application,
	uint64_t offset, unsigned limit, store_event_page_fn *listed, void *arg)
{
	struct events_list *l = list_new(limit, listed);

	l->application = xstrdup(application);
	l->offset = offset;
	return store_submit(store, &l->request, &list_operation, true, arg);
}
