/* caller.h - who asks: API keys, tokens of applications, and what they may. Core thread only.
 *
 * This and api_authorize() is all there is to authentication. Keys are compared by their hashes, in
 * a time that does not depend on them, and are never logged. */
#ifndef API_CALLER_H
#define API_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "api/operation.h"
#include "base/rate.h"
#include "call/config.h"

/* Borrowed from the callers until they change. */
struct api_caller {
	const char *name;	 /* of the key, or the application's id; for logs */
	const char *application; /* the only one whose things there are for him; NULL: all */
	bool token;		 /* of an application, not a key */
	enum api_scope scopes;
	struct json_object *acl; /* what a token restricts itself to, or NULL; owned */
};

struct callers;

struct callers *callers_new(const struct config *config);
struct callers *callers_free(struct callers *callers); /* NULL allowed; returns NULL */

/* Nobody has a key: who reaches us is to be judged otherwise. */
bool callers_none(const struct callers *callers);

enum caller_outcome {
	CALLER_KNOWN,
	CALLER_UNKNOWN, /* 401 */
	CALLER_TOO_FAST /* 429 */
};

/* By the Authorization header (NULL: there is none) of a request from an address. At `wall` and
 * `mono`, microseconds. *ret_error is a constant for CALLER_UNKNOWN. */
enum caller_outcome callers_find(struct callers *callers, const char *authorization,
	const char *peer, uint64_t wall, uint64_t mono, struct api_caller *ret_caller,
	const char **ret_error);

/* Whether a token's acl lets it do that (Voice API: {"paths":{"/v1/calls/x":{"methods":["GET"]}}},
 * with * for a segment and ** for any number of them). The path without the prefix /api. */
bool acl_allows(struct json_object *acl, const char *method, const char *path);

#endif
