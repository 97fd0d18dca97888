/* Speech recognition by pocketsphinx, English only: L16 PCM on stdin, a result as JSON in a
 * line on stdout once the input has ended.
 *
 * NCCO_RATE      sample rate of the input, Hz
 * NCCO_LANGUAGE  en, en-US, ...
 * NCCO_HINTS     what may be said, a line for each: only that is recognised. Without hints it is
 *                free speech, which needs sound of 16 kHz; over G.711 it is mostly wrong.
 * NCCO_PARTIAL   1: results before the end, too, with "final" false
 * NCCO_WORDS     1: with the times of the words
 *
 *   pocketsphinx --check   exit status 0 when the model is installed
 *
 * The utterance is decoded as a whole (again for each partial result), for its cepstral mean must
 * be known: what the model expects of a microphone is far from what a telephone gives. How sure a
 * result is comes of a comparison: how much better than the best phrase does a row of any phones
 * explain the sound? */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <poll.h>
#include <pocketsphinx.h>
#include <speex/speex_resampler.h>
#include <sphinxbase/err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asr-adapters/pocketsphinx_hints.h"
#include "base/mem.h"

#define RATE		 16000
#define FRAMES_PER_S	 100
#define MAX_SECONDS	 130
#define MAX_SAMPLES	 ((size_t)MAX_SECONDS * RATE)
#define READ_BYTES	 6400
#define PARTIAL_LEAST	 (RATE * 2 / 5) /* samples that are new */
#define PARTIAL_PART	 5		/* and such a part of all */
#define PAUSE_MS	 150
#define RESAMPLE_QUALITY 5
#define FAINTEST	 16
/* Log likelihood ratio for each frame of speech, measured with spoken words over mu-law that
 * were and were not among the hints: at -34 either is as likely. */
#define RATIO_EVEN	-34.0
#define RATIO_SCALE	5.0
#define RATIO_LOWEST	-46.0  /* below: noise, nothing that was said */
#define SCORE_MARGIN	1500.0 /* by which several hints in a row must be better than a single one */
#define LM_SCORE_SHIFT	1024.0 /* what scores of free speech are larger by */
#define ERROR_STATUS	1
#define ARGUMENT_STATUS 2
#define MISSING_STATUS	127

struct recogniser {
	ps_decoder_t *decoder;
	struct hints hints;
	size_t known; /* hints that can be recognised */
	bool partial, words;
	SpeexResamplerState *resampler; /* NULL: the input has our rate */
	int16_t *samples;
	size_t count;
};

struct result {
	char text[4096];
	double score, ratio;
	struct json_object *words; /* or NULL */
};

static const char *model_directory(void)
{
	const char *own = getenv("POCKETSPHINX_MODEL");

	return own ? own : POCKETSPHINX_MODELDIR "/en-us";
}

static char *model_path(const char *name)
{
	return xasprintf("%s/%s", model_directory(), name);
}

static bool model_is_there(void)
{
	char *path = model_path("cmudict-en-us.dict");
	bool there = access(path, R_OK) == 0;

	if (!there)
		fprintf(stderr, "no model in %s (Debian package pocketsphinx-en-us)\n",
			model_directory());
	free(path);
	return there;
}

static bool is_english(const char *language)
{
	return !*language ||
	       (strncasecmp(language, "en", 2) == 0 && (!language[2] || strchr("-_", language[2])));
}

static bool flag(const char *name)
{
	const char *value = getenv(name);

	return value && strcmp(value, "1") == 0;
}

/* --- decoding --- */

static ps_decoder_t *make_decoder(void)
{
	char *model = model_path("en-us"), *dictionary = model_path("cmudict-en-us.dict");
	ps_decoder_t *decoder = NULL;
	cmd_ln_t *config;

	/* Each search must see the same frames, silence among them: scores are compared. */
	config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", model, "-dict", dictionary,
		"-remove_noise", "no", "-remove_silence", "no", "-allphone_ci", "yes",
		"-compallsen", "yes", "-bestpath", "yes", NULL);
	if (config)
		decoder = ps_init(config);
	cmd_ln_free_r(config);
	free(model);
	free(dictionary);
	return decoder;
}

static int add_searches(struct recogniser *r)
{
	char *lm = model_path("en-us.lm.bin");
	int error = ps_set_allphone_file(r->decoder, "phones", NULL);

	r->known = hints_teach(&r->hints, r->decoder);
	if (r->known)
		error |= hints_add_search(&r->hints, r->decoder, "phrase", false) |
			 hints_add_search(&r->hints, r->decoder, "sequence", true);
	else if (r->hints.count == 0)
		error |= ps_set_lm_file(r->decoder, "free", lm);
	free(lm);
	return error;
}

static bool is_filler(const char *word)
{
	return strchr("<[(+", word[0]) || strcmp(word, "SIL") == 0;
}

/* Decodes all that has come: the acoustic score, and *ret_frames of speech. */
static double decode(struct recogniser *r, const char *search, int *ret_frames)
{
	double score = 0;

	*ret_frames = 0;
	if (ps_set_search(r->decoder, search) < 0 || ps_start_utt(r->decoder) < 0)
		return 0;
	ps_process_raw(r->decoder, r->samples, r->count, FALSE, TRUE);
	ps_end_utt(r->decoder);
	for (ps_seg_t *seg = ps_seg_iter(r->decoder); seg; seg = ps_seg_next(seg)) {
		const char *word = ps_seg_word(seg);
		int from, to, acoustic, language;

		ps_seg_frames(seg, &from, &to);
		ps_seg_prob(seg, &acoustic, &language, NULL);
		score += acoustic;
		if (!is_filler(word))
			*ret_frames += to - from + 1;
	}
	return strcmp(search, "free") == 0 ? score / LM_SCORE_SHIFT : score;
}

static double confidence_of(double ratio)
{
	return round(100 / (1 + exp((RATIO_EVEN - ratio) / RATIO_SCALE))) / 100;
}

static void add_number(struct json_object *object, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.2f", value);
	json_object_object_add(object, key, json_object_new_double_s(value, text));
}

static struct json_object *list_words(ps_decoder_t *decoder, double confidence)
{
	struct json_object *list = json_object_new_array();

	for (ps_seg_t *seg = ps_seg_iter(decoder); seg; seg = ps_seg_next(seg)) {
		const char *word = ps_seg_word(seg);
		struct json_object *item;
		int from, to;

		if (is_filler(word))
			continue;
		ps_seg_frames(seg, &from, &to);
		item = json_object_new_object();
		/* "the(2)" is a second pronunciation. */
		json_object_object_add(
			item, "word", json_object_new_string_len(word, (int)strcspn(word, "(")));
		add_number(item, "start", (double)from / FRAMES_PER_S);
		add_number(item, "end", (double)(to + 1) / FRAMES_PER_S);
		add_number(item, "confidence", confidence);
		json_object_array_add(list, item);
	}
	return list;
}

/* Takes the search's result when it is better than what is there by the margin. */
static void try_search(struct recogniser *r, const char *search, double phones, double margin,
	struct result *result)
{
	int frames;
	double score = decode(r, search, &frames);
	const char *said = ps_get_hyp(r->decoder, NULL);
	double ratio = frames ? (score - phones) / frames : RATIO_LOWEST;

	if (!said || ratio <= RATIO_LOWEST || (*result->text && score < result->score + margin))
		return;
	hints_write(&r->hints, said, result->text, sizeof(result->text));
	result->score = score;
	result->ratio = ratio;
	json_object_put(result->words);
	result->words = r->words ? list_words(r->decoder, confidence_of(ratio)) : NULL;
}

/* The models know no sound that is nothing at all. */
static bool is_silent(const struct recogniser *r)
{
	for (size_t i = 0; i < r->count; i++) {
		if (abs(r->samples[i]) > FAINTEST)
			return false;
	}
	return true;
}

static void recognise(struct recogniser *r, struct result *result)
{
	int frames;
	double phones;

	*result = (struct result){.ratio = RATIO_LOWEST};
	if (r->count < RATE / 10 || is_silent(r) || (!r->known && r->hints.count))
		return;
	phones = decode(r, "phones", &frames);
	if (!r->known) {
		try_search(r, "free", phones, 0, result);
		return;
	}
	try_search(r, "phrase", phones, 0, result);
	try_search(r, "sequence", phones, SCORE_MARGIN, result);
}

static void print_result(const struct result *result, bool final)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "text", json_object_new_string(result->text));
	add_number(line, "confidence", *result->text ? confidence_of(result->ratio) : 0);
	json_object_object_add(line, "final", json_object_new_boolean(final));
	if (result->words)
		json_object_object_add(line, "words", json_object_get(result->words));
	puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(line);
}

static void tell(struct recogniser *r, bool final)
{
	struct result result;

	recognise(r, &result);
	if (final || *result.text)
		print_result(&result, final);
	json_object_put(result.words);
}

/* --- input --- */

static void take(struct recogniser *r, const int16_t *pcm, size_t count)
{
	spx_uint32_t in = (spx_uint32_t)count, out = (spx_uint32_t)(MAX_SAMPLES - r->count);

	if (r->resampler)
		speex_resampler_process_int(r->resampler, 0, pcm, &in, r->samples + r->count, &out);
	else if ((out = out < in ? out : in))
		memcpy(r->samples + r->count, pcm, out * sizeof(*pcm));
	r->count += out;
}

/* True when it is time for a partial result: there is enough that is new, or a pause. */
static bool is_partial_due(const struct recogniser *r, size_t told)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	size_t step = told / PARTIAL_PART > PARTIAL_LEAST ? told / PARTIAL_PART : PARTIAL_LEAST;

	if (!r->partial || r->count < told + PARTIAL_LEAST / 2)
		return false;
	return r->count >= told + step || poll(&input, 1, PAUSE_MS) == 0;
}

/* What is longer than MAX_SECONDS is read and not heard. */
static int listen(struct recogniser *r)
{
	int16_t pcm[READ_BYTES / 2 + 1];
	size_t held = 0, told = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, (char *)pcm + held, READ_BYTES - held)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		held += (size_t)n;
		take(r, pcm, held / 2);
		/* Half a sample waits for its other half. */
		((char *)pcm)[0] = ((char *)pcm)[held & ~(size_t)1];
		held &= 1;
		if (is_partial_due(r, told)) {
			told = r->count;
			tell(r, false);
		}
	}
	return 0;
}

static int run(struct recogniser *r, unsigned rate)
{
	int error = 0;

	if (rate != RATE)
		r->resampler = speex_resampler_init(1, rate, RATE, RESAMPLE_QUALITY, &error);
	r->samples = xmalloc(MAX_SAMPLES * sizeof(*r->samples));
	r->decoder = make_decoder();
	if (error || !r->decoder || add_searches(r) != 0) {
		fputs("the recogniser does not start\n", stderr);
		return ERROR_STATUS;
	}
	error = listen(r);
	if (error) {
		fprintf(stderr, "reading: %s\n", strerror(-error));
		return ERROR_STATUS;
	}
	tell(r, true);
	return 0;
}

static void release(struct recogniser *r)
{
	if (r->resampler)
		speex_resampler_destroy(r->resampler);
	ps_free(r->decoder);
	hints_release(&r->hints);
	free(r->samples);
}

int main(int argc, char **argv)
{
	const char *language = getenv("NCCO_LANGUAGE"), *rate_text = getenv("NCCO_RATE");
	unsigned long rate = rate_text ? strtoul(rate_text, NULL, 10) : RATE;
	struct recogniser r = {.partial = flag("NCCO_PARTIAL"), .words = flag("NCCO_WORDS")};
	int status;

	if (!model_is_there())
		return MISSING_STATUS;
	if (argc > 1)
		return strcmp(argv[1], "--check") == 0 ? 0 : ARGUMENT_STATUS;
	if (!is_english(language ? language : "") || rate < 8000 || rate > 48000) {
		fprintf(stderr, "pocketsphinx takes English of 8 to 48 kHz, not %s of %lu Hz\n",
			language ? language : "en", rate);
		return ARGUMENT_STATUS;
	}
	err_set_logfp(NULL);
	hints_read(&r.hints, getenv("NCCO_HINTS"));
	status = run(&r, (unsigned)rate);
	release(&r);
	return status;
}
