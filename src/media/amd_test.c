/* Greetings of people and of machines, spoken by espeak-ng, with noise, soft and loud. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/amd.h"
#include "media/amd_bench.h"

static const char *const names[] = {"", "human", "machine", "beep", "no beep"};

struct verdict {
	enum amd_event first, last;
	double first_at, last_at; /* seconds */
	const char *reason;
};

static struct verdict judge(struct line *line, unsigned beep_ms)
{
	struct verdict verdict = {0};
	struct amd_times times = amd_usual;
	struct amd amd;

	times.beep = beep_ms;
	amd_init(&amd, &times);
	for (size_t at = 0; at + BEEP_FRAME <= line->count; at += BEEP_FRAME) {
		enum amd_event event = amd_feed(&amd, line->samples + at);

		if (event == AMD_NOTHING)
			continue;
		verdict.last = event;
		verdict.last_at = (at + BEEP_FRAME) / 8000.0;
		if (verdict.first)
			continue;
		verdict.first = event;
		verdict.first_at = verdict.last_at;
		verdict.reason = amd.reason;
	}
	line_release(line);
	return verdict;
}

static const struct {
	const char *voice, *text;
} people[] = {{"en-us", "Hello?"}, {"en-us+f1", "Hello?"}, {"en-us+m3", "Yes?"}, {"en-gb", "Hi."},
	{"en-us", "Hello, this is John."}, {"en-us+f4", "Smith residence."}, {"de", "Hallo?"},
	{"fr-fr", "Oui?"}, {"es", "Buenos dias."}, {"it", "Pronto?"}},
  machines[] = {
	  {"en-us", "Hi, you have reached the voicemail of John Smith. I am not available right "
		    "now, so please leave a message after the tone."},
	  {"en-us+f1", "The person you are calling is not available. Please leave your message "
		       "after the tone."},
	  {"en-gb", "Thank you for calling. Our offices are closed. Please leave a message."},
	  {"en-us+m3", "Your call has been forwarded to an automatic voice message system."},
	  {"de", "Hallo, hier ist der Anrufbeantworter von Familie Meier. Bitte sprechen Sie."},
	  {"fr-fr", "Bonjour, vous avez joint la messagerie de Jean. Laissez un message."},
	  {"es", "Hola, has llamado al contestador. Deja tu mensaje."},
};

/* dB and noise of the line: as it is; soft; noisy; soft and noisy. */
static const double lines[][2] = {{0, 0}, {-20, 0}, {-3, 100}, {-15, 60}};

static void test_amd__knows_people(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(people) * ARRAY_SIZE(lines); i++) {
		const double *how = lines[i / ARRAY_SIZE(people)];
		size_t n = i % ARRAY_SIZE(people);
		struct line line = {0};
		struct verdict verdict;
		double spoken;

		line_silence(&line, 0.1 * (i % 20));
		if (!line_speech(&line, people[n].voice, people[n].text))
			skip();
		spoken = line.count / 8000.0;
		line_silence(&line, 3);
		line_disturb(&line, how[0], how[1]);
		verdict = judge(&line, 45000);
		if (verdict.first != AMD_HUMAN || verdict.last_at > spoken + 1.2)
			fail_msg("%s %s, %.0f dB, noise %.0f: %s at %.2f s", people[n].voice,
				people[n].text, how[0], how[1], names[verdict.first],
				verdict.first_at);
	}
}

static void test_amd__knows_machines_and_hears_their_beep(void **state)
{
	static const double beeps[] = {440, 600, 850, 1000, 1400, 2000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines) * ARRAY_SIZE(lines); i++) {
		const double *how = lines[i / ARRAY_SIZE(machines)];
		size_t n = i % ARRAY_SIZE(machines);
		struct line line = {0};
		struct verdict verdict;
		double spoken, beeped;

		line_silence(&line, 0.1 * (i % 20));
		if (!line_speech(&line, machines[n].voice, machines[n].text))
			skip();
		spoken = line.count / 8000.0;
		line_silence(&line, 0.6);
		line_tone(&line, beeps[i % ARRAY_SIZE(beeps)], 0, -12, 0.4);
		beeped = line.count / 8000.0;
		line_silence(&line, 2);
		line_disturb(&line, how[0], how[1]);
		verdict = judge(&line, 45000);
		if (verdict.first != AMD_MACHINE || verdict.first_at > spoken ||
			verdict.last != AMD_BEEP || verdict.last_at < beeped ||
			verdict.last_at > beeped + 0.8)
			fail_msg("%s %s, %.0f dB, noise %.0f: %s at %.2f s, %s at %.2f s",
				machines[n].voice, machines[n].text, how[0], how[1],
				names[verdict.first], verdict.first_at, names[verdict.last],
				verdict.last_at);
	}
}

static void check_line(
	struct line *line, unsigned beep_ms, enum amd_event first, double at, const char *reason)
{
	struct verdict verdict = judge(line, beep_ms);

	assert_string_equal(names[verdict.first], names[first]);
	assert_string_equal(verdict.reason, reason);
	assert_true(verdict.first_at > at - 0.1 && verdict.first_at < at + 0.1);
}

static void test_amd__silence_is_a_machine(void **state)
{
	struct line line = {0};

	(void)state;
	line_silence(&line, 5);
	check_line(&line, 0, AMD_MACHINE, 3.5, "nobody speaks");
	line_silence(&line, 5);
	line_disturb(&line, 0, 300);
	check_line(&line, 0, AMD_MACHINE, 3.5, "nobody speaks");
}

static void test_amd__a_click_is_no_word(void **state)
{
	struct line line = {0};

	(void)state;
	line_silence(&line, 0.5);
	line_tone(&line, 700, 1100, -15, 0.06);
	line_silence(&line, 5);
	check_line(&line, 0, AMD_MACHINE, 3.5, "nobody speaks");
}

static void test_amd__ringing_on_is_waited_for(void **state)
{
	struct line line = {0};
	struct verdict verdict;

	(void)state;
	for (int i = 0; i < 2; i++) {
		line_tone(&line, 425, 0, -15, 1);
		line_silence(&line, 3);
	}
	if (!line_speech(&line, "en-us", "Hello?"))
		skip();
	line_silence(&line, 3);
	verdict = judge(&line, 0);
	assert_int_equal(verdict.first, AMD_HUMAN);
	assert_true(verdict.first_at > 9);
}

static void test_amd__a_beep_alone_is_a_machine(void **state)
{
	struct line line = {0};
	struct verdict verdict;

	(void)state;
	line_silence(&line, 0.5);
	line_tone(&line, 1000, 0, -10, 0.5);
	line_silence(&line, 2);
	verdict = judge(&line, 45000);
	assert_int_equal(verdict.first, AMD_BEEP);
	line_silence(&line, 0.5);
	line_tone(&line, 1000, 0, -10, 0.5);
	line_silence(&line, 2);
	check_line(&line, 0, AMD_MACHINE, 1.3, "a beep");
}

/* The pause before the beep and the beep are together longer than the silence of a person. */
static void test_amd__a_beep_after_a_short_greeting_is_a_machine(void **state)
{
	struct line line = {0};

	(void)state;
	line_tone(&line, 500, 1100, -15, 0.8);
	line_silence(&line, 0.8);
	line_tone(&line, 1000, 0, -10, 0.5);
	line_silence(&line, 2);
	check_line(&line, 0, AMD_MACHINE, 2.4, "a beep");
}

static void test_amd__a_fax_is_a_machine_without_a_beep(void **state)
{
	struct line line = {0};
	struct verdict verdict;

	(void)state;
	line_silence(&line, 0.5);
	line_tone(&line, 2100, 0, -10, 3);
	line_silence(&line, 48);
	verdict = judge(&line, 45000);
	assert_int_equal(verdict.first, AMD_MACHINE);
	assert_string_equal(verdict.reason, "a fax");
	assert_int_equal(verdict.last, AMD_NO_BEEP);
}

static void test_amd__a_beep_is_waited_for_so_long(void **state)
{
	struct line line = {0};
	struct verdict verdict;

	(void)state;
	line_silence(&line, 60);
	verdict = judge(&line, 45000);
	assert_int_equal(verdict.last, AMD_NO_BEEP);
	assert_true(verdict.last_at > 48.4 && verdict.last_at < 48.6);
}

static void test_amd__music_is_a_machine(void **state)
{
	static const double scale[] = {262, 294, 330, 349, 392, 440, 494, 523};
	struct line line = {0};
	struct verdict verdict;

	(void)state;
	for (int i = 0; i < 30; i++)
		line_tone(&line, scale[i * 3 % 8], 2 * scale[i * 5 % 8], -14, 0.3);
	line_silence(&line, 2);
	verdict = judge(&line, 45000);
	assert_int_equal(verdict.first, AMD_MACHINE);
	assert_int_not_equal(verdict.last, AMD_BEEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amd__knows_people),
		cmocka_unit_test(test_amd__knows_machines_and_hears_their_beep),
		cmocka_unit_test(test_amd__silence_is_a_machine),
		cmocka_unit_test(test_amd__a_click_is_no_word),
		cmocka_unit_test(test_amd__ringing_on_is_waited_for),
		cmocka_unit_test(test_amd__a_beep_alone_is_a_machine),
		cmocka_unit_test(test_amd__a_beep_after_a_short_greeting_is_a_machine),
		cmocka_unit_test(test_amd__a_fax_is_a_machine_without_a_beep),
		cmocka_unit_test(test_amd__a_beep_is_waited_for_so_long),
		cmocka_unit_test(test_amd__music_is_a_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
