/* The interpreter under random events. Whatever comes in whatever order: each step that was
 * started is stopped exactly once, there is never a second sound, request or async effect at a
 * time, and nothing is asked for after the end. NCCO_RANDOM_EVENTS sets how many events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ncco/interp.h"

#define MAX_OPEN 8

struct world {
	uint64_t seed;
	struct json_object *data;
	char *open[MAX_OPEN]; /* pointers of steps that run */
	unsigned open_count;
	unsigned long started, recorded;
	unsigned recordings; /* of the call */
	bool sounding, requested, sending, timer, listening, connecting, in_room, recognising;
	bool over; /* finished or hung up; only what ends something may follow */
	bool told; /* the call that ended it has returned: nothing may follow */
};

static unsigned pick(struct world *w, unsigned below)
{
	w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(w->seed >> 33) % below;
}

static void effect(struct world *w, bool ends_something)
{
	assert_false(w->told);
	if (!ends_something)
		assert_false(w->over);
}

static void on_answer(void *ctx)
{
	effect(ctx, false);
}

static void on_answer_with(void *ctx, struct json_object *headers)
{
	(void)headers;
	effect(ctx, false);
}

static void on_play(void *ctx, const struct ncco_sound *sound)
{
	struct world *w = ctx;

	effect(w, false);
	assert_non_null(sound->source);
	assert_false(w->sounding);
	w->sounding = true;
}

static void on_stop_sound(void *ctx)
{
	struct world *w = ctx;

	effect(w, true);
	assert_true(w->sounding);
	w->sounding = false;
}

static void on_prepare(void *ctx, const struct ncco_sound *sound)
{
	effect(ctx, false);
	assert_non_null(sound->source);
}

static void on_listen(void *ctx, bool on)
{
	struct world *w = ctx;

	effect(w, !on);
	assert_int_not_equal(w->listening, on);
	w->listening = on;
}

static void on_send_digits(void *ctx, const char *digits, unsigned on_ms, unsigned gap_ms)
{
	struct world *w = ctx;

	(void)on_ms;
	(void)gap_ms;
	effect(w, false);
	assert_non_null(digits);
	assert_false(w->sending);
	w->sending = true;
}

static void on_forget_digits(void *ctx)
{
	struct world *w = ctx;

	effect(w, true);
	assert_true(w->sending);
	w->sending = false;
}

static void on_request(void *ctx, const struct ncco_request *request)
{
	struct world *w = ctx;

	(void)request;
	effect(w, false);
	assert_false(w->requested);
	w->requested = true;
}

static void on_forget(void *ctx)
{
	struct world *w = ctx;

	effect(w, true);
	assert_true(w->requested);
	w->requested = false;
}

static void on_post(void *ctx, const struct ncco_request *request)
{
	effect(ctx, false);
	assert_non_null(request->body);
}

static void on_record(void *ctx, const struct ncco_record *record)
{
	struct world *w = ctx;

	effect(w, false);
	assert_int_equal(record->number, ++w->recordings);
	w->recorded++;
}

static void on_record_order(void *ctx, unsigned number, enum ncco_record_order order)
{
	struct world *w = ctx;

	effect(w, order == NCCO_RECORD_STOP);
	assert_in_range(number, 0, w->recordings);
}

static void on_connect(void *ctx, const struct ncco_connect *connect)
{
	struct world *w = ctx;

	effect(w, false);
	assert_in_range(connect->count, 1, NCCO_MAX_ENDPOINTS);
	assert_false(w->connecting);
	w->connecting = true;
}

static void on_forget_connect(void *ctx)
{
	struct world *w = ctx;

	effect(w, true);
	assert_true(w->connecting);
	w->connecting = false;
}

static void on_join(void *ctx, const struct ncco_join *join)
{
	struct world *w = ctx;

	effect(w, false);
	assert_non_null(join->name);
	assert_false(w->in_room);
	w->in_room = true;
}

static void on_leave(void *ctx)
{
	struct world *w = ctx;

	effect(w, true);
	assert_true(w->in_room);
	w->in_room = false;
}

static bool on_transfer(void *ctx, const struct ncco_transfer *transfer)
{
	struct world *w = ctx;

	effect(w, false);
	assert_non_null(transfer->conversation);
	w->over = pick(w, 2);
	return w->over;
}

static void on_recognise(void *ctx, const struct ncco_speech *speech)
{
	struct world *w = ctx;

	effect(w, false);
	assert_non_null(speech->pointer);
	assert_false(w->recognising);
	w->recognising = true;
}

static void on_speech_order(void *ctx)
{
	struct world *w = ctx;

	effect(w, false);
	assert_true(w->recognising);
}

static void on_forget_speech(void *ctx)
{
	struct world *w = ctx;

	effect(w, true);
	assert_true(w->recognising);
	w->recognising = false;
}

static void on_timer(void *ctx, uint64_t delay_us)
{
	struct world *w = ctx;

	effect(w, delay_us == 0);
	assert_true(delay_us || w->timer);
	w->timer = delay_us != 0;
}

static void on_hangup(void *ctx, const char *reason, struct json_object *headers)
{
	struct world *w = ctx;

	(void)reason;
	(void)headers;
	effect(w, false);
	w->over = true;
}

static void on_reject(void *ctx, int status, const char *reason, struct json_object *headers)
{
	assert_in_range(status, 400, 699);
	on_hangup(ctx, reason, headers);
}

static void on_error(void *ctx, const char *pointer, const char *reason)
{
	effect(ctx, false);
	assert_int_equal(pointer[0], '/');
	assert_non_null(reason);
}

static void on_step(void *ctx, const char *pointer, const char *action, bool ended)
{
	struct world *w = ctx;
	unsigned i = 0;

	effect(w, ended);
	assert_non_null(action);
	if (!ended) {
		assert_true(w->open_count < 2); /* a sound and the input under it, no more */
		w->open[w->open_count++] = xstrdup(pointer);
		w->started++;
		return;
	}
	while (i < w->open_count && strcmp(w->open[i], pointer) != 0)
		i++;
	assert_true(i < w->open_count);
	free(w->open[i]);
	w->open[i] = w->open[--w->open_count];
}

static void on_finished(void *ctx)
{
	struct world *w = ctx;

	effect(w, false);
	w->over = true;
}

static const struct ncco_host random_host = {
	.answer = on_answer,
	.answer_with = on_answer_with,
	.early = on_answer,
	.play = on_play,
	.stop_sound = on_stop_sound,
	.prepare = on_prepare,
	.listen = on_listen,
	.send_digits = on_send_digits,
	.forget_digits = on_forget_digits,
	.request = on_request,
	.forget_request = on_forget,
	.post = on_post,
	.record = on_record,
	.record_order = on_record_order,
	.connect = on_connect,
	.forget_connect = on_forget_connect,
	.join = on_join,
	.leave = on_leave,
	.recognise = on_recognise,
	.speech_clock = on_speech_order,
	.finish_speech = on_speech_order,
	.forget_speech = on_forget_speech,
	.transfer = on_transfer,
	.timer = on_timer,
	.hangup = on_hangup,
	.reject = on_reject,
	.error = on_error,
	.step = on_step,
	.finished = on_finished,
};

static const char *const steps[] = {
	"{\"action\":\"say\",\"text\":\"a\"}",
	"{\"action\":\"say\",\"text\":\"b\",\"bargeIn\":true}",
	"{\"action\":\"play\",\"url\":\"c\",\"bargeIn\":true,\"loop\":0}",
	"{\"action\":\"play\",\"url\":\"d\",\"bargeIn\":true,\"onError\":\"hangup\"}",
	"{\"action\":\"play\",\"url\":\"e\",\"bargeIn\":true,\"onError\":[{\"action\":\"say\","
	"\"text\":\"f\",\"onError\":[{\"action\":\"wait\"},{\"action\":\"say\",\"text\":\"g\"}]}]}",
	"{\"action\":\"input\"}",
	"{\"action\":\"input\",\"maxDigits\":1,\"submitOnHash\":true}",
	"{\"action\":\"input\",\"timeout\":0,\"onError\":[{\"action\":\"say\",\"text\":\"h\"}]}",
	"{\"action\":\"input\",\"mode\":\"asynchronous\"}",
	"{\"action\":\"notify\",\"payload\":{},\"eventUrl\":\"x\"}",
	"{\"action\":\"wait\"}",
	"{\"action\":\"say\",\"text\":\"${digits} ${last.a}\",\"bargeIn\":true}",
	"{\"action\":\"say\",\"text\":\"${digits}\",\"early\":true,\"onError\":\"hangup\"}",
	"{\"action\":\"say\",\"text\":\"${x}\",\"bargeIn\":true,\"onError\":[{\"action\":\"wait\"}]"
	"}",
	"{\"action\":\"input\",\"maxDigits\":\"${digits}\"}",
	"{\"action\":\"set\",\"variables\":{\"x\":\"${digits + digits}\"}}",
	"{\"action\":\"if\",\"condition\":\"digits < "
	"5\",\"then\":[{\"action\":\"say\",\"text\":\"i\","
	"\"bargeIn\":true}],\"else\":[{\"action\":\"input\"}]}",
	"{\"action\":\"dtmf\",\"digits\":\"12\"}",
	"{\"action\":\"answer\"}",
	"{\"action\":\"prompt\",\"say\":[\"j\",\"k\"],\"input\":{\"maxDigits\":1},\"pattern\":"
	"\"1\","
	"\"onInvalid\":[{\"action\":\"say\",\"text\":\"l\",\"bargeIn\":true}],\"onTimeout\":[{"
	"\"action\":"
	"\"prompt\",\"play\":\"m\",\"tries\":1,\"input\":{\"eventUrl\":\"x\",\"timeout\":0}}]}",
	"{\"action\":\"connect\",\"endpoint\":{\"type\":\"phone\",\"number\":\"1\"},"
	"\"onError\":[{\"action\":\"wait\"}]}",
	"{\"action\":\"connect\",\"ringbackTone\":\"r\",\"endpoint\":[{\"type\":\"app\","
	"\"user\":\"${digits || 'a'}\"},{\"type\":\"app\",\"user\":\"b\"}]}",
	"{\"action\":\"conference\",\"name\":\"a\",\"onError\":\"hangup\"}",
	"{\"action\":\"conversation\",\"name\":\"b\",\"startOnEnter\":false,"
	"\"musicOnHoldUrl\":[\"m\"],\"canHear\":[]}",
	"{\"action\":\"input\",\"type\":\"speech\",\"speech\":{\"partial\":true}}",
	"{\"action\":\"input\",\"type\":[\"dtmf\",\"speech\"],\"dtmf\":{\"submitOnHash\":true}}",
	"{\"action\":\"input\",\"speech\":{\"language\":\"${x}\"},\"onError\":\"hangup\"}",
	"{\"action\":\"prompt\",\"play\":\"n\",\"say\":\"o\",\"input\":{\"speech\":{}},"
	"\"onTimeout\":[{\"action\":\"say\",\"text\":\"p\",\"bargeIn\":true}]}",
	"{\"action\":\"record\"}",
	"{\"action\":\"record\",\"endOnKey\":\"#\",\"timeOut\":5,\"onError\":\"hangup\"}",
	"{\"action\":\"record\",\"stop\":true}",
	"{\"action\":\"reject\"}",
	"{\"action\":\"redirect\",\"url\":\"x\",\"onError\":[{\"action\":\"wait\"}]}",
	"{\"action\":\"hangup\"}",
	"{\"action\":\"transfer\",\"conversationId\":\"CON-1\"}",
};

static struct ncco_document *random_document(struct world *w)
{
	struct strbuf text = STRBUF_INIT;
	struct ncco_document *document;
	struct ncco_faults faults;
	unsigned count = pick(w, 8);

	strbuf_addc(&text, '[');
	for (unsigned i = 0; i < count; i++)
		strbuf_addf(&text, "%s%s", i ? "," : "",
			steps[pick(w, pick(w, 4) ? ARRAY_SIZE(steps) - 4 : ARRAY_SIZE(steps))]);
	strbuf_addc(&text, ']');
	assert_int_equal(
		ncco_parse_text(text.data, text.length, NULL, NULL, &document, &faults), 0);
	strbuf_release(&text);
	return document;
}

/* An event that the world could send now, or, now and then, one that it could not. */
static enum ncco_event_type random_type(struct world *w)
{
	const struct {
		bool owed;
		enum ncco_event_type type;
	} rows[] = {
		{true, NCCO_DIGIT},
		{w->sounding, NCCO_PLAYED},
		{w->sounding, NCCO_PLAY_FAILED},
		{w->timer, NCCO_TIMER},
		{w->sending, NCCO_DIGITS_SENT},
		{w->recordings > 0, NCCO_RECORDED},
		{w->connecting, NCCO_EARLY_MEDIA},
		{w->connecting, NCCO_CONNECTED},
		{w->in_room, NCCO_JOINED},
		{w->in_room, NCCO_LEFT},
		{w->recognising, NCCO_SPEECH_BEGAN},
		{w->recognising, NCCO_SPEECH},
		{w->requested, NCCO_REPLY},
	};
	enum ncco_event_type owed[sizeof rows / sizeof rows[0]];
	unsigned count = 0;

	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].owed)
			owed[count++] = rows[i].type;
	}
	return pick(w, 6) ? owed[pick(w, count)] : pick(w, NCCO_REPLY + 1);
}

static struct ncco_event random_event(struct world *w)
{
	struct ncco_event event = {.type = random_type(w)};

	event.digit = "0123456789*#ABCDx"[pick(w, 17)];
	event.reason = pick(w, 2) ? "no" : NULL;
	event.number = pick(w, 8) ? w->recordings : pick(w, w->recordings + 1);
	if (event.type == NCCO_RECORDED || event.type == NCCO_CONNECTED ||
		event.type == NCCO_LEFT || event.type == NCCO_SPEECH)
		event.failed = pick(w, 4) == 0;
	if (event.type == NCCO_SPEECH) {
		event.final = event.failed || pick(w, 2);
		event.text = pick(w, 2) ? "yes" : NULL;
		event.data = pick(w, 2) ? json_object_get(w->data) : NULL;
	}
	if (event.type == NCCO_REPLY) {
		event.failed = pick(w, 4) == 0;
		if (pick(w, 2))
			event.document = random_document(w);
		if (pick(w, 2))
			event.data = json_object_get(w->data);
	}
	return event;
}

/* What the event itself ends is known to the world before the interpreter hears of it. */
static void note_event(struct world *w, const struct ncco_event *event)
{
	if (event->type == NCCO_PLAYED || event->type == NCCO_PLAY_FAILED)
		w->sounding = false;
	else if (event->type == NCCO_TIMER)
		w->timer = false;
	else if (event->type == NCCO_DIGITS_SENT)
		w->sending = false;
	else if (event->type == NCCO_CONNECTED)
		w->connecting = false;
	else if (event->type == NCCO_LEFT)
		w->in_room = false;
	else if (event->type == NCCO_SPEECH && event->final)
		w->recognising = false;
	else if (event->type == NCCO_REPLY)
		w->requested = false;
}

static void check_idle(const struct world *w)
{
	assert_int_equal(w->open_count, 0);
	assert_false(w->sounding || w->requested || w->sending || w->timer || w->listening ||
		     w->connecting || w->in_room || w->recognising);
}

/* One call; returns the events that it took. */
static unsigned long random_call(struct world *w)
{
	struct interp *interp = interp_new(&random_host, w, pick(w, 6));
	unsigned long events = 0;

	w->over = w->told = false;
	w->recordings = 0;
	interp_run(interp, random_document(w));
	for (unsigned n = pick(w, 60); n > 0; n--, events++) {
		struct ncco_event event;

		if (w->over) {
			w->told = true;
			check_idle(w);
		}
		assert_int_equal(interp_running(interp), !w->over);
		if (pick(w, 40) == 0 && !w->over) {
			interp_run(interp, random_document(w));
			continue;
		}
		event = random_event(w);
		note_event(w, &event);
		interp_event(interp, &event);
		json_object_put(event.data);
	}
	if (pick(w, 2))
		interp_hangup(interp);
	interp_free(interp);
	check_idle(w);
	return events;
}

static void test_interp__survives_random_events(void **state)
{
	const char *count = getenv("NCCO_RANDOM_EVENTS");
	unsigned long events = 0, wanted = count ? strtoul(count, NULL, 10) : 100000;
	struct world w = {.seed = 20261121};

	(void)state;
	w.data = json_tokener_parse("{\"a\":1}");
	while (events < wanted)
		events += random_call(&w);
	json_object_put(w.data);
	assert_true(w.started > wanted / 12);
	assert_true(w.recorded > wanted / 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interp__survives_random_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
