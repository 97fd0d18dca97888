#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Three bytes or the one or two that are left, as up to four characters. */
static void encode_group(
	const uint8_t *in, size_t n, const char *alphabet, bool pad, struct strbuf *out)
{
	uint32_t bits = (uint32_t)in[0] << 16 | (n > 1 ? in[1] << 8 : 0) | (n > 2 ? in[2] : 0);
	char group[4] = {'=', '=', '=', '='};

	for (size_t i = 0; i <= n; i++)
		group[i] = alphabet[bits >> (18 - 6 * i) & 63];
	strbuf_add(out, group, pad ? 4 : n + 1);
}

static void encode(
	const uint8_t *in, size_t length, const char *alphabet, bool pad, struct strbuf *out)
{
	for (size_t i = 0; i < length; i += 3)
		encode_group(in + i, length - i < 3 ? length - i : 3, alphabet, pad, out);
}

void base64_encode(const void *data, size_t length, struct strbuf *out)
{
	encode(data, length, standard, true, out);
}

void base64url_encode(const void *data, size_t length, struct strbuf *out)
{
	encode(data, length, for_urls, false, out);
}

/* 0 to 63, or -1. */
static int value_of(char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : -1;
}

/* Four characters of which n are not padding. Bits that stand for nothing must be zero. */
static bool decode_group(const char *in, size_t n, const char *alphabet, struct strbuf *out)
{
	uint32_t bits = 0;
	char bytes[3];

	for (size_t i = 0; i < 4; i++) {
		int value = i < n ? value_of(in[i], alphabet) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
	}
	if (n < 2 || bits & ((1u << (8 * (4 - n))) - 1))
		return false;
	for (size_t i = 0; i < 3; i++)
		bytes[i] = (char)(bits >> (16 - 8 * i));
	strbuf_add(out, bytes, n - 1);
	return true;
}

/* The last of the groups of four may lack characters at its end. */
static bool decode(const char *text, size_t length, const char *alphabet, struct strbuf *out)
{
	size_t before = out->length;

	for (size_t i = 0; i < length; i += 4) {
		if (decode_group(text + i, length - i < 4 ? length - i : 4, alphabet, out))
			continue;
		if (out->size)
			out->data[before] = '\0';
		out->length = before;
		return false;
	}
	return true;
}

bool base64_decode(const char *text, size_t length, struct strbuf *out)
{
	size_t padding = 0;

	if (length % 4 != 0)
		return false;
	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	return decode(text, length - padding, standard, out);
}

bool base64url_decode(const char *text, size_t length, struct strbuf *out)
{
	return decode(text, length, for_urls, out);
}
