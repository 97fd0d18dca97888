/* jwt.h - signing as the Voice API does: a JSON Web Token (RFC 7519) with HS256. Any thread. */
#ifndef HTTP_JWT_H
#define HTTP_JWT_H

#include <stddef.h>

#include "base/json.h"

/* The token for these claims, in compact form. malloc'd. */
char *jwt_sign(struct json_object *claims, const char *secret);

/* "Bearer TOKEN" for a request to an application: iat, jti, iss "Vonage", application_id, and with
 * a body (else NULL) payload_hash, its SHA-256 in hex. malloc'd. */
char *jwt_bearer(
	const char *secret, const char *application_id, const void *body, size_t body_length);

#endif
