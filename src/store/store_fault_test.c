/* The store when the disk is full and when the process is killed. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/store_bench.h"

#define KILLS 12

static void quiet(const char *line, void *arg)
{
	(void)line;
	(void)arg;
}

static int setup_quiet(void **state)
{
	log_set_sink(quiet, NULL);
	signal(SIGXFSZ, SIG_IGN);
	return setup(state);
}

static int teardown_quiet(void **state)
{
	log_set_sink(NULL, NULL);
	return teardown(state);
}

static struct store_call numbered(unsigned number, char uuid[32])
{
	snprintf(uuid, 32, "u%u", number);
	return (struct store_call){.uuid = uuid,
		.conversation_uuid = "c",
		.application = "main",
		.direction = "inbound",
		.status = "completed",
		.final = true,
		.begun = 1000000 + number};
}

/* --- a full disk: no file may grow --- */

static void let_files_grow(bool may)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = may ? limit.rlim_max : 4096;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void turn_until(struct bench *b, bool fails)
{
	uint64_t end = clock_mono() + BENCH_WAIT_US;

	while (store_fails(b->store) != fails) {
		assert_true(clock_mono() < end);
		usleep(1000);
		event_base_loop(loop_base(b->loop), EVLOOP_NONBLOCK);
	}
}

static uint64_t total(struct bench *b)
{
	struct store_filter filter = {.limit = 10};

	store_list_calls(b->store, &filter, on_page, b);
	bench_wait(b);
	assert_int_equal(b->error, 0);
	return b->total;
}

static void test_full__what_waits_is_written_later(void **state)
{
	struct bench *b = *state;
	struct store_call call;
	char uuid[32];

	call = numbered(0, uuid);
	bench_put(b, &call);
	let_files_grow(false);
	for (unsigned i = 1; i <= 500; i++) {
		call = numbered(i, uuid);
		store_put_call(b->store, &call, NULL, NULL);
	}
	turn_until(b, true);
	/* Reading goes on, with what is there, and does not wait for the disk. */
	assert_int_equal(total(b), 1);
	let_files_grow(true);
	turn_until(b, false);
	assert_int_equal(total(b), 501);
	bench_reopen(b);
	assert_int_equal(total(b), 501);
}

static void test_full__so_much_waits_and_no_more(void **state)
{
	struct bench *b = *state;
	struct store_counts counts;
	struct store_call call;
	char uuid[32];

	b->max_waiting = 100;
	bench_reopen(b);
	let_files_grow(false);
	for (unsigned i = 0; i < 100; i++) {
		call = numbered(i, uuid);
		store_put_call(b->store, &call, NULL, NULL);
	}
	call = numbered(100, uuid);
	store_put_call(b->store, &call, on_done, b);
	bench_wait(b);
	assert_int_equal(b->error, -ENOSPC);
	turn_until(b, true);
	store_counts(b->store, &counts);
	assert_int_equal(counts.waiting, 100);
	assert_int_equal(counts.refused, 1);
	assert_true(counts.failures >= 1);
	let_files_grow(true);
	turn_until(b, false);
	assert_int_equal(total(b), 100);
}

/* The end does not wait for a disk that does not come back. */
static void test_full__at_the_end(void **state)
{
	struct bench *b = *state;
	struct store_call call;
	char uuid[32];
	uint64_t began;

	let_files_grow(false);
	call = numbered(1, uuid);
	store_put_call(b->store, &call, on_done, b);
	turn_until(b, true);
	began = clock_mono();
	bench_close(b);
	assert_true(clock_mono() - began < 5 * USEC_PER_SEC);
	assert_true(b->told);
	assert_int_equal(b->error, -EIO);
	b->told = false;
	let_files_grow(true);
	bench_open(b);
	assert_int_equal(total(b), 0);
}

/* --- kill -9 --- */

/* Puts calls as fast as they are written, and says on the pipe which are. */
static void child_main(struct bench *b, int pipe)
{
	unsigned number = 0;
	struct store_call call;
	char uuid[32];

	bench_open(b);
	for (;;) {
		for (unsigned i = 0; i < 20; i++) {
			call = numbered(number++, uuid);
			call.final = false;
			store_put_call(b->store, &call, NULL, NULL);
			call.final = true;
			store_put_call(b->store, &call, i == 19 ? on_done : NULL, b);
		}
		bench_wait(b);
		if (b->error || write(pipe, &number, sizeof(number)) != sizeof(number))
			_exit(1);
	}
}

static unsigned run_and_kill(struct bench *b, unsigned after_ms)
{
	unsigned last = 0, number;
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0)
		child_main(b, pipes[1]);
	close(pipes[1]);
	usleep(after_ms * 1000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	while (read(pipes[0], &number, sizeof(number)) == sizeof(number))
		last = number;
	close(pipes[0]);
	return last;
}

static void check_file(const char *path)
{
	char *error = NULL;
	struct db *db;
	sqlite3_stmt *check;

	assert_int_equal(db_open(path, false, &db, &error), 0);
	check = db_statement(db, "PRAGMA integrity_check");
	assert_int_equal(db_step(db, check), 1);
	assert_string_equal((const char *)sqlite3_column_text(check, 0), "ok");
	sqlite3_reset(check);
	db_close(db);
}

static void test_kill__what_was_told_is_there(void **state)
{
	struct bench *b = *state;
	unsigned told, most = 0;

	bench_close(b);
	for (unsigned i = 0; i < KILLS; i++) {
		unlink(b->path);
		told = run_and_kill(b, 60 + 37 * i);
		most = told > most ? told : most;
		check_file(b->path);
		bench_open(b);
		/* The counts are those of the rows: the list would be wrong otherwise. */
		assert_true(total(b) >= told);
		store_end_lost_calls(b->store, on_page, b);
		bench_wait(b);
		bench_close(b);
	}
	assert_true(most > 0);
	bench_open(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_full__what_waits_is_written_later, setup_quiet, teardown_quiet),
		cmocka_unit_test_setup_teardown(
			test_full__so_much_waits_and_no_more, setup_quiet, teardown_quiet),
		cmocka_unit_test_setup_teardown(test_full__at_the_end, setup_quiet, teardown_quiet),
		cmocka_unit_test_setup_teardown(
			test_kill__what_was_told_is_there, setup_quiet, teardown_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
