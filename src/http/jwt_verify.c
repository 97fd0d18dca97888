#include "http/jwt_verify.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"

#define MIN_BITS   2048
#define MAX_BITS   8192
#define LIFETIME_S 900 /* without exp */

struct jwt_key {
	EVP_PKEY *pkey;
};

/* --- keys --- */

static EVP_PKEY *read_certificate(BIO *bio)
{
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	EVP_PKEY *pkey = certificate ? X509_get_pubkey(certificate) : NULL;

	X509_free(certificate);
	return pkey;
}

/* "-----BEGIN RSA PUBLIC KEY-----", as PKCS #1 has it. */
static EVP_PKEY *read_rsa(BIO *bio)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	char *name = NULL, *header = NULL;
	EVP_PKEY *pkey = NULL;
	long length;

	if (PEM_read_bio(bio, &name, &header, &der, &length) == 1) {
		at = der;
		if (strcmp(name, "RSA PUBLIC KEY") == 0)
			pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, length);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	return pkey;
}

static EVP_PKEY *read_public(BIO *bio)
{
	return PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
}

static EVP_PKEY *read_pem(const char *pem)
{
	static EVP_PKEY *(*const readers[])(BIO *) = {read_public, read_certificate, read_rsa};
	EVP_PKEY *pkey = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(readers) && !pkey; i++) {
		BIO *bio = BIO_new_mem_buf(pem, -1);

		pkey = readers[i](bio);
		BIO_free(bio);
	}
	ERR_clear_error();
	return pkey;
}

struct jwt_key *jwt_key_new(const char *pem, const char **ret_error)
{
	EVP_PKEY *pkey;
	struct jwt_key *key;

	*ret_error = "is no public key in PEM";
	if (strstr(pem, "PRIVATE KEY-----")) {
		*ret_error = "is a private key; the public one is wanted";
		return NULL;
	}
	pkey = read_pem(pem);
	if (!pkey)
		return NULL;
	if (!EVP_PKEY_is_a(pkey, "RSA"))
		*ret_error = "is no RSA key";
	else if (EVP_PKEY_get_bits(pkey) < MIN_BITS || EVP_PKEY_get_bits(pkey) > MAX_BITS)
		*ret_error = "must have 2048 to 8192 bits";
	else
		*ret_error = NULL;
	if (*ret_error) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	key = xcalloc(1, sizeof(*key));
	key->pkey = pkey;
	return key;
}

struct jwt_key *jwt_key_free(struct jwt_key *key)
{
	if (!key)
		return NULL;
	EVP_PKEY_free(key->pkey);
	free(key);
	return NULL;
}

/* --- tokens --- */

/* A part in base64url that is a JSON object. */
static struct json_object *read_object(const char *text, size_t length)
{
	struct strbuf json = STRBUF_INIT;
	struct json_object *object = NULL;

	if (base64url_decode(text, length, &json))
		json_parse(json.data, json.length, &object, NULL, NULL);
	strbuf_release(&json);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

/* Only what says exactly RS256, and asks for nothing that we would have to understand. */
static bool header_is_good(const char *text, size_t length, const char **ret_error)
{
	struct json_object *header = read_object(text, length);
	bool good = false;

	if (!header)
		*ret_error = "its header is not JSON";
	else if (strcmp(json_text(header, "alg", ""), "RS256") != 0)
		*ret_error = "it is not signed with RS256";
	else if (json_object_object_get_ex(header, "crit", NULL))
		*ret_error = "it has critical extensions";
	else
		good = true;
	json_object_put(header);
	return good;
}

int jwt_read(const char *text, struct jwt *ret_token, const char **ret_error)
{
	const char *claims = strchr(text, '.');
	const char *signature = claims ? strchr(claims + 1, '.') : NULL;

	*ret_token = (struct jwt){.signature = STRBUF_INIT};
	*ret_error = "it is no token";
	if (!signature || strchr(signature + 1, '.') || strlen(text) > JWT_MAX_BYTES)
		return -EINVAL;
	if (!header_is_good(text, (size_t)(claims - text), ret_error))
		return -EINVAL;
	ret_token->text = text;
	ret_token->length = (size_t)(signature - text);
	ret_token->claims = read_object(claims + 1, (size_t)(signature - claims) - 1);
	*ret_error = "its claims or its signature are malformed";
	if (ret_token->claims &&
		base64url_decode(signature + 1, strlen(signature + 1), &ret_token->signature) &&
		ret_token->signature.length > 0)
		return 0;
	jwt_release(ret_token);
	return -EINVAL;
}

void jwt_release(struct jwt *token)
{
	json_object_put(token->claims);
	strbuf_release(&token->signature);
	token->claims = NULL;
}

bool jwt_verify(const struct jwt *token, const struct jwt_key *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
	       EVP_DigestVerify(ctx, (const unsigned char *)token->signature.data,
		       token->signature.length, (const unsigned char *)token->text,
		       token->length) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

/* --- times --- */

/* A NumericDate: 1 and *ret_time, 0 when there is none, -1 when it is none. */
static int read_time(struct json_object *claims, const char *name, int64_t *ret_time)
{
	struct json_object *value = json_member(claims, name);
	double time;

	if (!value)
		return 0;
	if (json_object_is_type(value, json_type_string) || json_to_double(value, &time) < 0 ||
		!(time >= 0 && time < 1e12))
		return -1;
	*ret_time = (int64_t)time;
	return 1;
}

int jwt_check_times(
	struct json_object *claims, int64_t now, int64_t *ret_expires, const char **ret_error)
{
	int64_t issued = 0, not_before = 0, expires = 0;
	int has_expires = read_time(claims, "exp", &expires);

	*ret_error = "its iat, nbf or exp is no time";
	if (read_time(claims, "iat", &issued) < 1 || read_time(claims, "nbf", &not_before) < 0 ||
		has_expires < 0)
		return -EINVAL;
	if (!has_expires)
		expires = issued + LIFETIME_S;
	*ret_error = "it is from the future";
	if (issued > now + JWT_SKEW_S || not_before > now + JWT_SKEW_S)
		return -EINVAL;
	*ret_error = "it has expired";
	if (expires <= now - JWT_SKEW_S)
		return -EINVAL;
	*ret_expires = expires;
	return 0;
}
