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
	check_bad("[{\"action\":\"stream\",\"streamUrl\":\"a\",\"url\":\"b\"}]", "/0/url",
		"\"streamUrl\"");
	check_bad("[{\"action\":\"input\",\"maxDigits\":1,\"dtmf\":{\"maxDigits\":2}}]",
		"/0/dtmf/maxDigits", "same");
	check_bad("[{\"action\":\"input\",\"type\":[\"speech\"]}]", "/0/type/0", "dtmf");
	check_bad("[{\"action\":\"input\",\"mode\":\"asynchronous\",\"maxDigits\":1}]", "/0/mode",
		"maxDigits");
	check_bad("[{\"action\":\"hangup\",\"reason\":\"a\\r\\nb\"}]", "/0/reason", "control");
	check_bad("[{\"action\":\"hangup\",\"headers\":{\"X\":\"a\\nb\"}}]", "/0/headers/X",
		"control");
	check_bad("[{\"action\":\"notify\",\"payload\":{}}]", "/0", "eventUrl");
	check_bad("[{\"action\":\"wait\",\"onError\":[{\"action\":\"x/y\"}]}]",
		"/0/onError/0/action", "nearest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse__takes_both_spellings),
		cmocka_unit_test(test_parse__points_at_the_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
