/* Calls in the store: what is put is found, and lists are right whichever page is asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_bench.h"

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)
#define BEGIN  (20000 * DAY)

static const struct store_call example = {.uuid = "u1",
	.conversation_uuid = "CON-1",
	.application = "main",
	.direction = "outbound",
	.status = "started",
	.from_type = "phone",
	.from = "15550100",
	.to_type = "sip",
	.to = "sip:bob@h",
	.begun = BEGIN,
	.client_state = "s",
	.detail = "{}"};

static void find(struct bench *b, const char *uuid)
{
	store_find_call(b->store, uuid, on_call, b);
	bench_wait(b);
	assert_int_equal(b->error, 0);
}

static void test_put__all_of_it_is_found(void **state)
{
	struct bench *b = *state;
	struct store_call call = example;

	find(b, "u1");
	assert_false(b->found);
	bench_put(b, &call);
	find(b, "u1");
	assert_true(b->found);
	assert_string_equal(b->call.node, "node-1");
	assert_string_equal(b->call.from, "15550100");
	assert_string_equal(b->call.to_type, "sip");
	assert_null(b->call.price);
	assert_int_equal(b->call.begun, BEGIN);
	assert_int_equal(b->call.answered, 0);
	assert_false(b->call.final);

	call.status = "completed";
	call.final = true;
	call.begun = 5; /* does not change */
	call.application = "other";
	call.answered = BEGIN + SECOND;
	call.ended = BEGIN + 7 * SECOND;
	call.rate = "0.1";
	call.price = "0.2";
	call.network = "23420";
	call.disconnected_by = "user";
	call.sip_code = 200;
	bench_put(b, &call);
	bench_reopen(b);
	find(b, "u1");
	assert_string_equal(b->call.status, "completed");
	assert_string_equal(b->call.application, "main");
	assert_string_equal(b->call.price, "0.2");
	assert_string_equal(b->call.disconnected_by, "user");
	assert_int_equal(b->call.sip_code, 200);
	assert_int_equal(b->call.begun, BEGIN);
	assert_int_equal(b->call.ended, BEGIN + 7 * SECOND);
	assert_true(b->call.final);
	/* Nothing makes it live again. */
	bench_put(b, &example);
	find(b, "u1");
	assert_string_equal(b->call.status, "completed");
}

/* Puts that nobody waits for are seen by reads that come after them, the last of them. */
static void test_put__is_seen_at_once(void **state)
{
	struct bench *b = *state;
	struct store_call call = example;
	struct store_counts counts;

	store_put_call(b->store, &call, NULL, NULL);
	call.status = "ringing";
	store_put_call(b->store, &call, NULL, NULL);
	call.status = "answered";
	store_put_call(b->store, &call, NULL, NULL);
	find(b, "u1");
	assert_string_equal(b->call.status, "answered");
	store_counts(b->store, &counts);
	assert_int_equal(counts.waiting, 0);
	assert_true(counts.written <= 3);
	call.status = "completed";
	call.final = true;
	store_put_call(b->store, &call, NULL, NULL);
	call.status = "ringing";
	call.final = false;
	store_put_call(b->store, &call, NULL, NULL);
	find(b, "u1");
	assert_string_equal(b->call.status, "completed");
}

static void test_put__awaited_ones_keep_their_order(void **state)
{
	struct bench *b = *state;
	struct store_call call = example;

	call.status = "ringing";
	store_put_call(b->store, &call, NULL, NULL);
	call.status = "answered";
	store_put_call(b->store, &call, on_done, b);
	call.status = "machine";
	store_put_call(b->store, &call, NULL, NULL);
	bench_wait(b);
	find(b, "u1");
	assert_string_equal(b->call.status, "machine");
}

static void test_cancel__nothing_is_told(void **state)
{
	struct bench *b = *state;

	store_cancel(store_put_call(b->store, &example, on_done, b));
	store_cancel(store_find_call(b->store, "u1", on_call, b));
	store_cancel(NULL);
	store_find_call(b->store, "u1", on_call, b);
	bench_wait(b);
	assert_true(b->found);
	assert_false(b->told);
}

/* --- lists against an oracle --- */

#define CALLS 1500

struct row {
	char uuid[16];
	int64_t begun;
	unsigned application, status, conversation;
};

static struct row rows[CALLS];
static const char *const applications[] = {"a", "b", "c"};
static const char *const statuses[] = {
	"completed", "busy", "failed", "started", "answered"}; /* the last two are live */

static unsigned long seed = 7;

static unsigned below(unsigned limit)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned)(seed >> 33) % limit;
}

/* Most within some minutes, some at the same moment, some far away. */
static int64_t some_moment(void)
{
	switch (below(4)) {
	case 0:
		return BEGIN + below(3) * 60 * SECOND;
	case 1:
		return BEGIN + (int64_t)below(5) * DAY + below(86400) * SECOND;
	case 2:
		return BEGIN + (int64_t)below(300) * SECOND + below(1000000);
	default:
		return BEGIN + (int64_t)below(30) * 3600 * SECOND;
	}
}

static void put_row(struct bench *b, const struct row *row, bool early)
{
	char conversation[16];
	struct store_call call = {.uuid = (char *)row->uuid,
		.conversation_uuid = conversation,
		.application = (char *)applications[row->application],
		.direction = "inbound",
		.status = early ? "started" : (char *)statuses[row->status],
		.final = !early && row->status < 3,
		.begun = row->begun};

	snprintf(conversation, sizeof(conversation), "CON-%u", row->conversation);
	store_put_call(b->store, &call, NULL, NULL);
}

static void fill(struct bench *b)
{
	for (unsigned i = 0; i < CALLS; i++) {
		struct row *row = &rows[i];

		snprintf(row->uuid, sizeof(row->uuid), "u%u", i);
		row->begun = some_moment();
		row->application = below(3) ? 0 : 1 + below(2);
		row->status = below(5);
		row->conversation = below(400);
		put_row(b, row, true);
		if (i % 97 == 0)
			find(b, row->uuid); /* so that not all are replaced before they are written
					     */
	}
	for (unsigned i = 0; i < CALLS; i++)
		put_row(b, &rows[i], false);
	find(b, "u0");
}

static int by_begun(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;

	if (x->begun != y->begun)
		return x->begun < y->begun ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool passes(const struct row *row, const struct store_filter *filter)
{
	char conversation[16];

	snprintf(conversation, sizeof(conversation), "CON-%u", row->conversation);
	return (!filter->application ||
		       strcmp(applications[row->application], filter->application) == 0) &&
	       (!filter->status || strcmp(statuses[row->status], filter->status) == 0) &&
	       (!filter->conversation_uuid ||
		       strcmp(conversation, filter->conversation_uuid) == 0) &&
	       row->begun >= filter->from && (!filter->until || row->begun <= filter->until);
}

static void compare(struct bench *b, const struct store_filter *filter)
{
	static const struct row *expected[CALLS];
	size_t total = 0, count;

	for (size_t i = 0; i < CALLS; i++)
		if (passes(&rows[i], filter))
			expected[total++] = &rows[i];
	qsort(expected, total, sizeof(expected[0]), by_begun);
	store_list_calls(b->store, filter, on_page, b);
	bench_wait(b);
	assert_int_equal(b->error, 0);
	count = filter->offset >= total			 ? 0
		: total - filter->offset < filter->limit ? total - filter->offset
							 : filter->limit;
	if (b->total != total || b->count != count)
		fail_msg("%s %s %s from %lld until %lld offset %llu: %llu/%zu not %zu/%zu",
			filter->application, filter->status, filter->conversation_uuid,
			(long long)filter->from, (long long)filter->until,
			(unsigned long long)filter->offset, (unsigned long long)b->total, b->count,
			total, count);
	for (size_t i = 0; i < count; i++) {
		size_t at = filter->offset + i;

		assert_string_equal(
			b->uuids[i], expected[filter->descending ? total - 1 - at : at]->uuid);
	}
}

static void test_list__is_what_it_should_be(void **state)
{
	struct bench *b = *state;
	char conversation[16];

	fill(b);
	for (int i = 0; i < 600; i++) {
		struct store_filter filter = {.descending = below(2), .limit = 1 + below(100)};

		if (below(2))
			filter.application = below(10) ? applications[below(3)] : "none";
		if (below(2))
			filter.status = below(10) ? statuses[below(5)] : "machine";
		if (below(6) == 0) {
			snprintf(conversation, sizeof(conversation), "CON-%u", below(400));
			filter.conversation_uuid = conversation;
		}
		if (below(2))
			filter.from = below(2) ? some_moment() : rows[below(CALLS)].begun;
		if (below(2))
			filter.until = below(2) ? some_moment() : rows[below(CALLS)].begun;
		filter.offset = below(3) ? below(50) : below(CALLS + 50);
		compare(b, &filter);
	}
}

/* --- calls of a process that died --- */

static void test_lost__end_as_they_were(void **state)
{
	struct bench *b = *state;
	struct store_call call = example;
	struct store_filter filter = {.status = "completed", .limit = 10};

	bench_put(b, &call);
	call.uuid = "u2";
	call.status = "answered";
	call.answered = BEGIN + SECOND;
	bench_put(b, &call);
	call.uuid = "u3";
	call.status = "busy";
	call.final = true;
	bench_put(b, &call);
	bench_reopen(b);
	store_end_lost_calls(b->store, on_page, b);
	bench_wait(b);
	assert_int_equal(b->error, 0);
	assert_int_equal(b->count, 2);
	assert_string_equal(b->uuids[0], "u1");
	assert_string_equal(b->uuids[1], "u2");
	find(b, "u1");
	assert_string_equal(b->call.status, "failed");
	assert_true(b->call.final);
	find(b, "u2");
	assert_string_equal(b->call.status, "completed");
	assert_true(b->call.ended > BEGIN);
	store_list_calls(b->store, &filter, on_page, b);
	bench_wait(b);
	assert_int_equal(b->total, 1);
	store_end_lost_calls(b->store, on_page, b);
	bench_wait(b);
	assert_int_equal(b->count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_put__all_of_it_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_put__is_seen_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_put__awaited_ones_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel__nothing_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list__is_what_it_should_be, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost__end_as_they_were, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
