/* Azure's Speech service: POST /cognitiveservices/v1 with SSML.
 *
 * region         "westeurope"; or url, the whole address of the service
 * api_key        of the resource, or a token
 * voice          "de-DE-KatjaNeural", or voice_de_de for one language; else by language and style
 * speed          0.25 to 4
 * output_format  X-Microsoft-OutputFormat; raw-*khz-16bit-mono-pcm, which is the default at the
 *                nearest rate, is sent as it is made, riff-* when it is complete */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tts-adapters/vendor.h"

static const char *const options[] = {"speed", NULL};

/* Women and men by turns, as in the other adapters. */
static const struct vendor_voices voices[] = {
	{"en-US", "en-US-JennyNeural en-US-GuyNeural en-US-AriaNeural en-US-DavisNeural"},
	{"en-GB", "en-GB-SoniaNeural en-GB-RyanNeural en-GB-LibbyNeural en-GB-ThomasNeural"},
	{"en-AU", "en-AU-NatashaNeural en-AU-WilliamNeural"},
	{"en-CA", "en-CA-ClaraNeural en-CA-LiamNeural"},
	{"en-IE", "en-IE-EmilyNeural en-IE-ConnorNeural"},
	{"en-IN", "en-IN-NeerjaNeural en-IN-PrabhatNeural"},
	{"en-NZ", "en-NZ-MollyNeural en-NZ-MitchellNeural"},
	{"en-ZA", "en-ZA-LeahNeural en-ZA-LukeNeural"},
	{"ar-EG", "ar-EG-SalmaNeural ar-EG-ShakirNeural"},
	{"ca-ES", "ca-ES-JoanaNeural ca-ES-EnricNeural"},
	{"cs-CZ", "cs-CZ-VlastaNeural cs-CZ-AntoninNeural"},
	{"da-DK", "da-DK-ChristelNeural da-DK-JeppeNeural"},
	{"de-DE", "de-DE-KatjaNeural de-DE-ConradNeural de-DE-AmalaNeural de-DE-KillianNeural"},
	{"de-AT", "de-AT-IngridNeural de-AT-JonasNeural"},
	{"de-CH", "de-CH-LeniNeural de-CH-JanNeural"},
	{"el-GR", "el-GR-AthinaNeural el-GR-NestorasNeural"},
	{"es-ES", "es-ES-ElviraNeural es-ES-AlvaroNeural"},
	{"es-MX", "es-MX-DaliaNeural es-MX-JorgeNeural"},
	{"es-US", "es-US-PalomaNeural es-US-AlonsoNeural"},
	{"fi-FI", "fi-FI-SelmaNeural fi-FI-HarriNeural"},
	{"fr-FR", "fr-FR-DeniseNeural fr-FR-HenriNeural"},
	{"fr-CA", "fr-CA-SylvieNeural fr-CA-JeanNeural"},
	{"fr-BE", "fr-BE-CharlineNeural fr-BE-GerardNeural"},
	{"fr-CH", "fr-CH-ArianeNeural fr-CH-FabriceNeural"},
	{"he-IL", "he-IL-HilaNeural he-IL-AvriNeural"},
	{"hi-IN", "hi-IN-SwaraNeural hi-IN-MadhurNeural"},
	{"hu-HU", "hu-HU-NoemiNeural hu-HU-TamasNeural"},
	{"id-ID", "id-ID-GadisNeural id-ID-ArdiNeural"},
	{"it-IT", "it-IT-ElsaNeural it-IT-DiegoNeural"},
	{"ja-JP", "ja-JP-NanamiNeural ja-JP-KeitaNeural"},
	{"ko-KR", "ko-KR-SunHiNeural ko-KR-InJoonNeural"},
	{"nb-NO", "nb-NO-PernilleNeural nb-NO-FinnNeural"},
	{"no-NO", "nb-NO-PernilleNeural nb-NO-FinnNeural"},
	{"nl-NL", "nl-NL-FennaNeural nl-NL-MaartenNeural"},
	{"nl-BE", "nl-BE-DenaNeural nl-BE-ArnaudNeural"},
	{"pl-PL", "pl-PL-ZofiaNeural pl-PL-MarekNeural"},
	{"pt-BR", "pt-BR-FranciscaNeural pt-BR-AntonioNeural"},
	{"pt-PT", "pt-PT-RaquelNeural pt-PT-DuarteNeural"},
	{"ro-RO", "ro-RO-AlinaNeural ro-RO-EmilNeural"},
	{"ru-RU", "ru-RU-SvetlanaNeural ru-RU-DmitryNeural"},
	{"sv-SE", "sv-SE-SofieNeural sv-SE-MattiasNeural"},
	{"th-TH", "th-TH-PremwadeeNeural th-TH-NiwatNeural"},
	{"tr-TR", "tr-TR-EmelNeural tr-TR-AhmetNeural"},
	{"uk-UA", "uk-UA-PolinaNeural uk-UA-OstapNeural"},
	{"vi-VN", "vi-VN-HoaiMyNeural vi-VN-NamMinhNeural"},
	{"zh-CN", "zh-CN-XiaoxiaoNeural zh-CN-YunxiNeural"},
	{"cmn-CN", "zh-CN-XiaoxiaoNeural zh-CN-YunxiNeural"},
	{"zh-HK", "zh-HK-HiuMaanNeural zh-HK-WanLungNeural"},
	{"yue-CN", "zh-HK-HiuMaanNeural zh-HK-WanLungNeural"},
	{"zh-TW", "zh-TW-HsiaoChenNeural zh-TW-YunJheNeural"},
	{NULL, NULL},
};

static enum vendor_status set_address(struct vendor_call *call, char **ret_error)
{
	const char *region = vendor_option("REGION");
	char *otherwise, *base;

	if (!vendor_option("URL") && (!region || !vendor_plain(region))) {
		*ret_error = xstrdup("the option region (or url) is missing");
		return VENDOR_FAILED;
	}
	otherwise = xasprintf("https://%s.tts.speech.microsoft.com", region ? region : "none");
	base = vendor_base(otherwise);
	free(otherwise);
	if (!base) {
		*ret_error = xstrdup("the option url is no http or https URL");
		return VENDOR_FAILED;
	}
	call->url = xasprintf("%s/cognitiveservices/v1", base);
	free(base);
	return VENDOR_OK;
}

static enum vendor_status authorize(struct vendor_call *call, char **ret_error)
{
	const char *key = vendor_secret("API_KEY"), *token = vendor_secret("TOKEN");
	char *bearer = xasprintf("Bearer %s", token ? token : "");
	bool ok = true;

	if (key)
		ok = vendor_header(call, "Ocp-Apim-Subscription-Key", key);
	else if (token)
		ok = vendor_header(call, "Authorization", bearer);
	else if (!vendor_option("URL"))
		*ret_error = xstrdup("one of the options api_key, token is missing");
	free(bearer);
	if (!ok)
		*ret_error = xstrdup("the key has control characters");
	return *ret_error ? VENDOR_FAILED : VENDOR_OK;
}

/* What stands between the tags of <speak>, as it is. */
static void add_inner(struct strbuf *sb, const char *ssml)
{
	const char *begin = strchr(ssml, '>'), *end = begin;

	if (!begin || begin[-1] == '/')
		return;
	for (const char *next = begin; (next = strstr(next, "</speak")); next++)
		end = next;
	begin++;
	strbuf_add(sb, begin, end > begin ? (size_t)(end - begin) : strlen(begin));
}

/* Azure wants a language and a voice in every document; one that names its voices is let be. */
static void make_body(struct vendor_call *call, const char *voice, double speed)
{
	struct strbuf *sb = &call->body;
	bool named = call->ssml && strstr(call->text, "<voice");

	strbuf_adds(sb, "<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" "
			"xmlns:mstts=\"https://www.w3.org/2001/mstts\" xml:lang=\"");
	vendor_add_xml(sb, call->language);
	strbuf_adds(sb, "\">");
	if (!named) {
		strbuf_adds(sb, "<voice name=\"");
		vendor_add_xml(sb, voice);
		strbuf_adds(sb, "\">");
	}
	if (!named && vendor_option("SPEED"))
		strbuf_addf(sb, "<prosody rate=\"%+.0f%%\">", (speed - 1) * 100);
	if (call->ssml)
		add_inner(sb, call->text);
	else
		vendor_add_xml(sb, call->text);
	if (!named && vendor_option("SPEED"))
		strbuf_adds(sb, "</prosody>");
	strbuf_adds(sb, named ? "</speak>" : "</voice></speak>");
}

static void set_format(struct vendor_call *call)
{
	static const unsigned rates[] = {8000, 16000, 24000, 48000};
	const char *format = vendor_option("OUTPUT_FORMAT");
	unsigned khz = 0;
	char chosen[40];

	call->pcm_rate = 24000;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		if (rates[i] == call->rate)
			call->pcm_rate = rates[i];
	}
	if (format && sscanf(format, "raw-%ukhz-16bit-mono-pcm", &khz) == 1)
		call->pcm_rate = khz * 1000;
	snprintf(chosen, sizeof(chosen), "raw-%ukhz-16bit-mono-pcm", call->pcm_rate / 1000);
	call->answer = !format || khz ? VENDOR_PCM : VENDOR_WAV;
	vendor_header(call, "X-Microsoft-OutputFormat", format ? format : chosen);
}

static enum vendor_status prepare(struct vendor_call *call, char **ret_error)
{
	char *voice;
	double speed;

	if (set_address(call, ret_error) != VENDOR_OK || authorize(call, ret_error) != VENDOR_OK)
		return VENDOR_FAILED;
	if (!vendor_number("SPEED", 0.25, 4, 1, &speed)) {
		*ret_error = xstrdup("the option speed must be from 0.25 to 4");
		return VENDOR_NOT_FOR_ME;
	}
	voice = call->voice ? xstrdup(call->voice)
			    : vendor_pick(voices, call->language, call->style);
	if (!voice) {
		*ret_error = xasprintf("no voice is known for %s: name one", call->language);
		return VENDOR_NOT_FOR_ME;
	}
	make_body(call, voice, speed);
	free(voice);
	vendor_header(call, "Content-Type", "application/ssml+xml");
	set_format(call);
	return VENDOR_OK;
}

const struct vendor vendor_azure = {
	.name = "azure", .ssml = true, .options = options, .prepare = prepare};
