/* Idempotency-Key: what a request asks for is done once, however often it is sent.
 *
 * The key is claimed in the store, on disk, before anything is done. Only success is kept: a
 * request that was refused may be sent again with its key. If nccod dies between the two, whether
 * it was done cannot be known, and the key stays taken: nobody's telephone rings twice. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"

#define HASH_SIZE 32
#define MAX_KEY	  255

struct api_claim {
	LIST_ENTRY(api_claim) link;
	struct api *api;
	struct http_exchange *exchange;
	struct store_request *request;
	char *owner, *key;
	api_do_fn *run;
	void (*release)(void *arg);
	void *arg;
};

static void claim_free(struct api_claim *claim)
{
	LIST_REMOVE(claim, link);
	claim->release(claim->arg);
	free(claim->owner);
	free(claim->key);
	free(claim);
}

static void run(struct api_claim *claim)
{
	struct store *store = server_store(claim->api->server);
	int status =
		((const struct api_operation *)http_exchange_route(claim->exchange)->about)->status;
	struct json_object *made = claim->run(claim->api, claim->exchange, claim->arg);

	if (!made) {
		store_unclaim(store, claim->owner, claim->key);
		return;
	}
	store_answer(store, claim->owner, claim->key, status, json_print(made));
	http_reply_json(claim->exchange, status, made);
}

static void refuse(struct http_exchange *exchange, int status, const char *detail)
{
	if (status == 409 || status == 503)
		http_exchange_add_header(exchange, "Retry-After", "1");
	http_reply_problem(exchange, status, detail);
}

static void on_claimed(void *arg, int error, const struct store_claim *found)
{
	struct api_claim *claim = arg;
	struct http_exchange *exchange = claim->exchange;

	if (error) {
		refuse(exchange, 503, "the store cannot be written");
	} else if (found->outcome == STORE_CLAIM_NEW) {
		run(claim);
	} else if (found->outcome == STORE_CLAIM_ANSWERED) {
		http_exchange_add_header(exchange, "Idempotency-Replayed", "true");
		http_reply_text(exchange, found->status, "application/json", found->body,
			strlen(found->body));
	} else if (found->outcome == STORE_CLAIM_RUNNING) {
		refuse(exchange, 409, "the request with this Idempotency-Key is not answered yet");
	} else {
		refuse(exchange, 422, "the Idempotency-Key came before with another body");
	}
	claim_free(claim);
}

/* 1 to 255 bytes, none of which is a control character. */
static bool key_is_good(const char *key)
{
	size_t length = strlen(key);

	for (const char *c = key; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return length > 0 && length <= MAX_KEY;
}

static void fingerprint(const struct http_exchange *exchange, char out[2 * HASH_SIZE + 1])
{
	unsigned char digest[HASH_SIZE];
	size_t length;
	const char *body = http_exchange_body(exchange, &length);

	EVP_Digest(body, length, digest, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < HASH_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void claim_key(struct api *api, struct http_exchange *exchange, const char *key,
	api_do_fn *run_once, void (*release)(void *arg), void *arg)
{
	struct api_claim *claim = xcalloc(1, sizeof(*claim));
	char print[2 * HASH_SIZE + 1];

	*claim = (struct api_claim){.api = api,
		.exchange = exchange,
		.owner = api_owner(exchange),
		.key = xstrdup(key),
		.run = run_once,
		.release = release,
		.arg = arg};
	LIST_INSERT_HEAD(&api->claims, claim, link);
	fingerprint(exchange, print);
	claim->request = store_claim(server_store(api->server), claim->owner, key, print,
		(int64_t)clock_wall(), on_claimed, claim);
}

void api_do_once(struct api *api, struct http_exchange *exchange, api_do_fn *run_once,
	void (*release)(void *arg), void *arg)
{
	const struct api_operation *operation = http_exchange_route(exchange)->about;
	const char *key = http_exchange_header(exchange, "Idempotency-Key");
	struct json_object *made;

	if (key && key_is_good(key)) {
		claim_key(api, exchange, key, run_once, release, arg);
		return;
	}
	if (key) {
		http_reply_problem(exchange, 400,
			"Idempotency-Key must have 1 to 255 characters that can be printed");
	} else {
		made = run_once(api, exchange, arg);
		if (made)
			http_reply_json(exchange, operation->status, made);
	}
	release(arg);
}

void api_claims_end(struct api *api)
{
	struct api_claim *claim;

	while ((claim = LIST_FIRST(&api->claims))) {
		store_cancel(claim->request);
		refuse(claim->exchange, 503, "nccod is stopping");
		claim_free(claim);
	}
}
