#include "http/websocket_handshake.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/mem.h"
#include "http/field.h"

#define GUID	    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define ACCEPT_SIZE 29 /* base64 of a SHA-1, with its NUL */

void handshake_new_key(char out[HANDSHAKE_KEY_SIZE])
{
	unsigned char random[16];

	id_random(random, sizeof(random));
	EVP_EncodeBlock((unsigned char *)out, random, sizeof(random));
}

bool handshake_is_reserved(const char *name)
{
	return field_is_framing(name) || strcasecmp(name, "Host") == 0 ||
	       strncasecmp(name, "Sec-WebSocket-", 14) == 0;
}

/* --- the request --- */

static bool has(struct json_object *headers, const char *wanted)
{
	json_object_object_foreach (headers, name, value) {
		(void)value;
		if (strcasecmp(name, wanted) == 0)
			return true;
	}
	return false;
}

int handshake_write(const struct url_target *target, const char *key, const char *user_agent,
	struct json_object *headers, struct strbuf *out, const char **ret_error)
{
	size_t before = out->length;

	strbuf_addf(out,
		"GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n",
		target->resource, target->authority, key);
	if (!headers || !has(headers, "User-Agent"))
		strbuf_addf(out, "User-Agent: %s\r\n", user_agent);
	if (headers) {
		json_object_object_foreach (headers, name, value) {
			const char *text = json_object_get_string(value);

			if (!field_is_token(name) || handshake_is_reserved(name) || !text ||
				!field_is_value(text)) {
				*ret_error = "header not allowed";
				out->data[out->length = before] = '\0';
				return -EINVAL;
			}
			strbuf_addf(out, "%s: %s\r\n", name, text);
		}
	}
	strbuf_adds(out, "\r\n");
	return 0;
}

/* --- the answer --- */

struct span {
	const char *data;
	size_t length;
};

/* What the fields said, as bits. */
enum { SAW_UPGRADE = 1, SAW_CONNECTION = 2, SAW_ACCEPT = 4, SAW_ALL = 7 };

static struct span trim(const char *data, const char *end)
{
	while (data < end && (*data == ' ' || *data == '\t'))
		data++;
	while (end > data && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct span){data, (size_t)(end - data)};
}

static bool is(struct span span, const char *text)
{
	return span.length == strlen(text) && strncasecmp(span.data, text, span.length) == 0;
}

/* True when a list with commas holds the token. */
static bool lists(struct span list, const char *token)
{
	const char *end = list.data + list.length;

	for (const char *at = list.data; at <= end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));

		if (is(trim(at, comma ? comma : end), token))
			return true;
		if (!comma)
			break;
		at = comma + 1;
	}
	return false;
}

static void expected_accept(const char *key, char out[ACCEPT_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[HANDSHAKE_KEY_SIZE + sizeof(GUID)];
	size_t length = strlen(key);

	memcpy(text, key, length);
	memcpy(text + length, GUID, sizeof(GUID));
	EVP_Digest(text, length + sizeof(GUID) - 1, digest, NULL, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)out, digest, 20);
}

/* One field; NULL, or why the answer is refused. Continuation lines are obsolete and refused. */
static const char *read_field(const char *line, const char *end, const char *key, unsigned *saw)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	char accept[ACCEPT_SIZE];
	struct span name, value;

	if (!colon || colon == line || *line == ' ' || *line == '\t')
		return "bad header in the answer";
	name = (struct span){line, (size_t)(colon - line)};
	value = trim(colon + 1, end);
	if (is(name, "Upgrade")) {
		if (!is(value, "websocket"))
			return "the answer upgrades to something else";
		*saw |= SAW_UPGRADE;
	} else if (is(name, "Connection")) {
		*saw |= lists(value, "Upgrade") ? SAW_CONNECTION : 0;
	} else if (is(name, "Sec-WebSocket-Accept")) {
		expected_accept(key, accept);
		/* base64 has upper and lower case */
		if (*saw & SAW_ACCEPT || value.length != ACCEPT_SIZE - 1 ||
			memcmp(value.data, accept, value.length) != 0)
			return "wrong Sec-WebSocket-Accept";
		*saw |= SAW_ACCEPT;
	} else if (is(name, "Sec-WebSocket-Extensions") || is(name, "Sec-WebSocket-Protocol")) {
		return "the answer chooses what was not offered";
	}
	return NULL;
}

/* "HTTP/1.1 101 ..." gives 101, what is no status line 0. */
static int read_status(const char *line, const char *end)
{
	int status = 0;

	if (end - line < 12 || memcmp(line, "HTTP/1.1 ", 9) != 0)
		return 0;
	for (int i = 9; i < 12; i++) {
		if (!isdigit((unsigned char)line[i]))
			return 0;
		status = status * 10 + (line[i] - '0');
	}
	return end - line > 12 && line[12] != ' ' ? 0 : status;
}

static int refuse(struct handshake_answer *answer, int error, const char *text)
{
	answer->error = text;
	return error;
}

static int read_fields(
	const char *line, const char *end, const char *key, struct handshake_answer *answer)
{
	unsigned saw = 0;

	while (line < end) {
		const char *eol = memmem(line, (size_t)(end - line), "\r\n", 2);
		const char *error = read_field(line, eol, key, &saw);

		if (error)
			return refuse(answer, -EPROTO, error);
		line = eol + 2;
	}
	if (saw != SAW_ALL)
		return refuse(answer, -EPROTO, "the answer does not upgrade to WebSocket");
	return 0;
}

int handshake_read(
	const char *data, size_t length, const char *key, struct handshake_answer *ret_answer)
{
	const char *end = memmem(data, length, "\r\n\r\n", 4);
	const char *first_end;

	*ret_answer = (struct handshake_answer){0};
	/* What does not begin as an answer need not be waited for. */
	if (memcmp(data, "HTTP/1.1 ", length < 9 ? length : 9) != 0)
		return refuse(ret_answer, -EPROTO, "the server does not speak HTTP/1.1");
	if (!end)
		return length > HANDSHAKE_MAX_BYTES
			       ? refuse(ret_answer, -EPROTO, "the answer's head is too large")
			       : -EAGAIN;
	ret_answer->length = (size_t)(end + 4 - data);
	if (ret_answer->length > HANDSHAKE_MAX_BYTES || memchr(data, '\0', ret_answer->length))
		return refuse(ret_answer, -EPROTO, "the answer's head is bad or too large");
	first_end = memmem(data, ret_answer->length, "\r\n", 2);
	ret_answer->status = read_status(data, first_end);
	if (ret_answer->status == 0)
		return refuse(ret_answer, -EPROTO, "the server does not speak HTTP/1.1");
	if (ret_answer->status != 101)
		return refuse(ret_answer, -ECONNREFUSED, "the server refused the WebSocket");
	return read_fields(first_end + 2, end + 2, key, ret_answer);
}
