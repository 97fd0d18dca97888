/* What a vendor answers: sound goes out as it comes, anything else becomes one line of text. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "tts-adapters/vendor.h"

#define MAX_HELD_BYTES	 (64 << 20) /* of an answer in JSON */
#define MAX_FAULT_BYTES	 4096	    /* of the body that goes with an error */
#define MAX_SHOWN_BYTES	 300
#define WAV_SIGN_BYTES	 12 /* RIFF, a size, WAVE */
#define WAV_HEADER_BYTES 44
#define UNKNOWN_SIZE	 0xffffffff

static bool write_out(struct vendor_reply *reply, const void *data, size_t length)
{
	const char *next = data;

	reply->begun = true;
	while (length) {
		ssize_t n = write(STDOUT_FILENO, next, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			reply->error = xasprintf("stdout: %s", strerror(errno));
			return false;
		}
		next += n;
		length -= (size_t)n;
	}
	return true;
}

static void put32(unsigned char *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(value >> (8 * i));
}

/* Of 16 bit, mono; how long it will be is not known. */
static bool write_header(struct vendor_reply *reply, unsigned rate)
{
	unsigned char header[WAV_HEADER_BYTES] =
		"RIFF....WAVEfmt ....\1\0\1\0........\2\0\20\0data";

	put32(header + 4, UNKNOWN_SIZE);
	put32(header + 16, 16);
	put32(header + 24, rate);
	put32(header + 28, 2 * rate);
	put32(header + 40, UNKNOWN_SIZE);
	return write_out(reply, header, sizeof(header));
}

static bool is_wav(const char *data, size_t length)
{
	return length >= WAV_SIGN_BYTES && memcmp(data, "RIFF", 4) == 0 &&
	       memcmp(data + 8, "WAVE", 4) == 0;
}

static const char *content_type(const struct vendor_reply *reply)
{
	char *type = NULL;

	curl_easy_getinfo(reply->curl, CURLINFO_CONTENT_TYPE, &type);
	return type ? type : "without a type";
}

static long http_status(const struct vendor_reply *reply)
{
	long status = 0;

	curl_easy_getinfo(reply->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static void not_sound(struct vendor_reply *reply)
{
	reply->error = xasprintf("the answer is no sound: %.100s", content_type(reply));
}

/* Holds back the first bytes until they are known to be a WAV. */
static bool take_wav(struct vendor_reply *reply, const char *data, size_t length)
{
	bool ok;

	if (reply->begun)
		return write_out(reply, data, length);
	strbuf_add(&reply->held, data, length);
	if (reply->held.length < WAV_SIGN_BYTES)
		return true;
	if (!is_wav(reply->held.data, reply->held.length)) {
		not_sound(reply);
		return false;
	}
	ok = write_out(reply, reply->held.data, reply->held.length);
	strbuf_release(&reply->held);
	return ok;
}

/* Any bytes could be samples, so it is the type that tells. */
static bool take_pcm(struct vendor_reply *reply, const char *data, size_t length)
{
	const char *type = content_type(reply);

	if (!reply->begun && (strncasecmp(type, "text/", 5) == 0 || strcasestr(type, "json") ||
				     strcasestr(type, "xml"))) {
		not_sound(reply);
		return false;
	}
	if (!reply->begun && !write_header(reply, reply->call->pcm_rate))
		return false;
	return write_out(reply, data, length);
}

static bool hold(struct vendor_reply *reply, const char *data, size_t length)
{
	if (reply->held.length + length > MAX_HELD_BYTES) {
		reply->error = xstrdup("the answer is too long");
		return false;
	}
	strbuf_add(&reply->held, data, length);
	return true;
}

size_t vendor_on_body(char *data, size_t size, size_t count, void *arg)
{
	struct vendor_reply *reply = arg;
	size_t length = size * count;
	bool ok = true;

	if (http_status(reply) != 200) {
		if (reply->held.length < MAX_FAULT_BYTES)
			strbuf_add(&reply->held, data, length);
		return length;
	}
	switch (reply->call->answer) {
	case VENDOR_WAV:
		ok = take_wav(reply, data, length);
		break;
	case VENDOR_PCM:
		ok = take_pcm(reply, data, length);
		break;
	case VENDOR_JSON:
		ok = hold(reply, data, length);
		break;
	}
	return ok ? length : 0;
}

static struct json_object *parse(const struct strbuf *body)
{
	struct json_object *object = NULL;

	if (json_parse(body->data, body->length, &object, NULL, NULL) < 0)
		return NULL;
	return object;
}

/* One line of what the vendor has to say: its message if it is JSON as they all write it, else
 * the beginning as it is. malloc'd. */
static char *fault_text(const struct strbuf *body)
{
	struct json_object *object = parse(body);
	struct json_object *inner = json_member(object, "error");
	const char *text = json_text(inner, "message", json_text(object, "error", NULL));
	char *line;

	if (!text)
		text = json_text(object, "message", json_text(object, "Message", body->data));
	line = xstrndup(text, strnlen(text, MAX_SHOWN_BYTES));
	json_object_put(object);
	for (char *c = line; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	return line;
}

/* What no other adapter run can be blamed for: the vendor refuses this very request. */
static bool is_request_fault(long status)
{
	return status == 400 || status == 413 || status == 415 || status == 422;
}

enum vendor_status vendor_refused(long status, const struct strbuf *body, char **ret_error)
{
	char *text = fault_text(body);

	*ret_error = xasprintf("HTTP %ld%s%s", status, *text ? ": " : "", text);
	free(text);
	return is_request_fault(status) ? VENDOR_NOT_FOR_ME : VENDOR_FAILED;
}

/* malloc'd, or NULL when it is no base64. */
static unsigned char *decode64(const char *text, size_t *ret_length)
{
	EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
	size_t length = strlen(text);
	unsigned char *out = xmalloc(length / 4 * 3 + 4);
	int first = 0, last = 0;
	bool ok;

	if (!context)
		abort();
	EVP_DecodeInit(context);
	ok = EVP_DecodeUpdate(context, out, &first, (const unsigned char *)text, (int)length) >=
		     0 &&
	     EVP_DecodeFinal(context, out + first, &last) >= 0;
	EVP_ENCODE_CTX_free(context);
	*ret_length = (size_t)(first + last);
	if (ok)
		return out;
	free(out);
	return NULL;
}

static enum vendor_status finish_json(struct vendor_reply *reply, char **ret_error)
{
	struct json_object *object = parse(&reply->held);
	const char *text = json_text(object, reply->call->member, NULL);
	size_t length = 0;
	unsigned char *wav = text ? decode64(text, &length) : NULL;

	json_object_put(object);
	if (wav && is_wav((char *)wav, length))
		write_out(reply, wav, length);
	else
		not_sound(reply);
	free(wav);
	*ret_error = xstrdup(reply->error);
	return reply->error ? VENDOR_FAILED : VENDOR_OK;
}

enum vendor_status vendor_finish(
	struct vendor_reply *reply, CURLcode result, const char *detail, char **ret_error)
{
	if (reply->error)
		*ret_error = xstrdup(reply->error);
	else if (result != CURLE_OK)
		*ret_error = xstrdup(*detail ? detail : curl_easy_strerror(result));
	else if (http_status(reply) != 200)
		return vendor_refused(http_status(reply), &reply->held, ret_error);
	else if (reply->call->answer == VENDOR_JSON)
		return finish_json(reply, ret_error);
	else if (!reply->begun)
		*ret_error =
			xasprintf("the answer is %s", reply->held.length ? "no sound" : "empty");
	return *ret_error ? VENDOR_FAILED : VENDOR_OK;
}
