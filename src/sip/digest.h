/* digest.h - the client half of HTTP digest (RFC 7616, RFC 8760): MD5 and SHA-256, with
 * qop=auth or none. Pure but for the client nonce. Any thread. */
#ifndef SIP_DIGEST_H
#define SIP_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

#define DIGEST_MAX_ROUNDS 2
#define DIGEST_MAX_BYTES  4096 /* of one challenge */

enum digest_algorithm { DIGEST_MD5, DIGEST_SHA256 };

struct digest_challenge {
	char *realm, *nonce, *opaque; /* opaque NULL when not sent */
	enum digest_algorithm algorithm;
	bool qop_auth; /* they offer qop=auth */
	bool stale;
};

/* Who we are, and where we stand with one peer. Strings owned. */
struct digest_login {
	char *user, *password;
	unsigned rounds;   /* challenges answered in a row */
	char *header_name; /* "Authorization" or "Proxy-Authorization", NULL: none yet */
	char *header_value;
};

/* Reads the value of a WWW-Authenticate or Proxy-Authenticate header. 0; -EBADMSG
 * malformed, -ENOTSUP another scheme, algorithm or qop. */
int digest_parse(const char *value, size_t length, struct digest_challenge *ret_challenge);
void digest_challenge_release(struct digest_challenge *challenge);

/* Appends the value of the Authorization header. nc counts the uses of the nonce, from 1. */
void digest_answer(struct strbuf *out, const struct digest_challenge *challenge, const char *user,
	const char *password, const char *method, const char *uri, unsigned nc, const char *cnonce);

/* Takes the challenges of one response (values of equal headers, best algorithm wins) and
 * fills header_value. False: nothing we can answer, no password, or too many rounds. */
bool digest_login_challenge(struct digest_login *login, bool proxy, const char *const *values,
	size_t count, const char *method, const char *uri);
void digest_login_release(struct digest_login *login);

#endif
