#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_STATEMENTS 64
#define BUSY_MS	       5000
#define CACHE_KIB      "-16384"

struct db {
	sqlite3 *handle;
	struct {
		const char *sql; /* compared by address */
		sqlite3_stmt *statement;
	} kept[MAX_STATEMENTS];
	size_t count;
};

static int errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return -EIO;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EINVAL;
	}
}

/* Nobody else may read what is in it; the files beside it get its rights. */
static int make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int db_run(struct db *db, const char *sql)
{
	return errno_of(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

/* WAL lets one read while another writes; FULL makes a commit outlive a power cut. */
static int set_up(struct db *db, bool reader)
{
	int err = db_run(db, "PRAGMA cache_size = " CACHE_KIB);

	sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (err == 0 && !reader)
		err = db_run(db, "PRAGMA journal_mode = WAL");
	if (err == 0)
		err = db_run(db, reader ? "PRAGMA query_only = 1" : "PRAGMA synchronous = FULL");
	return err;
}

int db_open(const char *path, bool reader, struct db **ret_db, char **ret_error)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	struct db *db = xcalloc(1, sizeof(*db));
	int err = reader ? 0 : make_file(path);

	if (err < 0) {
		*ret_error = xasprintf("%s: %s", path, strerror(-err));
		free(db);
		return err;
	}
	err = errno_of(sqlite3_open_v2(path, &db->handle, flags, NULL));
	if (err == 0)
		err = set_up(db, reader);
	if (err == 0) {
		*ret_db = db;
		return 0;
	}
	*ret_error = xasprintf("%s: %s", path, sqlite3_errmsg(db->handle));
	db_close(db);
	return err;
}

struct db *db_close(struct db *db)
{
	if (!db)
		return NULL;
	for (size_t i = 0; i < db->count; i++)
		sqlite3_finalize(db->kept[i].statement);
	sqlite3_close(db->handle);
	free(db);
	return NULL;
}

int db_begin(struct db *db)
{
	return db_run(db, "BEGIN");
}

int db_commit(struct db *db)
{
	return db_run(db, "COMMIT");
}

/* What was begun may have been undone already, by the error itself. */
void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		db_run(db, "ROLLBACK");
}

sqlite3_stmt *db_statement(struct db *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	for (size_t i = 0; i < db->count; i++) {
		if (db->kept[i].sql != sql)
			continue;
		sqlite3_reset(db->kept[i].statement);
		sqlite3_clear_bindings(db->kept[i].statement);
		return db->kept[i].statement;
	}
	if (db->count == MAX_STATEMENTS ||
		sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
			NULL) != SQLITE_OK)
		return NULL;
	db->kept[db->count].sql = sql;
	db->kept[db->count++].statement = statement;
	return statement;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
	return statement;
}

void db_finish(sqlite3_stmt *statement)
{
	sqlite3_finalize(statement);
}

void db_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(statement, at);
}

void db_bind_int(sqlite3_stmt *statement, int at, int64_t number)
{
	sqlite3_bind_int64(statement, at, number);
}

int db_step(struct db *db, sqlite3_stmt *statement)
{
	int code = statement ? sqlite3_step(statement) : sqlite3_errcode(db->handle);

	if (code == SQLITE_ROW)
		return 1;
	if (statement)
		sqlite3_reset(statement); /* ends its hold on the snapshot */
	if (code == SQLITE_DONE)
		return 0;
	return code == SQLITE_OK ? -EINVAL : errno_of(code);
}

int db_finish_step(struct db *db, sqlite3_stmt *statement)
{
	int r;

	while ((r = db_step(db, statement)) > 0)
		;
	return r;
}

char *db_text(sqlite3_stmt *statement, int column)
{
	return xstrdup((const char *)sqlite3_column_text(statement, column));
}

int64_t db_int(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_int64(statement, column);
}

int64_t db_changes(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

const char *db_error(struct db *db)
{
	return sqlite3_errmsg(db->handle);
}
