#include "http/client.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "http/address.h"
#include "http/sockets.h"
#include "http/url.h"

#define DEFAULT_CONNECTIONS  512
#define CONNECTIONS_PER_HOST 64
#define DEFAULT_CONNECT_MS   1000
#define DEFAULT_TOTAL_MS     5000
#define DEFAULT_MAX_BYTES    ((size_t)1 << 20)
#define MAX_HEADER_BYTES     ((size_t)100 << 10)
#define MAX_IDLE_HANDLES     64
#define KEPT_BODY_BYTES	     ((size_t)64 << 10) /* buffer that an idle handle may keep */

/* Each handle owns an easy handle and buffers and is used again for later requests. */
struct http_request_handle {
	TAILQ_ENTRY(http_request_handle) entry; /* in client->active, or client->idle */
	struct http_client *client;
	CURL *easy;
	struct timer timer; /* connect time, then total time; or the delivery of a failure */
	http_done_fn done;
	void *arg;

	bool in_multi, delivering;
	bool connected, forbidden, too_large; /* what the callbacks saw */
	bool failed;			      /* never sent, `outcome` says why */
	enum http_outcome outcome;
	unsigned total_timeout_ms;
	size_t max_bytes, header_bytes;
	uint64_t start;

	char *request_body;
	struct curl_slist *headers; /* NULL while the client's shared list is used */
	struct strbuf body;
	struct json_object *response_headers;
	char detail[CURL_ERROR_SIZE];
};

TAILQ_HEAD(handle_list, http_request_handle);

struct http_client {
	struct loop *loop;
	CURLM *multi;
	CURLSH *share; /* TLS sessions, so that a new connection resumes */
	struct sockets *sockets;
	struct timer timer; /* curl's own */
	bool allow_private;
	char *user_agent;
	struct handle_list active, idle;
	unsigned idle_count;
	struct curl_slist *plain_headers; /* for a body of type plain_type without own headers */
	char *plain_type;
	struct curl_slist *no_headers;
};

/* The timer's callback after http_send(). */
static void on_handle_timer(void *arg);

/* What curl reports */

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

/* Outcomes */

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

static enum http_outcome outcome_of(const struct http_request_handle *h, CURLcode code)
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

/* Handles */

static void set_constant_options(struct http_request_handle *h)
{
	struct http_client *client = h->client;
	CURL *easy = h->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, h);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
	curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, h->detail);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, h);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, h);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, client->sockets);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Else ending a request whose name is being resolved waits for the resolver. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static struct http_request_handle *handle_new(struct http_client *client)
{
	struct http_request_handle *h = xcalloc(1, sizeof(*h));

	h->client = client;
	h->body = (struct strbuf)STRBUF_INIT;
	h->easy = curl_easy_init();
	if (!h->easy)
		abort();
	timer_init(&h->timer, client->loop, on_handle_timer, h);
	set_constant_options(h);
	return h;
}

static void handle_free(struct http_request_handle *h)
{
	timer_stop(&h->timer);
	curl_easy_cleanup(h->easy);
	curl_slist_free_all(h->headers);
	json_object_put(h->response_headers);
	strbuf_release(&h->body);
	free(h->request_body);
	free(h);
}

static struct http_request_handle *take_handle(struct http_client *client)
{
	struct http_request_handle *h = TAILQ_FIRST(&client->idle);

	if (!h)
		return handle_new(client);
	TAILQ_REMOVE(&client->idle, h, entry);
	client->idle_count--;
	h->connected = h->forbidden = h->too_large = h->failed = false;
	h->header_bytes = 0;
	h->detail[0] = '\0';
	return h;
}

/* Back to idle; h is in no list. */
static void put_handle(struct http_request_handle *h)
{
	struct http_client *client = h->client;

	if (client->idle_count >= MAX_IDLE_HANDLES) {
		handle_free(h);
		return;
	}
	curl_slist_free_all(h->headers);
	h->headers = NULL;
	json_object_put(h->response_headers);
	h->response_headers = NULL;
	free(h->request_body);
	h->request_body = NULL;
	if (h->body.size > KEPT_BODY_BYTES)
		strbuf_release(&h->body);
	strbuf_reset(&h->body);
	TAILQ_INSERT_HEAD(&client->idle, h, entry);
	client->idle_count++;
}

/* Takes the request out of curl and off the list of active ones. */
static void detach(struct http_request_handle *h)
{
	timer_stop(&h->timer);
	if (h->in_multi)
		curl_multi_remove_handle(h->client->multi, h->easy);
	h->in_multi = false;
	TAILQ_REMOVE(&h->client->active, h, entry);
}

static void deliver(struct http_request_handle *h, enum http_outcome outcome)
{
	struct http_response response = {
		.outcome = outcome, .duration_us = clock_mono() - h->start};
	long status = 0;
	char *url = NULL;

	curl_easy_getinfo(h->easy, CURLINFO_EFFECTIVE_URL, &url);
	if (outcome == HTTP_ANSWERED)
		curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!h->response_headers)
		h->response_headers = json_object_new_object();
	response.status = (int)status;
	response.body = h->body.data;
	response.body_length = h->body.length;
	response.content_type = json_text(h->response_headers, "content-type", "");
	response.url = url ? url : "";
	response.headers = h->response_headers;
	response.detail = h->detail;
	detach(h);
	h->delivering = true;
	h->done(h->arg, &response);
	h->delivering = false;
	put_handle(h);
}

static void on_handle_timer(void *arg)
{
	struct http_request_handle *h = arg;

	if (h->failed)
		deliver(h, h->outcome);
	else
		deliver(h, h->connected ? HTTP_TIMEOUT : HTTP_CONNECT_TIMEOUT);
}

/* Driving curl */

static void deliver_finished(struct http_client *client)
{
	struct http_request_handle *h;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		CURLcode code = message->data.result;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&h);
		deliver(h, outcome_of(h, code));
	}
}

static void on_socket_event(void *arg, int fd, bool readable, bool writable)
{
	struct http_client *client = arg;
	int running;

	curl_multi_socket_action(client->multi, fd,
		(readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0), &running);
	deliver_finished(client);
}

static void on_multi_timer(void *arg)
{
	struct http_client *client = arg;
	int running;

	curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	deliver_finished(client);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *arg)
{
	struct http_client *client = arg;

	(void)multi;
	if (timeout_ms < 0)
		timer_stop(&client->timer);
	else
		timer_start(&client->timer, (uint64_t)timeout_ms * USEC_PER_MSEC);
	return 0;
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *per_socket)
{
	struct http_client *client = arg;

	(void)easy;
	(void)per_socket;
	if (what == CURL_POLL_REMOVE)
		sockets_watch(client->sockets, fd, false, false);
	else
		sockets_watch(client->sockets, fd, what & CURL_POLL_IN, what & CURL_POLL_OUT);
	return 0;
}

/* Making a request */

static void fail(struct http_request_handle *h, enum http_outcome outcome, const char *detail)
{
	if (h->failed)
		return;
	h->failed = true;
	h->outcome = outcome;
	strncpy(h->detail, detail, sizeof(h->detail) - 1);
}

static bool is_token(const char *s)
{
	return *s && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "!#$%&'*+-.^_`|~")] == '\0';
}

static bool is_field_value(const char *s)
{
	for (; *s; s++) {
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return false;
	}
	return true;
}

/* Framing is curl's business: such a header would let a script smuggle a second request. */
static bool is_framing(const char *name)
{
	static const char *const names[] = {
		"Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Expect", "TE"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(name, names[i]) == 0)
			return true;
	}
	return false;
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

		if (!is_token(name) || is_framing(name) || !text || !is_field_value(text))
			fail(h, HTTP_FAILED, "header not allowed");
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
static struct curl_slist *body_headers(const char *type)
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
		client->plain_headers = body_headers(type);
		xstrset(&client->plain_type, type);
	}
	return client->plain_headers;
}

static void set_headers(struct http_request_handle *h, const struct http_request *request)
{
	struct json_object *own = request->headers;
	const char *type = request->content_type;
	struct curl_slist *list = NULL;

	if (type && !is_field_value(type)) {
		fail(h, HTTP_FAILED, "content type not allowed");
		return;
	}
	if (!json_object_is_type(own, json_type_object) || json_object_object_length(own) == 0)
		list = shared_headers(h->client, type);
	else if (has_member(own, "content-type"))
		type = NULL;
	if (!list) {
		h->headers = body_headers(type);
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

	if (!is_token(method)) {
		fail(h, HTTP_FAILED, "method not allowed");
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

struct http_request_handle *http_send(struct http_client *client,
	const struct http_request *request, http_done_fn done, void *arg)
{
	struct http_request_handle *h = take_handle(client);
	unsigned connect_ms =
		request->connect_timeout_ms ? request->connect_timeout_ms : DEFAULT_CONNECT_MS;
	const char *error = NULL;

	h->done = done;
	h->arg = arg;
	h->start = clock_mono();
	curl_easy_setopt(h->easy, CURLOPT_URL, request->url ? request->url : "");
	if (url_check(request->url, false, &error) < 0)
		fail(h, HTTP_BAD_URL, error);
	set_method(h, request);
	set_headers(h, request);
	set_limits(h, request, connect_ms);
	TAILQ_INSERT_TAIL(&client->active, h, entry);
	if (!h->failed && curl_multi_add_handle(client->multi, h->easy) != CURLM_OK)
		fail(h, HTTP_FAILED, "curl refused the request");
	h->in_multi = !h->failed;
	timer_start(&h->timer, h->failed ? 0 : connect_ms * USEC_PER_MSEC);
	return h;
}

void http_cancel(struct http_request_handle *h)
{
	if (!h || h->delivering)
		return;
	detach(h);
	put_handle(h);
}

/* The client */

static void init_multi(struct http_client *client, unsigned max_connections)
{
	long total = max_connections ? (long)max_connections : DEFAULT_CONNECTIONS;
	long per_host = total < CONNECTIONS_PER_HOST ? total : CONNECTIONS_PER_HOST;
	CURLM *multi = curl_multi_init();

	if (!multi)
		abort();
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, total);
	curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, per_host);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, total);
	client->multi = multi;
}

struct http_client *http_client_new(struct loop *loop, const struct http_client_config *config)
{
	struct http_client *client = xcalloc(1, sizeof(*client));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	client->loop = loop;
	client->allow_private = config->allow_private;
	client->user_agent = xstrdup(config->user_agent ? config->user_agent : "nccod");
	TAILQ_INIT(&client->active);
	TAILQ_INIT(&client->idle);
	client->no_headers = body_headers(NULL);
	client->sockets = sockets_new(loop, on_socket_event, client);
	timer_init(&client->timer, loop, on_multi_timer, client);
	client->share = curl_share_init();
	curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	init_multi(client, config->max_connections);
	return client;
}

struct http_client *http_client_free(struct http_client *client)
{
	struct http_request_handle *h;

	if (!client)
		return NULL;
	while ((h = TAILQ_FIRST(&client->active)))
		http_cancel(h);
	while ((h = TAILQ_FIRST(&client->idle))) {
		TAILQ_REMOVE(&client->idle, h, entry);
		handle_free(h);
	}
	curl_multi_cleanup(client->multi);
	curl_share_cleanup(client->share);
	timer_stop(&client->timer);
	sockets_free(client->sockets);
	curl_slist_free_all(client->plain_headers);
	curl_slist_free_all(client->no_headers);
	free(client->plain_type);
	free(client->user_agent);
	free(client);
	curl_global_cleanup();
	return NULL;
}
