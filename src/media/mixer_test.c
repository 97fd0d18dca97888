/* The mixer against a plain one, sample by sample: who hears whom, and what is left of it when it
 * does not fit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/g711.h"
#include "media/mixer.h"

#define VOICES	12
#define SAMPLES 160
#define FRAMES	200
#define LEVEL	50

struct bench {
	struct mixer mixer;
	struct mixer_voice voice[VOICES];
	int16_t pcm[VOICES][2][MIXER_FRAME_MAX];
	bool deaf_to[VOICES][VOICES]; /* [listener][speaker] */
	unsigned seed;
};

static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	b->seed = 1;
	b->mixer.bus[MIXER_8] = mixer_bus_new(MIXER_8);
	for (int i = 0; i < VOICES; i++)
		mixer_voice_init(&b->voice[i], MIXER_8, b->pcm[i][0], b->pcm[i][1]);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < MIXER_RATES; i++) {
		mixer_bus_free(b->mixer.bus[i]);
		for (int j = 0; j < MIXER_RATES; j++) {
			mixer_converter_free(b->mixer.between[i][j]);
			mixer_converter_free(b->voice[i].converted[j]);
		}
	}
	free(b);
	return 0;
}

static unsigned draw(struct bench *b, unsigned below)
{
	b->seed = b->seed * 1103515245 + 12345;
	return (b->seed >> 16) % below;
}

/* --- the plain one --- */

static void reference(const struct bench *b, int listener, int16_t said[VOICES][SAMPLES],
	const int16_t *play, const bool *present, int16_t *out)
{
	for (int i = 0; i < SAMPLES; i++) {
		int sum = play ? play[i] : 0;

		for (int speaker = 0; speaker < VOICES; speaker++)
			if (present[speaker] && speaker != listener &&
				!b->deaf_to[listener][speaker])
				sum += said[speaker][i];
		out[i] = (int16_t)(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
	}
}

/* Noise of a loudness that is drawn, too; a third of the voices has none. */
static void say(struct bench *b, int16_t *out, bool *ret_speaks)
{
	int loudness = 1 << (8 + draw(b, 8));

	*ret_speaks = draw(b, 3) > 0;
	for (int i = 0; i < SAMPLES; i++)
		out[i] = (int16_t)(*ret_speaks ? (int)draw(b, 65536) % loudness - loudness / 2 : 0);
}

static struct mixer_listener listener_of(struct bench *b, int i, struct mixer_denial *denials)
{
	struct mixer_listener listener = {
		.codec = codec_l16(8000), .rate = MIXER_8, .own = &b->voice[i]};

	for (int speaker = 0; speaker < VOICES; speaker++) {
		if (!b->deaf_to[i][speaker])
			continue;
		denials[speaker] =
			(struct mixer_denial){.next = (struct mixer_denial *)listener.denials,
				.speaker = &b->voice[speaker]};
		listener.denials = &denials[speaker];
	}
	return listener;
}

static void check_listener(struct bench *b, int i, int16_t said[VOICES][SAMPLES],
	const bool *speaks, const int16_t *own_play)
{
	struct mixer_denial denials[VOICES];
	struct mixer_listener listener = listener_of(b, i, denials);
	int16_t want[SAMPLES], got[SAMPLES] = {0};

	reference(b, i, said, own_play, speaks, want);
	if (own_play)
		mixer_listen_with(&b->mixer, &listener, own_play, (uint8_t *)got);
	else
		mixer_listen(&b->mixer, &listener, (uint8_t *)got);
	assert_memory_equal(want, got, sizeof(want));
}

static void test_mixer__is_the_plain_one(void **state)
{
	struct bench *b = *state;

	for (int frame = 0; frame < FRAMES; frame++) {
		int16_t said[VOICES][SAMPLES], play[SAMPLES];
		bool speaks[VOICES], ignored;
		unsigned pair;

		say(b, play, &ignored);
		pair = draw(b, VOICES * (VOICES - 1));
		b->deaf_to[pair / (VOICES - 1)][(pair / (VOICES - 1) + 1 + pair % (VOICES - 1)) %
						VOICES] ^= frame > FRAMES / 2;
		for (int i = 0; i < VOICES; i++) {
			say(b, said[i], &speaks[i]);
			assert_true(mixer_voice_due(&b->mixer, &b->voice[i]));
			memcpy(mixer_voice_next(&b->mixer, &b->voice[i]), said[i], sizeof(said[i]));
			mixer_hear(&b->mixer, &b->voice[i], speaks[i], LEVEL);
			assert_false(mixer_voice_due(&b->mixer, &b->voice[i]));
		}
		mixer_turn(&b->mixer);
		for (int i = 0; i < VOICES; i++)
			check_listener(b, i, said, speaks, draw(b, 4) ? NULL : play);
	}
}

/* A voice that goes away is out of the frame that others have still to hear. */
static void test_mixer__forgets(void **state)
{
	struct bench *b = *state;
	int16_t said[VOICES][SAMPLES];
	bool speaks[VOICES];

	for (int i = 0; i < VOICES; i++) {
		say(b, said[i], &speaks[i]);
		memcpy(mixer_voice_next(&b->mixer, &b->voice[i]), said[i], sizeof(said[i]));
		mixer_hear(&b->mixer, &b->voice[i], speaks[i], 1);
	}
	mixer_forget(&b->mixer, &b->voice[3]);
	mixer_turn(&b->mixer);
	speaks[3] = false;
	check_listener(b, 1, said, speaks, NULL);
	mixer_forget(&b->mixer, &b->voice[4]);
	mixer_forget(&b->mixer, &b->voice[5]);
	speaks[4] = speaks[5] = false;
	check_listener(b, 1, said, speaks, NULL);
	check_listener(b, 2, said, speaks, NULL);
}

static void put_level(struct bench *b, int voice, int16_t value)
{
	int16_t *pcm = mixer_voice_next(&b->mixer, &b->voice[voice]);

	for (int i = 0; i < SAMPLES; i++)
		pcm[i] = value;
	mixer_hear(&b->mixer, &b->voice[voice], true, LEVEL);
	mixer_turn(&b->mixer);
}

/* Noise below the level is left out, but not between words. */
static void test_mixer__silence_is_left_out(void **state)
{
	struct bench *b = *state;
	struct mixer_listener listener = {.codec = &codec_pcmu, .rate = MIXER_8};
	uint8_t out[SAMPLES];
	unsigned heard = 0;

	put_level(b, 0, LEVEL - 1);
	assert_false(mixer_listen(&b->mixer, &listener, out));
	put_level(b, 0, LEVEL);
	assert_true(mixer_listen(&b->mixer, &listener, out));
	while (put_level(b, 0, LEVEL - 1), mixer_listen(&b->mixer, &listener, out))
		heard++;
	assert_in_range(heard, 15, 25);
}

/* All who only listen get the same frame, in each law. */
static void test_mixer__encodes_for_each_codec(void **state)
{
	struct bench *b = *state;
	const struct codec *codecs[] = {&codec_pcmu, &codec_pcma, codec_l16(8000)};
	uint8_t want[SAMPLES * 2], out[SAMPLES * 2];
	int16_t sum[SAMPLES];

	for (int i = 0; i < SAMPLES; i++)
		sum[i] = 2500;
	put_level(b, 1, 2500);
	for (size_t i = 0; i < ARRAY_SIZE(codecs) * 2; i++) {
		const struct codec *codec = codecs[i % ARRAY_SIZE(codecs)];
		struct mixer_listener listener = {.codec = codec, .rate = MIXER_8};

		codec->encode(sum, SAMPLES, want);
		assert_true(mixer_listen(&b->mixer, &listener, out));
		assert_memory_equal(want, out, codec->bytes_per_ms * MIXER_FRAME_MS);
	}
}

/* --- several rates --- */

static double power_at(const int16_t *pcm, unsigned samples, double hz, double rate)
{
	double re = 0, im = 0;

	for (unsigned i = 0; i < samples; i++) {
		re += pcm[i] * cos(2 * M_PI * hz * i / rate);
		im += pcm[i] * sin(2 * M_PI * hz * i / rate);
	}
	return 2 * sqrt(re * re + im * im) / samples;
}

static void make_all_rates(struct bench *b)
{
	for (enum mixer_rate i = 0; i < MIXER_RATES; i++) {
		if (!b->mixer.bus[i])
			b->mixer.bus[i] = mixer_bus_new(i);
		mixer_voice_init(&b->voice[i], i, b->pcm[i][0], b->pcm[i][1]);
		for (enum mixer_rate j = 0; j < MIXER_RATES; j++)
			if (i != j)
				b->mixer.between[i][j] = mixer_converter_new(i, j);
	}
}

/* Voice i says a tone of (i + 1) * 500 Hz, all are loud; `frame` counts. */
static void say_tones(struct bench *b, unsigned frame)
{
	for (enum mixer_rate i = 0; i < MIXER_RATES; i++) {
		unsigned samples = mixer_samples(i), at = frame * samples;
		int16_t *pcm = mixer_voice_next(&b->mixer, &b->voice[i]);

		for (unsigned k = 0; k < samples; k++)
			pcm[k] = (int16_t)(20000 *
					   sin(2 * M_PI * 10 * (i + 1) * (at + k) / samples));
		mixer_hear(&b->mixer, &b->voice[i], true, LEVEL);
	}
	mixer_turn(&b->mixer);
}

/* Each hears the three others, however wide, and who hears less hears exactly the rest. The sum
 * of all passes 16 bits; what leaves one of two voices out does not. */
static void test_mixer__rates_hear_each_other(void **state)
{
	struct bench *b = *state;
	struct mixer_denial denial[2] = {{.next = &denial[1]}, {.next = NULL}};

	make_all_rates(b);
	for (enum mixer_rate to = 0; to < MIXER_RATES; to++)
		for (enum mixer_rate from = 0; from < MIXER_RATES; from++)
			if (from != to)
				b->voice[from].converted[to] = mixer_converter_new(from, to);
	for (unsigned frame = 0; frame < 20; frame++)
		say_tones(b, frame);
	for (enum mixer_rate to = 0; to < MIXER_RATES; to++) {
		unsigned samples = mixer_samples(to);
		struct mixer_listener listener = {
			.codec = codec_l16(samples * 50), .rate = to, .own = &b->voice[to]};
		enum mixer_rate heard = (to + 1) % MIXER_RATES;
		int16_t pcm[MIXER_FRAME_MAX];

		denial[0].speaker = &b->voice[(to + 2) % MIXER_RATES];
		denial[1].speaker = &b->voice[(to + 3) % MIXER_RATES];
		listener.denials = denial;
		assert_true(mixer_listen(&b->mixer, &listener, (uint8_t *)pcm));
		for (enum mixer_rate from = 0; from < MIXER_RATES; from++) {
			double power = power_at(pcm, samples, 500 * (from + 1), samples * 50);

			assert_true(from == heard ? fabs(power - 20000) < 1000 : power < 30);
		}
		listener.denials = NULL;
		assert_true(mixer_listen(&b->mixer, &listener, (uint8_t *)pcm));
		for (enum mixer_rate from = 0; from < MIXER_RATES; from++)
			if (from != to)
				assert_true(power_at(pcm, samples, 500 * (from + 1), samples * 50) >
					    10000);
	}
}

/* When the last has fallen silent, there is nothing to be heard; and no echo of it later. */
static void test_mixer__converters_run_dry(void **state)
{
	struct bench *b = *state;
	struct mixer_listener listener = {.codec = codec_l16(16000), .rate = MIXER_16};
	int16_t pcm[MIXER_FRAME_MAX];
	unsigned heard = 0;

	make_all_rates(b);
	for (unsigned frame = 0; frame < 3; frame++)
		say_tones(b, frame);
	while (mixer_turn(&b->mixer), mixer_listen(&b->mixer, &listener, (uint8_t *)pcm))
		assert_true(++heard < 5);
	for (unsigned i = 0; i < 10; i++) {
		mixer_turn(&b->mixer);
		assert_false(mixer_listen(&b->mixer, &listener, (uint8_t *)pcm));
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_mixer__is_the_plain_one),
		CASE(test_mixer__forgets),
		CASE(test_mixer__silence_is_left_out),
		CASE(test_mixer__encodes_for_each_codec),
		CASE(test_mixer__rates_hear_each_other),
		CASE(test_mixer__converters_run_dry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
