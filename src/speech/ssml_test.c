/* Unit tests of ssml.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "speech/speech.h"

static void check_strip(const char *ssml, const char *wanted)
{
	char *text = speech_strip_ssml(ssml);

	assert_string_equal(text, wanted);
	free(text);
}

static void test_strip_ssml__keeps_the_words(void **state)
{
	(void)state;
	check_strip("", "");
	check_strip("plain", "plain");
	check_strip("<speak>a<break time='1s'/>b</speak>", "a, b");
	check_strip("<p>a</p><s>b</s><prosody rate=\"x>y\">c</prosody>", " a  b c");
	check_strip("&lt;&amp;&gt;&quot;&apos;&#65;&#x42;&#xe4;&#8364;&#x1F600;",
		"<&>\"'AB\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	check_strip("&nosuch; & &; &#0; &#xd800; &#99999999; &#-1; &#x; &amp",
		"&nosuch; & &; &#0; &#xd800; &#99999999; &#-1; &#x; &amp");
	check_strip("<!-- <a> -->x<?xml y?><![CDATA[<&]]>z", "x<&z");
	check_strip("a<break", "a");
	check_strip("<!-- open", "");
	check_strip("<![CDATA[open", "open");
	check_strip("a<b c=\"", "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strip_ssml__keeps_the_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
