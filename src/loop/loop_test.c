/* Unit tests of src/loop/. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "loop/lag.h"
#include "loop/loop.h"
#include "loop/worker.h"

struct bench {
	struct loop *loop;
	struct timer timer;
	int order[8];
	int count;
};

static void note(struct bench *b, int what)
{
	b->order[b->count++] = what;
}

static void on_timer(void *arg)
{
	struct bench *b = arg;

	note(b, 9);
	loop_stop(b->loop);
}

static void test_timer__fires_once_and_not_after_stop(void **state)
{
	struct bench b = {.loop = loop_new()};
	struct timer never;
	uint64_t start = clock_mono();

	(void)state;
	timer_init(&b.timer, b.loop, on_timer, &b);
	timer_init(&never, b.loop, on_timer, &b);
	timer_start(&never, 1000);
	timer_stop(&never);
	assert_false(timer_running(&never));
	timer_start(&b.timer, 20000);
	loop_run(b.loop);
	assert_int_equal(b.count, 1);
	assert_true(clock_mono() - start >= 19000);
	loop_free(b.loop);
}

static void on_post_1(void *arg)
{
	note(arg, 1);
}

static void on_post_2(void *arg)
{
	struct bench *b = arg;

	note(b, 2);
	loop_stop(b->loop);
}

static void *poster(void *arg)
{
	struct bench *b = arg;

	loop_post(b->loop, on_post_1, b);
	loop_post(b->loop, on_post_2, b);
	return NULL;
}

static void test_loop_post__runs_in_order_on_the_core_thread(void **state)
{
	struct bench b = {.loop = loop_new()};
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, poster, &b);
	loop_run(b.loop);
	pthread_join(thread, NULL);
	assert_int_equal(b.count, 2);
	assert_int_equal(b.order[0], 1);
	assert_int_equal(b.order[1], 2);
	loop_free(b.loop);
}

static void job_run(void *arg)
{
	(void)arg;
	usleep(2000);
}

static void job_done(void *arg)
{
	note(arg, 1);
}

static void job_drop(void *arg)
{
	note(arg, 2);
}

static const struct job_ops job_ops = {.run = job_run, .done = job_done, .drop = job_drop};

static void test_worker__calls_done_or_drop_exactly_once(void **state)
{
	struct bench b = {.loop = loop_new()};
	struct worker_pool *pool = worker_pool_new(b.loop, "test", 1);
	struct job *waiting;

	(void)state;
	worker_submit(pool, &job_ops, &b);
	worker_submit(pool, &job_ops, &b);
	waiting = worker_submit(pool, &job_ops, &b);
	worker_cancel(waiting);
	assert_int_equal(b.count, 1);
	assert_int_equal(b.order[0], 2);
	timer_init(&b.timer, b.loop, on_timer, &b);
	timer_start(&b.timer, 50000);
	loop_run(b.loop);
	assert_int_equal(b.count, 4);
	assert_int_equal(b.order[1], 1);
	assert_int_equal(b.order[2], 1);
	worker_submit(pool, &job_ops, &b);
	worker_pool_free(pool);
	assert_int_equal(b.count, 5);
	assert_int_equal(b.order[4], 2);
	loop_free(b.loop);
}

static void on_busy(void *arg)
{
	(void)arg;
	usleep(210000);
}

static void test_lag__counts_what_holds_the_loop_up(void **state)
{
	struct bench b = {.loop = loop_new()};
	struct loop_lag *lag = loop_lag_new(b.loop);
	struct loop_lag_counts counts;
	struct timer busy;

	(void)state;
	timer_init(&b.timer, b.loop, on_timer, &b);
	timer_init(&busy, b.loop, on_busy, &b);
	timer_start(&busy, 60000);
	timer_start(&b.timer, 500000);
	loop_run(b.loop);
	loop_lag_read(lag, &counts);
	assert_true(counts.stalls >= 1);
	assert_true(counts.longest_us >= 160000 && counts.longest_us < 2000000);
	assert_true(counts.count >= 3);
	loop_lag_free(lag);
	loop_free(b.loop);
}

static void test_lag__buckets(void **state)
{
	struct loop *loop = loop_new();
	struct loop_lag *lag = loop_lag_new(loop);
	struct loop_lag_counts counts;

	(void)state;
	loop_lag_note(lag, 0);
	loop_lag_note(lag, 1000);
	loop_lag_note(lag, 1001);
	loop_lag_note(lag, 49999);
	loop_lag_note(lag, 50000);
	loop_lag_note(lag, 300000);
	loop_lag_read(lag, &counts);
	assert_int_equal(counts.buckets[0], 2);
	assert_int_equal(counts.buckets[1], 1);
	assert_int_equal(counts.buckets[5], 2);
	assert_int_equal(counts.buckets[6], 0);
	assert_int_equal(counts.count, 6);
	assert_int_equal(counts.stalls, 2);
	loop_lag_free(lag);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timer__fires_once_and_not_after_stop),
		cmocka_unit_test(test_loop_post__runs_in_order_on_the_core_thread),
		cmocka_unit_test(test_worker__calls_done_or_drop_exactly_once),
		cmocka_unit_test(test_lag__counts_what_holds_the_loop_up),
		cmocka_unit_test(test_lag__buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
