/* Amazon Polly: POST /v1/speech, signed (sigv4.h).
 *
 * region         "eu-west-1"; url, if the address is not that of the region
 * access_key, secret_key, session_token (of temporary keys)
 * engine         "standard" or "neural" ("generative", "long-form"); premium is neural
 * voice          "Vicki", or voice_de_de for one language; else by language and style */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "http/sigv4.h"
#include "tts-adapters/vendor.h"

#define CONTENT_TYPE "application/json"

static const char *const options[] = {"engine", NULL};

/* Women and men by turns, as far as there are both. */
static const struct vendor_voices standard[] = {
	{"en-US", "Joanna Joey Kendra Kevin Kimberly Joey Salli Kevin Ivy"},
	{"en-GB", "Amy Brian Emma"},
	{"en-AU", "Nicole Russell"},
	{"en-IN", "Raveena Aditi"},
	{"en-GB-WLS", "Geraint"},
	{"arb", "Zeina"},
	{"ar-AE", "Zeina"},
	{"cmn-CN", "Zhiyu"},
	{"zh-CN", "Zhiyu"},
	{"cy-GB", "Gwyneth"},
	{"da-DK", "Naja Mads"},
	{"de-DE", "Vicki Hans Marlene"},
	{"es-ES", "Lucia Enrique Conchita"},
	{"es-MX", "Mia"},
	{"es-US", "Lupe Miguel Penelope"},
	{"fr-FR", "Lea Mathieu Celine"},
	{"fr-CA", "Chantal"},
	{"hi-IN", "Aditi"},
	{"is-IS", "Dora Karl"},
	{"it-IT", "Bianca Giorgio Carla"},
	{"ja-JP", "Mizuki Takumi"},
	{"ko-KR", "Seoyeon"},
	{"nb-NO", "Liv"},
	{"nl-NL", "Lotte Ruben"},
	{"pl-PL", "Ewa Jacek Maja Jan"},
	{"pt-BR", "Camila Ricardo Vitoria"},
	{"pt-PT", "Ines Cristiano"},
	{"ro-RO", "Carmen"},
	{"ru-RU", "Tatyana Maxim"},
	{"sv-SE", "Astrid"},
	{"tr-TR", "Filiz"},
	{NULL, NULL},
};

static const struct vendor_voices neural[] = {
	{"en-US", "Joanna Matthew Ruth Stephen Kendra Joey Kimberly Gregory Salli Kevin"},
	{"en-GB", "Amy Brian Emma Arthur"},
	{"en-AU", "Olivia"},
	{"en-IE", "Niamh"},
	{"en-IN", "Kajal"},
	{"en-NZ", "Aria"},
	{"en-ZA", "Ayanda"},
	{"ar-AE", "Hala Zayd"},
	{"arb", "Hala Zayd"},
	{"ca-ES", "Arlet"},
	{"cmn-CN", "Zhiyu"},
	{"zh-CN", "Zhiyu"},
	{"cs-CZ", "Jitka"},
	{"da-DK", "Sofie"},
	{"de-DE", "Vicki Daniel"},
	{"de-AT", "Hannah"},
	{"de-CH", "Sabrina"},
	{"es-ES", "Lucia Sergio"},
	{"es-MX", "Mia Andres"},
	{"es-US", "Lupe Pedro"},
	{"fi-FI", "Suvi"},
	{"fr-FR", "Lea Remi"},
	{"fr-BE", "Isabelle"},
	{"fr-CA", "Gabrielle Liam"},
	{"hi-IN", "Kajal"},
	{"it-IT", "Bianca Adriano"},
	{"ja-JP", "Kazuha Takumi Tomoko"},
	{"ko-KR", "Seoyeon"},
	{"nb-NO", "Ida"},
	{"nl-NL", "Laura"},
	{"nl-BE", "Lisa"},
	{"pl-PL", "Ola"},
	{"pt-BR", "Camila Thiago Vitoria"},
	{"pt-PT", "Ines"},
	{"sv-SE", "Elin"},
	{"tr-TR", "Burcu"},
	{"yue-CN", "Hiujin"},
	{NULL, NULL},
};

struct signing {
	const char *access_key, *secret_key, *session_token; /* the last may be NULL */
	const char *region;
	char *host, *path;
};

/* Host and path of the call's URL, as they are sent. */
static void split_url(const char *url, struct signing *s)
{
	const char *host = strstr(url, "://") + 3;
	size_t length = strcspn(host, "/");

	s->host = xstrndup(host, length);
	s->path = xstrdup(host + length);
}

static enum vendor_status set_address(struct vendor_call *call, struct signing *s, char **ret_error)
{
	char *otherwise, *base;

	s->access_key = vendor_secret("ACCESS_KEY");
	s->secret_key = vendor_secret("SECRET_KEY");
	s->session_token = vendor_secret("SESSION_TOKEN");
	s->region = vendor_option("REGION");
	if (!s->access_key || !s->secret_key || !s->region || !vendor_plain(s->region)) {
		*ret_error =
			xstrdup("one of the options region, access_key, secret_key is missing");
		return VENDOR_FAILED;
	}
	otherwise = xasprintf("https://polly.%s.amazonaws.com", s->region);
	base = vendor_base(otherwise);
	free(otherwise);
	if (!base) {
		*ret_error = xstrdup("the option url is no http or https URL");
		return VENDOR_FAILED;
	}
	call->url = xasprintf("%s/v1/speech", base);
	free(base);
	split_url(call->url, s);
	return VENDOR_OK;
}

static bool sign(struct vendor_call *call, const struct signing *s)
{
	const struct sigv4_key key = {s->access_key, s->secret_key, s->region, "polly"};
	time_t now = time(NULL);
	struct tm utc;
	char date[20], *authorization;
	struct sigv4_header headers[] = {{"content-type", CONTENT_TYPE}, {"host", s->host},
		{"x-amz-date", date}, {"x-amz-security-token", s->session_token}};
	const struct sigv4_request request = {"POST", s->path, "", headers,
		s->session_token ? 4 : 3, call->body.data, call->body.length};
	bool ok;

	strftime(date, sizeof(date), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	authorization = sigv4_sign(&key, &request, date);
	ok = vendor_header(call, "Content-Type", CONTENT_TYPE) &&
	     vendor_header(call, "X-Amz-Date", date) &&
	     (!s->session_token || vendor_header(call, "X-Amz-Security-Token", s->session_token)) &&
	     vendor_header(call, "Authorization", authorization);
	free(authorization);
	return ok;
}

static const char *engine(const struct vendor_call *call)
{
	const char *chosen = vendor_option("ENGINE");

	if (call->premium && (!chosen || strcmp(chosen, "standard") == 0))
		return "neural";
	return chosen ? chosen : "standard";
}

/* 0, or that no voice is known. */
static enum vendor_status make_body(struct vendor_call *call, char **ret_error)
{
	bool plain = strcmp(engine(call), "standard") == 0;
	char *voice = call->voice
			      ? xstrdup(call->voice)
			      : vendor_pick(plain ? standard : neural, call->language, call->style);
	struct json_object *body;

	if (!voice) {
		*ret_error = xasprintf(
			"no %s voice is known for %s: name one", engine(call), call->language);
		return VENDOR_NOT_FOR_ME;
	}
	call->answer = VENDOR_PCM;
	call->pcm_rate = call->rate && call->rate <= 8000 ? 8000 : 16000;
	body = json_object_new_object();
	json_add_text(body, "Engine", engine(call));
	json_add_text(body, "OutputFormat", "pcm");
	json_add_text(body, "SampleRate", call->pcm_rate == 8000 ? "8000" : "16000");
	json_add_text(body, "Text", call->text);
	json_add_text(body, "TextType", call->ssml ? "ssml" : "text");
	json_add_text(body, "VoiceId", voice);
	vendor_json_body(call, body);
	free(voice);
	return VENDOR_OK;
}

static enum vendor_status prepare(struct vendor_call *call, char **ret_error)
{
	struct signing s = {0};
	enum vendor_status status = set_address(call, &s, ret_error);

	if (status == VENDOR_OK)
		status = make_body(call, ret_error);
	if (status == VENDOR_OK && !sign(call, &s)) {
		*ret_error = xstrdup("the key has control characters");
		status = VENDOR_FAILED;
	}
	free(s.host);
	free(s.path);
	return status;
}

const struct vendor vendor_polly = {
	.name = "polly", .ssml = true, .options = options, .prepare = prepare};
