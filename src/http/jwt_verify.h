/* jwt_verify.h - the tokens of those who ask: JSON Web Tokens (RFC 7519, RFC 8725) that are signed
 * with RS256, and with nothing else. Any thread.
 *
 * What a token says about keys (kid, jwk, jku, x5c) is not looked at: the key comes from whoever
 * calls here. */
#ifndef HTTP_JWT_VERIFY_H
#define HTTP_JWT_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/strbuf.h"

#define JWT_MAX_BYTES 8192
#define JWT_SKEW_S    60

/* An RSA key of 2048 to 8192 bits, from PEM: a public key or a certificate. */
struct jwt_key;

/* NULL and *ret_error, a constant. */
struct jwt_key *jwt_key_new(const char *pem, const char **ret_error);
struct jwt_key *jwt_key_free(struct jwt_key *key); /* NULL allowed; returns NULL */

struct jwt {
	struct json_object *claims; /* an object */
	const char *text;	    /* of which `length` bytes are signed; borrowed */
	size_t length;
	struct strbuf signature;
};

/* Takes a token apart. It proves nothing before jwt_verify(). 0, or -EINVAL and *ret_error, a
 * constant: it is none, or signed in another way. */
int jwt_read(const char *text, struct jwt *ret_token, const char **ret_error);
void jwt_release(struct jwt *token);

/* Whether the key's owner has signed it. */
bool jwt_verify(const struct jwt *token, const struct jwt_key *key);

/* The times of the claims against `now`, seconds since 1970, with a skew: iat must be there and not
 * in the future, nbf not either, exp not in the past. Without an exp it is 15 minutes after iat, as
 * in the Voice API. 0 and *ret_expires; -EINVAL and *ret_error. */
int jwt_check_times(
	struct json_object *claims, int64_t now, int64_t *ret_expires, const char **ret_error);

#endif
