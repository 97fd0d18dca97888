#include "http/jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"

char *jwt_sign(struct json_object *claims, const char *secret)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	const char *payload = json_print(claims);
	struct strbuf token = STRBUF_INIT;
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	base64url_encode(header, sizeof(header) - 1, &token);
	strbuf_addc(&token, '.');
	base64url_encode(payload, strlen(payload), &token);
	HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)token.data,
		token.length, mac, &length);
	strbuf_addc(&token, '.');
	base64url_encode(mac, length, &token);
	return strbuf_detach(&token);
}

static void add_payload_hash(struct json_object *claims, const void *body, size_t length)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[65];

	EVP_Digest(body, length, digest, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	json_add_text(claims, "payload_hash", hex);
}

char *jwt_bearer(
	const char *secret, const char *application_id, const void *body, size_t body_length)
{
	struct json_object *claims = json_object_new_object();
	char id[ID_SIZE], *token, *bearer;

	json_add_int(claims, "iat", (int64_t)(clock_wall() / USEC_PER_SEC));
	json_add_text(claims, "jti", id_new(id));
	json_add_text(claims, "iss", "Vonage");
	json_add_text(claims, "application_id", application_id);
	if (body)
		add_payload_hash(claims, body, body_length);
	token = jwt_sign(claims, secret);
	bearer = xasprintf("Bearer %s", token);
	free(token);
	json_object_put(claims);
	return bearer;
}
