/* Recordings: whose they are. The sounds are files elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_private.h"

#define MAX_ROWS 100
#define COLUMNS	 "id, application, call_uuid, conversation_uuid, format, begun, ended, size"

static void release_recording(struct store_recording *r)
{
	free(r->id);
	free(r->application);
	free(r->call_uuid);
	free(r->conversation_uuid);
	free(r->format);
}

static void read_recording(sqlite3_stmt *row, struct store_recording *r)
{
	*r = (struct store_recording){
		.id = db_text(row, 0),
		.application = db_text(row, 1),
		.call_uuid = db_text(row, 2),
		.conversation_uuid = db_text(row, 3),
		.format = db_text(row, 4),
		.begun = db_int(row, 5),
		.ended = db_int(row, 6),
		.size = db_int(row, 7),
	};
	if (!*r->application) {
		free(r->application);
		r->application = NULL;
	}
}

/* --- put --- */

struct recording_put {
	struct store_request request;
	struct store_recording recording;
	store_done_fn *done;
};

static int run_put(struct store *store, struct db *db, struct store_request *request)
{
	const struct store_recording *r = &((struct recording_put *)request)->recording;
	sqlite3_stmt *upsert = db_statement(db,
		"INSERT INTO recordings (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, size = excluded.size");

	(void)store;
	db_bind_text(upsert, 1, r->id);
	db_bind_text(upsert, 2, r->application ? r->application : "");
	db_bind_text(upsert, 3, r->call_uuid);
	db_bind_text(upsert, 4, r->conversation_uuid);
	db_bind_text(upsert, 5, r->format);
	db_bind_int(upsert, 6, r->begun);
	db_bind_int(upsert, 7, r->ended);
	db_bind_int(upsert, 8, r->size);
	return db_finish_step(db, upsert);
}

static void tell_put(struct store_request *request)
{
	((struct recording_put *)request)->done(request->arg, request->error);
}

static void release_put(struct store_request *request)
{
	release_recording(&((struct recording_put *)request)->recording);
}

static const struct store_operation put_operation = {
	.write = true, .run = run_put, .tell = tell_put, .release = release_put};

struct store_request *store_put_recording(struct store *store,
	const struct store_recording *recording, store_done_fn *done, void *arg)
{
	struct recording_put *p = xcalloc(1, sizeof(*p));

	p->recording = *recording;
	p->recording.id = xstrdup(recording->id);
	p->recording.application = xstrdup(recording->application);
	p->recording.call_uuid = xstrdup(recording->call_uuid);
	p->recording.conversation_uuid = xstrdup(recording->conversation_uuid);
	p->recording.format = xstrdup(recording->format);
	p->done = done;
	return store_submit(store, &p->request, &put_operation, done != NULL, arg);
}

/* --- find --- */

struct recording_find {
	struct store_request request;
	char *id;
	struct store_recording recording;
	store_recording_fn *found;
};

static int run_find(struct store *store, struct db *db, struct store_request *request)
{
	struct recording_find *f = (struct recording_find *)request;
	sqlite3_stmt *select = db_statement(db, "SELECT " COLUMNS " FROM recordings WHERE id = ?1");
	int r;

	(void)store;
	db_bind_text(select, 1, f->id);
	r = db_step(db, select);
	if (r <= 0)
		return r;
	read_recording(select, &f->recording);
	return db_finish_step(db, select);
}

static void tell_find(struct store_request *request)
{
	struct recording_find *f = (struct recording_find *)request;

	f->found(request->arg, request->error, f->recording.id ? &f->recording : NULL);
}

static void release_find(struct store_request *request)
{
	struct recording_find *f = (struct recording_find *)request;

	free(f->id);
	release_recording(&f->recording);
}

static const struct store_operation find_operation = {
	.run = run_find, .tell = tell_find, .release = release_find};

struct store_request *store_find_recording(
	struct store *store, const char *id, store_recording_fn *found, void *arg)
{
	struct recording_find *f = xcalloc(1, sizeof(*f));

	f->id = xstrdup(id);
	f->found = found;
	return store_submit(store, &f->request, &find_operation, true, arg);
}

/* --- list --- */

struct recording_list {
	struct store_request request;
	char *application;
	uint64_t offset;
	unsigned limit;
	struct store_recording_page page;
	store_recording_page_fn *listed;
};

static int count(struct db *db, struct recording_list *l)
{
	sqlite3_stmt *select = db_statement(
		db, l->application ? "SELECT COUNT(*) FROM recordings WHERE application = ?1"
				   : "SELECT COUNT(*) FROM recordings");
	int r;

	if (l->application)
		db_bind_text(select, 1, l->application);
	r = db_step(db, select);
	if (r <= 0)
		return r;
	l->page.total = (uint64_t)db_int(select, 0);
	return db_finish_step(db, select);
}

static int run_list(struct store *store, struct db *db, struct store_request *request)
{
	struct recording_list *l = (struct recording_list *)request;
	sqlite3_stmt *select;
	int r = count(db, l);

	(void)store;
	if (r < 0)
		return r;
	select = db_statement(db, l->application ? "SELECT " COLUMNS
						   " FROM recordings WHERE application = ?3"
						   " ORDER BY begun DESC, id LIMIT ?1 OFFSET ?2"
						 : "SELECT " COLUMNS " FROM recordings"
						   " ORDER BY begun DESC, id LIMIT ?1 OFFSET ?2");
	db_bind_int(select, 1, l->limit);
	db_bind_int(select, 2, l->offset > INT64_MAX ? INT64_MAX : (int64_t)l->offset);
	if (l->application)
		db_bind_text(select, 3, l->application);
	l->page.rows = xcalloc(l->limit + 1, sizeof(*l->page.rows));
	while ((r = db_step(db, select)) > 0)
		read_recording(select, &l->page.rows[l->page.count++]);
	return r;
}

static void tell_list(struct store_request *request)
{
	struct recording_list *l = (struct recording_list *)request;

	l->listed(request->arg, request->error, &l->page);
}

static void release_list(struct store_request *request)
{
	struct recording_list *l = (struct recording_list *)request;

	for (size_t i = 0; i < l->page.count; i++)
		release_recording(&l->page.rows[i]);
	free(l->page.rows);
	free(l->application);
}

static const struct store_operation list_operation = {
	.run = run_list, .tell = tell_list, .release = release_list};

struct store_request *store_list_recordings(struct store *store, const char *application,
	uint64_t offset, unsigned limit, store_recording_page_fn *listed, void *arg)
{
	struct recording_list *l = xcalloc(1, sizeof(*l));

	l->application = xstrdup(application);
	l->offset = offset;
	l->limit = limit < MAX_ROWS ? limit : MAX_ROWS;
	l->listed = listed;
	return store_submit(store, &l->request, &list_operation, true, arg);
}

/* --- forget --- */

struct recording_forget {
	struct store_request request;
	int64_t before;
};

static int run_forget(struct store *store, struct db *db, struct store_request *request)
{
	sqlite3_stmt *delete = db_statement(db, "DELETE FROM recordings WHERE begun < ?1");

	(void)store;
	db_bind_int(delete, 1, ((struct recording_forget *)request)->before);
	return db_finish_step(db, delete);
}

static void release_forget(struct store_request *request)
{
	(void)request;
}

static const struct store_operation forget_operation = {
	.write = true, .run = run_forget, .release = release_forget};

void store_forget_recordings(struct store *store, int64_t before)
{
	struct recording_forget *f = xcalloc(1, sizeof(*f));

	f->before = before;
	store_submit(store, &f->request, &forget_operation, false, NULL);
}
