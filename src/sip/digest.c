#include "sip/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/mem.h"

/* One name=value; value unquoted into `value`. */
struct parameter {
	char name[16];
	struct strbuf value;
};

struct cursor {
	const char *at, *end;
};

static void skip_blanks(struct cursor *c, const char *blanks)
{
	while (c->at < c->end && *c->at && strchr(blanks, *c->at))
		c->at++;
}

static size_t word_length(const struct cursor *c, const char *stops)
{
	const char *p = c->at;

	while (p < c->end && *p && !strchr(stops, *p))
		p++;
	return (size_t)(p - c->at);
}

/* A quoted string with backslash escapes (RFC 3261 section 25.1). */
static bool take_quoted(struct cursor *c, struct strbuf *value)
{
	for (c->at++; c->at < c->end; c->at++) {
		if (*c->at == '"') {
			c->at++;
			return true;
		}
		if (*c->at == '\\' && ++c->at == c->end)
			return false;
		if ((unsigned char)*c->at < 0x20)
			return false;
		strbuf_addc(value, *c->at);
	}
	return false;
}

static int next_parameter(struct cursor *c, struct parameter *p)
{
	size_t length;

	strbuf_reset(&p->value);
	skip_blanks(c, " \t\r\n,");
	if (c->at == c->end)
		return 0;
	length = word_length(c, "=, \t\r\n\"");
	if (length == 0)
		return -EBADMSG;
	p->name[0] = '\0';
	if (length < sizeof(p->name)) {
		memcpy(p->name, c->at, length);
		p->name[length] = '\0';
	}
	c->at += length;
	skip_blanks(c, " \t\r\n");
	if (c->at == c->end || *c->at != '=')
		return -EBADMSG;
	c->at++;
	skip_blanks(c, " \t\r\n");
	if (c->at < c->end && *c->at == '"')
		return take_quoted(c, &p->value) ? 1 : -EBADMSG;
	length = word_length(c, ", \t\r\n\"");
	strbuf_add(&p->value, c->at, length);
	c->at += length;
	return 1;
}

/* "auth,auth-int": is auth among them */
static bool offers_auth(const char *list)
{
	while (*list) {
		size_t length;

		list += strspn(list, ", \t");
		length = strcspn(list, ", \t");
		if (length == 4 && strncasecmp(list, "auth", 4) == 0)
			return true;
		list += length;
	}
	return false;
}

static int take_parameter(struct digest_challenge *challenge, const struct parameter *p)
{
	const char *value = p->value.data;

	if (strcasecmp(p->name, "realm") == 0) {
		xstrset(&challenge->realm, value);
	} else if (strcasecmp(p->name, "nonce") == 0) {
		xstrset(&challenge->nonce, value);
	} else if (strcasecmp(p->name, "opaque") == 0) {
		xstrset(&challenge->opaque, value);
	} else if (strcasecmp(p->name, "stale") == 0) {
		challenge->stale = strcasecmp(value, "true") == 0;
	} else if (strcasecmp(p->name, "qop") == 0) {
		challenge->qop_auth = offers_auth(value);
		return challenge->qop_auth ? 0 : -ENOTSUP;
	} else if (strcasecmp(p->name, "algorithm") == 0) {
		if (strcasecmp(value, "SHA-256") == 0)
			challenge->algorithm = DIGEST_SHA256;
		else if (strcasecmp(value, "MD5") != 0)
			return -ENOTSUP;
	}
	return 0;
}

int digest_parse(const char *value, size_t length, struct digest_challenge *ret_challenge)
{
	struct digest_challenge challenge = {0};
	struct parameter parameter = {.value = STRBUF_INIT};
	struct cursor c = {value, value + length};
	int error = -EBADMSG;

	if (length > DIGEST_MAX_BYTES)
		return -EBADMSG;
	skip_blanks(&c, " \t");
	if (word_length(&c, " \t") != 6 || strncasecmp(c.at, "Digest", 6) != 0)
		return -ENOTSUP;
	c.at += 6;
	while ((error = next_parameter(&c, &parameter)) > 0) {
		error = take_parameter(&challenge, &parameter);
		if (error)
			break;
	}
	strbuf_release(&parameter.value);
	if (!error && (!challenge.realm || !challenge.nonce))
		error = -EBADMSG;
	if (error) {
		digest_challenge_release(&challenge);
		return error;
	}
	*ret_challenge = challenge;
	return 0;
}

void digest_challenge_release(struct digest_challenge *challenge)
{
	free(challenge->realm);
	free(challenge->nonce);
	free(challenge->opaque);
	memset(challenge, 0, sizeof(*challenge));
}

#define HASH_TEXT_SIZE (2 * EVP_MAX_MD_SIZE + 1)

static void hash(enum digest_algorithm algorithm, const char *text, char out[HASH_TEXT_SIZE])
{
	const EVP_MD *md = algorithm == DIGEST_SHA256 ? EVP_sha256() : EVP_md5();
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (!EVP_Digest(text, strlen(text), bytes, &length, md, NULL))
		abort();
	for (unsigned i = 0; i < length; i++) {
		out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	out[2 * length] = '\0';
}

static void add_quoted(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			strbuf_addc(out, '\\');
		strbuf_addc(out, *value);
	}
	strbuf_adds(out, "\"");
}

/* RFC 7616 section 3.4.1 */
static void compute_response(const struct digest_challenge *challenge, const char *user,
	const char *password, const char *method, const char *uri, unsigned nc, const char *cnonce,
	char out[HASH_TEXT_SIZE])
{
	char ha1[HASH_TEXT_SIZE], ha2[HASH_TEXT_SIZE];
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s:%s:%s", user, challenge->realm, password);
	hash(challenge->algorithm, text.data, ha1);
	strbuf_reset(&text);
	strbuf_addf(&text, "%s:%s", method, uri);
	hash(challenge->algorithm, text.data, ha2);
	strbuf_reset(&text);
	if (challenge->qop_auth)
		strbuf_addf(&text, "%s:%s:%08x:%s:auth:%s", ha1, challenge->nonce, nc, cnonce, ha2);
	else
		strbuf_addf(&text, "%s:%s:%s", ha1, challenge->nonce, ha2);
	hash(challenge->algorithm, text.data, out);
	strbuf_release(&text);
}

void digest_answer(struct strbuf *out, const struct digest_challenge *challenge, const char *user,
	const char *password, const char *method, const char *uri, unsigned nc, const char *cnonce)
{
	char response[HASH_TEXT_SIZE];

	compute_response(challenge, user, password, method, uri, nc, cnonce, response);
	add_quoted(out, "Digest username", user);
	add_quoted(out, ", realm", challenge->realm);
	add_quoted(out, ", nonce", challenge->nonce);
	add_quoted(out, ", uri", uri);
	strbuf_addf(out, ", response=\"%s\", algorithm=%s", response,
		challenge->algorithm == DIGEST_SHA256 ? "SHA-256" : "MD5");
	if (challenge->qop_auth)
		strbuf_addf(out, ", qop=auth, nc=%08x, cnonce=\"%s\"", nc, cnonce);
	if (challenge->opaque)
		add_quoted(out, ", opaque", challenge->opaque);
}

/* The best of the challenges: SHA-256 before MD5, else the first (RFC 8760 section 2.3). */
static bool choose(const char *const *values, size_t count, struct digest_challenge *ret_best)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		struct digest_challenge challenge;

		if (digest_parse(values[i], strlen(values[i]), &challenge))
			continue;
		if (found && challenge.algorithm <= ret_best->algorithm) {
			digest_challenge_release(&challenge);
			continue;
		}
		if (found)
			digest_challenge_release(ret_best);
		*ret_best = challenge;
		found = true;
	}
	return found;
}

bool digest_login_challenge(struct digest_login *login, bool proxy, const char *const *values,
	size_t count, const char *method, const char *uri)
{
	struct digest_challenge challenge;
	struct strbuf value = STRBUF_INIT;
	char cnonce[ID_SIZE];
	bool repeated = login->header_value && login->rounds > 0;

	if (!login->user || !login->password || login->rounds >= DIGEST_MAX_ROUNDS)
		return false;
	if (!choose(values, count, &challenge))
		return false;
	if (repeated && !challenge.stale && login->header_name &&
		strcmp(login->header_name, proxy ? "Proxy-Authorization" : "Authorization") == 0) {
		digest_challenge_release(&challenge); /* the password is wrong */
		return false;
	}
	digest_answer(
		&value, &challenge, login->user, login->password, method, uri, 1, id_new(cnonce));
	digest_challenge_release(&challenge);
	xstrset(&login->header_name, proxy ? "Proxy-Authorization" : "Authorization");
	free(login->header_value);
	login->header_value = strbuf_detach(&value);
	login->rounds++;
	return true;
}

void digest_login_release(struct digest_login *login)
{
	free(login->user);
	if (login->password)
		explicit_bzero(login->password, strlen(login->password));
	free(login->password);
	free(login->header_name);
	free(login->header_value);
	memset(login, 0, sizeof(*login));
}
