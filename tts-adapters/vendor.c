#include "tts-adapters/vendor.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_TEXT_BYTES	   (1 << 20)
#define CONNECT_TIMEOUT_MS 5000L
#define MAX_SECRETS	   8
#define MIN_SECRET_BYTES   4 /* shorter ones would blot out words */

static const char *secrets[MAX_SECRETS];
static size_t secret_count;

/* --- options --- */

const char *vendor_option(const char *key)
{
	char *name = xasprintf("NCCO_OPT_%s", key);
	const char *value = getenv(name);

	free(name);
	return value && *value ? value : NULL;
}

const char *vendor_secret(const char *key)
{
	const char *value = vendor_option(key);

	if (value && secret_count < MAX_SECRETS)
		secrets[secret_count++] = value;
	return value;
}

void vendor_blot(char *text)
{
	for (size_t i = 0; i < secret_count; i++) {
		size_t length = strlen(secrets[i]);

		if (length < MIN_SECRET_BYTES)
			continue;
		for (char *at = text; (at = strstr(at, secrets[i])); at += length)
			memset(at, '*', length);
	}
}

bool vendor_number(
	const char *key, double lowest, double highest, double otherwise, double *ret_number)
{
	const char *text = vendor_option(key);
	char *end;

	*ret_number = text ? strtod(text, &end) : otherwise;
	return !text || (*end == '\0' && *ret_number >= lowest && *ret_number <= highest);
}

bool vendor_plain(const char *name)
{
	for (const char *c = name; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("-_:.", *c))
			return false;
	}
	return *name != '\0';
}

/* --- the request --- */

char *vendor_base(const char *otherwise)
{
	const char *url = vendor_option("URL");
	size_t length;

	if (!url)
		url = otherwise;
	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		return NULL;
	length = strlen(url);
	while (length && url[length - 1] == '/')
		length--;
	return xstrndup(url, length);
}

bool vendor_header(struct vendor_call *call, const char *name, const char *value)
{
	struct curl_slist *headers;
	char *line;

	for (const char *c = value; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	}
	line = xasprintf("%s: %s", name, value);
	headers = curl_slist_append(call->headers, line);
	if (!headers)
		abort();
	call->headers = headers;
	free(line);
	return true;
}

void vendor_json_body(struct vendor_call *call, struct json_object *object)
{
	strbuf_adds(&call->body, json_print(object));
	json_object_put(object);
}

void vendor_add_xml(struct strbuf *sb, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '&')
			strbuf_adds(sb, "&amp;");
		else if (*c == '<')
			strbuf_adds(sb, "&lt;");
		else if (*c == '>')
			strbuf_adds(sb, "&gt;");
		else if (*c == '"')
			strbuf_adds(sb, "&quot;");
		else if ((unsigned char)*c >= ' ' || strchr("\t\r\n", *c))
			strbuf_addc(sb, *c);
	}
}

/* --- voices --- */

static char *nth_word(const char *list, unsigned n)
{
	unsigned count = 1;

	for (const char *c = list; *c; c++)
		count += *c == ' ';
	for (n %= count; n > 0; n--)
		list = strchr(list, ' ') + 1;
	return xstrndup(list, strcspn(list, " "));
}

char *vendor_pick(const struct vendor_voices *table, const char *language, unsigned style)
{
	size_t primary = strcspn(language, "-_");
	const char *relative = NULL;

	for (; table->language; table++) {
		if (strcasecmp(table->language, language) == 0)
			return nth_word(table->names, style);
		if (!relative && strncasecmp(table->language, language, primary) == 0 &&
			table->language[primary] == '-')
			relative = table->names;
	}
	return relative ? nth_word(relative, style) : NULL;
}

/* --- the program --- */

static bool is_ssml(const char *text)
{
	text += strspn(text, " \t\r\n");
	return strncmp(text, "<speak", 6) == 0 && text[6] && strchr(" \t\r\n/>", text[6]);
}

static unsigned number_variable(const char *name)
{
	const char *value = getenv(name);

	return value ? (unsigned)strtoul(value, NULL, 10) : 0;
}

/* The operator's voice for the language, VOICE_DE_DE, or for all, VOICE. */
static const char *voice_option(const char *language)
{
	char *key = xasprintf("VOICE_%s", language);
	const char *voice;

	for (char *c = key; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	voice = vendor_option(key);
	free(key);
	return voice ? voice : vendor_option("VOICE");
}

static void read_wishes(struct vendor_call *call, const char *text)
{
	const char *language = getenv("NCCO_LANGUAGE"), *voice = getenv("NCCO_VOICE");

	*call = (struct vendor_call){
		.text = text,
		.ssml = is_ssml(text),
		.language = language && *language ? language : "en-US",
		.style = number_variable("NCCO_STYLE"),
		.rate = number_variable("NCCO_RATE"),
		.premium = number_variable("NCCO_PREMIUM") != 0,
		.body = STRBUF_INIT,
	};
	call->voice = voice && *voice ? voice : voice_option(call->language);
}

static enum vendor_status read_text(struct strbuf *text, char **ret_error)
{
	char piece[8192];
	ssize_t n;

	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			strbuf_add(text, piece, (size_t)n);
		if (n < 0 || text->length > MAX_TEXT_BYTES) {
			*ret_error = xstrdup(n < 0 ? strerror(errno) : "the text is too long");
			return n < 0 ? VENDOR_FAILED : VENDOR_NOT_FOR_ME;
		}
	}
	return VENDOR_OK;
}

/* How long it may take is up to nccod, which ends us. Redirects are not followed: they would take
 * the key elsewhere. */
CURL *vendor_curl(const char *url, struct curl_slist *headers, char detail[CURL_ERROR_SIZE])
{
	CURL *curl = curl_easy_init();

	if (!curl)
		abort();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "nccod/" PACKAGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	return curl;
}

static enum vendor_status ask(struct vendor_call *call, char **ret_error)
{
	struct vendor_reply reply = {.call = call, .held = STRBUF_INIT};
	char detail[CURL_ERROR_SIZE] = "";
	enum vendor_status status;
	CURLcode result;

	if (!vendor_header(call, "Expect", ""))
		abort();
	reply.curl = vendor_curl(call->url, call->headers, detail);
	curl_easy_setopt(reply.curl, CURLOPT_POSTFIELDS, call->body.data);
	curl_easy_setopt(reply.curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.length);
	curl_easy_setopt(reply.curl, CURLOPT_WRITEFUNCTION, vendor_on_body);
	curl_easy_setopt(reply.curl, CURLOPT_WRITEDATA, &reply);
	result = curl_easy_perform(reply.curl);
	status = vendor_finish(&reply, result, detail, ret_error);
	curl_easy_cleanup(reply.curl);
	strbuf_release(&reply.held);
	free(reply.error);
	return status;
}

static enum vendor_status speak(
	const struct vendor *vendor, const char *text, bool check, char **ret_error)
{
	struct vendor_call call;
	enum vendor_status status;

	read_wishes(&call, text);
	status = vendor->prepare(&call, ret_error);
	if (status == VENDOR_OK && !check)
		status = ask(&call, ret_error);
	free(call.url);
	curl_slist_free_all(call.headers);
	strbuf_release(&call.body);
	return status;
}

static void print_capabilities(const struct vendor *vendor)
{
	if (vendor->ssml)
		puts("ssml");
	for (const char *const *option = vendor->options; *option; option++)
		printf("option:%s\n", *option);
}

int vendor_main(const struct vendor *vendor, int argc, char **argv)
{
	struct strbuf text = STRBUF_INIT;
	enum vendor_status status = VENDOR_OK;
	char *error = NULL;
	bool check = argc > 1 && strcmp(argv[1], "--check") == 0;

	if (argc > 1 && strcmp(argv[1], "--capabilities") == 0) {
		print_capabilities(vendor);
		return VENDOR_OK;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (!check)
		status = read_text(&text, &error);
	if (status == VENDOR_OK)
		status = speak(vendor, check ? "x" : text.data, check, &error);
	if (error) {
		vendor_blot(error);
		fprintf(stderr, "%s\n", error);
	}
	free(error);
	strbuf_release(&text);
	curl_global_cleanup();
	return (int)status;
}
