/* The tables, as numbered steps from nothing to now. A step that has been released is never
 * changed: what comes after is a step of its own. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/db.h"

/* 1. `tally` has, for each minute, hour and day (width, in seconds), how many calls began then, of
 * an application ('' is all) and with a final status ('' is any, live calls included). It makes
 * counting and skipping calls a matter of a few rows. */
static const char calls[] =
	"CREATE TABLE calls (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE,"
	" conversation_uuid TEXT NOT NULL, application TEXT NOT NULL, node TEXT NOT NULL,"
	" direction TEXT NOT NULL, status TEXT NOT NULL, final INTEGER NOT NULL,"
	" from_type TEXT, from_text TEXT, to_type TEXT, to_text TEXT,"
	" begun INTEGER NOT NULL, answered INTEGER NOT NULL, ended INTEGER NOT NULL,"
	" rate TEXT, price TEXT, network TEXT, disconnected_by TEXT, sip_code INTEGER NOT NULL,"
	" client_state TEXT, detail TEXT, updated INTEGER NOT NULL);"
	"CREATE INDEX calls_begun ON calls (begun);"
	"CREATE INDEX calls_application ON calls (application, begun);"
	"CREATE INDEX calls_status ON calls (status, begun) WHERE final = 1;"
	"CREATE INDEX calls_both ON calls (application, status, begun) WHERE final = 1;"
	"CREATE INDEX calls_conversation ON calls (conversation_uuid, begun);"
	"CREATE INDEX calls_live ON calls (begun) WHERE final = 0;"
	"CREATE INDEX calls_live_application ON calls (application, begun) WHERE final = 0;"
	"CREATE TABLE tally (width INTEGER NOT NULL, application TEXT NOT NULL,"
	" status TEXT NOT NULL, begun INTEGER NOT NULL, n INTEGER NOT NULL,"
	" PRIMARY KEY (width, application, status, begun)) WITHOUT ROWID;";

/* 2 */
static const char recordings[] =
	"CREATE TABLE recordings (id TEXT PRIMARY KEY, application TEXT NOT NULL,"
	" call_uuid TEXT, conversation_uuid TEXT, format TEXT NOT NULL, begun INTEGER NOT NULL,"
	" ended INTEGER NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX recordings_begun ON recordings (begun);"
	"CREATE INDEX recordings_application ON recordings (application, begun);";

/* 3. status 0: not answered yet. */
static const char claims[] =
	"CREATE TABLE claims (owner TEXT NOT NULL, name TEXT NOT NULL, fingerprint TEXT NOT NULL,"
	" status INTEGER NOT NULL, body TEXT, made INTEGER NOT NULL, PRIMARY KEY (owner, name))"
	" WITHOUT ROWID;"
	"CREATE INDEX claims_made ON claims (made);";

/* 4 */
static const char events[] =
	"CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL,"
	" application TEXT NOT NULL, url TEXT NOT NULL, method TEXT NOT NULL, body TEXT,"
	" begun INTEGER NOT NULL, next INTEGER NOT NULL, tries INTEGER NOT NULL, error TEXT);"
	"CREATE INDEX events_next ON events (next);"
	"CREATE INDEX events_application ON events (application);";

/* 5. Events of one lane (a call) to one URL are delivered in the order of their ids. */
static const char lanes[] = "ALTER TABLE events ADD COLUMN lane TEXT NOT NULL DEFAULT '';"
			    "CREATE INDEX events_lane ON events (lane, id);"
			    "CREATE INDEX events_url ON events (url);";

static const char *const steps[] = {calls, recordings, claims, events, lanes};

static int version_of(struct db *db, int64_t *ret_version)
{
	sqlite3_stmt *select;
	int err = db_run(db, "CREATE TABLE IF NOT EXISTS version (number INTEGER NOT NULL)");

	if (err < 0)
		return err;
	select = db_statement(db, "SELECT COALESCE(MAX(number), 0) FROM version");
	err = db_step(db, select);
	if (err < 0)
		return err;
	*ret_version = db_int(select, 0);
	return db_finish_step(db, select);
}

static int take_step(struct db *db, int64_t number)
{
	sqlite3_stmt *insert;
	int err = db_begin(db);

	if (err == 0)
		err = db_run(db, steps[number - 1]);
	if (err == 0) {
		insert = db_statement(db, "INSERT INTO version (number) VALUES (?1)");
		db_bind_int(insert, 1, number);
		err = db_finish_step(db, insert);
	}
	if (err == 0)
		err = db_commit(db);
	return err;
}

int db_migrate(struct db *db, char **ret_error)
{
	int64_t version = 0;
	int err = version_of(db, &version);

	if (err == 0 && version > (int64_t)ARRAY_SIZE(steps)) {
		*ret_error = xasprintf("its tables have version %" PRId64
				       ", and this nccod knows %zu: it is of a newer one",
			version, ARRAY_SIZE(steps));
		return -EPROTO;
	}
	for (int64_t next = version + 1; err == 0 && next <= (int64_t)ARRAY_SIZE(steps); next++)
		err = take_step(db, next);
	if (err == 0)
		return 0;
	*ret_error = xasprintf("its tables cannot be made: %s", db_error(db));
	db_rollback(db);
	return err;
}
