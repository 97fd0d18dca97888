#include "http/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define HASH_BYTES 32
#define DATE_BYTES 8 /* of "20150830T123600Z", the day */
#define ALGORITHM  "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"

static void to_hex(const unsigned char hash[HASH_BYTES], char out[SIGV4_HASH_SIZE])
{
	for (size_t i = 0; i < HASH_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

void sigv4_hash(const void *data, size_t length, char out[SIGV4_HASH_SIZE])
{
	unsigned char hash[HASH_BYTES];

	if (EVP_Digest(data, length, hash, NULL, EVP_sha256(), NULL) != 1)
		abort();
	to_hex(hash, out);
}

static void hmac(const void *key, size_t key_length, const char *text, size_t length,
	unsigned char out[HASH_BYTES])
{
	if (!HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)text, length, out,
		    NULL))
		abort();
}

/* The value as it is signed: blanks at the ends cut, runs of them one. */
static void add_value(struct strbuf *sb, const char *value)
{
	const char *blanks = " \t";

	value += strspn(value, blanks);
	while (*value) {
		size_t word = strcspn(value, blanks), gap = strspn(value + word, blanks);

		strbuf_add(sb, value, word);
		value += word + gap;
		if (gap && *value)
			strbuf_addc(sb, ' ');
	}
}

static void add_names(struct strbuf *sb, const struct sigv4_request *request)
{
	for (size_t i = 0; i < request->header_count; i++)
		strbuf_addf(sb, i ? ";%s" : "%s", request->headers[i].name);
}

/* Task 1: the canonical request, of which the hash is signed. */
static void hash_request(const struct sigv4_request *request, char out[SIGV4_HASH_SIZE])
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s\n%s\n%s\n", request->method, request->path, request->query);
	for (size_t i = 0; i < request->header_count; i++) {
		strbuf_addf(&sb, "%s:", request->headers[i].name);
		add_value(&sb, request->headers[i].value);
		strbuf_addc(&sb, '\n');
	}
	strbuf_addc(&sb, '\n');
	add_names(&sb, request);
	sigv4_hash(request->body, request->length, out);
	strbuf_addf(&sb, "\n%s", out);
	sigv4_hash(sb.data, sb.length, out);
	strbuf_release(&sb);
}

/* Task 3: a key that is good for one day, region and service. */
static void derive_key(const struct sigv4_key *key, const char *date, unsigned char out[HASH_BYTES])
{
	char *secret = xasprintf("AWS4%s", key->secret);

	hmac(secret, strlen(secret), date, DATE_BYTES, out);
	hmac(out, HASH_BYTES, key->region, strlen(key->region), out);
	hmac(out, HASH_BYTES, key->service, strlen(key->service), out);
	hmac(out, HASH_BYTES, TERMINATOR, strlen(TERMINATOR), out);
	free(secret);
}

char *sigv4_sign(const struct sigv4_key *key, const struct sigv4_request *request, const char *date)
{
	unsigned char derived[HASH_BYTES], signature[HASH_BYTES];
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	char hex[SIGV4_HASH_SIZE];
	char *scope =
		xasprintf("%.*s/%s/%s/" TERMINATOR, DATE_BYTES, date, key->region, key->service);

	hash_request(request, hex);
	strbuf_addf(&text, ALGORITHM "\n%s\n%s\n%s", date, scope, hex);
	derive_key(key, date, derived);
	hmac(derived, HASH_BYTES, text.data, text.length, signature);
	to_hex(signature, hex);
	strbuf_addf(&out, ALGORITHM " Credential=%s/%s, SignedHeaders=", key->id, scope);
	add_names(&out, request);
	strbuf_addf(&out, ", Signature=%s", hex);
	strbuf_release(&text);
	free(scope);
	return strbuf_detach(&out);
}
