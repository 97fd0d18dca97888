#include "nccoctl/remote.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define CONNECT_MS 5000L
#define TOTAL_MS   60000L
#define MAX_ANSWER (64u << 20)

struct exchange {
	const struct ctl *ctl;
	CURL *curl;
	struct curl_slist *headers;
	char *url;
	struct strbuf answer;
	FILE *out; /* of a good answer; NULL: into `answer` */
	char error[CURL_ERROR_SIZE];
};

static size_t on_data(char *data, size_t size, size_t count, void *arg)
{
	struct exchange *x = arg;
	long status = 0;

	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	if (x->out && status < 300)
		return fwrite(data, size, count, x->out);
	if (x->answer.length > MAX_ANSWER)
		return 0;
	strbuf_add(&x->answer, data, size * count);
	return count;
}

static void add_header(struct exchange *x, const char *name, const char *value)
{
	char *line = xasprintf("%s: %s", name, value);

	x->headers = curl_slist_append(x->headers, line);
	free(line);
}

static char *join(const char *base, const char *path)
{
	size_t length = strlen(base);

	while (length && base[length - 1] == '/')
		length--;
	return xasprintf("%.*s%s", (int)length, base, path);
}

static void begin(struct exchange *x, const struct ctl *ctl, const char *method, const char *path)
{
	char *bearer = ctl->key ? xasprintf("Bearer %s", ctl->key) : NULL;

	*x = (struct exchange){.ctl = ctl, .answer = STRBUF_INIT};
	x->curl = curl_easy_init();
	if (!x->curl)
		abort();
	x->url = join(ctl->url, path);
	if (bearer)
		add_header(x, "Authorization", bearer);
	curl_easy_setopt(x->curl, CURLOPT_URL, x->url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(x->curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(x->curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(x->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(x->curl, CURLOPT_USERAGENT, "nccoctl/" PACKAGE_VERSION);
	curl_easy_setopt(x->curl, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(x->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(x->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(x->curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(x->curl, CURLOPT_WRITEDATA, x);
	free(bearer);
}

static void end(struct exchange *x)
{
	curl_easy_cleanup(x->curl);
	curl_slist_free_all(x->headers);
	strbuf_release(&x->answer);
	free(x->url);
}

/* --- what went wrong --- */

static int failed_to_ask(const struct exchange *x, CURLcode code)
{
	const char *why = *x->error ? x->error : curl_easy_strerror(code);

	fprintf(stderr, "nccoctl: %s: %s\n", x->ctl->url, why);
	if (code == CURLE_COULDNT_CONNECT)
		fputs("nccoctl: does nccod run, and is this its http_addr or https_addr? -u URL "
		      "asks another\n",
			stderr);
	return 1;
}

static void print_parameters(struct json_object *problem)
{
	struct json_object *list = json_member(problem, "invalid_parameters");

	if (!json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i);

		fprintf(stderr, "nccoctl: %s: %s\n", json_text(row, "name", "?"),
			json_text(row, "reason", "?"));
	}
}

static int refused(const struct exchange *x, long status, struct json_object *problem)
{
	const char *detail = json_text(problem, "detail", NULL);

	if (!detail) {
		fprintf(stderr, "nccoctl: %s answers with status %ld: is it nccod?\n", x->url,
			status);
		return 1;
	}
	fprintf(stderr, "nccoctl: %s (status %ld)\n", detail, status);
	if (status == 401)
		fputs(x->ctl->key ? "nccoctl: nccod does not take this key; see [api] in "
				    "nccod.conf(5)\n"
				  : "nccoctl: give a key with -k KEY or in $NCCOD_KEY\n",
			stderr);
	print_parameters(problem);
	return 1;
}

/* The answer's status, or -1 after saying why there is none. */
static long perform(struct exchange *x)
{
	CURLcode code;
	long status = 0;

	curl_easy_setopt(x->curl, CURLOPT_HTTPHEADER, x->headers);
	code = curl_easy_perform(x->curl);
	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK)
		return status;
	failed_to_ask(x, code);
	return -1;
}

/* 0 and *ret_body; or 1. */
static int judge(struct exchange *x, long status, struct json_object **ret_body)
{
	struct json_object *body = NULL;
	bool is_json = x->answer.length == 0 ||
		       json_parse(x->answer.data, x->answer.length, &body, NULL, NULL) == 0;

	if (status >= 300 || !is_json) {
		refused(x, status, body);
		json_object_put(body);
		return 1;
	}
	*ret_body = body;
	return 0;
}

/* --- asking --- */

int remote_ask(const struct ctl *ctl, const char *method, const char *path,
	struct json_object *body, struct json_object **ret_body)
{
	struct exchange x;
	int result = 1;
	long status;

	begin(&x, ctl, method, path);
	curl_easy_setopt(x.curl, CURLOPT_TIMEOUT_MS, TOTAL_MS);
	if (body) {
		add_header(&x, "Content-Type", "application/json");
		curl_easy_setopt(x.curl, CURLOPT_POSTFIELDS, json_print(body));
	}
	status = perform(&x);
	if (status >= 0)
		result = judge(&x, status, ret_body);
	end(&x);
	return result;
}

int remote_fetch(const struct ctl *ctl, const char *path, FILE *out)
{
	struct json_object *problem = NULL;
	struct exchange x;
	long status;
	int result = 1;

	begin(&x, ctl, "GET", path);
	x.out = out;
	status = perform(&x);
	if (status >= 300) {
		json_parse(x.answer.data, x.answer.length, &problem, NULL, NULL);
		refused(&x, status, problem);
		json_object_put(problem);
	} else if (status >= 0) {
		result = 0;
	}
	end(&x);
	return result;
}

int remote_load(const char *path, struct json_object **ret_value)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	struct strbuf text = STRBUF_INIT;
	char block[4096];
	size_t n;
	int result = 1;

	if (!file) {
		fprintf(stderr, "nccoctl: %s: %s\n", path, strerror(errno));
		return 1;
	}
	while ((n = fread(block, 1, sizeof(block), file)) > 0 && text.length < MAX_ANSWER)
		strbuf_add(&text, block, n);
	if (text.length && json_parse(text.data, text.length, ret_value, NULL, NULL) == 0)
		result = 0;
	else
		fprintf(stderr, "nccoctl: %s is not JSON; nccoctl lint says where\n", path);
	strbuf_release(&text);
	if (file != stdin)
		fclose(file);
	return result;
}

char *remote_escape(const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, 0), *copy = xstrdup(escaped);

	curl_free(escaped);
	return copy;
}
