/* Hints as phrases of a grammar and back, and IPA as the model's phones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asr-adapters/pocketsphinx_hints.h"
#include "asr-adapters/pocketsphinx_words.h"

static void assert_said(const char *text, const char *const *said)
{
	struct hints hints;
	size_t i;

	hints_read(&hints, text);
	for (i = 0; i < hints.count; i++) {
		assert_non_null(said[i]);
		assert_string_equal(hints.phrases[i].said, said[i]);
	}
	assert_null(said[i]);
	hints_release(&hints);
}

static void test_hints__become_phrases(void **state)
{
	(void)state;
	assert_said(NULL, (const char *const[]){NULL});
	assert_said("\n...\n", (const char *const[]){NULL});
	assert_said("Yes\nBilling-Department!\n don't ",
		(const char *const[]){"yes", "billing department", "don't", NULL});
	assert_said("7\n42\nroom 10", (const char *const[]){"seven", "forty two", "four two",
					      "room ten", "room one zero", "room one oh", NULL});
	assert_said("yes\nYES", (const char *const[]){"yes", NULL});
}

static void test_hints__have_limits(void **state)
{
	char *text = calloc(1, 8 * HINTS_MAX + 4096);
	struct hints hints;
	size_t length = 0;

	(void)state;
	for (int i = 0; i < HINTS_MAX + 10; i++)
		length += (size_t)sprintf(
			text + length, "w%c%c%c\n", 'a' + i / 100, 'a' + i / 10 % 10, 'a' + i % 10);
	hints_read(&hints, text);
	assert_int_equal(hints.count, HINTS_MAX);
	hints_release(&hints);

	memset(text, 'x', 4000);
	strcpy(text + 4000, "\nno");
	hints_read(&hints, text);
	assert_int_equal(hints.count, 1);
	assert_string_equal(hints.phrases[0].said, "no");
	hints_release(&hints);
	free(text);
}

static void test_hints__come_back_as_written(void **state)
{
	struct hints hints;
	char out[64], small[8];

	(void)state;
	hints_read(&hints, "New York\nNew\n42\nYes");
	hints_write(&hints, "new york", out, sizeof(out));
	assert_string_equal(out, "New York");
	hints_write(&hints, "four two yes new york new", out, sizeof(out));
	assert_string_equal(out, "42 Yes New York New");
	hints_write(&hints, "newer yes", out, sizeof(out));
	assert_string_equal(out, "newer Yes");
	hints_write(&hints, "new york new york", small, sizeof(small));
	assert_string_equal(small, "New Yor");
	hints_release(&hints);
}

static void assert_phones(const char *ipa, const char *expected)
{
	char phones[PHONES_SIZE];

	assert_true(words_from_ipa(ipa, phones));
	assert_string_equal(phones, expected);
}

static void test_words__have_phones(void **state)
{
	char phones[PHONES_SIZE], *long_ipa = calloc(1, 1000);

	(void)state;
	assert_phones("kaʊˈɔlski\n", "K AW AO L S K IY");
	assert_phones("tʃˈɜːtʃ", "CH ER CH");
	assert_phones("bˈʌʔn̩", "B AH T AH N");
	assert_phones("nˌɪɹ", "N IH R");
	assert_false(words_from_ipa("", phones));
	assert_false(words_from_ipa("ʘ", phones));
	memset(long_ipa, 'b', 999);
	assert_false(words_from_ipa(long_ipa, phones));
	free(long_ipa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hints__become_phrases),
		cmocka_unit_test(test_hints__have_limits),
		cmocka_unit_test(test_hints__come_back_as_written),
		cmocka_unit_test(test_words__have_phones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
