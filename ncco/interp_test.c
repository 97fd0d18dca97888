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
#include "ncco/checked_host.h"

struct world {
	struct checked checked; /* first: the host's ctx */
	uint64_t seed;
	struct json_object *data;
	unsigned long recorded;
};

static unsigned pick(struct world *w, unsigned below)
{
	w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(w->seed >> 33) % below;
}

#define ENDING_STEPS 4 /* the last ones, which come less often */

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
	"{\"action\":\"queue\",\"name\":\"a\",\"announcePosition\":\"${position + "
	"x}\",\"timeout\":9,"
	"\"onError\":[{\"action\":\"wait\"}]}",
	"{\"action\":\"queue\",\"name\":\"a\",\"announcePosition\":true,\"waitUrl\":\"q\"}",
	"{\"action\":\"dequeue\",\"name\":\"a\",\"timeout\":5,\"waitUrl\":\"r\"}",
	"{\"action\":\"dequeue\",\"name\":\"${digits || 'a'}\",\"onError\":\"hangup\"}",
	"{\"action\":\"refer\",\"to\":\"sip:a@b\",\"onError\":[{\"action\":\"input\"}]}",
	"{\"action\":\"amd\",\"mode\":\"detect_beep\",\"onError\":\"hangup\"}",
	"{\"action\":\"amd\"}",
	"{\"action\":\"transcribe\"}",
	"{\"action\":\"fork\",\"url\":\"ws://a/${digits}\"}",
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
			steps[pick(w, ARRAY_SIZE(steps) - (pick(w, 4) ? ENDING_STEPS : 0))]);
	strbuf_addc(&text, ']');
	assert_int_equal(
		ncco_parse_text(text.data, text.length, NULL, NULL, &document, &faults), 0);
	strbuf_release(&text);
	return document;
}

/* What the world could send now, or, now and then, what it could not. */
static enum ncco_event_type random_type(struct world *w)
{
	static const struct {
		enum held held;
		enum ncco_event_type type;
	} rows[] = {
		{HELD_SOUND, NCCO_PLAYED},
		{HELD_SOUND, NCCO_PLAY_FAILED},
		{HELD_REQUEST, NCCO_REPLY},
		{HELD_DIGITS, NCCO_DIGITS_SENT},
		{HELD_TIMER, NCCO_TIMER},
		{HELD_CONNECT, NCCO_EARLY_MEDIA},
		{HELD_CONNECT, NCCO_CONNECTED},
		{HELD_ROOM, NCCO_JOINED},
		{HELD_ROOM, NCCO_LEFT},
		{HELD_QUEUE, NCCO_QUEUE_POSITION},
		{HELD_QUEUE, NCCO_CONNECTED},
		{HELD_DEQUEUE, NCCO_CONNECTED},
		{HELD_SPEECH, NCCO_SPEECH_BEGAN},
		{HELD_SPEECH, NCCO_SPEECH},
		{HELD_REFER, NCCO_REFERRED},
	};
	enum ncco_event_type owed[ARRAY_SIZE(rows) + 2] = {NCCO_DIGIT, NCCO_RECORDED};
	unsigned count = w->checked.recordings > 0 ? 2 : 1;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		if (w->checked.held[rows[i].held])
			owed[count++] = rows[i].type;
	}
	return pick(w, 6) ? owed[pick(w, count)] : pick(w, NCCO_REPLY + 1);
}

static void fill_reply(struct world *w, struct ncco_event *event)
{
	if (pick(w, 2))
		event->document = random_document(w);
	if (pick(w, 2))
		event->data = json_object_get(w->data);
}

static struct ncco_event random_event(struct world *w)
{
	struct ncco_event event = {.type = random_type(w)};
	unsigned recordings = w->checked.recordings;

	event.digit = "0123456789*#ABCDx"[pick(w, 17)];
	event.reason = pick(w, 2) ? "no" : NULL;
	event.number = pick(w, 8) ? recordings : pick(w, recordings + 1);
	event.failed = pick(w, 4) == 0;
	event.final = event.failed || pick(w, 2);
	event.text = pick(w, 2) ? "yes" : NULL;
	if (event.type == NCCO_QUEUE_POSITION || event.type == NCCO_REFERRED)
		event.number = pick(w, 700);
	event.url = pick(w, 2) ? "http://a/f" : NULL;
	if (event.type == NCCO_REPLY)
		fill_reply(w, &event);
	else if ((event.type == NCCO_SPEECH || event.type == NCCO_AMD) && pick(w, 2))
		event.data = json_object_get(w->data);
	return event;
}

/* One call; returns the events that it took. */
static unsigned long random_call(struct world *w)
{
	struct checked *checked = &w->checked;
	struct interp *interp = interp_new(&checked_host, w, pick(w, 6));
	unsigned long events = 0;

	checked->over = checked->told = false;
	w->recorded += checked->recordings;
	checked->recordings = checked->synchronous = 0;
	interp_run(interp, random_document(w));
	for (unsigned n = pick(w, 60); n > 0; n--, events++) {
		struct ncco_event event;

		if (checked->over) {
			checked->told = true;
			checked_idle(checked);
		}
		assert_int_equal(interp_running(interp), !checked->over);
		checked->transfer_fails = pick(w, 2);
		if (pick(w, 40) == 0 && !checked->over) {
			interp_run(interp, random_document(w));
			continue;
		}
		event = random_event(w);
		checked_note(checked, &event);
		interp_event(interp, &event);
		json_object_put(event.data);
	}
	if (pick(w, 2))
		interp_hangup(interp);
	interp_free(interp);
	checked_idle(checked);
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
	assert_true(w.checked.started > wanted / 12);
	assert_true(w.recorded > wanted / 400);
	for (unsigned i = 0; i < HELD_COUNT; i++)
		assert_true(w.checked.taken[i] > wanted / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interp__survives_random_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
