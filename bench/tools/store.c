/* store.c - how long lists of calls take when there are many in the store.
 *
 *   bench/bin/store [-n CALLS] [-q QUERIES] [-f FILE]
 *
 * Fills a store with CALLS past calls (1000000; or takes FILE as it is when it exists), then asks
 * for pages with all kinds of filters, anywhere in the list, while calls are put at 50 in a second.
 * Prints a JSON object with milliseconds. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"

#define SECOND	 INT64_C(1000000)
#define BEGIN	 (20000 * 86400 * SECOND)
#define GAP	 (2 * SECOND) /* between calls: some 23 days for a million */
#define LIVE_GAP (20 * USEC_PER_MSEC)

struct bench {
	struct loop *loop;
	struct store *store;
	struct timer live;
	unsigned calls, queries;
	unsigned put;
	bool told;
	uint64_t total;
	double *times;
};

static const char *const applications[] = {"main", "sales", "support"};
static const char *const statuses[] = {"completed", "completed", "completed", "busy", "unanswered"};

static unsigned below(unsigned limit)
{
	static unsigned long seed = 1;

	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned)(seed >> 33) % limit;
}

static void put(struct bench *b, int64_t begun, store_done_fn *done)
{
	char uuid[40], conversation[40], number[20];
	struct store_call call = {.uuid = uuid,
		.conversation_uuid = conversation,
		.application = (char *)applications[below(8) ? below(2) : 2],
		.direction = "inbound",
		.status = (char *)statuses[below(5)],
		.final = true,
		.from_type = "phone",
		.from = number,
		.to_type = "phone",
		.to = "15550100",
		.begun = begun,
		.answered = begun + SECOND,
		.ended = begun + 60 * SECOND,
		.rate = "0.00000000",
		.price = "0.00000000",
		.network = ""};

	snprintf(uuid, sizeof(uuid), "%08x-0000-4000-8000-%012u", below(1u << 31), b->put);
	snprintf(conversation, sizeof(conversation), "CON-%08x-%u", below(1u << 31), b->put);
	snprintf(number, sizeof(number), "1555%07u", below(10000000));
	b->put++;
	store_put_call(b->store, &call, done, b);
}

static void turn(struct bench *b)
{
	while (!b->told)
		event_base_loop(loop_base(b->loop), EVLOOP_ONCE);
	b->told = false;
}

static void on_done(void *arg, int error)
{
	((struct bench *)arg)->told = true;
	if (error)
		exit(1);
}

static void on_listed(void *arg, int error, const struct store_page *page)
{
	struct bench *b = arg;

	b->told = true;
	b->total = page->total;
	if (error)
		exit(1);
}

static double fill(struct bench *b)
{
	uint64_t began = clock_mono();

	for (unsigned i = 0; i < b->calls; i++) {
		bool wait = i % 5000 == 4999 || i + 1 == b->calls;

		put(b, BEGIN + (int64_t)i * GAP, wait ? on_done : NULL);
		if (wait)
			turn(b);
	}
	return (double)(clock_mono() - began) / USEC_PER_SEC;
}

static void on_live(void *arg)
{
	struct bench *b = arg;

	put(b, BEGIN + (int64_t)b->put * GAP, NULL);
	timer_start(&b->live, LIVE_GAP);
}

static double ask(struct bench *b)
{
	struct store_filter filter = {.limit = 1 + below(100), .descending = below(2)};
	int64_t span = (int64_t)b->put * GAP;
	uint64_t began;

	if (below(2))
		filter.application = applications[below(3)];
	if (below(2))
		filter.status = below(10) ? statuses[below(5)] : "answered";
	if (below(2))
		filter.from =
			BEGIN + (int64_t)((double)below(1u << 20) / (1u << 20) * (double)span);
	if (below(2))
		filter.until =
			BEGIN + (int64_t)((double)below(1u << 20) / (1u << 20) * (double)span);
	filter.offset = b->total ? below((unsigned)b->total) : 0;
	began = clock_mono();
	store_list_calls(b->store, &filter, on_listed, b);
	turn(b);
	return (double)(clock_mono() - began) / USEC_PER_MSEC;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void report(struct bench *b, double seconds)
{
	qsort(b->times, b->queries, sizeof(b->times[0]), by_size);
	printf("{\"calls\": %u, \"fill_s\": %.1f, \"queries\": %u, \"p50_ms\": %.2f, \"p95_ms\": "
	       "%.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f}\n",
		b->put, seconds, b->queries, b->times[b->queries / 2],
		b->times[b->queries * 95 / 100], b->times[b->queries * 99 / 100],
		b->times[b->queries - 1]);
}

int main(int argc, char **argv)
{
	struct bench b = {.calls = 1000000, .queries = 2000};
	struct store_config config = {.path = "bench-store.db", .node = "bench"};
	bool keep = false, filled;
	char *error = NULL;
	double seconds = 0;
	int option;

	while ((option = getopt(argc, argv, "n:q:f:")) != -1) {
		if (option == 'n')
			b.calls = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'q')
			b.queries = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'f')
			config.path = optarg;
		else
			return 2;
		keep |= option == 'f';
	}
	if (b.calls == 0 || b.queries == 0)
		return 2;
	filled = keep && access(config.path, F_OK) == 0;
	b.times = xcalloc(b.queries, sizeof(*b.times));
	b.loop = loop_new();
	b.store = store_new(b.loop, &config, &error);
	if (!b.store) {
		fprintf(stderr, "store: %s\n", error);
		return 1;
	}
	if (filled)
		b.put = b.calls;
	else
		seconds = fill(&b);
	timer_init(&b.live, b.loop, on_live, &b);
	timer_start(&b.live, LIVE_GAP);
	for (unsigned i = 0; i < b.queries; i++)
		b.times[i] = ask(&b);
	report(&b, seconds);
	timer_stop(&b.live);
	store_free(b.store);
	loop_free(b.loop);
	free(b.times);
	if (!keep)
		unlink(config.path);
	return 0;
}
