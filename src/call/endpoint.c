#include "call/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "call/route.h"

static const char *after_scheme(const char *uri)
{
	if (strncasecmp(uri, "sip:", 4) == 0)
		return uri + 4;
	return strncasecmp(uri, "sips:", 5) == 0 ? uri + 5 : NULL;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

static void unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		int high = *text == '%' ? hex_value(text[1]) : -1;
		int low = high < 0 ? -1 : hex_value(text[2]);

		if (low < 0 || high * 16 + low < 0x20) {
			*out++ = *text;
			continue;
		}
		*out++ = (char)(high * 16 + low);
		text += 2;
	}
	*out = '\0';
}

/* The user of sip:user:password@host;x, else the host. */
static char *user_of(const char *start)
{
	const char *at = strchr(start, '@');
	size_t length = at ? strcspn(start, ":;@") : strcspn(start, ":;?>");
	char *user = xstrndup(start, length);

	unescape(user);
	return user;
}

char *endpoint_user(const struct ncco_endpoint *endpoint)
{
	const char *start = endpoint->type == NCCO_SIP ? after_scheme(endpoint->target) : NULL;
	char *user, *plain;

	if (!start)
		return xstrdup(endpoint->type == NCCO_WEBSOCKET
				       ? endpoint->target
				       : route_plain_number(endpoint->target));
	user = user_of(start);
	plain = xstrdup(route_plain_number(user));
	free(user);
	return plain;
}

/* --- headers --- */

static bool is_token(const char *name)
{
	size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-.!%*_+`'~");

	return length > 0 && length <= 128 && name[length] == '\0';
}

static bool is_line(const char *text)
{
	for (; *text; text++) {
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
			return false;
	}
	return true;
}

static void add_headers(
	struct json_object *out, struct json_object *headers, const char *prefix, const char *call)
{
	json_object_object_foreach (headers, key, value) {
		bool has_prefix = strncasecmp(key, prefix, strlen(prefix)) == 0;
		char *name = xasprintf("%s%s", has_prefix ? "" : prefix, key);
		const char *text = json_object_get_string(value);

		if (text && is_token(name) && is_line(text))
			json_add_text(out, name, text);
		else
			log_warn(call, "a header is left out: neither name nor value may break a "
				       "line");
		free(name);
	}
}

struct json_object *endpoint_sip_headers(const struct ncco_endpoint *endpoint, const char *call)
{
	struct json_object *out = json_object_new_object();

	if (endpoint->headers)
		add_headers(out, endpoint->headers, "X-", call);
	if (endpoint->standard_headers)
		add_headers(out, endpoint->standard_headers, "", call);
	if (endpoint->shaken && is_line(endpoint->shaken))
		json_add_text(out, "Identity", endpoint->shaken);
	return out;
}

/* --- URIs --- */

static void add_user(struct strbuf *out, const char *user)
{
	for (; *user; user++) {
		if (strchr("@:;?,/ \"<>%", *user) || (unsigned char)*user < 0x20)
			strbuf_addf(out, "%%%02X", (unsigned char)*user);
		else
			strbuf_addc(out, *user);
	}
}

char *endpoint_from_uri(const char *host, const char *from)
{
	struct strbuf out = STRBUF_INIT;

	if (after_scheme(from))
		return xstrdup(from);
	strbuf_adds(&out, "sip:");
	add_user(&out, *from ? from : "anonymous");
	strbuf_addf(&out, strchr(host, ':') ? "@[%s]" : "@%s", host);
	return strbuf_detach(&out);
}

char *endpoint_number_uri(const char *proxy, const char *number)
{
	const char *start = after_scheme(proxy), *at = start ? strchr(start, '@') : NULL;
	struct strbuf out = STRBUF_INIT;

	start = at ? at + 1 : start ? start : proxy;
	strbuf_adds(&out, "sip:");
	add_user(&out, number);
	strbuf_addc(&out, '@');
	strbuf_add(&out, start, strcspn(start, ";?"));
	return strbuf_detach(&out);
}
