#include "http/rsa_bench.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"

EVP_PKEY *rsa_new(unsigned bits)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);

	if (!key)
		abort();
	return key;
}

char *rsa_public_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *pem;
	long length;

	if (PEM_write_bio_PUBKEY(bio, key) != 1)
		abort();
	length = BIO_get_mem_data(bio, &data);
	pem = xstrndup(data, (size_t)length);
	BIO_free(bio);
	return pem;
}

char *rsa_token(EVP_PKEY *key, const EVP_MD *digest, const char *header, const char *claims)
{
	struct strbuf token = STRBUF_INIT;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[1024];
	size_t length = sizeof(signature);

	base64url_encode(header, strlen(header), &token);
	strbuf_addc(&token, '.');
	base64url_encode(claims, strlen(claims), &token);
	if (EVP_DigestSignInit(ctx, NULL, digest, NULL, key) != 1 ||
		EVP_DigestSign(ctx, signature, &length, (const unsigned char *)token.data,
			token.length) != 1)
		abort();
	strbuf_addc(&token, '.');
	base64url_encode(signature, length, &token);
	EVP_MD_CTX_free(ctx);
	return strbuf_detach(&token);
}
