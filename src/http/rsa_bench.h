/* rsa_bench.h - keys and signed tokens for tests. */
#ifndef HTTP_RSA_BENCH_H
#define HTTP_RSA_BENCH_H

#include <openssl/evp.h>

/* To be freed with EVP_PKEY_free(). */
EVP_PKEY *rsa_new(unsigned bits);
char *rsa_public_pem(EVP_PKEY *key); /* malloc'd */

/* The token of these texts, malloc'd; digest as EVP_sha256(). */
char *rsa_token(EVP_PKEY *key, const EVP_MD *digest, const char *header, const char *claims);

#endif
