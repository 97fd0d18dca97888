/* Prompts: growth, limits, and one writer with several readers. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/g711.h"
#include "media/prompt.h"

static void test_prompt__gives_back_what_was_appended(void **state)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);
	size_t length, at = 0;
	const uint8_t *data;
	uint8_t piece[997];

	(void)state;
	assert_int_equal(prompt_peek(prompt, 0, 160, &data), 0);
	for (size_t i = 0; i < 100; i++) {
		memset(piece, (int)i, sizeof(piece));
		assert_int_equal(prompt_append(prompt, piece, sizeof(piece)), 0);
	}
	assert_int_equal(prompt_state(prompt, &length), PROMPT_GROWING);
	assert_int_equal(length, 100 * sizeof(piece));
	prompt_finish(prompt, false);
	assert_int_equal(prompt_state(prompt, &length), PROMPT_COMPLETE);
	while (at < length) {
		size_t got = prompt_peek(prompt, at, 160, &data);

		assert_in_range(got, 1, 160);
		for (size_t i = 0; i < got; i++)
			assert_int_equal(data[i], (at + i) / sizeof(piece));
		at += got;
	}
	assert_int_equal(prompt_peek(prompt, length, 160, &data), 0);
	prompt_unref(prompt);
}

static void test_prompt__refuses_more_than_its_limit(void **state)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);
	size_t length, piece = 1 << 20;
	uint8_t *data = xcalloc(1, piece);

	(void)state;
	for (size_t i = 0; i < PROMPT_MAX_BYTES / piece; i++)
		assert_int_equal(prompt_append(prompt, data, piece), 0);
	assert_int_equal(prompt_append(prompt, data, 1), -EFBIG);
	prompt_finish(prompt, true);
	assert_int_equal(prompt_state(prompt, &length), PROMPT_FAILED);
	assert_int_equal(length, PROMPT_MAX_BYTES);
	free(data);
	prompt_unref(prompt);
	prompt_unref(NULL);
}

#define GROWTH 1000000

static void *read_all(void *arg)
{
	struct prompt *prompt = arg;
	size_t at = 0, length;
	enum prompt_state state;
	intptr_t wrong = 0;

	do {
		const uint8_t *data;
		size_t got;

		state = prompt_state(prompt, &length);
		while ((got = prompt_peek(prompt, at, 160, &data)) > 0)
			for (size_t i = 0; i < got; i++, at++)
				wrong += data[i] != at % 253;
	} while (state == PROMPT_GROWING || at < length);
	prompt_unref(prompt);
	return (void *)(at == GROWTH ? wrong : -1);
}

static void test_prompt__readers_see_only_whole_bytes_while_it_grows(void **state)
{
	struct prompt *prompt = prompt_new(&codec_pcmu);
	pthread_t readers[3];
	uint8_t piece[77];
	void *result;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			pthread_create(&readers[i], NULL, read_all, prompt_ref(prompt)), 0);
	for (size_t at = 0; at < GROWTH;) {
		size_t take = GROWTH - at < sizeof(piece) ? GROWTH - at : sizeof(piece);

		for (size_t i = 0; i < take; i++)
			piece[i] = (uint8_t)((at + i) % 253);
		assert_int_equal(prompt_append(prompt, piece, take), 0);
		at += take;
	}
	prompt_finish(prompt, false);
	prompt_unref(prompt);
	for (int i = 0; i < 3; i++) {
		pthread_join(readers[i], &result);
		assert_null(result);
	}
}

static void test_prompt__tone_has_its_level_and_cadence(void **state)
{
	struct prompt *prompt = prompt_tone(&codec_pcma, 425, 0, -20, 100, 50);
	const uint8_t *data;
	double power = 0;
	size_t length;

	(void)state;
	assert_int_equal(prompt_state(prompt, &length), PROMPT_COMPLETE);
	assert_int_equal(length, 150 * 8);
	assert_int_equal(prompt_peek(prompt, 0, length, &data), length);
	for (size_t i = 0; i < 800; i++)
		power += pow(alaw_decode(data[i]) / 32768.0, 2) / 800;
	assert_true(fabs(10 * log10(2 * power) + 20) < 0.3);
	for (size_t i = 800; i < length; i++)
		assert_int_equal(data[i], 0xd5);
	prompt_unref(prompt);
}

static void test_prompt__silence_lasts(void **state)
{
	struct prompt *prompt = prompt_silence(&codec_pcmu, 3000);
	const uint8_t *data;
	size_t length;

	(void)state;
	assert_int_equal(prompt_state(prompt, &length), PROMPT_COMPLETE);
	assert_int_equal(length, 24000);
	assert_int_equal(prompt_peek(prompt, 23999, 160, &data), 1);
	assert_int_equal(*data, 0xff);
	assert_ptr_equal(prompt_codec(prompt), &codec_pcmu);
	prompt_unref(prompt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prompt__gives_back_what_was_appended),
		cmocka_unit_test(test_prompt__refuses_more_than_its_limit),
		cmocka_unit_test(test_prompt__readers_see_only_whole_bytes_while_it_grows),
		cmocka_unit_test(test_prompt__tone_has_its_level_and_cadence),
		cmocka_unit_test(test_prompt__silence_lasts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
