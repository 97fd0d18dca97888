#include "http/client_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "http/field.h"
#include "http/url.h"

#define DEFAULT_TOTAL_MS  5000
#define DEFAULT_MAX_BYTES ((size_t)1 << 20)

void request_fail(struct http_request_handle *h, enum http_outcome outcome, const char *detail)
{
	if (h->failed)
		return;
	h->failed = true;
	h->outcome = outcome;
	strncpy(h->detail, detail, sizeof(h->detail) - 1);
}

static struct curl_slist *append(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (!longer)
		abort();
	return longer;
}

static struct curl_slist *append_header(
	struct curl_slist *list, const char *name, const char *value)
{
	/* "Name;" is curl's way to send an empty value, "Name:" would remove the header. */
	char *line = *value ? xasprintf("%s: %s", name, value) : xasprintf("%s;", name);

	list = append(list, line);
	free(line);
	return list;
}

static void add_own_headers(struct http_request_handle *h, struct json_object *headers)
{
	json_object_object_foreach (headers, name, value) {
		const char *text = json_object_get_string(value);

		if (!field_is_token(name) || field_is_framing(name) || !text ||
			!field_is_value(text))
			request_fail(h, HTTP_FAILED, "header not allowed");
		else
			h->headers = append_header(h->headers, name, text);
	}
}

static bool has_member(struct json_object *headers, const char *wanted)
{
	json_object_object_foreach (headers, name, value) {
		(void)value;
		if (strcasecmp(name, wanted) == 0)
			return true;
	}
	return false;
}

/* No "Expect: 100-continue", which costs a round trip. */
struct curl_slist *request_plain_headers(const char *type)
{
	struct curl_slist *list = append(NULL, "Expect:");

	return type ? append_header(list, "Content-Type", type) : list;
}

/* Most requests differ in nothing but the body, so their list is built once. */
static struct curl_slist *shared_headers(struct http_client *client, const char *type)
{
	if (!type)
		return client->no_headers;
	if (!client->plain_type || strcmp(client->plain_type, type) != 0) {
		/* The list may be in use by requests under way: those keep the old type's. */
		if (!TAILQ_EMPTY(&client->active))
			return NULL;
		curl_slist_free_all(client->plain_headers);
		client->plain_headers = request_plain_headers(type);
		xstrset(&client->plain_type, type);
	}
	return client->plain_headers;
}

static void set_headers(struct http_request_handle *h, const struct http_request *request)
{
	struct json_object *own = request->headers;
	const char *type = request->content_type;
	struct curl_slist *list = NULL;

	if (type && !field_is_value(type)) {
		request_fail(h, HTTP_FAILED, "content type not allowed");
		return;
	}
	if (!json_object_is_type(own, json_type_object) || json_object_object_length(own) == 0)
		list = shared_headers(h->client, type);
	else if (has_member(own, "content-type"))
		type = NULL;
	if (!list) {
		h->headers = request_plain_headers(type);
		if (json_object_is_type(own, json_type_object))
			add_own_headers(h, own);
		list = h->headers;
	}
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, list);
}

static void set_method(struct http_request_handle *h, const struct http_request *request)
{
	const char *method = request->method ? request->method : "GET";
	bool post = strcmp(method, "POST") == 0;

	if (!field_is_token(method)) {
		request_fail(h, HTTP_FAILED, "method not allowed");
		return;
	}
	curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(h->easy, CURLOPT_CUSTOMREQUEST, NULL);
	if (request->body || post) {
		h->request_body = xmemdup(request->body, request->body_length);
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, h->request_body);
		curl_easy_setopt(
			h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
	} else if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(h->easy, CURLOPT_NOBODY, 1L);
		return;
	}
	/* Not for a plain GET or POST: it would override the method after a 303 too. */
	if (request->body ? !post : !post && strcmp(method, "GET") != 0)
		curl_easy_setopt(h->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_limits(struct http_request_handle *h, const struct http_request *request,
	unsigned connect_timeout_ms)
{
	h->max_bytes = request->max_bytes ? request->max_bytes : DEFAULT_MAX_BYTES;
	h->total_timeout_ms =
		request->total_timeout_ms ? request->total_timeout_ms : DEFAULT_TOTAL_MS;
	curl_easy_setopt(h->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_timeout_ms);
	curl_easy_setopt(h->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)h->max_bytes);
	curl_easy_setopt(h->easy, CURLOPT_FOLLOWLOCATION, request->redirects > 0 ? 1L : 0L);
	curl_easy_setopt(h->easy, CURLOPT_MAXREDIRS, (long)request->redirects);
}

void request_set(struct http_request_handle *h, const struct http_request *request,
	unsigned connect_timeout_ms)
{
	const char *error = NULL;

	curl_easy_setopt(h->easy, CURLOPT_URL, request->url ? request->url : "");
	if (url_check(request->url, false, &error) < 0)
		request_fail(h, HTTP_BAD_URL, error);
	set_method(h, request);
	set_headers(h, request);
	set_limits(h, request, connect_timeout_ms);
}
