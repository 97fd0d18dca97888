/* What each vendor is asked, and what becomes of the answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tts-adapters/vendor.h"

/* --- what is asked --- */

struct asked {
	struct vendor_call call;
	enum vendor_status status;
	char *error;
	struct strbuf headers; /* a line each */
};

static void forget_options(void)
{
	static const char *const names[] = {"URL", "API_KEY", "TOKEN", "TOKEN_FILE", "PROJECT",
		"REGION", "ACCESS_KEY", "SECRET_KEY", "SESSION_TOKEN", "VOICE", "VOICE_DE_DE",
		"MODEL", "PREMIUM_MODEL", "SPEED", "PITCH", "INSTRUCTIONS", "FAMILY",
		"PREMIUM_FAMILY", "ENGINE", "OUTPUT_FORMAT"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *name = xasprintf("NCCO_OPT_%s", names[i]);

		unsetenv(name);
		free(name);
	}
}

/* "KEY=VALUE KEY=VALUE". */
static void set_options(const char *list)
{
	char *copy = xstrdup(list), *save = NULL;

	forget_options();
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *equals = strchr(word, '='), *name;

		*equals = '\0';
		name = xasprintf("NCCO_OPT_%s", word);
		setenv(name, equals + 1, 1);
		free(name);
	}
	free(copy);
}

static struct asked ask(const struct vendor *vendor, const char *options, struct vendor_call call)
{
	struct asked asked = {.call = call, .headers = STRBUF_INIT};

	set_options(options);
	asked.call.body = (struct strbuf)STRBUF_INIT;
	if (!asked.call.language)
		asked.call.language = "en-US";
	asked.status = vendor->prepare(&asked.call, &asked.error);
	for (struct curl_slist *h = asked.call.headers; h; h = h->next)
		strbuf_addf(&asked.headers, "%s\n", h->data);
	return asked;
}

static void release(struct asked *asked)
{
	free(asked->call.url);
	curl_slist_free_all(asked->call.headers);
	strbuf_release(&asked->call.body);
	strbuf_release(&asked->headers);
	free(asked->error);
}

static void check_ask(const struct vendor *vendor, const char *options, struct vendor_call call,
	const char *url, const char *headers, const char *body)
{
	struct asked asked = ask(vendor, options, call);

	if (asked.status != VENDOR_OK)
		fail_msg("%s", asked.error);
	assert_string_equal(asked.call.url, url);
	if (headers)
		assert_string_equal(asked.headers.data, headers);
	assert_string_equal(asked.call.body.data, body);
	release(&asked);
}

static void check_refused(const struct vendor *vendor, const char *options, struct vendor_call call,
	enum vendor_status status, const char *error)
{
	struct asked asked = ask(vendor, options, call);

	assert_int_equal(asked.status, status);
	assert_string_equal(asked.error, error);
	release(&asked);
}

static void test_openai__is_asked_as_documented(void **state)
{
	const struct vendor_call call = {.text = "Say \"hi\"\n\u00e4"};

	(void)state;
	check_ask(&vendor_openai, "API_KEY=sk-123", call, "https://api.openai.com/v1/audio/speech",
		"Authorization: Bearer sk-123\nContent-Type: application/json\n",
		"{\"model\":\"gpt-4o-mini-tts\",\"input\":\"Say \\\"hi\\\"\\n\u00e4\",\"voice\":"
		"\"alloy\",\"response_format\":\"wav\"}");
	check_ask(&vendor_openai,
		"URL=http://h:8000/v1/ MODEL=kokoro SPEED=1.5 INSTRUCTIONS=softly",
		(struct vendor_call){.text = "x", .voice = "af", .premium = true},
		"http://h:8000/v1/audio/speech", "Content-Type: application/json\n",
		"{\"model\":\"kokoro\",\"input\":\"x\",\"voice\":\"af\",\"response_format\":"
		"\"wav\",\"speed\":1.5,\"instructions\":\"softly\"}");
	check_ask(&vendor_openai, "URL=http://h PREMIUM_MODEL=tts-1-hd",
		(struct vendor_call){.text = "x", .style = 12, .premium = true},
		"http://h/v1/audio/speech", NULL,
		"{\"model\":\"tts-1-hd\",\"input\":\"x\",\"voice\":\"ash\",\"response_format\":"
		"\"wav\"}");
}

static void test_openai__says_what_is_missing(void **state)
{
	const struct vendor_call call = {.text = "x"};

	(void)state;
	check_refused(&vendor_openai, "", call, VENDOR_FAILED, "the option api_key is missing");
	check_refused(&vendor_openai, "URL=ftp://h", call, VENDOR_FAILED,
		"the option url is no http or https URL");
	check_refused(&vendor_openai, "API_KEY=a\nb", call, VENDOR_FAILED,
		"the option api_key has control characters");
	check_refused(&vendor_openai, "API_KEY=a SPEED=5", call, VENDOR_NOT_FOR_ME,
		"the option speed must be from 0.25 to 4");
	check_refused(&vendor_openai, "API_KEY=a SPEED=1x", call, VENDOR_NOT_FOR_ME,
		"the option speed must be from 0.25 to 4");
}

static void test_google__is_asked_as_documented(void **state)
{
	(void)state;
	check_ask(&vendor_google, "API_KEY=AIza", (struct vendor_call){.text = "hi", .rate = 8000},
		"https://texttospeech.googleapis.com/v1/text:synthesize",
		"X-Goog-Api-Key: AIza\nContent-Type: application/json; charset=utf-8\n",
		"{\"input\":{\"text\":\"hi\"},\"voice\":{\"languageCode\":\"en-US\"},"
		"\"audioConfig\":{\"audioEncoding\":\"LINEAR16\",\"sampleRateHertz\":8000}}");
	check_ask(&vendor_google, "TOKEN=ya29 PROJECT=p SPEED=1.25 PITCH=-2",
		(struct vendor_call){.text = "<speak>hi</speak>",
			.ssml = true,
			.language = "de-DE",
			.voice = "en-GB-Neural2-B"},
		"https://texttospeech.googleapis.com/v1/text:synthesize",
		"Authorization: Bearer ya29\nx-goog-user-project: p\n"
		"Content-Type: application/json; charset=utf-8\n",
		"{\"input\":{\"ssml\":\"<speak>hi</speak>\"},\"voice\":{\"languageCode\":\"en-GB\","
		"\"name\":\"en-GB-Neural2-B\"},\"audioConfig\":{\"audioEncoding\":\"LINEAR16\","
		"\"speakingRate\":1.25,\"pitch\":-2.0}}");
}

static void test_google__chooses_a_voice_by_style(void **state)
{
	static const struct {
		const char *options;
		unsigned style;
		bool premium;
		const char *voice;
	} cases[] = {
		{"URL=http://h", 1, false, "\"languageCode\":\"fr-FR\",\"ssmlGender\":\"FEMALE\"}"},
		{"URL=http://h", 2, true, "\"languageCode\":\"fr-FR\",\"ssmlGender\":\"MALE\"}"},
		{"URL=http://h FAMILY=Standard PREMIUM_FAMILY=Neural2", 0, false,
			"\"name\":\"fr-FR-Standard-A\"}"},
		{"URL=http://h FAMILY=Standard PREMIUM_FAMILY=Neural2", 28, true,
			"\"name\":\"fr-FR-Neural2-C\"}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct asked asked = ask(&vendor_google, cases[i].options,
			(struct vendor_call){.text = "x",
				.language = "fr-FR",
				.style = cases[i].style,
				.premium = cases[i].premium});

		if (!strstr(asked.call.body.data, cases[i].voice))
			fail_msg("%s", asked.call.body.data);
		release(&asked);
	}
}

static void test_google__reads_its_token_anew(void **state)
{
	const struct vendor_call call = {.text = "x"};
	FILE *file = fopen("google-token", "w");
	struct asked asked;

	(void)state;
	fputs("ya29.first\nrest", file);
	fclose(file);
	asked = ask(&vendor_google, "TOKEN_FILE=google-token", call);
	assert_non_null(strstr(asked.headers.data, "Authorization: Bearer ya29.first\n"));
	release(&asked);
	remove("google-token");
	check_refused(&vendor_google, "TOKEN_FILE=google-token", call, VENDOR_FAILED,
		"token_file google-token cannot be read");
	check_refused(&vendor_google, "", call, VENDOR_FAILED,
		"one of the options api_key, token, token_file is missing");
}

#define AZURE_HEAD                                                                            \
	"<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xmlns:mstts=\"" \
	"https://www.w3.org/2001/mstts\" xml:lang="

static void test_azure__is_asked_as_documented(void **state)
{
	(void)state;
	check_ask(&vendor_azure, "REGION=westeurope API_KEY=k1",
		(struct vendor_call){.text = "a <b> & \"c\"\001", .rate = 8000},
		"https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1",
		"Ocp-Apim-Subscription-Key: k1\nContent-Type: application/ssml+xml\n"
		"X-Microsoft-OutputFormat: raw-8khz-16bit-mono-pcm\n",
		AZURE_HEAD "\"en-US\"><voice name=\"en-US-JennyNeural\">a &lt;b&gt; &amp; "
			   "&quot;c&quot;</voice></speak>");
	check_ask(&vendor_azure,
		"URL=http://h TOKEN=t SPEED=1.2 OUTPUT_FORMAT=riff-24khz-16bit-mono-pcm",
		(struct vendor_call){.text = "<speak version='1.0'>a<break/>b</speak> ",
			.ssml = true,
			.language = "de-DE",
			.style = 1,
			.rate = 16000},
		"http://h/cognitiveservices/v1",
		"Authorization: Bearer t\nContent-Type: application/ssml+xml\n"
		"X-Microsoft-OutputFormat: riff-24khz-16bit-mono-pcm\n",
		AZURE_HEAD "\"de-DE\"><voice name=\"de-DE-ConradNeural\"><prosody rate=\"+20%\">"
			   "a<break/>b</prosody></voice></speak>");
	check_ask(&vendor_azure, "URL=http://h",
		(struct vendor_call){
			.text = "<speak><voice name='v'>a</voice></speak>", .ssml = true},
		"http://h/cognitiveservices/v1", NULL,
		AZURE_HEAD "\"en-US\"><voice name='v'>a</voice></speak>");
	check_ask(&vendor_azure, "URL=http://h",
		(struct vendor_call){.text = "<speak/>", .ssml = true},
		"http://h/cognitiveservices/v1", NULL,
		AZURE_HEAD "\"en-US\"><voice name=\"en-US-JennyNeural\"></voice></speak>");
}

static void test_azure__rates(void **state)
{
	static const struct {
		unsigned wanted, rate;
	} cases[] = {{0, 24000}, {8000, 8000}, {16000, 16000}, {24000, 24000}, {48000, 48000},
		{44100, 24000}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct asked asked = ask(&vendor_azure, "URL=http://h",
			(struct vendor_call){.text = "x", .rate = cases[i].wanted});

		assert_int_equal(asked.call.pcm_rate, cases[i].rate);
		assert_int_equal(asked.call.answer, VENDOR_PCM);
		release(&asked);
	}
}

static void test_azure__says_what_is_missing(void **state)
{
	struct vendor_call call = {.text = "x"};

	(void)state;
	check_refused(&vendor_azure, "API_KEY=k", call, VENDOR_FAILED,
		"the option region (or url) is missing");
	check_refused(&vendor_azure, "API_KEY=k REGION=evil.example/", call, VENDOR_FAILED,
		"the option region (or url) is missing");
	check_refused(&vendor_azure, "REGION=r", call, VENDOR_FAILED,
		"one of the options api_key, token is missing");
	call.language = "tlh";
	check_refused(&vendor_azure, "REGION=r API_KEY=k", call, VENDOR_NOT_FOR_ME,
		"no voice is known for tlh: name one");
}

static void test_polly__is_asked_as_documented(void **state)
{
	struct asked asked = ask(&vendor_polly,
		"REGION=eu-west-1 ACCESS_KEY=AKID SECRET_KEY=secret SESSION_TOKEN=tok",
		(struct vendor_call){.text = "hi", .rate = 8000});

	(void)state;
	assert_string_equal(asked.call.url, "https://polly.eu-west-1.amazonaws.com/v1/speech");
	assert_string_equal(asked.call.body.data,
		"{\"Engine\":\"standard\",\"OutputFormat\":\"pcm\",\"SampleRate\":\"8000\","
		"\"Text\":"
		"\"hi\",\"TextType\":\"text\",\"VoiceId\":\"Joanna\"}");
	assert_non_null(strstr(asked.headers.data,
		"\nX-Amz-Security-Token: tok\nAuthorization: AWS4-HMAC-SHA256 Credential=AKID/"));
	assert_non_null(strstr(asked.headers.data,
		"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="));
	release(&asked);
	check_ask(&vendor_polly, "REGION=r ACCESS_KEY=a SECRET_KEY=s URL=http://h/x",
		(struct vendor_call){.text = "<speak>hi</speak>",
			.ssml = true,
			.language = "de-DE",
			.style = 1,
			.premium = true,
			.rate = 48000},
		"http://h/x/v1/speech", NULL,
		"{\"Engine\":\"neural\",\"OutputFormat\":\"pcm\",\"SampleRate\":\"16000\",\"Text\":"
		"\"<speak>hi</speak>\",\"TextType\":\"ssml\",\"VoiceId\":\"Daniel\"}");
	check_refused(&vendor_polly, "REGION=r ACCESS_KEY=a", (struct vendor_call){.text = "x"},
		VENDOR_FAILED, "one of the options region, access_key, secret_key is missing");
	check_refused(&vendor_polly, "REGION=r ACCESS_KEY=a SECRET_KEY=s ENGINE=neural",
		(struct vendor_call){.text = "x", .language = "is-IS"}, VENDOR_NOT_FOR_ME,
		"no neural voice is known for is-IS: name one");
}

static void test_pick__knows_relatives_and_starts_over(void **state)
{
	static const struct vendor_voices table[] = {
		{"en-US", "a b c"}, {"en-GB", "d"}, {"ena-XX", "e"}, {NULL, NULL}};
	static const struct {
		const char *language;
		unsigned style;
		const char *voice;
	} cases[] = {{"en-us", 0, "a"}, {"en-US", 4, "b"}, {"en-GB", 7, "d"}, {"en-NZ", 1, "b"},
		{"en", 2, "c"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *voice = vendor_pick(table, cases[i].language, cases[i].style);

		assert_string_equal(voice, cases[i].voice);
		free(voice);
	}
	assert_null(vendor_pick(table, "fr-FR", 0));
	assert_null(vendor_pick(table, "e", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openai__is_asked_as_documented),
		cmocka_unit_test(test_openai__says_what_is_missing),
		cmocka_unit_test(test_google__is_asked_as_documented),
		cmocka_unit_test(test_google__chooses_a_voice_by_style),
		cmocka_unit_test(test_google__reads_its_token_anew),
		cmocka_unit_test(test_azure__is_asked_as_documented),
		cmocka_unit_test(test_azure__rates),
		cmocka_unit_test(test_azure__says_what_is_missing),
		cmocka_unit_test(test_polly__is_asked_as_documented),
		cmocka_unit_test(test_pick__knows_relatives_and_starts_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
