#include "api/caller.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/jwt_verify.h"

#define HASH_SIZE	32
#define REMEMBERED	256  /* tokens that were verified */
#define SOURCES		1024 /* whose failures are counted; others share */
#define FAILURES	30   /* of a source in FAILURES_US, then it must wait */
#define FAILURES_US	(10 * USEC_PER_SEC)
#define MAX_CREDENTIALS JWT_MAX_BYTES

struct api_key {
	char *name, *application;
	unsigned char hash[HASH_SIZE];
	unsigned scopes;
	struct rate rate;
};

struct application {
	char *id;
	struct jwt_key **keys;
	size_t count;
};

/* A token that was good. It is so until it expires. */
struct remembered {
	unsigned char hash[HASH_SIZE];
	const struct application *application; /* NULL: nothing is remembered here */
	struct json_object *acl;
	int64_t expires; /* s */
};

struct failures {
	uint64_t since;
	unsigned count;
};

struct callers {
	struct api_key *keys;
	size_t key_count;
	struct application *applications;
	size_t application_count;
	bool tokens; /* some application has a public key */
	struct remembered remembered[REMEMBERED];
	struct failures failures[SOURCES];
};

static void hash(const char *data, size_t length, unsigned char out[HASH_SIZE])
{
	EVP_Digest(data, length, out, NULL, EVP_sha256(), NULL);
}

/* --- building --- */

static void take_key(struct api_key *key, const struct config_api_key *config)
{
	key->name = xstrdup(config->name);
	key->application = xstrdup(config->application);
	hash(config->key, strlen(config->key), key->hash);
	for (char **scope = config->scopes; *scope; scope++)
		key->scopes |= api_scope_of(*scope);
	rate_init(&key->rate, config->max_requests_per_second);
}

static void take_application(
	struct application *application, const struct config_application *config)
{
	const char *error;

	application->id = xstrdup(config->id);
	while (config->public_keys[application->count])
		application->count++;
	application->keys = xcalloc(application->count + 1, sizeof(*application->keys));
	/* The configuration has judged them. */
	for (size_t i = 0; i < application->count; i++)
		application->keys[i] = jwt_key_new(config->public_keys[i], &error);
}

struct callers *callers_new(const struct config *config)
{
	struct callers *callers = xcalloc(1, sizeof(*callers));

	callers->key_count = config->api.key_count;
	callers->keys = xcalloc(callers->key_count + 1, sizeof(*callers->keys));
	for (size_t i = 0; i < callers->key_count; i++)
		take_key(&callers->keys[i], &config->api.keys[i]);
	callers->application_count = config->application_count;
	callers->applications =
		xcalloc(callers->application_count + 1, sizeof(*callers->applications));
	for (size_t i = 0; i < callers->application_count; i++) {
		take_application(&callers->applications[i], &config->applications[i]);
		callers->tokens |= callers->applications[i].count > 0;
	}
	return callers;
}

struct callers *callers_free(struct callers *callers)
{
	if (!callers)
		return NULL;
	for (size_t i = 0; i < callers->key_count; i++) {
		free(callers->keys[i].name);
		free(callers->keys[i].application);
		rate_release(&callers->keys[i].rate);
	}
	for (size_t i = 0; i < callers->application_count; i++) {
		for (size_t j = 0; j < callers->applications[i].count; j++)
			jwt_key_free(callers->applications[i].keys[j]);
		free(callers->applications[i].keys);
		free(callers->applications[i].id);
	}
	for (size_t i = 0; i < REMEMBERED; i++)
		json_object_put(callers->remembered[i].acl);
	free(callers->keys);
	free(callers->applications);
	free(callers);
	return NULL;
}

bool callers_none(const struct callers *callers)
{
	return callers->key_count == 0 && !callers->tokens;
}

/* --- keys --- */

/* All are compared, whichever it is. */
static struct api_key *find_key(struct callers *callers, const unsigned char wanted[HASH_SIZE])
{
	struct api_key *found = NULL;

	for (size_t i = 0; i < callers->key_count; i++)
		if (CRYPTO_memcmp(callers->keys[i].hash, wanted, HASH_SIZE) == 0)
			found = &callers->keys[i];
	return found;
}

static enum caller_outcome use_key(struct api_key *key, uint64_t mono, struct api_caller *caller)
{
	*caller = (struct api_caller){
		.name = key->name, .application = key->application, .scopes = key->scopes};
	return rate_take(&key->rate, mono) ? CALLER_KNOWN : CALLER_TOO_FAST;
}

/* --- tokens --- */

static const struct application *find_application(
	const struct callers *callers, struct json_object *claims)
{
	struct json_object *id = json_member(claims, "application_id");

	if (!json_object_is_type(id, json_type_string))
		return NULL;
	for (size_t i = 0; i < callers->application_count; i++) {
		const char *text = callers->applications[i].id;

		if (strlen(text) == (size_t)json_object_get_string_len(id) &&
			strcmp(text, json_object_get_string(id)) == 0)
			return &callers->applications[i];
	}
	return NULL;
}

static bool is_signed(const struct jwt *token, const struct application *application)
{
	for (size_t i = 0; i < application->count; i++)
		if (jwt_verify(token, application->keys[i]))
			return true;
	return false;
}

/* NULL and *ret_error unless the token is good. */
static const struct application *judge(const struct callers *callers, const struct jwt *token,
	int64_t now, int64_t *ret_expires, const char **ret_error)
{
	const struct application *application = find_application(callers, token->claims);

	/* Why it is refused says nothing about which applications there are. */
	*ret_error = "the token is not signed by the application that it names";
	if (!application || !is_signed(token, application))
		return NULL;
	if (jwt_check_times(token->claims, now, ret_expires, ret_error) < 0)
		return NULL;
	*ret_error = "its jti is missing";
	return *json_text(token->claims, "jti", "") ? application : NULL;
}

static enum caller_outcome use_token(const struct remembered *r, struct api_caller *caller)
{
	*caller = (struct api_caller){
		.name = r->application->id,
		.application = r->application->id,
		.token = true,
		.scopes = API_CALLS_READ | API_CALLS_WRITE,
		.acl = json_object_get(r->acl),
	};
	return CALLER_KNOWN;
}

static enum caller_outcome verify(struct callers *callers, const char *text,
	struct remembered *slot, const unsigned char key[HASH_SIZE], int64_t now,
	struct api_caller *caller, const char **ret_error)
{
	const struct application *application;
	int64_t expires = 0;
	struct jwt token;

	if (jwt_read(text, &token, ret_error) < 0)
		return CALLER_UNKNOWN;
	application = judge(callers, &token, now, &expires, ret_error);
	if (application) {
		json_object_put(slot->acl);
		*slot = (struct remembered){.application = application,
			.expires = expires,
			.acl = json_object_get(json_member(token.claims, "acl"))};
		memcpy(slot->hash, key, HASH_SIZE);
	}
	jwt_release(&token);
	return application ? use_token(slot, caller) : CALLER_UNKNOWN;
}

/* --- who fails again and again --- */

static struct failures *failures_of(struct callers *callers, const char *peer)
{
	unsigned char digest[HASH_SIZE];

	hash(peer, strlen(peer), digest);
	return &callers->failures[(digest[0] << 8 | digest[1]) % SOURCES];
}

/* A signature takes a while to judge, and a key can be guessed. */
static bool fails_too_often(struct failures *failures, uint64_t mono)
{
	if (mono - failures->since > FAILURES_US)
		*failures = (struct failures){.since = mono};
	return failures->count >= FAILURES;
}

/* --- the header --- */

/* The key or token that it carries: malloc'd, or NULL. */
static char *credentials(const char *header)
{
	struct strbuf pair = STRBUF_INIT;
	char *found = NULL, *colon;

	if (strncasecmp(header, "Bearer ", 7) == 0)
		return xstrdup(header + 7 + strspn(header + 7, " "));
	if (strncasecmp(header, "Basic ", 6) != 0)
		return NULL;
	header += 6 + strspn(header + 6, " ");
	if (base64_decode(header, strlen(header), &pair)) {
		colon = strchr(pair.data, ':');
		found = colon ? xstrdup(colon + 1) : NULL;
	}
	OPENSSL_cleanse(pair.data, pair.length);
	strbuf_release(&pair);
	return found;
}

static enum caller_outcome judge_text(struct callers *callers, const char *text, const char *peer,
	uint64_t wall, uint64_t mono, struct api_caller *caller, const char **ret_error)
{
	struct failures *failures = failures_of(callers, peer);
	int64_t now = (int64_t)(wall / USEC_PER_SEC);
	unsigned char key[HASH_SIZE];
	enum caller_outcome outcome = CALLER_UNKNOWN;
	struct remembered *slot;
	struct api_key *found;

	hash(text, strlen(text), key);
	found = find_key(callers, key);
	if (found)
		return use_key(found, mono, caller);
	slot = &callers->remembered[key[0] % REMEMBERED];
	if (slot->application && CRYPTO_memcmp(slot->hash, key, HASH_SIZE) == 0 &&
		slot->expires > now - JWT_SKEW_S)
		return use_token(slot, caller);
	if (fails_too_often(failures, mono))
		return CALLER_TOO_FAST;
	*ret_error = "the key is not known";
	if (callers->tokens && strchr(text, '.'))
		outcome = verify(callers, text, slot, key, now, caller, ret_error);
	failures->count += outcome == CALLER_UNKNOWN;
	return outcome;
}

enum caller_outcome callers_find(struct callers *callers, const char *authorization,
	const char *peer, uint64_t wall, uint64_t mono, struct api_caller *ret_caller,
	const char **ret_error)
{
	char *text = authorization ? credentials(authorization) : NULL;
	enum caller_outcome outcome = CALLER_UNKNOWN;

	*ret_caller = (struct api_caller){0};
	*ret_error = authorization ? "Authorization must be Bearer or Basic"
				   : "Authorization is missing";
	if (text && strlen(text) <= MAX_CREDENTIALS)
		outcome = judge_text(callers, text, peer, wall, mono, ret_caller, ret_error);
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
	return outcome;
}
