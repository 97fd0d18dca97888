/* Speech recognition by OpenAI's interface, which many servers of one's own speak too:
 * POST /v1/audio/transcriptions with the utterance as a WAV, once it has ended.
 *
 * NCCO_OPT_URL          https://api.openai.com; another server's, with /v1 or without
 * NCCO_OPT_API_KEY      a server of one's own may need none
 * NCCO_OPT_MODEL        whisper-1
 * NCCO_OPT_PROMPT       what comes before the hints, to set the style
 * NCCO_OPT_TEMPERATURE  0 to 1
 *
 * The key shows nowhere: not in arguments, and it is blotted out of what the server says.
 *
 *   whisper-http --capabilities   the options that scripts may set
 *   whisper-http --check          exit status 0 when it is configured */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tts-adapters/vendor.h"

#define DEFAULT_URL	 "https://api.openai.com"
#define DEFAULT_MODEL	 "whisper-1"
#define MAX_PCM_BYTES	 (24 << 20) /* the interface takes 25 MB */
#define MAX_ANSWER_BYTES (4 << 20)
#define MAX_PROMPT_BYTES 800 /* the model reads the last 224 tokens */
#define WAV_HEADER_BYTES 44
/* When the model itself says that nobody speaks: both, as its reference program has it. */
#define NO_SPEECH	  0.6
#define NO_SPEECH_LOGPROB -1.0

struct recognition {
	unsigned rate;
	bool words;
	struct strbuf wav;
	struct strbuf answer;
	struct curl_slist *headers;
	char *url;
};

/* Models after whisper have no "verbose" answers, but tell their tokens' probabilities. */
static bool is_verbose(const char *model)
{
	return !strstr(model, "transcribe");
}

static const char *model_name(void)
{
	const char *model = vendor_option("MODEL");

	return model ? model : DEFAULT_MODEL;
}

/* --- what is asked --- */

static void put(struct strbuf *wav, size_t at, size_t bytes, uint32_t value)
{
	for (size_t i = 0; i < bytes; i++)
		wav->data[at + i] = (char)(value >> (8 * i));
}

static void fill_header(struct recognition *r)
{
	uint32_t bytes = (uint32_t)(r->wav.length - WAV_HEADER_BYTES);

	memcpy(r->wav.data, "RIFF....WAVEfmt ....................data", 40);
	put(&r->wav, 4, 4, bytes + WAV_HEADER_BYTES - 8);
	put(&r->wav, 16, 4, 16);
	put(&r->wav, 20, 2, 1);
	put(&r->wav, 22, 2, 1);
	put(&r->wav, 24, 4, r->rate);
	put(&r->wav, 28, 4, 2 * r->rate);
	put(&r->wav, 32, 2, 2);
	put(&r->wav, 34, 2, 16);
	put(&r->wav, 40, 4, bytes);
}

/* What is too long for the interface is cut off. */
static enum vendor_status read_sound(struct recognition *r, char **ret_error)
{
	char piece[16384];
	ssize_t n;

	while (r->wav.length < WAV_HEADER_BYTES)
		strbuf_addc(&r->wav, 0);
	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*ret_error = xasprintf("stdin: %s", strerror(errno));
			return VENDOR_FAILED;
		}
		if (r->wav.length < MAX_PCM_BYTES)
			strbuf_add(&r->wav, piece, (size_t)n);
	}
	fill_header(r);
	return VENDOR_OK;
}

static void add_header(struct recognition *r, const char *line)
{
	struct curl_slist *headers = curl_slist_append(r->headers, line);

	if (!headers)
		abort();
	r->headers = headers;
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	}
	return false;
}

static enum vendor_status set_address(struct recognition *r, char **ret_error)
{
	const char *key = vendor_secret("API_KEY");
	char *base = vendor_base(DEFAULT_URL), *bearer;
	size_t length = base ? strlen(base) : 0;
	bool has_version = length >= 3 && strcmp(base + length - 3, "/v1") == 0;

	if (!base)
		*ret_error = xstrdup("the option url is no http or https URL");
	else if (!key && !vendor_option("URL"))
		*ret_error = xstrdup("the option api_key is missing");
	else if (key && has_control(key))
		*ret_error = xstrdup("the option api_key has control characters");
	else
		r->url = xasprintf("%s%s/audio/transcriptions", base, has_version ? "" : "/v1");
	free(base);
	if (!r->url)
		return VENDOR_FAILED;
	add_header(r, "Expect:");
	if (key) {
		bearer = xasprintf("Authorization: Bearer %s", key);
		add_header(r, bearer);
		free(bearer);
	}
	return VENDOR_OK;
}

static void add_text(curl_mime *form, const char *name, const char *text)
{
	curl_mimepart *part = curl_mime_addpart(form);

	curl_mime_name(part, name);
	curl_mime_data(part, text, CURL_ZERO_TERMINATED);
}

/* "en-US" is "en" here. */
static void add_language(curl_mime *form)
{
	const char *written = getenv("NCCO_LANGUAGE");
	char *language;

	if (!written || !*written)
		return;
	language = xstrndup(written, strcspn(written, "-_"));
	for (char *c = language; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	add_text(form, "language", language);
	free(language);
}

/* Hints are likely words: names as they are written. */
static void add_prompt(curl_mime *form)
{
	const char *own = vendor_option("PROMPT"), *hints = getenv("NCCO_HINTS");
	struct strbuf prompt = STRBUF_INIT;

	if (own)
		strbuf_adds(&prompt, own);
	while (hints && *hints && prompt.length < MAX_PROMPT_BYTES) {
		size_t length = strcspn(hints, "\n");

		strbuf_addf(&prompt, "%s%.*s", prompt.length ? ", " : "", (int)length, hints);
		hints += length + (hints[length] == '\n');
	}
	if (prompt.length)
		add_text(form, "prompt", prompt.data);
	strbuf_release(&prompt);
}

static curl_mime *make_form(const struct recognition *r, CURL *curl)
{
	curl_mime *form = curl_mime_init(curl);
	curl_mimepart *file = curl_mime_addpart(form);
	const char *temperature = vendor_option("TEMPERATURE");

	curl_mime_name(file, "file");
	curl_mime_filename(file, "speech.wav");
	curl_mime_type(file, "audio/wav");
	curl_mime_data(file, r->wav.data, r->wav.length);
	add_text(form, "model", model_name());
	if (is_verbose(model_name())) {
		add_text(form, "response_format", "verbose_json");
		add_text(form, "timestamp_granularities[]", "segment");
		if (r->words)
			add_text(form, "timestamp_granularities[]", "word");
	} else {
		add_text(form, "response_format", "json");
		add_text(form, "include[]", "logprobs");
	}
	if (temperature)
		add_text(form, "temperature", temperature);
	add_language(form);
	add_prompt(form);
	return form;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct recognition *r = arg;

	if (r->answer.length + size * count > MAX_ANSWER_BYTES)
		return 0;
	strbuf_add(&r->answer, data, size * count);
	return size * count;
}

/* --- what is answered --- */

static double number(struct json_object *object, const char *key, double fallback)
{
	double value = fallback;

	json_to_double(json_member(object, key), &value);
	return value;
}

/* The mean of the members `key` of a list; `fallback` when there is none. */
static double mean(struct json_object *list, const char *key, double fallback)
{
	size_t count =
		json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	double sum = 0, lines = 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (json_member(item, key)) {
			sum += number(item, key, 0);
			lines++;
		}
	}
	return lines > 0 ? sum / lines : fallback;
}

static double clamp(double value)
{
	return value < 0 ? 0 : value > 1 ? 1 : value;
}

static struct json_object *list_words(struct json_object *answer, double confidence)
{
	struct json_object *words = json_member(answer, "words"), *out;
	size_t count;

	if (!json_object_is_type(words, json_type_array))
		return NULL;
	out = json_object_new_array();
	count = json_object_array_length(words);
	for (size_t i = 0; i < count; i++) {
		struct json_object *word = json_object_array_get_idx(words, i), *item;
		double start = fmax(0, number(word, "start", 0));

		item = json_object_new_object();
		json_add_text(item, "word", json_text(word, "word", ""));
		json_object_object_add(item, "start", json_object_new_double(start));
		json_object_object_add(
			item, "end", json_object_new_double(fmax(start, number(word, "end", 0))));
		json_object_object_add(item, "confidence", json_object_new_double(confidence));
		json_object_array_add(out, item);
	}
	return out;
}

static void print_result(const struct recognition *r, struct json_object *answer)
{
	struct json_object *segments = json_member(answer, "segments"), *words;
	struct json_object *line = json_object_new_object();
	double logprob = mean(
		segments, "avg_logprob", mean(json_member(answer, "logprobs"), "logprob", NAN));
	bool silent =
		mean(segments, "no_speech_prob", 0) > NO_SPEECH && logprob < NO_SPEECH_LOGPROB;
	double confidence = isnan(logprob) ? 1 : clamp(exp(logprob));

	json_add_text(line, "text", silent ? "" : json_text(answer, "text", ""));
	json_object_object_add(line, "confidence", json_object_new_double(silent ? 0 : confidence));
	json_add_bool(line, "final", true);
	words = r->words && !silent ? list_words(answer, confidence) : NULL;
	if (words)
		json_object_object_add(line, "words", words);
	puts(json_print(line));
	json_object_put(line);
}

static enum vendor_status finish(
	struct recognition *r, CURLcode result, long http, const char *detail, char **ret_error)
{
	struct json_object *answer = NULL;

	if (result != CURLE_OK) {
		*ret_error = xstrdup(*detail ? detail : curl_easy_strerror(result));
		return VENDOR_FAILED;
	}
	if (http != 200)
		return vendor_refused(http, &r->answer, ret_error);
	if (json_parse(r->answer.data, r->answer.length, &answer, NULL, NULL) < 0 ||
		!json_text(answer, "text", NULL)) {
		json_object_put(answer);
		*ret_error = xstrdup("the answer is no transcription");
		return VENDOR_FAILED;
	}
	print_result(r, answer);
	json_object_put(answer);
	return VENDOR_OK;
}

static enum vendor_status ask(struct recognition *r, char **ret_error)
{
	char detail[CURL_ERROR_SIZE] = "";
	CURL *curl = vendor_curl(r->url, r->headers, detail);
	curl_mime *form = make_form(r, curl);
	enum vendor_status status;
	CURLcode result;
	long http = 0;

	curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, r);
	result = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
	status = finish(r, result, http, detail, ret_error);
	curl_mime_free(form);
	curl_easy_cleanup(curl);
	return status;
}

static enum vendor_status run(struct recognition *r, bool check, char **ret_error)
{
	const char *rate = getenv("NCCO_RATE"), *words = getenv("NCCO_WORDS");
	enum vendor_status status;
	double unused;

	r->rate = rate ? (unsigned)strtoul(rate, NULL, 10) : 16000;
	r->words = words && strcmp(words, "1") == 0;
	if (!vendor_number("TEMPERATURE", 0, 1, 0, &unused)) {
		*ret_error = xstrdup("the option temperature must be from 0 to 1");
		return VENDOR_NOT_FOR_ME;
	}
	status = set_address(r, ret_error);
	if (status == VENDOR_OK && !check)
		status = read_sound(r, ret_error);
	return status == VENDOR_OK && !check ? ask(r, ret_error) : status;
}

int main(int argc, char **argv)
{
	struct recognition r = {.wav = STRBUF_INIT, .answer = STRBUF_INIT};
	enum vendor_status status;
	char *error = NULL;

	if (argc > 1 && strcmp(argv[1], "--capabilities") == 0) {
		puts("option:model\noption:prompt\noption:temperature");
		return VENDOR_OK;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	status = run(&r, argc > 1 && strcmp(argv[1], "--check") == 0, &error);
	if (error) {
		vendor_blot(error);
		fprintf(stderr, "%s\n", error);
	}
	free(error);
	free(r.url);
	curl_slist_free_all(r.headers);
	strbuf_release(&r.wav);
	strbuf_release(&r.answer);
	curl_global_cleanup();
	return (int)status;
}
