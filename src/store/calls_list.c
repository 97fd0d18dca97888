/* Calls listed, a page at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "store/store_private.h"

#define MAX_ROWS 100

struct call_list {
	struct store_request request;
	char *application, *status, *conversation; /* "" is any */
	int64_t from, until;			   /* until is not included */
	bool descending;
	uint64_t offset;
	unsigned limit;
	struct store_page page;
	store_page_fn *listed;
};

/* --- the rows --- */

/* What the rows must be, from constant pieces; the numbers are those of bind_where(). */
static void add_where(const struct call_list *l, struct strbuf *sql)
{
	strbuf_adds(sql, " FROM calls WHERE begun >= ?1 AND begun < ?2");
	if (*l->application)
		strbuf_adds(sql, " AND application = ?3");
	if (*l->status)
		strbuf_adds(sql, " AND status = ?4");
	if (*l->conversation)
		strbuf_adds(sql, " AND conversation_uuid = ?5");
}

static void bind_where(
	sqlite3_stmt *statement, const struct call_list *l, int64_t from, int64_t until)
{
	db_bind_int(statement, 1, from);
	db_bind_int(statement, 2, until);
	db_bind_text(statement, 3, l->application);
	db_bind_text(statement, 4, l->status);
	db_bind_text(statement, 5, l->conversation);
}

static int read_rows(struct db *db, struct call_list *l, const char *more, int64_t from,
	int64_t until, uint64_t offset)
{
	struct strbuf sql = STRBUF_INIT;
	sqlite3_stmt *select;
	int r;

	strbuf_adds(&sql, "SELECT " STORE_CALL_COLUMNS);
	add_where(l, &sql);
	strbuf_adds(&sql, more);
	strbuf_adds(&sql, l->descending ? " ORDER BY begun DESC, id DESC" : " ORDER BY begun, id");
	strbuf_adds(&sql, " LIMIT ?6 OFFSET ?7");
	select = db_prepare(db, sql.data);
	bind_where(select, l, from, until);
	db_bind_int(select, 6, l->limit);
	db_bind_int(select, 7, offset > INT64_MAX ? INT64_MAX : (int64_t)offset);
	l->page.rows = xcalloc(l->limit + 1, sizeof(*l->page.rows));
	while ((r = db_step(db, select)) > 0)
		store_call_read(select, &l->page.rows[l->page.count++]);
	db_finish(select);
	strbuf_release(&sql);
	return r;
}

/* --- few calls: those of a conversation, live ones --- */

static int count_all(struct db *db, struct call_list *l, const char *more)
{
	struct strbuf sql = STRBUF_INIT;
	sqlite3_stmt *select;
	int r;

	strbuf_adds(&sql, "SELECT COUNT(*)");
	add_where(l, &sql);
	strbuf_adds(&sql, more);
	select = db_prepare(db, sql.data);
	bind_where(select, l, l->from, l->until);
	r = db_step(db, select);
	if (r > 0)
		l->page.total = (uint64_t)db_int(select, 0);
	db_finish(select);
	strbuf_release(&sql);
	return r < 0 ? r : 0;
}

static int list_few(struct db *db, struct call_list *l, const char *more)
{
	int err = count_all(db, l, more);

	return err < 0 ? err : read_rows(db, l, more, l->from, l->until, l->offset);
}

/* --- many: by the counts --- */

/* The page begins with the call number `rank` of all that have the application and the status. */
static int list_from(struct db *db, struct call_list *l, const char *more, uint64_t rank)
{
	struct tally_minute minute;
	int err = tally_find(db, l->application, l->status, rank, &minute);

	if (err < 0)
		return err;
	if (!l->descending)
		return read_rows(db, l, more, minute.begun, l->until, rank - minute.before);
	return read_rows(db, l, more, l->from, minute.begun + TALLY_MINUTE,
		minute.before + minute.count - 1 - rank);
}

static int list_many(struct db *db, struct call_list *l, const char *more)
{
	uint64_t first, end;
	int err = tally_rank(db, l->application, l->status, l->from, &first);

	if (err == 0)
		err = tally_rank(db, l->application, l->status, l->until, &end);
	if (err < 0)
		return err;
	l->page.total = end > first ? end - first : 0;
	if (l->offset >= l->page.total || l->limit == 0)
		return 0;
	/* The first minute may have calls before `from`, the last some behind `until`: the ranks
	 * count them, and so do the offsets within a minute. */
	return list_from(db, l, more, l->descending ? end - 1 - l->offset : first + l->offset);
}

/* --- the request --- */

static void release_rows(struct call_list *l)
{
	for (size_t i = 0; i < l->page.count; i++)
		store_call_release(&l->page.rows[i]);
	free(l->page.rows);
	l->page = (struct store_page){0};
}

static bool is_live(const char *status)
{
	static const char *const live[] = {"started", "ringing", "answered", "machine", "human"};

	for (size_t i = 0; i < ARRAY_SIZE(live); i++)
		if (strcmp(live[i], status) == 0)
			return true;
	return false;
}

static int run_list(struct store *store, struct db *db, struct store_request *request)
{
	struct call_list *l = (struct call_list *)request;

	(void)store;
	release_rows(l);
	if (*l->conversation)
		return list_few(db, l, "");
	if (is_live(l->status))
		return list_few(db, l, " AND final = 0");
	return list_many(db, l, *l->status ? " AND final = 1" : "");
}

static void tell_list(struct store_request *request)
{
	struct call_list *l = (struct call_list *)request;

	l->listed(request->arg, request->error, &l->page);
}

static void release_list(struct store_request *request)
{
	struct call_list *l = (struct call_list *)request;

	release_rows(l);
	free(l->application);
	free(l->status);
	free(l->conversation);
}

static const struct store_operation list_operation = {
	.run = run_list, .tell = tell_list, .release = release_list};

static char *any(const char *text)
{
	return xstrdup(text ? text : "");
}

struct store_request *store_list_calls(
	struct store *store, const struct store_filter *filter, store_page_fn *listed, void *arg)
{
	struct call_list *l = xcalloc(1, sizeof(*l));

	l->application = any(filter->application);
	l->status = any(filter->status);
	l->conversation = any(filter->conversation_uuid);
	l->from = filter->from > 0 ? filter->from : 0;
	l->until = filter->until && filter->until < INT64_MAX ? filter->until + 1 : INT64_MAX;
	l->descending = filter->descending;
	l->offset = filter->offset;
	l->limit = filter->limit < MAX_ROWS ? filter->limit : MAX_ROWS;
	l->listed = listed;
	return store_submit(store, &l->request, &list_operation, true, arg);
}
