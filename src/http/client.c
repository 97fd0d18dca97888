#include <curl/curl.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/client_private.h"

#define DEFAULT_CONNECTIONS  512
#define CONNECTIONS_PER_HOST 64
#define DEFAULT_CONNECT_MS   1000
#define MAX_IDLE_HANDLES     64
#define KEPT_BODY_BYTES	     ((size_t)64 << 10) /* buffer that an idle handle may keep */

/* The timer's callback after http_send(). */
static void on_handle_timer(void *arg);

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
	/* Those of the system are in curl's CURLOPT_CAPATH, which stays. */
	if (client->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file);
	response_set_callbacks(h);
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
		deliver(h, response_outcome(h, code));
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

struct http_request_handle *http_send(struct http_client *client,
	const struct http_request *request, http_done_fn done, void *arg)
{
	struct http_request_handle *h = take_handle(client);
	unsigned connect_ms =
		request->connect_timeout_ms ? request->connect_timeout_ms : DEFAULT_CONNECT_MS;

	h->done = done;
	h->arg = arg;
	h->start = clock_mono();
	request_set(h, request, connect_ms);
	TAILQ_INSERT_TAIL(&client->active, h, entry);
	if (!h->failed && curl_multi_add_handle(client->multi, h->easy) != CURLM_OK)
		request_fail(h, HTTP_FAILED, "curl refused the request");
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
	client->ca_file = xstrdup(config->ca_file);
	TAILQ_INIT(&client->active);
	TAILQ_INIT(&client->idle);
	client->no_headers = request_plain_headers(NULL);
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
	free(client->ca_file);
	free(client);
	curl_global_cleanup();
	return NULL;
}
