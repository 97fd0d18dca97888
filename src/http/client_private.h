/* client_private.h - what the three files of the client share: client.c has the handles and
 * drives curl, request.c says what a handle is to send, response.c hears what comes of it. */
#ifndef HTTP_CLIENT_PRIVATE_H
#define HTTP_CLIENT_PRIVATE_H

#include <curl/curl.h>
#include <sys/queue.h>

#include "base/strbuf.h"
#include "http/client.h"
#include "http/sockets.h"

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
	char *user_agent, *ca_file;
	struct handle_list active, idle;
	unsigned idle_count;
	struct curl_slist *plain_headers; /* for a body of type plain_type without own headers */
	char *plain_type;
	struct curl_slist *no_headers;
};

/* Sets all that differs from request to request. What cannot be sent is marked as failed. */
void request_set(struct http_request_handle *h, const struct http_request *request,
	unsigned connect_timeout_ms);
/* Only the first failure counts. */
void request_fail(struct http_request_handle *h, enum http_outcome outcome, const char *detail);
/* The headers of a request without any of its own; type NULL: without a body. Owned. */
struct curl_slist *request_plain_headers(const char *type);

/* Once for each handle. */
void response_set_callbacks(struct http_request_handle *h);
enum http_outcome response_outcome(const struct http_request_handle *h, CURLcode code);

#endif
