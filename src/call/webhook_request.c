#include "call/webhook_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "http/jwt.h"
#include "http/url.h"

#define MAX_REDIRECTS 3

void webhook_new_trace(char ret_trace_id[WEBHOOK_TRACE_SIZE])
{
	unsigned char trace[16];

	id_random(trace, sizeof(trace));
	for (size_t i = 0; i < sizeof(trace); i++)
		snprintf(ret_trace_id + 2 * i, 3, "%02x", trace[i]);
}

static struct json_object *request_headers(const char *trace_id)
{
	struct json_object *headers = json_object_new_object();
	char parent[64];
	unsigned char span[8];
	uint64_t value;

	id_random(span, sizeof(span));
	memcpy(&value, span, sizeof(value));
	snprintf(parent, sizeof(parent), "00-%s-%016llx-01", trace_id, (unsigned long long)value);
	json_add_text(headers, "traceparent", parent);
	return headers;
}

/* As the Voice API signs what it sends to an application that has a secret. */
static void sign(struct json_object *headers, const struct config_application *app,
	const struct http_request *request)
{
	char *bearer =
		jwt_bearer(app->signature_secret, app->id, request->body, request->body_length);

	json_add_text(headers, "Authorization", bearer);
	free(bearer);
}

struct http_request_handle *webhook_send(
	const struct webhook_request *request, http_done_fn done, void *arg)
{
	struct json_object *headers = request_headers(request->trace_id);
	bool get = strcasecmp(request->method, "GET") == 0;
	char *with_query = get ? url_with_query(request->url, request->body) : NULL;
	struct http_request http = {
		.method = get ? "GET" : "POST",
		.url = get ? with_query : request->url,
		.headers = headers,
		.connect_timeout_ms = request->app->webhook_policy.connect_timeout_ms,
		.total_timeout_ms = request->timeout_ms,
		.max_bytes = request->max_bytes,
		.redirects = MAX_REDIRECTS,
	};
	struct http_request_handle *handle;

	if (!get) {
		http.content_type = "application/json";
		http.body = json_print(request->body);
		http.body_length = strlen(http.body);
	}
	if (request->app->signature_secret)
		sign(headers, request->app, &http);
	handle = http_send(request->client, &http, done, arg);
	free(with_query);
	json_object_put(headers);
	return handle;
}

bool webhook_delivered(const struct http_response *r)
{
	return r->outcome == HTTP_ANSWERED && r->status >= 200 && r->status <= 205;
}

bool webhook_may_come_through(const struct http_response *r)
{
	if (r->outcome == HTTP_ANSWERED)
		return r->status == 408 || r->status == 429 || r->status >= 500;
	return r->outcome != HTTP_FORBIDDEN && r->outcome != HTTP_BAD_URL;
}

const char *webhook_reason(const struct http_response *r)
{
	switch (r->outcome) {
	case HTTP_ANSWERED:
		return "Invalid response code.";
	case HTTP_RESET:
		return "Connection reset.";
	case HTTP_TIMEOUT:
	case HTTP_CONNECT_TIMEOUT:
		return "Socket timeout.";
	case HTTP_TOO_LARGE:
		return "Response too large.";
	case HTTP_FORBIDDEN:
		return "Address not allowed.";
	default:
		return "Connection closed.";
	}
}

static bool same(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

bool webhook_configured(const struct config_application *app, const char *url)
{
	return same(app->answer_url, url) || same(app->event_url, url) ||
	       same(app->fallback_answer_url, url);
}
