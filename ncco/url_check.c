#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ncco/verb.h"

/* Length of the scheme that a URL starts with, 0: it is relative. RFC 3986 section 3.1. */
static size_t scheme_length(const char *url)
{
	size_t i = 0;

	if (!isalpha((unsigned char)url[0]))
		return 0;
	while (isalnum((unsigned char)url[i]) || (url[i] && strchr("+-.", url[i])))
		i++;
	return url[i] == ':' ? i : 0;
}

static const char *port_fault(const char *port, size_t length)
{
	unsigned long number = 0;

	if (length > 5)
		return "has a port out of range";
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)port[i]))
			return "has a port that is not a number";
		number = number * 10 + (unsigned long)(port[i] - '0');
	}
	return length > 0 && (number == 0 || number > 65535) ? "has a port out of range" : NULL;
}

/* What follows "//": [userinfo "@"] host [":" port], RFC 3986 section 3.2. */
static const char *authority_fault(const char *authority)
{
	size_t length = strcspn(authority, "/?#");
	const char *end = authority + length, *host = authority, *colon;

	for (const char *c = authority; c < end; c++)
		if (*c == '@')
			host = c + 1;
	if (host < end && *host == '[') {
		colon = memchr(host, ']', (size_t)(end - host));
		if (!colon || colon == host + 1)
			return "has a broken IPv6 address";
		colon++;
		if (colon < end && *colon != ':')
			return "has a broken IPv6 address";
	} else {
		colon = memchr(host, ':', (size_t)(end - host));
		if (!colon)
			colon = end;
	}
	if (colon == host)
		return "has no host";
	return colon < end ? port_fault(colon + 1, (size_t)(end - colon - 1)) : NULL;
}

/* "file:" and a name below the media root, which is no URL of RFC 8089: there is no host, and
 * whether the name stays below the root is known when the file is opened. */
static const char *file_fault(const char *name)
{
	return *name && *name != '/' ? NULL : "must name a file below the media root: file:NAME";
}

/* What no URL has in it; a space is good where it is that of a file name. */
static const char *text_fault(const char *url, bool space)
{
	if (!*url)
		return "must not be empty";
	if (strlen(url) > NCCO_MAX_URL)
		return "is longer than 2048 bytes";
	for (const char *c = url; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return "has a control character";
		if (*c == ' ' && !space)
			return "has a space; write %20";
	}
	return NULL;
}

static bool has_scheme(const char *url, const char *scheme)
{
	size_t length = strlen(scheme);

	return scheme_length(url) == length && strncasecmp(url, scheme, length) == 0;
}

const char *url_fault(const char *url, bool media)
{
	bool file = media && strncmp(url, "file:", 5) == 0;
	size_t scheme = file ? 0 : scheme_length(url);
	const char *fault = text_fault(url, media && !scheme);

	if (fault)
		return fault;
	if (file)
		return file_fault(url + 5);
	if (scheme == 0)
		return strncmp(url, "//", 2) == 0 ? authority_fault(url + 2) : NULL;
	if (!has_scheme(url, "http") && !has_scheme(url, "https"))
		return "must be an http or https URL";
	if (strncmp(url + scheme, "://", 3) != 0)
		return "must have // behind its scheme";
	return authority_fault(url + scheme + 3);
}

const char *websocket_url_fault(const char *url)
{
	size_t scheme = scheme_length(url);
	const char *fault = text_fault(url, false);

	if (fault)
		return fault;
	if (!has_scheme(url, "ws") && !has_scheme(url, "wss"))
		return "must be a ws or wss URL";
	if (strncmp(url + scheme, "://", 3) != 0)
		return "must have // behind its scheme";
	return authority_fault(url + scheme + 3);
}

/* RFC 3261 section 19.1.1: sip:[user[:password]@]host[:port][;parameters][?headers] */
const char *sip_uri_fault(const char *uri)
{
	size_t scheme = scheme_length(uri), length;
	const char *fault = text_fault(uri, false), *host, *at;
	char authority[NCCO_MAX_URL + 1];

	if (fault)
		return fault;
	if (!has_scheme(uri, "sip") && !has_scheme(uri, "sips"))
		return "must be a SIP URI, sip:user@host";
	host = uri + scheme + 1;
	if (strncasecmp(host, "sip:", 4) == 0 || strncasecmp(host, "sips:", 5) == 0)
		return "has its scheme twice; write sip:user@host";
	if (strpbrk(host, "<>\"#"))
		return "has a character that a SIP URI cannot have";
	at = strchr(host, '@');
	if (at == host)
		return "has no user before its @";
	host = at ? at + 1 : host;
	length = strcspn(host, ";?");
	memcpy(authority, host, length);
	authority[length] = 0;
	if (strpbrk(authority, "/@"))
		return "has a host with / or @ in it";
	return authority_fault(authority);
}
