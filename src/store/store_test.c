/* The store around its tables: recordings, claims, events, versions, one process at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/store_bench.h"
#include "store/store_private.h"

/* --- recordings --- */

static void put_recording(struct bench *b, const char *id, const char *application, int64_t begun)
{
	struct store_recording recording = {.id = (char *)id,
		.application = (char *)application,
		.call_uuid = "call",
		.format = "wav",
		.begun = begun};

	store_put_recording(b->store, &recording, NULL, NULL);
	recording.ended = begun + 5;
	recording.size = 44;
	recording.application = "nobody"; /* does not change */
	store_put_recording(b->store, &recording, on_done, b);
	bench_wait(b);
	assert_int_equal(b->error, 0);
}

static uint64_t list_recordings(struct bench *b, const char *application)
{
	store_list_recordings(b->store, application, 0, 2, on_recordings, b);
	bench_wait(b);
	return b->total;
}

static void test_recordings__whose_they_are(void **state)
{
	struct bench *b = *state;

	put_recording(b, "r1", "main", 100);
	put_recording(b, "r2", NULL, 200);
	put_recording(b, "r3", "main", 300);
	store_find_recording(b->store, "r1", on_recording, b);
	bench_wait(b);
	assert_true(b->found);
	assert_string_equal(b->recording.application, "main");
	assert_string_equal(b->recording.call_uuid, "call");
	assert_null(b->recording.conversation_uuid);
	assert_int_equal(b->recording.size, 44);
	assert_int_equal(b->recording.ended, 105);
	store_find_recording(b->store, "r2", on_recording, b);
	bench_wait(b);
	assert_null(b->recording.application);
	store_find_recording(b->store, "r9", on_recording, b);
	bench_wait(b);
	assert_false(b->found);

	assert_int_equal(list_recordings(b, NULL), 3);
	assert_int_equal(b->count, 2);
	assert_string_equal(b->uuids[0], "r3");
	assert_int_equal(list_recordings(b, "main"), 2);
	assert_string_equal(b->uuids[1], "r1");
	assert_int_equal(list_recordings(b, "other"), 0);
	store_forget_recordings(b->store, 250);
	assert_int_equal(list_recordings(b, NULL), 1);
}

/* --- claims --- */

static enum store_claim_outcome claim(
	struct bench *b, const char *owner, const char *key, const char *fingerprint, int64_t now)
{
	store_claim(b->store, owner, key, fingerprint, now, on_claim, b);
	bench_wait(b);
	assert_int_equal(b->error, 0);
	return b->claim.outcome;
}

static void test_claims__the_first_answer_is_the_answer(void **state)
{
	struct bench *b = *state;
	int64_t now = (int64_t)clock_wall();

	assert_int_equal(claim(b, "ops", "k", "f", now), STORE_CLAIM_NEW);
	assert_int_equal(claim(b, "ops", "k", "f", now), STORE_CLAIM_RUNNING);
	assert_int_equal(claim(b, "ops", "k", "g", now), STORE_CLAIM_OTHER);
	assert_int_equal(claim(b, "shop", "k", "g", now), STORE_CLAIM_NEW);
	store_answer(b->store, "ops", "k", 201, "{\"uuid\":1}");
	assert_int_equal(claim(b, "ops", "k", "f", now), STORE_CLAIM_ANSWERED);
	assert_int_equal(b->claim.status, 201);
	assert_string_equal(b->claim.body, "{\"uuid\":1}");
	assert_int_equal(claim(b, "ops", "k", "g", now), STORE_CLAIM_OTHER);
	bench_reopen(b);
	assert_int_equal(claim(b, "ops", "k", "f", now), STORE_CLAIM_ANSWERED);
	/* One that was not answered may be given back, one that was may not. */
	store_unclaim(b->store, "shop", "k");
	store_unclaim(b->store, "ops", "k");
	assert_int_equal(claim(b, "shop", "k", "h", now), STORE_CLAIM_NEW);
	assert_int_equal(claim(b, "ops", "k", "f", now), STORE_CLAIM_ANSWERED);
}

static void test_claims__are_forgotten(void **state)
{
	struct bench *b = *state;

	claim(b, "ops", "old", "f", 1000);
	claim(b, "ops", "new", "f", 2000);
	store_forget_claims(b->store, 1500);
	assert_int_equal(claim(b, "ops", "old", "f", 3000), STORE_CLAIM_NEW);
	assert_int_equal(claim(b, "ops", "new", "f", 3000), STORE_CLAIM_RUNNING);
}

/* --- events --- */

static void add_event(struct bench *b, const char *id, const char *application, int64_t next)
{
	struct store_event event = {.event_id = (char *)id,
		.application = (char *)application,
		.url = "http://h/e",
		.method = "POST",
		.body = "{}",
		.begun = 1,
		.next = next,
		.tries = 2,
		.error = "refused"};

	store_add_event(b->store, &event, on_done, b);
	bench_wait(b);
	assert_int_equal(b->error, 0);
}

static void due(struct bench *b, int64_t by)
{
	store_due_events(b->store, by, 10, on_events, b);
	bench_wait(b);
	assert_int_equal(b->error, 0);
}

static void test_events__are_tried_in_their_time(void **state)
{
	struct bench *b = *state;
	int64_t first;

	due(b, 1000);
	assert_int_equal(b->next, 0);
	add_event(b, "e1", "main", 300);
	add_event(b, "e2", "main", 100);
	add_event(b, "e3", "other", 200);
	bench_reopen(b);
	due(b, 99);
	assert_int_equal(b->count, 0);
	assert_int_equal(b->total, 3);
	assert_int_equal(b->next, 100);
	due(b, 200);
	assert_int_equal(b->count, 2);
	assert_string_equal(b->event_ids[0], "e2");
	assert_string_equal(b->event_ids[1], "e3");
	first = b->events[0].id;
	store_delay_event(b->store, first, 400, "timeout");
	store_drop_event(b->store, b->events[1].id);
	due(b, 1000);
	assert_int_equal(b->count, 2);
	assert_string_equal(b->event_ids[0], "e1");
	assert_int_equal(b->events[1].id, first);
	assert_int_equal(b->events[1].tries, 3);
	store_list_events(b->store, "main", 1, 10, on_events, b);
	bench_wait(b);
	assert_int_equal(b->total, 2);
	assert_int_equal(b->count, 1);
	assert_string_equal(b->event_ids[0], "e2");
	store_list_events(b->store, NULL, 0, 10, on_events, b);
	bench_wait(b);
	assert_string_equal(b->event_ids[0], "e1");
}

/* --- the file --- */

static void test_new__one_process_at_a_time(void **state)
{
	struct bench *b = *state;
	struct store_config config = {.path = b->path, .node = "n"};
	char *error = NULL;
	struct stat st;

	assert_null(store_new(b->loop, &config, &error));
	assert_non_null(strstr(error, "is in use by another nccod"));
	free(error);
	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_new__what_cannot_be_used(void **state)
{
	struct bench *b = *state;
	struct store_config config = {.path = "/proc/nccod.db", .node = "n"};
	char *error = NULL;
	FILE *file;

	assert_null(store_new(b->loop, &config, &error));
	assert_non_null(strstr(error, "/proc/nccod.db"));
	free(error);
	bench_close(b);
	file = fopen(b->path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is no database ", file);
	fclose(file);
	config.path = b->path;
	assert_null(store_new(b->loop, &config, &error));
	assert_non_null(strstr(error, "not a database"));
	free(error);
}

static void test_new__of_a_newer_nccod(void **state)
{
	struct bench *b = *state;
	struct store_config config = {.path = b->path, .node = "n"};
	char *error = NULL;
	struct db *db;

	bench_close(b);
	assert_int_equal(db_open(b->path, false, &db, &error), 0);
	assert_int_equal(db_run(db, "INSERT INTO version (number) VALUES (1000)"), 0);
	db_close(db);
	assert_null(store_new(b->loop, &config, &error));
	assert_non_null(strstr(error, "of a newer one"));
	free(error);
}

/* Strings are strings, whatever they look like. */
static void test_texts__are_never_sql(void **state)
{
	static const char evil[] = "'; DROP TABLE calls; --";
	struct bench *b = *state;
	struct store_call call = {.uuid = (char *)evil,
		.conversation_uuid = (char *)evil,
		.application = (char *)evil,
		.direction = (char *)evil,
		.status = (char *)evil,
		.final = true,
		.begun = 7};
	struct store_filter filter = {.application = evil, .status = evil, .limit = 10};

	bench_put(b, &call);
	for (int i = 0; i < 2; i++) {
		store_list_calls(b->store, &filter, on_page, b);
		bench_wait(b);
		assert_int_equal(b->total, 1);
		assert_string_equal(b->uuids[0], evil);
		filter.conversation_uuid = evil;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_recordings__whose_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_claims__the_first_answer_is_the_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_claims__are_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_events__are_tried_in_their_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new__one_process_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new__what_cannot_be_used, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new__of_a_newer_nccod, setup, teardown),
		cmocka_unit_test_setup_teardown(test_texts__are_never_sql, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
