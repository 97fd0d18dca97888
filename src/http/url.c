#include "http/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strbuf.h"

/* The five components of RFC 3986 section 3, as spans of the text; absent when data is NULL
 * (a path is never absent, but may be empty). */
struct span {
	const char *data;
	size_t length;
};

struct parts {
	struct span scheme, authority, path, query, fragment;
};

static size_t scheme_length(const char *s)
{
	size_t n;

	if (!isalpha((unsigned char)s[0]))
		return 0;
	n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");
	return s[n] == ':' ? n : 0;
}

/* Appendix B of RFC 3986: every text has this form, so this cannot fail. */
static struct parts split(const char *s)
{
	struct parts p = {0};
	size_t n = scheme_length(s);

	if (n) {
		p.scheme = (struct span){s, n};
		s += n + 1;
	}
	if (s[0] == '/' && s[1] == '/') {
		n = strcspn(s + 2, "/?#");
		p.authority = (struct span){s + 2, n};
		s += 2 + n;
	}
	n = strcspn(s, "?#");
	p.path = (struct span){s, n};
	s += n;
	if (*s == '?') {
		n = strcspn(s + 1, "#");
		p.query = (struct span){s + 1, n};
		s += 1 + n;
	}
	if (*s == '#')
		p.fragment = (struct span){s + 1, strlen(s + 1)};
	return p;
}

static bool is_scheme(struct span scheme, const char *name)
{
	return strlen(name) == scheme.length && strncasecmp(scheme.data, name, scheme.length) == 0;
}

static bool is_websocket(struct span scheme)
{
	return is_scheme(scheme, "ws") || is_scheme(scheme, "wss");
}

static bool scheme_allowed(struct span scheme, bool ws)
{
	return is_scheme(scheme, "http") || is_scheme(scheme, "https") ||
	       (ws && is_websocket(scheme));
}

/* authority without "userinfo@" */
static struct span host_and_port(struct span authority)
{
	const char *at = memrchr(authority.data, '@', authority.length);

	if (at) {
		authority.length -= (size_t)(at + 1 - authority.data);
		authority.data = at + 1;
	}
	return authority;
}

static bool port_ok(const char *s, size_t length)
{
	unsigned long port = 0;

	if (length > 5)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		port = port * 10 + (unsigned long)(s[i] - '0');
	}
	return length == 0 || (port > 0 && port <= 65535);
}

static const char *authority_error(struct span authority)
{
	struct span host = host_and_port(authority);
	const char *colon, *end;
	size_t n;

	if (host.length && host.data[0] == '[') {
		end = memchr(host.data, ']', host.length);
		n = end ? (size_t)(end + 1 - host.data) : 0;
		if (n < 4 || strspn(host.data + 1, "0123456789abcdefABCDEF:.") != n - 2)
			return "bad IPv6 address in URL";
	} else {
		colon = memchr(host.data, ':', host.length);
		n = colon ? (size_t)(colon - host.data) : host.length;
		if (n == 0)
			return "URL without a host";
		if (memchr(host.data, '\\', n) || memchr(host.data, '[', n))
			return "bad host in URL";
	}
	if (n == host.length)
		return NULL;
	if (host.data[n] != ':' || !port_ok(host.data + n + 1, host.length - n - 1))
		return "bad port in URL";
	return NULL;
}

static const char *url_error(const char *url, bool ws)
{
	struct parts p;

	if (!url || !*url)
		return "URL is empty";
	if (strnlen(url, URL_MAX_BYTES + 1) > URL_MAX_BYTES)
		return "URL is longer than 8192 bytes";
	for (const char *s = url; *s; s++) {
		if ((unsigned char)*s <= 0x20 || *s == 0x7f)
			return "space or control character in URL";
	}
	p = split(url);
	if (!p.scheme.data || !scheme_allowed(p.scheme, ws))
		return ws ? "URL must begin with http://, https://, ws:// or wss://"
			  : "URL must begin with http:// or https://";
	if (!p.authority.data)
		return "URL without a host";
	return authority_error(p.authority);
}

int url_check(const char *url, bool ws, const char **ret_error)
{
	const char *error = url_error(url, ws);

	if (!error)
		return 0;
	if (ret_error)
		*ret_error = error;
	return -EINVAL;
}

/* Appends path without its "." and ".." segments (RFC 3986 section 5.2.4). What sb held
 * before is not touched by "..". */
static void add_path(struct strbuf *sb, const char *path, size_t length)
{
	const size_t start = sb->length;
	const char *end = path + length;
	size_t n;

	while (path < end) {
		bool slash = *path == '/';
		const char *segment = path + slash;
		const char *next = memchr(segment, '/', (size_t)(end - segment));
		bool last = !next;

		n = (size_t)((last ? end : next) - segment);
		if (n == 1 && segment[0] == '.') {
			if (last)
				strbuf_addc(sb, '/');
		} else if (n == 2 && segment[0] == '.' && segment[1] == '.') {
			while (sb->length > start && sb->data[sb->length - 1] != '/')
				sb->length--;
			if (sb->length > start)
				sb->length--;
			if (last)
				strbuf_addc(sb, '/');
		} else {
			if (slash)
				strbuf_addc(sb, '/');
			strbuf_add(sb, segment, n);
		}
		path = segment + n;
	}
}

/* Section 5.2.3: the base's path up to its last slash, then the reference's. */
static void add_merged_path(struct strbuf *sb, const struct parts *base, struct span reference)
{
	struct strbuf path = STRBUF_INIT;
	const char *slash = memrchr(base->path.data, '/', base->path.length);

	if (slash)
		strbuf_add(&path, base->path.data, (size_t)(slash + 1 - base->path.data));
	else
		strbuf_addc(&path, '/');
	strbuf_add(&path, reference.data, reference.length);
	add_path(sb, path.data, path.length);
	strbuf_release(&path);
}

static void add_part(struct strbuf *sb, const char *before, struct span part)
{
	if (!part.data)
		return;
	strbuf_adds(sb, before);
	strbuf_add(sb, part.data, part.length);
}

/* Section 5.2.2. */
static void resolve(struct strbuf *sb, const struct parts *b, const struct parts *r)
{
	const struct parts *from = r->scheme.data || r->authority.data ? r : b;
	struct span query = r->query;

	add_part(sb, "", r->scheme.data ? r->scheme : b->scheme);
	strbuf_addc(sb, ':');
	add_part(sb, "//", from->authority);
	if (from == r || (r->path.length && r->path.data[0] == '/')) {
		add_path(sb, r->path.data, r->path.length);
	} else if (r->path.length) {
		add_merged_path(sb, b, r->path);
	} else {
		strbuf_add(sb, b->path.data, b->path.length);
		if (!query.data)
			query = b->query;
	}
	add_part(sb, "?", query);
	add_part(sb, "#", r->fragment);
}

char *url_join(const char *base, const char *reference)
{
	struct strbuf sb = STRBUF_INIT;
	struct parts b, r;

	if (url_error(base, true) || strnlen(reference, URL_MAX_BYTES + 1) > URL_MAX_BYTES)
		return NULL;
	b = split(base);
	r = split(reference);
	resolve(&sb, &b, &r);
	if (!url_error(sb.data, true))
		return strbuf_detach(&sb);
	strbuf_release(&sb);
	return NULL;
}

static void add_encoded(struct strbuf *sb, const char *s)
{
	for (; *s; s++) {
		if (isalnum((unsigned char)*s) || strchr("-._~", *s))
			strbuf_addc(sb, *s);
		else
			strbuf_addf(sb, "%%%02X", (unsigned char)*s);
	}
}

static void add_value(struct strbuf *sb, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		break;
	case json_type_string:
		add_encoded(sb, json_object_get_string(value));
		break;
	default:
		add_encoded(sb, json_print(value));
	}
}

char *url_with_query(const char *url, struct json_object *parameters)
{
	struct strbuf sb = STRBUF_INIT;
	struct parts p = split(url);
	const char *separator = "?";
	size_t end = (size_t)(p.path.data + p.path.length - url);

	strbuf_add(&sb, url, end);
	add_part(&sb, "?", p.query);
	if (p.query.data)
		separator = p.query.length && p.query.data[p.query.length - 1] != '&' ? "&" : "";
	if (json_object_is_type(parameters, json_type_object)) {
		json_object_object_foreach (parameters, key, value) {
			strbuf_adds(&sb, separator);
			add_encoded(&sb, key);
			strbuf_addc(&sb, '=');
			add_value(&sb, value);
			separator = "&";
		}
	}
	add_part(&sb, "#", p.fragment);
	return strbuf_detach(&sb);
}

char *url_for_log(const char *url)
{
	struct strbuf sb = STRBUF_INIT;
	struct parts p = split(url);

	if (p.scheme.data) {
		add_part(&sb, "", p.scheme);
		strbuf_addc(&sb, ':');
	}
	if (p.authority.data)
		add_part(&sb, "//", host_and_port(p.authority));
	add_part(&sb, "", p.path);
	return strbuf_detach(&sb);
}

/* The rules for ws URLs alone. */
static const char *websocket_error(const struct parts *p)
{
	if (!is_websocket(p->scheme))
		return NULL;
	if (p->fragment.data)
		return "a ws URL has no fragment";
	if (memchr(p->authority.data, '@', p->authority.length))
		return "a ws URL has no user and password";
	return NULL;
}

/* The authority is known to be right. */
static const char *read_authority(struct span authority, struct url_target *target)
{
	const char *colon = memrchr(authority.data, ':', authority.length);
	const char *bracket = memrchr(authority.data, ']', authority.length);
	struct span host = authority;

	if (colon && (!bracket || colon > bracket)) {
		host.length = (size_t)(colon - host.data);
		if (host.length + 1 < authority.length)
			target->port = (uint16_t)strtoul(colon + 1, NULL, 10);
	}
	if (bracket) {
		host.data++;
		host.length -= 2;
	}
	if (host.length >= sizeof(target->host))
		return "host in URL is longer than 255 bytes";
	memcpy(target->host, host.data, host.length);
	target->host[host.length] = '\0';
	return NULL;
}

int url_target_read(const char *url, struct url_target *ret_target, const char **ret_error)
{
	struct url_target target = {0};
	struct strbuf resource = STRBUF_INIT;
	const char *error = url_error(url, true);
	struct parts p = {0};

	if (!error) {
		p = split(url);
		error = websocket_error(&p);
	}
	if (!error) {
		target.tls = is_scheme(p.scheme, "https") || is_scheme(p.scheme, "wss");
		target.port = target.tls ? 443 : 80;
		error = read_authority(host_and_port(p.authority), &target);
	}
	if (error) {
		*ret_error = error;
		return -EINVAL;
	}
	p.authority = host_and_port(p.authority);
	target.authority = xstrndup(p.authority.data, p.authority.length);
	if (p.path.length == 0)
		strbuf_addc(&resource, '/');
	strbuf_add(&resource, p.path.data, p.path.length);
	add_part(&resource, "?", p.query);
	target.resource = strbuf_detach(&resource);
	*ret_target = target;
	return 0;
}

void url_target_release(struct url_target *target)
{
	free(target->authority);
	free(target->resource);
	target->authority = target->resource = NULL;
}
