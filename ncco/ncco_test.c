/* Unit tests of the parser: what is taken, what is refused and where the fault points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ncco/document.h"
#include "ncco/verb.h"

static void check_good(const char *text, size_t steps)
{
	struct ncco_document *document = NULL;
	struct ncco_faults faults;

	if (ncco_parse_text(text, strlen(text), NULL, NULL, &document, &faults) < 0)
		fail_msg("%s: %s: %s", text, faults.items[0].pointer, faults.items[0].message);
	assert_int_equal(ncco_document_length(document), steps);
	ncco_document_free(document);
}

/* The first fault stands at pointer, and its message has this in it. */
static void check_bad(const char *text, const char *pointer, const char *message)
{
	struct ncco_document *document = NULL;
	struct ncco_faults faults;

	if (ncco_parse_text(text, strlen(text), NULL, NULL, &document, &faults) == 0)
		fail_msg("%s is taken", text);
	assert_null(document);
	if (strcmp(faults.items[0].pointer, pointer) != 0 ||
		!strstr(faults.items[0].message, message))
		fail_msg("%s: got %s: %s", text, faults.items[0].pointer, faults.items[0].message);
	ncco_faults_release(&faults);
}

static void test_parse__takes_both_spellings(void **state)
{
	(void)state;
	check_good("[]", 0);
	check_good("{\"steps\":[{\"action\":\"play\",\"url\":\"http://a/b.mp3\"}]}", 1);
	check_good("{\"ncco\":[{\"action\":\"stream\",\"streamUrl\":[\"b.wav\"],\"level\":\"0.4\","
		   "\"loop\":\"0\",\"bargeIn\":\"true\"}]}",
		1);
	check_good("[{\"action\":\"say\",\"text\":\"hi\"},{\"action\":\"talk\",\"text\":\"<speak>a"
		   "</speak>\",\"voiceName\":\"Kimberly\",\"language\":\"en-GB\",\"style\":2}]",
		2);
	check_good("[{\"action\":\"input\",\"maxDigits\":4,\"timeout\":10,\"submitOnHash\":true,"
		   "\"eventUrl\":\"/dtmf\"},{\"action\":\"input\",\"type\":[\"dtmf\"],\"dtmf\":"
		   "{\"timeOut\":\"10\",\"maxDigits\":1},\"eventUrl\":[\"https://a/b\"]},"
		   "{\"action\":\"input\",\"mode\":\"asynchronous\"}]",
		3);
	check_good("[{\"action\":\"wait\",\"timeout\":99999},{\"action\":\"hangup\",\"reason\":"
		   "\"bye\",\"headers\":{\"X-A\":\"b\"}},{\"action\":\"redirect\",\"url\":\"/x\"},"
		   "{\"action\":\"notify\",\"payload\":{},\"eventUrl\":[\"http://a/\"],"
		   "\"eventMethod\":\"post\",\"onError\":[{\"action\":\"hangup\"}]}]",
		4);
}

static void test_parse__points_at_the_fault(void **state)
{
	(void)state;
	check_bad("", "", "empty");
	check_bad("{}", "", "array of steps");
	check_bad("[7]", "/0", "object");
	check_bad("[{}]", "/0", "missing");
	check_bad("[{\"action\":\"tlak\"}]", "/0/action", "\"talk\"");
	check_bad("[{\"action\":\"wait\"},{\"action\":\"talk\",\"text\":\"a\",\"bargein\":true}]",
		"/1/bargein", "\"bargeIn\"");
	check_bad("[{\"action\":\"talk\"}]", "/0", "\"text\" is missing");
	check_bad("[{\"action\":\"talk\",\"text\":\"\"}]", "/0/text", "empty");
	check_bad("[{\"action\":\"talk\",\"text\":\"<speak>a\"}]", "/0/text", "</speak>");
	check_bad("[{\"action\":\"talk\",\"text\":\"a\",\"level\":1.5}]", "/0/level", "-1 to 1");
	check_bad("[{\"action\":\"talk\",\"text\":\"a\",\"loop\":-1}]", "/0/loop", "from 0");
	check_bad("[{\"action\":\"talk\",\"text\":\"a\",\"loop\":1.5}]", "/0/loop", "whole");
	check_bad("[{\"action\":\"talk\",\"text\":\"a\",\"loop\":\"0x1\"}]", "/0/loop", "whole");
	check_bad("[{\"action\":\"stream\",\"streamUrl\":[\"a\",\"b\"]}]", "/0/streamUrl", "one");
	check_bad("[{\"action\":\"stream\",\"streamUrl\":\"ftp://a/b\"}]", "/0/streamUrl", "http");
	check_bad("[{\"action\":\"play\",\"url\":\"file:/a\"}]", "/0/url", "media root");
	check_bad("[{\"action\":\"stream\",\"streamUrl\":\"a\",\"url\":\"b\"}]", "/0/url",
		"\"streamUrl\"");
	check_bad("[{\"action\":\"input\",\"maxDigits\":1,\"dtmf\":{\"maxDigits\":2}}]",
		"/0/dtmf/maxDigits", "same");
	check_bad("[{\"action\":\"input\",\"type\":[\"dtmf\",\"voice\"]}]", "/0/type/1", "speech");
	check_bad("[{\"action\":\"input\",\"type\":[]}]", "/0/type", "at least one");
	check_bad("[{\"action\":\"input\",\"mode\":\"asynchronous\",\"speech\":{}}]", "/0/mode",
		"speech");
	check_bad("[{\"action\":\"input\",\"speech\":{\"uuid\":[\"a\",\"b\"]}}]", "/0/speech/uuid",
		"to 1 entries");
	check_bad("[{\"action\":\"input\",\"mode\":\"asynchronous\",\"maxDigits\":1}]", "/0/mode",
		"maxDigits");
	check_bad("[{\"action\":\"hangup\",\"reason\":\"a\\r\\nb\"}]", "/0/reason", "control");
	check_bad("[{\"action\":\"hangup\",\"headers\":{\"X-A\":\"a\\nb\"}}]", "/0/headers/X-A",
		"control");
	check_bad("[{\"action\":\"hangup\",\"headers\":{\"via\":\"a\"}}]", "/0/headers/via",
		"SIP itself");
	check_bad("[{\"action\":\"notify\",\"payload\":{}}]", "/0", "eventUrl");
	check_bad("[{\"action\":\"wait\",\"onError\":[{\"action\":\"x/y\"}]}]",
		"/0/onError/0/action", "nearest");
}

static void test_parse__points_at_faults_of_the_language(void **state)
{
	(void)state;
	check_good("[{\"action\":\"set\",\"variables\":{\"a\":\"${1}\"}},{\"action\":\"if\","
		   "\"condition\":\"a\",\"then\":[{\"action\":\"label\",\"name\":\"x\"}]},"
		   "{\"action\":\"goto\",\"label\":\"x\"},{\"action\":\"answer\"},"
		   "{\"action\":\"reject\"},{\"action\":\"dtmf\",\"digits\":\"1\"},"
		   "{\"action\":\"prompt\",\"say\":\"a\"},{\"action\":\"say\",\"text\":\"$5 {}\"}]",
		8);
	check_bad("[{\"action\":\"talk\",\"text\":\"${\"}]", "/0/text", "a value is missing");
	check_bad("[{\"action\":\"play\",\"url\":[\"${1 +}\"]}]", "/0/url/0", "a value");
	check_bad("[{\"action\":\"notify\",\"eventUrl\":\"x\",\"payload\":{\"a/b\":[0,{\"c\":"
		  "\"${)}\"}]}}]",
		"/0/payload/a~1b/1/c", "a value is missing");
	check_bad("[{\"action\":\"hangup\",\"headers\":{\"X\":\"${a b}\"}}]", "/0/headers/X",
		"an operator is missing");
	check_bad("[{\"action\":\"input\",\"dtmf\":{\"maxDigits\":\"${\"}}]", "/0/dtmf/maxDigits",
		"a value is missing");
	check_bad("[{\"action\":\"set\",\"variables\":{\"from\":1}}]", "/0/variables/from",
		"cannot be set");
	check_bad("[{\"action\":\"set\",\"variables\":{\"a b\":1}}]", "/0/variables/a b", "name");
	check_bad("[{\"action\":\"set\",\"variables\":{\"a\":[\"${*}\"]}}]", "/0/variables/a/0",
		"a value is missing");
	check_bad("[{\"action\":\"set\",\"variables\":\"${a}\"}]", "/0/variables", "object");
	check_bad("[{\"action\":\"if\",\"condition\":\"1 <\",\"then\":[]}]", "/0/condition",
		"a value is missing at its end");
	check_bad("[{\"action\":\"if\",\"condition\":7,\"then\":[]}]", "/0/condition", "string");
	check_bad("[{\"action\":\"if\",\"condition\":\"1\"}]", "/0", "\"then\" or \"else\"");
	check_bad("[{\"action\":\"if\",\"condition\":\"1\",\"then\":[{\"action\":\"x\"}]}]",
		"/0/then/0/action", "nearest");
	check_bad("[{\"action\":\"label\",\"name\":\"${a}\"}]", "/0/name", "cannot have");
	check_bad("[{\"action\":\"label\",\"name\":\"a\"},{\"action\":\"wait\",\"onError\":"
		  "[{\"action\":\"label\",\"name\":\"a\"}]}]",
		"/1/onError/0/name", "another label");
	check_bad("[{\"action\":\"label\",\"name\":\"menu\"},{\"action\":\"goto\",\"label\":"
		  "\"nemu\"}]",
		"/1/label", "\"menu\"");
	check_bad("[{\"action\":\"goto\",\"label\":\"x\"}]", "/0/label", "no label");
	check_bad("[{\"action\":\"reject\",\"status\":302}]", "/0/status", "400 to 699");
	check_bad("[{\"action\":\"dtmf\",\"digits\":\"12x\"}]", "/0/digits", "must be of");
	check_bad("[{\"action\":\"prompt\"}]", "/0", "\"play\" or \"say\"");
	check_bad("[{\"action\":\"prompt\",\"play\":[\"a\",\"ftp://b\"]}]", "/0/play/1", "http");
	check_bad("[{\"action\":\"prompt\",\"say\":[]}]", "/0/say", "from 1 to 20");
	check_bad("[{\"action\":\"prompt\",\"say\":\"a\",\"pattern\":\"[1\"}]", "/0/pattern",
		"without its ]");
	check_bad("[{\"action\":\"prompt\",\"say\":\"a\",\"input\":{\"maxDigits\":23}}]",
		"/0/input/maxDigits", "1 to 22");
}

static void test_parse__refuses_a_key_given_twice(void **state)
{
	(void)state;
	check_bad("[{\"action\":\"wait\",\"timeout\":1,\"timeout\":2}]", "/0/timeout", "twice");
	check_bad("[{\"action\":\"notify\",\"eventUrl\":\"x\",\"payload\":{\"a\":{\"b\":1},"
		  "\"\\u0061\":{\"b\":2}}}]",
		"/0/payload/a", "twice");
}

static void test_parse__gives_the_offset(void **state)
{
	static const char text[] = "[ {\"action\": \"wait\"},\n {\"action\": \"xx\"}]";
	struct ncco_document *document;
	struct ncco_faults faults;

	(void)state;
	assert_int_not_equal(
		ncco_parse_text(text, sizeof text - 1, NULL, NULL, &document, &faults), 0);
	assert_int_equal(faults.items[0].offset, strstr(text, "\"xx\"") - text);
	ncco_faults_release(&faults);
}

static void test_parse__keeps_to_the_limits(void **state)
{
	struct ncco_limits limits = {.max_bytes = 40, .max_steps = 1};
	struct ncco_document *document;
	struct ncco_faults faults;
	static const char two[] = "[{\"action\":\"wait\"},{\"action\":\"wait\"}]";

	(void)state;
	assert_int_not_equal(
		ncco_parse_text(two, sizeof two - 1, NULL, &limits, &document, &faults), 0);
	assert_non_null(strstr(faults.items[0].message, "steps"));
	ncco_faults_release(&faults);
	limits.max_bytes = 10;
	assert_int_not_equal(
		ncco_parse_text(two, sizeof two - 1, NULL, &limits, &document, &faults), 0);
	assert_non_null(strstr(faults.items[0].message, "large"));
	ncco_faults_release(&faults);
}

static void test_parse__points_at_faults_of_endpoints(void **state)
{
	static const struct {
		const char *endpoint, *pointer, *message;
	} rows[] = {
		{"[]", "", "from 1 to 20"},
		{"7", "", "object with a"},
		{"[{}]", "/0", "\"type\" is missing"},
		{"[{\"type\":\"fone\",\"number\":\"1\"}]", "/0/type", "\"phone\""},
		{"{\"type\":\"phone\"}", "", "\"number\" is missing"},
		{"{\"type\":\"phone\",\"number\":\"12a\"}", "/number", "digits"},
		{"{\"type\":\"phone\",\"number\":\"1234567890123456\"}", "/number", "digits"},
		{"{\"type\":\"phone\",\"number\":\"1\",\"uri\":\"x\"}", "/uri", "unknown"},
		{"{\"type\":\"phone\",\"number\":\"1\",\"dtmfAnswer\":\"x\"}", "/dtmfAnswer", "p"},
		{"{\"type\":\"phone\",\"number\":\"1\",\"onAnswer\":{}}", "/onAnswer", "url"},
		{"{\"type\":\"sip\"}", "", "\"uri\", or"},
		{"{\"type\":\"sip\",\"user\":\"a\"}", "", "\"uri\", or"},
		{"{\"type\":\"sip\",\"user\":\"a@\",\"domain\":\"b\"}", "/user", "escaped"},
		{"{\"type\":\"sip\",\"user\":\"a\",\"domain\":\"b:x\"}", "/domain", "port"},
		{"{\"type\":\"sip\",\"uri\":\"sip:a@b\",\"user\":\"a\"}", "/uri", "cannot"},
		{"{\"type\":\"sip\",\"uri\":\"tel:1\"}", "/uri", "SIP URI"},
		{"{\"type\":\"sip\",\"uri\":\"sip:sip:a@b\"}", "/uri", "twice"},
		{"{\"type\":\"sip\",\"uri\":\"sip:@b\"}", "/uri", "no user"},
		{"{\"type\":\"sip\",\"uri\":\"sip:a@b>\"}", "/uri", "character"},
		{"{\"type\":\"sip\",\"uri\":\"sip:a@;x=y\"}", "/uri", "no host"},
		{"{\"type\":\"sip\",\"uri\":\"sip:a@b\",\"headers\":{\"a b\":\"c\"}}",
			"/headers/a b", "name"},
		{"{\"type\":\"sip\",\"uri\":\"sip:a@b\",\"headers\":{\"a\":\"c\\r\\nd\"}}",
			"/headers/a", "control"},
		{"{\"type\":\"sip\",\"uri\":\"sip:a@b\",\"standardHeaders\":{\"To\":\"c\"}}",
			"/standardHeaders/To", "SIP itself"},
		{"{\"type\":\"websocket\",\"uri\":\"http://a\"}", "/uri", "ws or wss"},
		{"{\"type\":\"websocket\",\"uri\":\"ws:a\"}", "/uri", "//"},
		{"{\"type\":\"websocket\",\"uri\":\"ws://a\",\"content-type\":\"audio/"
		 "l16;rate=9\"}",
			"/content-type", "24000"},
		{"{\"type\":\"websocket\",\"uri\":\"ws://a\",\"authorization\":{\"type\":"
		 "\"custom\"}}",
			"/authorization", "value"},
		{"{\"type\":\"app\",\"user\":\"a b\"}", "/user", "character"},
		{"{\"type\":\"vbc\",\"extension\":\"\"}", "/extension", "empty"},
	};
	char text[512], pointer[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(text, sizeof text, "[{\"action\":\"connect\",\"endpoint\":%s}]",
			rows[i].endpoint);
		snprintf(pointer, sizeof pointer, "/0/endpoint%s", rows[i].pointer);
		check_bad(text, pointer, rows[i].message);
	}
	check_bad("[{\"action\":\"connect\"}]", "/0", "endpoint");
	check_bad("[{\"action\":\"connect\",\"from\":\"1\",\"randomFromNumber\":true,"
		  "\"endpoint\":{\"type\":\"app\",\"user\":\"a\"}}]",
		"/0/randomFromNumber", "beside");
	check_good("[{\"action\":\"connect\",\"endpoint\":{\"type\":\"SIP\",\"uri\":"
		   "\"sips:[::1]:5061;transport=tls\",\"headers\":{\"to\":\"a\",\"n\":1,\"b\":"
		   "true},\"dtmfAnswer\":12}}]",
		1);
}

static void test_parse__points_at_faults_of_rooms(void **state)
{
	(void)state;
	check_bad("[{\"action\":\"conversation\"}]", "/0", "\"name\" is missing");
	check_bad("[{\"action\":\"conference\",\"name\":\"a\",\"mute\":true,\"canSpeak\":[]}]",
		"/0/mute", "canSpeak");
	check_good(
		"[{\"action\":\"conference\",\"name\":\"a\",\"mute\":false,\"canSpeak\":[]}]", 1);
	check_bad("[{\"action\":\"conference\",\"name\":\"a\",\"canHear\":[\"\"]}]", "/0/canHear/0",
		"empty");
	check_bad("[{\"action\":\"conference\",\"name\":\"a\",\"canHear\":[7]}]", "/0/canHear/0",
		"string");
	check_bad("[{\"action\":\"transfer\"}]", "/0", "conversationId");
	check_bad("[{\"action\":\"transfer\",\"conversationId\":\"CON-1\",\"mute\":\"true\","
		  "\"canSpeak\":\"a\"}]",
		"/0/mute", "canSpeak");
	check_bad("[{\"action\":\"record\",\"transcription\":{\"lang\":\"de\"}}]",
		"/0/transcription/lang", "\"language\"");
}

static void test_parse__points_at_faults_of_queues_and_forks(void **state)
{
	(void)state;
	check_bad("[{\"action\":\"pay\",\"amount\":1}]", "/0/action", "withdrawn");
	check_bad("[{\"action\":\"queue\"}]", "/0", "\"name\" is missing");
	check_bad("[{\"action\":\"queue\",\"name\":\"a\",\"announcePosition\":\"${\"}]",
		"/0/announcePosition", "value");
	check_bad("[{\"action\":\"queue\",\"name\":\"a\",\"announcePosition\":7}]",
		"/0/announcePosition", "string");
	check_bad("[{\"action\":\"refer\",\"to\":\"bob\"}]", "/0/to", "SIP URI");
	check_bad("[{\"action\":\"refer\",\"to\":\"sip:a@b\\r\\nX: y\"}]", "/0/to", "control");
	check_bad("[{\"action\":\"refer\",\"to\":\"tel:<1>\"}]", "/0/to", "tel URI");
	check_bad("[{\"action\":\"fork\"}]", "/0", "\"url\" is missing");
	check_bad("[{\"action\":\"fork\",\"url\":\"https://a\"}]", "/0/url", "ws or wss");
	check_bad("[{\"action\":\"fork\",\"url\":\"ws://a\",\"rate\":11025}]", "/0/rate", "8000");
	check_bad("[{\"action\":\"fork\",\"url\":\"ws://a\",\"rate\":16000,\"dialect\":"
		  "\"twilio\"}]",
		"/0/rate", "twilio");
	check_bad("[{\"action\":\"fork\",\"url\":\"ws://a\",\"authorization\":{\"type\":"
		  "\"custom\"}}]",
		"/0/authorization", "value");
	check_bad("[{\"action\":\"fork\",\"url\":\"ws://a\",\"authorization\":{}}]",
		"/0/authorization", "type");
	check_bad("[{\"action\":\"amd\",\"mode\":\"beep\"}]", "/0/mode", "detect_beep");
	check_good(
		"[{\"action\":\"fork\",\"stop\":true},{\"action\":\"refer\",\"to\":\"*97\"}]", 2);
}

static void test_url_fault__checks_the_syntax(void **state)
{
	static const char *const good[] = {"http://a", "HTTPS://a.b:8080/c?d#e", "/x", "x.wav",
		"../x", "?q", "http://u:p@h/", "http://[::1]:80/", "//host/x", "http://\xc3\xa9/"};
	static const char *const bad[] = {"", "ftp://a", "http:a", "http://", "http://:80",
		"http:///x", "http://a:x", "http://a:0", "http://a:65536", "http://a:123456",
		"http://[::1", "http://[]", "http://[::1]x", "a b", "a\r\nb", "file:///etc/passwd",
		"javascript:alert(1)"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		if (url_fault(good[i], false))
			fail_msg("%s: %s", good[i], url_fault(good[i], false));
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (!url_fault(bad[i], false))
			fail_msg("%s is taken", bad[i]);
	}
	assert_null(url_fault("my sound.wav", true));
	assert_null(url_fault("file:en/my sound.wav", true));
	assert_non_null(url_fault("file:welcome.wav", false));
	assert_non_null(url_fault("file:", true));
	assert_non_null(url_fault("file:/etc/passwd", true));
	assert_non_null(url_fault("file:///etc/passwd", true));
	assert_non_null(url_fault("file:a\nb", true));
	assert_non_null(url_fault("http://a/my sound.wav", true));
}

/* Options at the ends of their ranges, one step behind them, and the fault that follows. */
#define SPEECH	"\"action\":\"input\",\"speech\":{"
#define QUEUE	"\"action\":\"queue\",\"name\":\"a\","
#define CONNECT "\"action\":\"connect\",\"endpoint\":{\"type\":\"app\",\"user\":\"a\"},"

static void test_parse__keeps_to_ranges(void **state)
{
	static const struct {
		const char *option, *low, *high, *below, *above;
	} rows[] = {
		{"\"action\":\"input\",\"maxDigits\"", "1", "22", "0", "23"},
		{"\"action\":\"input\",\"timeout\"", "0", "10", "-1", "11"},
		{"\"action\":\"conference\",\"name\":\"a\",\"limit\"", "1", "1000", "0", "1001"},
		{SPEECH "\"endOnSilence\"", "0.4", "10", "0.3", "10.1"},
		{SPEECH "\"startTimeout\"", "0", "60", "-1", "61"},
		{SPEECH "\"maxDuration\"", "1", "60", "0", "61"},
		{SPEECH "\"sensitivity\"", "10", "100", "9", "101"},
		{QUEUE "\"maxSize\"", "1", "10000", "0", "10001"},
		{QUEUE "\"timeout\"", "1", "86400", "0", "86401"},
		{QUEUE "\"priority\"", "-1000", "1000", "-1001", "1001"},
		{"\"action\":\"dequeue\",\"name\":\"a\",\"timeout\"", "-1", "86400", "-2", "86401"},
		{"\"action\":\"refer\",\"to\":\"1\",\"timeout\"", "1", "300", "0", "301"},
		{"\"action\":\"amd\",\"beep_timeout\"", "45", "120", "44", "121"},
		{CONNECT "\"timeout\"", "1", "7200", "0", "7201"},
		{CONNECT "\"limit\"", "0", "7200", "-1", "7201"},
		{"\"action\":\"reject\",\"status\"", "400", "699", "399", "700"},
		{"\"action\":\"dtmf\",\"digits\":\"1\",\"duration\"", "40", "6000", "39", "6001"},
		{"\"action\":\"dtmf\",\"digits\":\"1\",\"gap\"", "30", "6000", "29", "6001"},
		{"\"action\":\"prompt\",\"say\":\"a\",\"tries\"", "1", "10", "0", "11"},
		{"\"action\":\"talk\",\"text\":\"a\",\"level\"", "-1", "1", "-1.1", "1.1"},
		{"\"action\":\"talk\",\"text\":\"a\",\"loop\"", "0", "10000", "-1", "10001"},
		{"\"action\":\"talk\",\"text\":\"a\",\"style\"", "0", "1000", "-1", "1001"},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *values[] = {rows[i].low, rows[i].high, rows[i].below, rows[i].above};

		for (size_t v = 0; v < 4; v++) {
			struct ncco_document *document = NULL;
			struct ncco_faults faults;

			snprintf(text, sizeof text, "[{%s:%s%s}]", rows[i].option, values[v],
				strchr(rows[i].option, '{') && !strstr(rows[i].option, "},") ? "}"
											     : "");
			if ((ncco_parse_text(text, strlen(text), NULL, NULL, &document, &faults) ==
				    0) != (v < 2))
				fail_msg("%s", text);
			ncco_faults_release(&faults);
			ncco_document_free(document);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse__takes_both_spellings),
		cmocka_unit_test(test_parse__points_at_the_fault),
		cmocka_unit_test(test_parse__points_at_faults_of_the_language),
		cmocka_unit_test(test_parse__points_at_faults_of_endpoints),
		cmocka_unit_test(test_parse__points_at_faults_of_rooms),
		cmocka_unit_test(test_parse__points_at_faults_of_queues_and_forks),
		cmocka_unit_test(test_url_fault__checks_the_syntax),
		cmocka_unit_test(test_parse__keeps_to_ranges),
		cmocka_unit_test(test_parse__refuses_a_key_given_twice),
		cmocka_unit_test(test_parse__gives_the_offset),
		cmocka_unit_test(test_parse__keeps_to_the_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
