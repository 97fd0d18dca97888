#include "http/client_private.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/address.h"

#define MAX_HEADER_BYTES ((size_t)100 << 10)

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_request_handle *h = arg;
	size_t length = size * count;

	if (length > h->max_bytes - h->body.length) {
		h->too_large = true;
		return 0;
	}
	strbuf_add(&h->body, data, length);
	return length;
}

/* A status line begins a new answer: that of a redirect, or after a 100. */
static void reset_headers(struct http_request_handle *h)
{
	json_object_put(h->response_headers);
	h->response_headers = json_object_new_object();
	strbuf_reset(&h->body);
}

static void add_header(struct http_request_handle *h, const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length), *value, *end = line + length;
	char name[128];
	size_t n;

	if (!colon || (n = (size_t)(colon - line)) >= sizeof(name))
		return;
	for (size_t i = 0; i < n; i++)
		name[i] = (char)tolower((unsigned char)line[i]);
	name[n] = '\0';
	value = colon + 1;
	while (value < end && isspace((unsigned char)*value))
		value++;
	while (end > value && isspace((unsigned char)end[-1]))
		end--;
	json_object_object_add(
		h->response_headers, name, json_object_new_string_len(value, (int)(end - value)));
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct http_request_handle *h = arg;
	size_t length = size * count;

	h->header_bytes += length;
	if (h->header_bytes > MAX_HEADER_BYTES) {
		h->too_large = true;
		return 0;
	}
	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
		reset_headers(h);
	else
		add_header(h, line, length);
	return length;
}

/* The request is about to be written on a connection, new or kept. */
static int on_connected(void *arg, char *remote, char *local, int remote_port, int local_port)
{
	struct http_request_handle *h = arg;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	if (!h->connected)
		timer_start(&h->timer, h->total_timeout_ms * USEC_PER_MSEC);
	h->connected = true;
	return CURL_PREREQFUNC_OK;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_request_handle *h = arg;

	(void)purpose;
	if (!h->client->allow_private && !address_is_public(&address->addr)) {
		h->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return sockets_open(
		h->client->sockets, address->family, address->socktype, address->protocol);
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
	sockets_close(arg, fd);
	return 0;
}

void response_set_callbacks(struct http_request_handle *h)
{
	CURL *easy = h->easy;

	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, h);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, h);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, h->client->sockets);
}

const char *http_outcome_text(enum http_outcome outcome)
{
	static const char *const texts[] = {
		[HTTP_ANSWERED] = "answered",
		[HTTP_REFUSED] = "no connection",
		[HTTP_RESET] = "connection reset",
		[HTTP_CONNECT_TIMEOUT] = "connection timed out",
		[HTTP_TIMEOUT] = "no answer in time",
		[HTTP_TOO_LARGE] = "answer too large",
		[HTTP_FORBIDDEN] = "address not allowed",
		[HTTP_BAD_URL] = "bad URL",
		[HTTP_TLS] = "TLS failed",
		[HTTP_FAILED] = "request failed",
	};

	return outcome < ARRAY_SIZE(texts) ? texts[outcome] : texts[HTTP_FAILED];
}

static enum http_outcome connect_outcome(const struct http_request_handle *h)
{
	long error = 0;

	if (h->forbidden)
		return HTTP_FORBIDDEN;
	curl_easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &error);
	return error == ETIMEDOUT ? HTTP_CONNECT_TIMEOUT : HTTP_REFUSED;
}

enum http_outcome response_outcome(const struct http_request_handle *h, CURLcode code)
{
	if (h->too_large)
		return HTTP_TOO_LARGE;
	switch (code) {
	case CURLE_OK:
		return HTTP_ANSWERED;
	case CURLE_COULDNT_CONNECT:
		return connect_outcome(h);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_GOT_NOTHING:
		return HTTP_REFUSED;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2_STREAM:
		return HTTP_RESET;
	case CURLE_OPERATION_TIMEDOUT:
		return h->connected ? HTTP_TIMEOUT : HTTP_CONNECT_TIMEOUT;
	case CURLE_URL_MALFORMAT:
		return HTTP_BAD_URL;
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* Also curl's code for an answer that is not HTTP. */
		return h->connected ? HTTP_FAILED : HTTP_BAD_URL;
	case CURLE_FILESIZE_EXCEEDED:
		return HTTP_TOO_LARGE;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return HTTP_TLS;
	default:
		return HTTP_FAILED;
	}
}
