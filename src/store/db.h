/* db.h - SQLite without its ladders. A struct db belongs to one thread. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct db;

/* 0, or a negative errno with a malloc'd *ret_error. A reader cannot write. */
int db_open(const char *path, bool reader, struct db **ret_db, char **ret_error);
struct db *db_close(struct db *db); /* NULL allowed; returns NULL */

/* Tables of this nccod, or a malloc'd *ret_error (migration.c). */
int db_migrate(struct db *db, char **ret_error);

/* The errors below: -EEXIST is a constraint that the row breaks, of no consequence for what else is
 * in the transaction. Others end it. */
int db_begin(struct db *db);
int db_commit(struct db *db);
void db_rollback(struct db *db);
int db_run(struct db *db, const char *sql); /* a constant text without parameters */

/* The statement of a constant text, which is prepared once; nothing is bound. NULL: it cannot be
 * prepared, and stepping will say why. */
sqlite3_stmt *db_statement(struct db *db, const char *sql);
/* Of a text that was put together, from constants; db_finish() ends it. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql);
void db_finish(sqlite3_stmt *statement);

/* Parameters count from 1, columns from 0. A NULL text is NULL. */
void db_bind_text(sqlite3_stmt *statement, int at, const char *text);
void db_bind_int(sqlite3_stmt *statement, int at, int64_t number);
/* 1: a row; 0: no more; or a negative errno. */
int db_step(struct db *db, sqlite3_stmt *statement);
/* Runs it to its end: 0 or a negative errno. */
int db_finish_step(struct db *db, sqlite3_stmt *statement);
char *db_text(sqlite3_stmt *statement, int column); /* malloc'd; NULL for NULL */
int64_t db_int(sqlite3_stmt *statement, int column);

int64_t db_changes(struct db *db); /* rows of the last change */
const char *db_error(struct db *db);

#endif
