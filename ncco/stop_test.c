/* Every verb in every state that it waits in: whatever came before, a hangup, another script or the
 * end of the interpreter gives back all that was asked for, each thing once.
 *
 * The states are not written down but found: each script is told every sequence of events up to a
 * length, NCCO_STOP_DEPTH (2), and is then ended in each way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ncco/checked_host.h"
#include "ncco/verb.h"

/* One or more for each verb; all that one can wait for is waited for in one of them. */
static const char *const scripts[] = {
	"[{'action':'amd','mode':'detect_beep','onError':[{'action':'wait'}]}]",
	"[{'action':'amd'},{'action':'wait'}]",
	"[{'action':'answer'},{'action':'dtmf','digits':'1','onError':[{'action':'wait'}]}]",
	"[{'action':'connect','ringbackTone':'r','endpoint':{'type':'app','user':'a'},'onError':"
	"[{'action':'say','text':'b'}]},{'action':'wait'}]",
	"[{'action':'answer'},{'action':'connect','endpoint':[{'type':'phone','number':'1'},"
	"{'type':'phone','number':'2'}]},{'action':'connect','endpoint':{'type':'vbc','extension':"
	"'3'}},{'action':'say','text':'a'}]",
	"[{'action':'conference','name':'a','startOnEnter':false,'musicOnHoldUrl':'m','onError':"
	"'hangup'},{'action':'conference','name':'b'},{'action':'say','text':'c'}]",
	"[{'action':'dequeue','name':'a','timeout':5,'waitUrl':'m','onError':[{'action':'say',"
	"'text':'b'}]},{'action':'wait'}]",
	"[{'action':'fork','url':'ws://a'},{'action':'transcribe'},{'action':'wait'},{'action':"
	"'fork','stop':true},{'action':'transcribe','stop':true}]",
	"[{'action':'label','name':'a'},{'action':'wait'},{'action':'goto','label':'a'}]",
	"[{'action':'input','timeout':0},{'action':'if','condition':'digits','then':[{'action':"
	"'hangup'}],'else':[{'action':'wait'}]}]",
	"[{'action':'input','maxDigits':2,'submitOnHash':true,'onError':[{'action':'wait'}]}]",
	"[{'action':'input','mode':'asynchronous'},{'action':'wait'},{'action':'input'}]",
	"[{'action':'input','speech':{'partial':true}},{'action':'say','text':'a'}]",
	"[{'action':'say','text':'a','bargeIn':true},{'action':'play','url':'b'},{'action':'input',"
	"'type':['dtmf','speech'],'dtmf':{'submitOnHash':true}}]",
	"[{'action':'play','url':'a','bargeIn':true,'loop':0,'onError':[{'action':'wait'}]},"
	"{'action':'input','type':'speech','onError':'hangup'},{'action':'say','text':'b'}]",
	"[{'action':'say','text':'a','early':true,'onError':[{'action':'say','text':'b'}]},"
	"{'action':'reject'}]",
	"[{'action':'notify','eventUrl':'a','payload':{},'onError':[{'action':'say','text':'b'}]}]",
	"[{'action':'prompt','say':['a','b'],'pattern':'1','input':{'maxDigits':1,'eventUrl':'x'},"
	"'onInvalid':[{'action':'say','text':'c','bargeIn':true}],'onTimeout':[{'action':'wait'}]}"
	"]",
	"[{'action':'prompt','play':'a','input':{'speech':{}},'tries':2,'onTimeout':[{'action':"
	"'say','text':'c','bargeIn':true}]},{'action':'say','text':'b'}]",
	"[{'action':'prompt','say':'a','input':{'type':'speech'},'onError':[{'action':'prompt',"
	"'say':'b'}]}]",
	"[{'action':'queue','name':'a','timeout':9,'waitUrl':'m','announcePosition':true,'onError':"
	"[{'action':'say','text':'b'}]},{'action':'wait'}]",
	"[{'action':'queue','name':'a','waitUrl':'m','announcePosition':'${x}'}]",
	"[{'action':'record'},{'action':'record','endOnKey':'#','timeOut':9,'onError':[{'action':"
	"'record','endOnSilence':3}]},{'action':'record','stop':true}]",
	"[{'action':'redirect','url':'a','onError':[{'action':'wait'}]}]",
	"[{'action':'refer','to':'1','onError':[{'action':'say','text':'a'}]},{'action':'wait'}]",
	"[{'action':'set','variables':{'a':1}},{'action':'say','text':'${a}'},{'action':'transfer',"
	"'conversationId':'CON-1','onError':[{'action':'wait'}]}]",
};

/* Each event in each way that matters. */
static const struct ncco_event events[] = {
	{.type = NCCO_PLAYED}, {.type = NCCO_PLAY_FAILED}, {.type = NCCO_DIGIT, .digit = '1'},
	{.type = NCCO_DIGIT, .digit = '#'}, {.type = NCCO_TIMER}, {.type = NCCO_DIGITS_SENT},
	{.type = NCCO_DIGITS_SENT, .failed = true},
	{.type = NCCO_RECORDED, .number = 2, .url = "u"},
	{.type = NCCO_RECORDED, .number = 2, .failed = true}, {.type = NCCO_EARLY_MEDIA},
	{.type = NCCO_CONNECTED}, {.type = NCCO_CONNECTED, .failed = true, .reason = "busy"},
	{.type = NCCO_JOINED}, {.type = NCCO_LEFT}, {.type = NCCO_LEFT, .failed = true},
	{.type = NCCO_QUEUE_POSITION, .number = 2}, {.type = NCCO_QUEUE_POSITION, .number = 1},
	{.type = NCCO_SPEECH_BEGAN}, {.type = NCCO_SPEECH, .text = "a"},
	{.type = NCCO_SPEECH, .text = "a", .final = true},
	{.type = NCCO_SPEECH, .text = "", .final = true},
	{.type = NCCO_SPEECH, .final = true, .failed = true}, {.type = NCCO_AMD},
	{.type = NCCO_AMD, .failed = true}, {.type = NCCO_REFERRED, .number = 200},
	{.type = NCCO_REFERRED, .number = 486}, {.type = NCCO_REFERRED, .failed = true},
	{.type = NCCO_REPLY}, {.type = NCCO_REPLY, .failed = true},
	{.type = NCCO_REPLY, .number = 1}, /* with a script */
};

enum ending { END_HANGUP, END_REPLACE, END_FREE, END_COUNT };

static struct ncco_document *parse(const char *script)
{
	char *text = xstrdup(script);
	struct ncco_document *document = NULL;
	struct ncco_faults faults;

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	if (ncco_parse_text(text, strlen(text), NULL, NULL, &document, &faults) < 0)
		fail_msg("%s: %s %s", script, faults.items[0].pointer, faults.items[0].message);
	free(text);
	return document;
}

/* Whether anybody could have sent it; what nobody asked for changes nothing. */
static bool owed(const struct checked *checked, enum ncco_event_type type)
{
	static const unsigned char held[] = {
		[NCCO_PLAYED] = HELD_SOUND,
		[NCCO_PLAY_FAILED] = HELD_SOUND,
		[NCCO_TIMER] = HELD_TIMER,
		[NCCO_DIGITS_SENT] = HELD_DIGITS,
		[NCCO_EARLY_MEDIA] = HELD_CONNECT,
		[NCCO_JOINED] = HELD_ROOM,
		[NCCO_LEFT] = HELD_ROOM,
		[NCCO_QUEUE_POSITION] = HELD_QUEUE,
		[NCCO_SPEECH_BEGAN] = HELD_SPEECH,
		[NCCO_SPEECH] = HELD_SPEECH,
		[NCCO_REFERRED] = HELD_REFER,
		[NCCO_REPLY] = HELD_REQUEST,
	};

	if (type == NCCO_CONNECTED)
		return checked->held[HELD_CONNECT] || checked->held[HELD_QUEUE] ||
		       checked->held[HELD_DEQUEUE];
	if (type == NCCO_DIGIT || type == NCCO_RECORDED || type == NCCO_AMD)
		return true;
	return checked->held[held[type]];
}

static void tell(struct checked *checked, struct interp *interp, unsigned which)
{
	struct ncco_event event = events[which];

	if (event.type == NCCO_REPLY && event.number)
		event.document = parse("[{'action':'say','text':'z'},{'action':'input'}]");
	checked_note(checked, &event);
	interp_event(interp, &event);
}

static void end(struct checked *checked, struct interp *interp, enum ending ending)
{
	if (ending == END_HANGUP)
		interp_hangup(interp);
	else if (ending == END_REPLACE && interp_running(interp))
		interp_run(interp, parse("[]"));
	if (ending != END_FREE) {
		checked_idle(checked);
		checked->told = true;
	}
	interp_free(interp);
	checked_idle(checked);
}

/* Tells the sequence and ends the script. How many of its events are of interest: a sequence that
 * has the same ones comes to the same. */
static unsigned run(struct checked *checked, const char *script, const unsigned *sequence,
	unsigned length, enum ending ending)
{
	struct interp *interp = interp_new(&checked_host, checked, 0);
	unsigned i = 0;

	checked->over = checked->told = false;
	checked->recordings = checked->synchronous = 0;
	interp_run(interp, parse(script));
	for (; i < length && interp_running(interp); i++) {
		if (i + 1 < length && !owed(checked, events[sequence[i]].type))
			break;
		tell(checked, interp, sequence[i]);
	}
	if (i < length && interp_running(interp))
		i++; /* the one that was not told */
	end(checked, interp, ending);
	return i;
}

/* The next sequence that differs in its first `count` events; false after the last one. */
static bool advance(unsigned *sequence, unsigned length, unsigned count)
{
	for (unsigned i = count; i < length; i++)
		sequence[i] = 0;
	for (unsigned i = count; i-- > 0;) {
		if (++sequence[i] < ARRAY_SIZE(events))
			return true;
		sequence[i] = 0;
	}
	return false;
}

static void run_all(struct checked *checked, const char *script, unsigned length)
{
	unsigned sequence[8] = {0}, count = 0;

	do {
		for (enum ending ending = 0; ending < END_COUNT; ending++)
			count = run(checked, script, sequence, length, ending);
	} while (advance(sequence, length, count));
}

static void test_stop__gives_back_what_was_asked_for(void **state)
{
	const char *text = getenv("NCCO_STOP_DEPTH");
	unsigned depth = text ? (unsigned)strtoul(text, NULL, 10) : 2;
	struct checked checked = {0};

	(void)state;
	assert_in_range(depth, 1, 8);
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		for (unsigned length = 0; length <= depth; length++) {
			checked.transfer_fails = length & 1;
			run_all(&checked, scripts[i], length);
		}
	}
	for (unsigned i = 0; i < HELD_COUNT; i++)
		assert_true(checked.taken[i] > 0);
}

/* A verb that comes later is tested here, too. */
static void test_stop__knows_every_verb(void **state)
{
	(void)state;
	for (const struct verb *const *verb = verb_table; *verb; verb++) {
		char *name = xasprintf("'action':'%s'", (*verb)->name);
		char *alias = xasprintf("'action':'%s'", (*verb)->aliases[0]);
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(scripts) && !found; i++)
			found = strstr(scripts[i], name) ||
				((*verb)->aliases[0] && strstr(scripts[i], alias));
		if (!found)
			fail_msg("no script has %s", (*verb)->name);
		free(name);
		free(alias);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop__gives_back_what_was_asked_for),
		cmocka_unit_test(test_stop__knows_every_verb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
