/* Random programs of set, if, goto and label: whatever they do, no more steps run without one
 * that waits than are allowed, the frames and the variables stay within their bounds, and nothing
 * is left behind. NCCO_RANDOM_PROGRAMS sets how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ncco/trace.h"
#include "ncco/verb.h"

#define MAX_EXECUTED 50
#define MAX_LABELS   6

struct world {
	uint64_t seed;
	struct ncco_host host;
	struct interp *interp;
	unsigned started; /* since the last event */
	unsigned open, errors, ends, too_many, waits;
	unsigned labels; /* of the program that is written */
};

static unsigned pick(struct world *w, unsigned below)
{
	w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(w->seed >> 33) % below;
}

static void on_step(void *ctx, const char *pointer, const char *action, bool ended)
{
	struct world *w = ctx;

	(void)pointer;
	(void)action;
	if (ended) {
		assert_true(w->open-- > 0);
		return;
	}
	w->open++;
	assert_true(++w->started <= MAX_EXECUTED);
	assert_true(interp_variables(w->interp)->size <= VARIABLES_MAX_SIZE);
	assert_true(interp_variables(w->interp)->count <= VARIABLES_MAX_MADE);
}

static void on_error(void *ctx, const char *pointer, const char *reason)
{
	struct world *w = ctx;

	assert_int_equal(pointer[0], '/');
	w->errors++;
	w->too_many += strcmp(reason, "too many steps without one that waits") == 0;
}

static void on_timer(void *ctx, uint64_t delay)
{
	((struct world *)ctx)->waits += delay != 0;
}

static void on_finished(void *ctx)
{
	((struct world *)ctx)->ends++;
}

static void write_steps(struct world *w, struct strbuf *out, unsigned depth);

static void write_set(struct world *w, struct strbuf *out)
{
	static const char *const values[] = {"1", "\"${a + b}\"", "\"${a + 1}\"", "\"x${a}${b}\"",
		"[\"${a}\",\"${a}\"]", "{\"k\":\"${b}\",\"l\":\"${b}\"}", "\"${a.k || a}\"",
		"\"${len(b) % 7}\"", "\"${substr(a, 0, 50)}\"", "\"${c}\"", "null"};

	strbuf_addf(out, "{\"action\":\"set\",\"variables\":{\"%c\":%s}", "aabbc"[pick(w, 5)],
		values[pick(w, ARRAY_SIZE(values))]);
}

static void write_if(struct world *w, struct strbuf *out, unsigned depth)
{
	static const char *const conditions[] = {
		"a < 3", "${a} == b", "len(a) > 3", "c", "!b", "a && b || c", "true", "1 / a > 0"};

	strbuf_addf(out, "{\"action\":\"if\",\"condition\":\"%s\",\"then\":",
		conditions[pick(w, ARRAY_SIZE(conditions))]);
	write_steps(w, out, depth + 1);
	if (pick(w, 2)) {
		strbuf_adds(out, ",\"else\":");
		write_steps(w, out, depth + 1);
	}
}

static void write_step(struct world *w, struct strbuf *out, unsigned depth)
{
	unsigned kind = pick(w, 10);

	if (kind < 3)
		write_set(w, out);
	else if (kind < 5 && depth < 4)
		write_if(w, out, depth);
	else if (kind < 7 && w->labels < MAX_LABELS)
		strbuf_addf(out, "{\"action\":\"label\",\"name\":\"l%u\"", w->labels++);
	else if (kind < 9)
		strbuf_addf(out, "{\"action\":\"goto\",\"label\":\"%sl%u\"",
			pick(w, 4) ? "" : "${''}", pick(w, MAX_LABELS));
	else
		strbuf_adds(out, "{\"action\":\"wait\"");
	if (depth < 4 && pick(w, 5) == 0) {
		strbuf_adds(out, ",\"onError\":");
		write_steps(w, out, depth + 1);
	}
	strbuf_addc(out, '}');
}

static void write_steps(struct world *w, struct strbuf *out, unsigned depth)
{
	unsigned count = pick(w, 4);

	strbuf_addc(out, '[');
	for (unsigned i = 0; i < count; i++) {
		if (i)
			strbuf_addc(out, ',');
		write_step(w, out, depth);
	}
	strbuf_addc(out, ']');
}

/* Every label is there, wherever it came to stand. */
static struct ncco_document *write_program(struct world *w)
{
	struct strbuf text = STRBUF_INIT;
	struct ncco_document *document;
	struct ncco_faults faults;

	w->labels = 0;
	strbuf_adds(&text, "[{\"action\":\"set\",\"variables\":{\"a\":0,\"b\":\"t\"}}");
	for (unsigned i = pick(w, 8); i > 0; i--) {
		strbuf_addc(&text, ',');
		write_step(w, &text, 0);
	}
	while (w->labels < MAX_LABELS)
		strbuf_addf(&text, ",{\"action\":\"label\",\"name\":\"l%u\"}", w->labels++);
	strbuf_addc(&text, ']');
	if (ncco_parse_text(text.data, text.length, NULL, NULL, &document, &faults) < 0)
		fail_msg("%s: %s %s", text.data, faults.items[0].pointer, faults.items[0].message);
	strbuf_release(&text);
	return document;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void run_program(struct world *w)
{
	w->interp = interp_new(&w->host, w, MAX_EXECUTED);
	w->started = w->ends = 0;
	interp_run(w->interp, write_program(w));
	for (unsigned i = 0; i < 20 && interp_running(w->interp); i++) {
		w->started = 0;
		interp_event(w->interp, &(struct ncco_event){.type = NCCO_TIMER});
	}
	assert_int_equal(w->ends, !interp_running(w->interp));
	w->interp = interp_free(w->interp);
	assert_int_equal(w->open, 0);
}

static void test_control__stays_within_bounds(void **state)
{
	const char *count = getenv("NCCO_RANDOM_PROGRAMS");
	unsigned long programs = count ? strtoul(count, NULL, 10) : 5000;
	struct world w = {.seed = 20261122, .host = trace_host};

	(void)state;
	w.host.step = on_step;
	w.host.error = on_error;
	w.host.timer = on_timer;
	w.host.finished = on_finished;
	w.host.answer = nothing;
	for (unsigned long i = 0; i < programs; i++)
		run_program(&w);
	/* The programs are not all harmless. */
	assert_true(w.too_many > programs / 100);
	assert_true(w.errors > w.too_many + programs / 100);
	assert_true(w.waits > programs / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_control__stays_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
