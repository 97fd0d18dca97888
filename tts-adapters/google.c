/* Google Cloud Text-to-Speech: POST /v1/text:synthesize.
 *
 * url            https://texttospeech.googleapis.com, or that of a region
 * api_key        or a token, or token_file, which is read each time; project goes with a token
 * voice          "de-DE-Neural2-B", or voice_de_de for one language; else the language's voice
 * number `style` of the family family         "Standard", "Wavenet", "Neural2"; premium_family, if
 * set, for `premium`; without one Google chooses, and the style a woman (odd) or a man (even) speed
 * 0.25 to 4 pitch          -20 to 20 semitones */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tts-adapters/vendor.h"

#define RATE_MIN 8000
#define RATE_MAX 48000

static const char *const options[] = {"family", "premium_family", "speed", "pitch", NULL};

/* The first line, or "" when it cannot be read; it stays until the program ends. */
static const char *read_token(const char *path)
{
	static char token[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, token, sizeof(token) - 1);

	if (fd >= 0)
		close(fd);
	token[n > 0 ? n : 0] = '\0';
	token[strcspn(token, "\r\n")] = '\0';
	return token;
}

static bool add_bearer(struct vendor_call *call, const char *token)
{
	const char *project = vendor_option("PROJECT");
	char *bearer = xasprintf("Bearer %s", token);
	bool ok = vendor_header(call, "Authorization", bearer) &&
		  (!project || vendor_header(call, "x-goog-user-project", project));

	free(bearer);
	return ok;
}

static enum vendor_status authorize(struct vendor_call *call, char **ret_error)
{
	const char *key = vendor_secret("API_KEY"), *token = vendor_secret("TOKEN");
	const char *file = vendor_option("TOKEN_FILE");
	bool ok;

	if (!key && !token && file) {
		token = read_token(file);
		if (!*token)
			*ret_error = xasprintf("token_file %s cannot be read", file);
	} else if (!key && !token && !vendor_option("URL")) {
		*ret_error = xstrdup("one of the options api_key, token, token_file is missing");
	}
	if (*ret_error)
		return VENDOR_FAILED;
	ok = key ? vendor_header(call, "X-Goog-Api-Key", key) : !token || add_bearer(call, token);
	if (!ok)
		*ret_error = xstrdup("the key has control characters");
	return ok ? VENDOR_OK : VENDOR_FAILED;
}

/* "de-DE" of "de-DE-Neural2-B": a voice is refused with another language than its own. malloc'd,
 * or NULL. */
static char *language_of(const char *voice)
{
	const char *country = strchr(voice, '-');
	const char *end = country ? strchr(country + 1, '-') : NULL;

	return end ? xstrndup(voice, (size_t)(end - voice)) : NULL;
}

static struct json_object *make_voice(const struct vendor_call *call)
{
	const char *family = vendor_option("FAMILY");
	const char *premium = call->premium ? vendor_option("PREMIUM_FAMILY") : NULL;
	char *language = call->voice ? language_of(call->voice) : NULL,
	     *name = xstrdup(call->voice);
	struct json_object *voice = json_object_new_object();

	if (!name && (premium || family))
		name = xasprintf("%s-%s-%c", call->language, premium ? premium : family,
			(char)('A' + call->style % 26));
	json_add_text(voice, "languageCode", language ? language : call->language);
	if (name)
		json_add_text(voice, "name", name);
	else if (call->style)
		json_add_text(voice, "ssmlGender", call->style % 2 ? "FEMALE" : "MALE");
	free(language);
	free(name);
	return voice;
}

static struct json_object *make_audio(const struct vendor_call *call, double speed, double pitch)
{
	struct json_object *audio = json_object_new_object();

	json_add_text(audio, "audioEncoding", "LINEAR16");
	if (call->rate >= RATE_MIN && call->rate <= RATE_MAX)
		json_add_int(audio, "sampleRateHertz", call->rate);
	if (vendor_option("SPEED"))
		json_object_object_add(audio, "speakingRate", json_object_new_double(speed));
	if (vendor_option("PITCH"))
		json_object_object_add(audio, "pitch", json_object_new_double(pitch));
	return audio;
}

static enum vendor_status prepare(struct vendor_call *call, char **ret_error)
{
	char *base = vendor_base("https://texttospeech.googleapis.com");
	struct json_object *body, *input;
	double speed, pitch;

	if (!base) {
		*ret_error = xstrdup("the option url is no http or https URL");
		return VENDOR_FAILED;
	}
	call->url = xasprintf("%s/v1/text:synthesize", base);
	free(base);
	if (authorize(call, ret_error) != VENDOR_OK)
		return VENDOR_FAILED;
	if (!vendor_number("SPEED", 0.25, 4, 1, &speed) ||
		!vendor_number("PITCH", -20, 20, 0, &pitch)) {
		*ret_error =
			xstrdup("the option speed must be from 0.25 to 4, pitch from -20 to 20");
		return VENDOR_NOT_FOR_ME;
	}
	input = json_object_new_object();
	json_add_text(input, call->ssml ? "ssml" : "text", call->text);
	body = json_object_new_object();
	json_object_object_add(body, "input", input);
	json_object_object_add(body, "voice", make_voice(call));
	json_object_object_add(body, "audioConfig", make_audio(call, speed, pitch));
	vendor_json_body(call, body);
	vendor_header(call, "Content-Type", "application/json; charset=utf-8");
	call->answer = VENDOR_JSON;
	call->member = "audioContent";
	return VENDOR_OK;
}

const struct vendor vendor_google = {
	.name = "google", .ssml = true, .options = options, .prepare = prepare};
