/* OpenAI's speech interface, which many servers of one's own speak too: POST /v1/audio/speech.
 *
 * url             https://api.openai.com; another server's, with /v1 or without
 * api_key         a server of one's own may need none
 * model           gpt-4o-mini-tts; premium_model, if set, for `premium`
 * voice           or voice_de_de for one language; else by style
 * speed           0.25 to 4
 * instructions    how to speak, for models that take them */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tts-adapters/vendor.h"

static const char *const options[] = {"model", "speed", "instructions", NULL};
static const struct vendor_voices voices[] = {
	{"any", "alloy ash ballad coral echo fable nova onyx sage shimmer verse"}, {NULL, NULL}};

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static enum vendor_status set_address(struct vendor_call *call, char **ret_error)
{
	const char *key = vendor_secret("API_KEY");
	char *base = vendor_base("https://api.openai.com"), *bearer;
	bool ok = true;

	if (!base) {
		*ret_error = xstrdup("the option url is no http or https URL");
		return VENDOR_FAILED;
	}
	if (!key && !vendor_option("URL")) {
		*ret_error = xstrdup("the option api_key is missing");
		free(base);
		return VENDOR_FAILED;
	}
	call->url = xasprintf("%s%s/audio/speech", base, ends_with(base, "/v1") ? "" : "/v1");
	free(base);
	if (key) {
		bearer = xasprintf("Bearer %s", key);
		ok = vendor_header(call, "Authorization", bearer);
		free(bearer);
	}
	if (!ok)
		*ret_error = xstrdup("the option api_key has control characters");
	return ok ? VENDOR_OK : VENDOR_FAILED;
}

static const char *model(const struct vendor_call *call)
{
	const char *premium = call->premium ? vendor_option("PREMIUM_MODEL") : NULL;
	const char *plain = vendor_option("MODEL");

	if (premium)
		return premium;
	return plain ? plain : "gpt-4o-mini-tts";
}

static enum vendor_status prepare(struct vendor_call *call, char **ret_error)
{
	const char *instructions = vendor_option("INSTRUCTIONS");
	enum vendor_status status = set_address(call, ret_error);
	struct json_object *body;
	char *voice;
	double speed;

	if (status != VENDOR_OK)
		return status;
	if (!vendor_number("SPEED", 0.25, 4, 1, &speed)) {
		*ret_error = xstrdup("the option speed must be from 0.25 to 4");
		return VENDOR_NOT_FOR_ME;
	}
	voice = call->voice ? xstrdup(call->voice) : vendor_pick(voices, "any", call->style);
	body = json_object_new_object();
	json_add_text(body, "model", model(call));
	json_add_text(body, "input", call->text);
	json_add_text(body, "voice", voice);
	json_add_text(body, "response_format", "wav");
	if (vendor_option("SPEED"))
		json_object_object_add(body, "speed", json_object_new_double(speed));
	if (instructions)
		json_add_text(body, "instructions", instructions);
	vendor_json_body(call, body);
	vendor_header(call, "Content-Type", "application/json");
	call->answer = VENDOR_WAV;
	free(voice);
	return VENDOR_OK;
}

const struct vendor vendor_openai = {.name = "openai", .options = options, .prepare = prepare};
